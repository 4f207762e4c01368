"""Pictures of patches: which place is said to look like which, and how far that holds."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import Photo, show_photo
from fewbits.palette import LIGHT

Photos = UInt8[Tensor, "place 3 height width"]
Grid = tuple[int, int]


def box_cell(axes: Axes, cell: int, grid: Grid, side: int, shade: str = "protoquant") -> None:
    """A frame around one cell of the grid, dark on light so that it shows on any picture."""
    high, wide = side / grid[0], side / grid[1]
    _frame(axes, cell % grid[1] * wide, cell // grid[1] * high, wide, high, shade)


def _frame(axes: Axes, left: float, top: float, wide: float, high: float, shade: str) -> None:
    for width, colour in ((3.2, LIGHT["paper"]), (1.6, LIGHT[shade])):
        axes.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5), wide, high, fill=False, edgecolor=colour, linewidth=width
            )
        )


def looks_like(
    here: Photos,
    here_cells: Int[Tensor, " place"],
    there: Photos,
    there_cells: Int[Tensor, " place"],
    grid: Grid,
    said: Sequence[str],
    names: Sequence[str] = ("this", "looks like that"),
    told: str = "",
) -> Drawing:
    """Pairs of places, one over the other, each framed in its picture; what is said of each pair.

    Args:
        here: pictures above; ``there``: pictures below.
        here_cells: places in the grid, counted row by row.
        said: a line a pair, above it.
        names: of the two rows.
        told: what is seen, for whoever cannot see it.
    """
    alt = (
        f"{len(said)} pairs of pictures, in each of which one cell of {grid[0]} x {grid[1]} is "
        f"framed. Above: {names[0]}. Below: {names[1]}. {'; '.join(said)}. {told}"
    )
    drawing = Drawing(alt.strip().replace("\n", " "), 1.3 * len(said) + 0.8, 3.0)
    panels = drawing.panels(2, len(said))
    for row, (photos, cells) in enumerate(((here, here_cells), (there, there_cells))):
        for place, (photo, cell) in enumerate(zip(photos, cells.tolist(), strict=True)):
            axes = panels[row * len(said) + place]
            show_photo(axes, photo, said[place] if row == 0 else "")
            box_cell(axes, cell, grid, photo.shape[-1])
        panels[row * len(said)].set_ylabel(names[row], fontsize=9)
    return drawing


def similarity(
    photo: Photo, cosines: Float[Tensor, "high wide"], title: str, told: str = ""
) -> Drawing:
    """A picture, and how like one vector each of its cells is; the largest is framed in both.

    ``told`` says what is seen, for whoever cannot see it.
    """
    grid = (cosines.shape[0], cosines.shape[1])
    best = int(cosines.argmax())
    alt = (
        f"Left: {title}. Right: the cosine of each of {grid[0]} x {grid[1]} cells with one "
        f"prototype, from {cosines.min():.2f} to {cosines.max():.2f}; the largest is in row "
        f"{best // grid[1] + 1}, column {best % grid[1] + 1}. {told}"
    )
    drawing = Drawing(alt.strip(), 5.2, 2.5)
    left, right = drawing.panels(1, 2)
    show_photo(left, photo, title)
    box_cell(left, best, grid, photo.shape[-1])
    right.imshow(cosines.detach().cpu().numpy(), vmin=-1, vmax=1, cmap="PuOr_r")
    right.set(xticks=[], yticks=[], title="cosine of each cell")
    right.set_xlabel("violet -1, white 0, brown 1", fontsize=8)
    right.grid(visible=False)
    _frame(right, float(best % grid[1]), float(best // grid[1]), 1.0, 1.0, "protoquant")
    return drawing


def how_far(photo: Photo, cell: int, grid: Grid, sides: Sequence[int], told: str = "") -> Drawing:
    """Squares of several sides around a cell: what is drawn of it, and what it sees.

    ``told`` says what is seen, for whoever cannot see it.
    """
    alt = (
        "A picture with squares around one cell, of "
        f"{' and '.join(f'{side} x {side}' for side in sides)} pixels. {told}"
    )
    drawing = Drawing(alt.strip(), 2.6, 2.6)
    (axes,) = drawing.panels()
    show_photo(axes, photo)
    whole = photo.shape[-1]
    middle = [(place + 0.5) * whole / length for place, length in
              ((cell % grid[1], grid[1]), (cell // grid[1], grid[0]))]  # fmt: skip
    for side, shade in zip(sides, ("protoquant", "wrong"), strict=False):
        _frame(axes, middle[0] - side / 2, middle[1] - side / 2, float(side), float(side), shade)
    return drawing


def patch_rows(
    split_images: UInt8[Tensor, "image 3 height width"],
    images: Sequence[Int[Tensor, "prototype patch"]],
    cells: Sequence[Int[Tensor, "prototype patch"]],
    grid: Grid,
    titles: Sequence[str],
    columns: Sequence[str],
    told: str = "",
) -> Drawing:
    """A row a prototype: its nearest patches, in one block for each of several moments.

    Args:
        images: for each moment the pictures' rows, the nearest first.
        cells: for each moment the places in them.
        titles: of the rows.
        columns: of the blocks.
        told: what is seen, for whoever cannot see it.
    """
    shown = torch.cat(list(images), 1), torch.cat(list(cells), 1)
    rows, wide = shown[0].shape
    block = images[0].shape[1]
    alt = (
        f"The {block} nearest patches of {rows} prototypes, a row each "
        f"({'; '.join(titles)}), in {len(columns)} blocks: {', '.join(columns)}. {told}"
    )
    drawing = Drawing(alt.strip().replace("\n", " "), 0.95 * wide + 1.0, 0.98 * rows + 0.2)
    panels = drawing.panels(rows, wide)
    flat = zip(panels, shown[0].flatten().tolist(), shown[1].flatten().tolist(), strict=True)
    for axes, image, cell in flat:
        show_photo(axes, split_images[image])
        box_cell(axes, cell, grid, split_images.shape[-1])
    for title, first in zip(titles, panels[::wide], strict=True):
        first.set_ylabel(title, rotation=0, ha="right", va="center", fontsize=9)
    for place, name in enumerate(columns):
        panels[place * block].set_title(name, fontsize=9)
    return drawing


def adrift(
    nearest: Sequence[float], accuracies: Sequence[float], usual: float, label: str
) -> Drawing:
    """Over epochs from 0: how near prototypes are to any cell, and how many pictures are named.

    Args:
        nearest: mean cosine with the nearest cell.
        accuracies: shares of the test pictures.
        usual: the cosine at which a cell has its nearest neighbour in another picture.
        label: what ``usual`` is.
    """
    epochs = range(len(nearest))
    least = min(epochs, key=lambda epoch: accuracies[epoch])
    alt = (
        f"Two panels over {len(nearest) - 1} epochs. Left: the mean cosine with the nearest cell "
        f"goes from {nearest[0]:.2f} to {nearest[-1]:.2f}; a level marks {label}, {usual:.2f}. "
        f"Right: named rightly goes from {100 * accuracies[0]:.0f} % to "
        f"{100 * accuracies[-1]:.0f} %; it is lowest after epoch {least}, "
        f"{100 * accuracies[least]:.0f} %."
    )
    drawing = Drawing(alt, 7.0, 2.7)
    left, right = drawing.panels(1, 2)
    left.plot(epochs, nearest, color=LIGHT["protoquant"], marker="o", markersize=4)
    left.axhline(usual, color=LIGHT["float"], linestyle="--", linewidth=1)
    end = len(nearest) - 1
    left.annotate(label, (end, usual), (0, -10), textcoords="offset points", ha="right", fontsize=8)
    left.set(title="cosine with the nearest cell", xlabel="epoch", ylim=(0.5, 1.02))
    right.plot(epochs, [100 * share for share in accuracies], color=LIGHT["ink"], marker="o",
               markersize=4)  # fmt: skip
    right.set(title="named rightly, %", xlabel="epoch", ylim=(0, 104))
    return drawing
