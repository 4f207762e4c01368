"""What a patch does to a code, from each place of a picture and by its distance."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import show_photo
from fewbits.figures.vocabulary import LOOKS
from fewbits.palette import LIGHT

Map = Float[Tensor, "high wide"]


def change_maps(
    image: UInt8[Tensor, "3 height width"], maps: Mapping[str, Map], cells: Mapping[str, int]
) -> Drawing:
    """A picture, and beside it how a score changes with a patch at each place, a map a code.

    Args:
        maps: the change with the patch at each place, by what is written above.
        cells: where each code scores, counted row by row: framed.
    """
    told = []
    for name, changes in maps.items():
        low = divmod(int(changes.argmin()), changes.shape[1])
        told.append(
            f"{name}: {int((changes.abs() >= 0.01).sum())} of {changes.numel()} places change the "
            f"score by 0.01 or more, at most by {float(changes.min()):+.2f}, in row {low[0] + 1}, "
            f"column {low[1] + 1}"
        )
    drawing = Drawing(f"A picture and {len(maps)} maps. {'; '.join(told)}.", 8.0, 2.5)
    first, *others = drawing.panels(1, len(maps) + 1)
    show_photo(first, image)
    first.set_title("the picture")
    colours = LinearSegmentedColormap.from_list("", [LIGHT["wrong"], "#FFFFFF", LIGHT["qsenn"]])
    for axes, (name, changes) in zip(others, maps.items(), strict=True):
        show_photo(axes, image)
        high, wide = image.shape[1:]
        extent = (-0.5, wide - 0.5, high - 0.5, -0.5)
        most = max(0.01, float(changes.abs().max()))
        axes.imshow(
            changes.numpy(), cmap=colours, vmin=-most, vmax=most, extent=extent, alpha=0.75,
            interpolation="none",
        )  # fmt: skip
        row, column = divmod(cells[name], changes.shape[1])
        size = high / changes.shape[0], wide / changes.shape[1]
        corner = (column * size[1] - 0.5, row * size[0] - 0.5)
        axes.add_patch(
            Rectangle(corner, size[1], size[0], fill=False, edgecolor=LIGHT["ink"], linewidth=1.5)
        )
        axes.set_title(name)
    return drawing


def change_by_distance(lines: Mapping[str, Sequence[float]], what: str) -> Drawing:
    """A mean change for each distance of the patch, a line a vocabulary; NaN where none was."""
    told = "; ".join(
        f"{name}: {', '.join('none' if np.isnan(v) else f'{v:.2f}' for v in values)}"
        for name, values in lines.items()
    )
    drawing = Drawing(f"{what}, by distance in cells from 0. {told}.", 5.8, 3.8)
    (axes,) = drawing.panels()
    for (name, values), (shade, marker, dash) in zip(lines.items(), cycle(LOOKS), strict=False):
        axes.plot(values, color=LIGHT[shade], marker=marker, linestyle=dash, label=name, ms=5)
    axes.set(xlabel="cells between the patch and the code's own", ylabel=what)
    axes.set_ylim(bottom=0)
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing
