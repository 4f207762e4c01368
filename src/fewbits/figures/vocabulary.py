"""A codebook at work: whose cell is whose, how many codes it takes, and what they follow."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from jaxtyping import Int, UInt8
from matplotlib import colormaps
from matplotlib.axes import Axes
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import show_photo
from fewbits.palette import LIGHT

STRENGTH = 0.62  # of a code's colour over the picture
LOOKS = (("protoquant", "o", "-"), ("wrong", "v", "-."), ("pact", "s", "--"), ("qsenn", "D", ":"))

Photos = UInt8[Tensor, "image 3 height width"]
Cells = Int[Tensor, "image high wide"]
Point = tuple[float, float]


def told_in_codes(images: Photos, rows: Mapping[str, Cells], alt: str) -> Drawing:
    """Pictures, and below them the same once for each codebook, a colour a code.

    Colours are drawn by the code's number and mean nothing else; each row has its own.

    Args:
        rows: the code of each cell, by what is written beside the row.
        alt: what is to be seen.
    """
    drawing = Drawing(alt, 1.15 * len(images), 1.2 * (len(rows) + 1))
    panels = iter(drawing.panels(len(rows) + 1, len(images)))
    for image in images:
        show_photo(next(panels), image)
    for name, cells in rows.items():
        colours = np.asarray(colormaps["hsv"](np.linspace(0, 1, int(cells.max()) + 2)[:-1]))
        for place, (image, codes) in enumerate(zip(images, cells, strict=True)):
            axes = next(panels)
            show_photo(axes, image)
            high, wide = image.shape[1:]
            axes.imshow(
                colours[codes.numpy()],
                alpha=STRENGTH,
                extent=(-0.5, wide - 0.5, high - 0.5, -0.5),
                interpolation="none",
            )
            if place == 0:
                axes.set_ylabel(name)
    return drawing


def accuracy_over_codes(
    counts: Sequence[int], lines: Mapping[str, Sequence[float]], levels: Mapping[str, float]
) -> Drawing:
    """Shares of pictures told rightly against the number of codes; level lines to compare with."""
    told = "; ".join(
        f"{name}: {100 * line[0]:.0f} % with {counts[0]} codes, {100 * line[-1]:.0f} % with "
        f"{counts[-1]}"
        for name, line in lines.items()
    )
    beside = "; ".join(f"{name}: {100 * value:.0f} %" for name, value in levels.items())
    drawing = Drawing(f"Told rightly, over the number of codes. {told}. {beside}.", 5.4, 3.0)
    (axes,) = drawing.panels()
    for (name, line), (shade, marker, dash) in zip(lines.items(), cycle(LOOKS), strict=False):
        shares = [100 * share for share in line]
        axes.plot(counts, shares, color=LIGHT[shade], marker=marker, linestyle=dash, label=name)
    for (name, value), dash in zip(levels.items(), cycle((":", "--"))):
        axes.axhline(100 * value, color=LIGHT["float"], linestyle=dash, label=name)
    axes.set(xscale="log", xlabel="codes K", ylabel="told rightly, %", ylim=(0, 104))
    _counts_below(axes, counts)
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing


def parts_or_classes(
    counts: Sequence[int],
    found: Mapping[str, Sequence[Point]],
    shuffled: Mapping[str, Sequence[Point]],
    ends: Mapping[str, Point],
) -> Drawing:
    """How far codes follow classes, across, and parts, up; a path a codebook as K grows.

    Args:
        counts: K, by which dots grow.
        found, shuffled: by codebook, for each K the share of cells whose class, and whose part, is
            the main one of their code; the second with codes dealt out at random.
        ends: what codes that are exactly the classes, or the parts, would reach.
    """
    told = "; ".join(
        f"{name}: classes {points[0][0]:.2f} to {points[-1][0]:.2f}, parts {points[0][1]:.2f} to "
        f"{points[-1][1]:.2f}"
        for name, points in found.items()
    )
    alt = (
        f"Main class's share of a code's cells across, main part's up, {counts[0]} to {counts[-1]} "
        f"codes. {told}. Shuffled codes lie far below, on the left."
    )
    drawing = Drawing(alt, 5.4, 4.2)
    (axes,) = drawing.panels()
    for (name, points), (shade, marker, dash) in zip(found.items(), cycle(LOOKS), strict=False):
        across, up = zip(*points, strict=True)
        axes.plot(across, up, color=LIGHT[shade], linestyle=dash, label=name, marker=marker, ms=4)
        axes.plot(across[-1], up[-1], color=LIGHT[shade], marker=marker, ms=9)
        axes.plot(*zip(*shuffled[name], strict=True), ".", color=LIGHT[shade], alpha=0.5)
    for name, (across_end, up_end) in ends.items():
        axes.plot(across_end, up_end, "*", color=LIGHT["ink"], ms=12)
        side = "left" if across_end < 0.5 else "right"
        axes.annotate(
            name, (across_end, up_end), xytext=(9 if side == "left" else -9, 0), ha=side,
            textcoords="offset points", va="center", color=LIGHT["ink"],
        )  # fmt: skip
    axes.set(
        xlabel="cells of their code's main class, share",
        ylabel="cells of its main part, share",
        xlim=(0, 1.05),
        ylim=(0, 1.05),
    )
    drawing.legend(loc="outside upper left", ncols=3)
    return drawing


def _counts_below(axes: Axes, counts: Sequence[int]) -> None:
    axes.set_xticks(list(counts), [str(count) for count in counts])
    axes.minorticks_off()
