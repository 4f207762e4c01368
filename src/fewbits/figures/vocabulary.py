"""A codebook at work: whose cell is whose, how many codes it takes, and what they follow."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import show_photo
from fewbits.palette import LIGHT

GREYS = 0.25, 0.9  # of codes that are not marked
LOOKS = (
    ("protoquant", "o", "-"),
    ("wrong", "v", "-."),
    ("pact", "s", "--"),
    ("qsenn", "D", ":"),
    ("float", "^", "-"),
)

Photos = UInt8[Tensor, "image 3 height width"]
Cells = Int[Tensor, "image high wide"]
Point = tuple[float, float]


def told_in_codes(
    images: Photos, rows: Mapping[str, Cells], marked: Mapping[str, int], what: str
) -> Drawing:
    """Pictures, and below them the same once for each codebook: one code marked, the others grey.

    A grey is drawn by the code's number and means nothing else.

    Args:
        rows: the code of each cell, by what is written beside the row.
        marked: of each row the code that is drawn in colour.
        what: the marked code is that of.
    """
    told = "; ".join(
        f"{name}: {', '.join(str(int((own == marked[name]).sum())) for own in cells)} cells"
        for name, cells in rows.items()
    )
    drawing = Drawing(
        f"{len(images)} pictures, and below them the same under grids of cells, grey but for the "
        f"code that most cells of {what} have. It is on, from left to right, {told}.",
        1.15 * len(images),
        1.2 * (len(rows) + 1),
    )
    panels = iter(drawing.panels(len(rows) + 1, len(images)))
    for image in images:
        show_photo(next(panels), image)
    for name, cells in rows.items():
        paints = _paints(int(cells.max()) + 1, marked[name])
        for place, (image, codes) in enumerate(zip(images, cells, strict=True)):
            axes = next(panels)
            show_photo(axes, image)
            high, wide = image.shape[1:]
            extent = (-0.5, wide - 0.5, high - 0.5, -0.5)
            axes.imshow(paints[codes.numpy()], extent=extent, interpolation="none")
            if place == 0:
                axes.set_ylabel(name)
    return drawing


def _paints(count: int, marked: int) -> Float[np.ndarray, "code 4"]:
    """A colour and its strength for each code; neighbours in number are far apart in grey."""
    low, high = GREYS
    steps = np.arange(max(count, marked + 1)) * 0.618 % 1
    paints = np.repeat((low + (high - low) * steps)[:, None], 4, 1)
    paints[:, 3] = 0.6
    paints[marked] = to_rgba(LIGHT["protoquant"], 0.8)
    return paints


def accuracy_over_codes(
    counts: Sequence[int], lines: Mapping[str, Sequence[float]], levels: Mapping[str, float]
) -> Drawing:
    """Shares of pictures named rightly against the number of codes; level lines to compare with."""
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{100 * v:.0f} % with {k}" for k, v in zip(counts, line, strict=True))
        for name, line in lines.items()
    )
    beside = "; ".join(f"{name}: {100 * value:.0f} %" for name, value in levels.items())
    drawing = Drawing(f"Named rightly, by the number of codes. {told}. {beside}.", 5.4, 3.0)
    (axes,) = drawing.panels()
    for (name, line), (shade, marker, dash) in zip(lines.items(), cycle(LOOKS), strict=False):
        shares = [100 * share for share in line]
        axes.plot(counts, shares, color=LIGHT[shade], marker=marker, linestyle=dash, label=name)
    for (name, value), dash in zip(levels.items(), cycle((":", "--"))):
        axes.axhline(100 * value, color=LIGHT["float"], linestyle=dash, label=name)
    axes.set(xscale="log", xlabel="codes K", ylabel="named rightly, %", ylim=(0, 104))
    _counts_below(axes, counts)
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing


def parts_or_things(
    counts: Sequence[int],
    found: Mapping[str, Sequence[Point]],
    shuffled: Mapping[str, Sequence[Point]],
    ends: Mapping[str, Point],
    marked: int,
) -> Drawing:
    """How far codes follow things, across, and parts, up; a path a codebook as K grows.

    Args:
        counts: K.
        found, shuffled: by codebook, for each K the share of cells whose thing, and whose part, is
            the main one of their code; the second with codes dealt out at random.
        ends: what codes that are exactly the things, or the parts, would reach.
        marked: the K whose dot is drawn large.
    """
    at = list(counts).index(marked)
    told = "; ".join(
        f"{name}: things {points[0][0]:.2f}, {points[at][0]:.2f} and {points[-1][0]:.2f}, parts "
        f"{points[0][1]:.2f}, {points[at][1]:.2f} and {points[-1][1]:.2f}"
        for name, points in found.items()
    )
    dealt = np.max([point for points in shuffled.values() for point in points], axis=0)
    drawing = Drawing(
        f"Main thing's share of a code's cells across, main part's up, with {counts[0]}, {marked} "
        f"and {counts[-1]} codes. {told}. Shuffled: things at most {dealt[0]:.2f}, parts "
        f"{dealt[1]:.2f}.",
        5.8,
        4.6,
    )
    (axes,) = drawing.panels()
    for (name, points), (shade, marker, dash) in zip(found.items(), LOOKS, strict=False):
        across, up = zip(*points, strict=True)
        axes.plot(across, up, color=LIGHT[shade], linestyle=dash, label=name, marker=marker, ms=4)
        axes.plot(across[at], up[at], color=LIGHT[shade], marker=marker, ms=9)
        axes.plot(*zip(*shuffled[name], strict=True), ".", color=LIGHT[shade], alpha=0.5)
    named = {**ends, "shuffled": shuffled[next(iter(shuffled))][-1]}
    for name, (right, high) in named.items():
        if name in ends:
            axes.plot(right, high, "*", color=LIGHT["ink"], ms=12)
        side = "left" if right < 0.5 else "right"
        axes.annotate(
            name, (right, high), xytext=(9 if side == "left" else -9, 0), ha=side,
            textcoords="offset points", va="center", color=LIGHT["ink"],
        )  # fmt: skip
    axes.set(
        xlabel="cells of their code's main thing, share",
        ylabel="cells of its main part, share",
        xlim=(0, 1.05),
        ylim=(0, 1.05),
    )
    drawing.legend(loc="outside upper left", ncols=3, title=f"large: {marked} codes")
    return drawing


def _counts_below(axes: Axes, counts: Sequence[int]) -> None:
    axes.set_xticks(list(counts), [str(count) for count in counts])
    axes.minorticks_off()
