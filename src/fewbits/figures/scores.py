"""Scores and heads: what adds up to a logit, which weights live, what a short head costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import show_photo
from fewbits.figures.vocabulary import LOOKS
from fewbits.palette import LIGHT

Size = tuple[float, int, float]
"""Codes of the class decided, codes used at all, share named rightly."""


def one_logit(
    image: UInt8[Tensor, "3 height width"], parts: Mapping[str, Float[Tensor, " code"]], name: str
) -> Drawing:
    """A picture, and what each code adds to its logit, the largest first, once for each head.

    Args:
        parts: by head, score times weight of each code; what is 0 is left out.
        name: of the class.
    """
    rows = {
        head: np.sort(values[values > 0].detach().numpy())[::-1] for head, values in parts.items()
    }
    told = "; ".join(
        f"{head}: {len(row)} codes, together {row.sum():.1f}, the largest {row[0]:.2f}"
        for head, row in rows.items()
    )
    drawing = Drawing(f"A {name}, and what its codes add to the logit. {told}.", 6.6, 2.9)
    grid = drawing.add_gridspec(len(rows), 2, width_ratios=[1, 2])
    panels = drawing.panels(len(rows), 2, width_ratios=[1, 2])
    for axes in panels[::2]:
        axes.remove()
    show_photo(drawing.add_subplot(grid[:, 0]), image, name)
    longest, tallest = max(map(len, rows.values())), max(row[0] for row in rows.values())
    for axes, (head, row) in zip(panels[1::2], rows.items(), strict=True):
        axes.bar(np.arange(1, len(row) + 1), row, color=LIGHT["protoquant"], width=0.8)
        axes.set(title=f"{head}: {len(row)} codes", xlim=(0.3, longest + 0.7))
        axes.set(ylim=(0, 1.08 * tallest), ylabel="adds")
    panels[-1].set_xlabel("codes, the largest first")
    return drawing


def weights_alive(lines: Mapping[str, Sequence[int]], until: int, of: int) -> Drawing:
    """How many weights are above 0 after each epoch.

    Args:
        lines: by the way they are kept from falling below 0.
        until: the epoch after which a weight's size costs nothing any more.
        of: how many weights there are.
    """
    told = "; ".join(
        f"{name}: {line[0]} after one epoch, {line[until - 1]} after {until}, {line[-1]} at the end"
        for name, line in lines.items()
    )
    drawing = Drawing(f"Weights above 0, of {of:,}, by epoch. {told}.", 5.4, 2.7)
    (axes,) = drawing.panels()
    for (name, line), (shade, _, dash) in zip(lines.items(), LOOKS, strict=False):
        epochs = range(1, len(line) + 1)
        axes.plot(epochs, line, color=LIGHT[shade], linestyle=dash, label=name)
    axes.axvline(
        until + 0.5, color=LIGHT["float"], linestyle=":", label="from here on size is free"
    )
    axes.set(xlabel="epoch", ylabel=f"above 0, of {of:,}", ylim=(0, None))
    drawing.legend(loc="outside upper left", ncols=3)
    return drawing


def accuracy_over_size(
    found: Mapping[str, Sequence[Sequence[Size]]], levels: Mapping[str, float]
) -> Drawing:
    """Shares named rightly against the length of an explanation, left, and of all, right.

    Args:
        found: by list of codes, for each seed the sizes of its heads; all seeds in one colour.
        levels: what to compare with, as level lines.
    """
    told = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{100 * share:.0f} % with {local:.0f} a decision and {used} in all"
            for local, used, share in seeds[0]
        )
        for name, seeds in found.items()
    )
    beside = "; ".join(f"{name}: {100 * share:.0f} %" for name, share in levels.items())
    drawing = Drawing(f"Named rightly beside explanation size. {told}. {beside}.", 6.8, 3.7)
    panels = drawing.panels(1, 2, sharey=True)
    for (name, seeds), (shade, marker, dash) in zip(found.items(), LOOKS, strict=False):
        for place, sizes in enumerate(seeds):
            local, used, right = (np.array(column) for column in zip(*sizes, strict=True))
            look: dict[str, Any] = {
                "color": LIGHT[shade],
                "marker": marker,
                "linestyle": dash,
                "markersize": 4,
            }
            look |= {"alpha": 0.45, "linewidth": 1} if place else {"label": name}
            panels[0].plot(local, 100 * right, **look)
            panels[1].plot(used, 100 * right, **(look | {"label": None}))
    for axes in panels:
        for (name, share), dash in zip(levels.items(), (":", "--"), strict=False):
            label = name if axes is panels[0] else None
            axes.axhline(100 * share, color=LIGHT["float"], linestyle=dash, label=label)
    panels[0].set(xscale="log", xlabel="codes a decision", ylabel="named rightly, %", ylim=(0, 104))
    panels[0].set_xticks([1, 2, 3, 5, 10, 20, 40], ["1", "2", "3", "5", "10", "20", "40"])
    panels[0].minorticks_off()
    panels[1].set(xlabel="codes used at all", xlim=(0, None))
    drawing.legend(loc="outside upper left", ncols=3)
    return drawing
