"""Pictures of *From levels to codes*."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from fewbits.figures.drawing import Drawing, picture
from fewbits.palette import LIGHT


def tile(patches: Float[Tensor, "patch pixel"], columns: int) -> Float[Tensor, "height width"]:
    """Square patches side by side in rows of ``columns``; between them NaN, which is not painted.

    Each pixel becomes two by two, so that a gap can be one and a half pixels wide.
    """
    side, gap = 2 * math.isqrt(patches.shape[1]), 3
    rows = -(-len(patches) // columns)
    sheet = torch.full((rows * columns, side + gap, side + gap), torch.nan)
    small = patches.reshape(len(patches), side // 2, side // 2).float()
    sheet[: len(patches), :side, :side] = small.repeat_interleave(2, 1).repeat_interleave(2, 2)
    sheet = sheet.view(rows, columns, side + gap, side + gap).transpose(1, 2)
    return sheet.reshape(rows * (side + gap), columns * (side + gap))[:-gap, :-gap]


def _patches(axes: Axes, patches: Float[Tensor, "patch pixel"], columns: int) -> None:
    """Show patches apart on the page's own ground."""
    picture(axes, tile(patches, columns))
    axes.set_frame_on(False)


def digit_in_codes(
    image: Float[Tensor, "height width"],
    entries: Float[Tensor, "entry pixel"],
    rebuilt: Float[Tensor, "height width"],
) -> Drawing:
    """An image cut into patches, the entries there are, and the image made of entries."""
    side = math.isqrt(entries.shape[1])
    alt = (
        f"Left: a handwritten digit under a grid of {side} by {side} pixel squares. Middle: "
        f"{len(entries)} small patches: black, edges in every direction, strokes, corners. Right: "
        "the digit put together from these patches only, coarser but easy to read."
    )
    drawing = Drawing(alt, 6.8, 2.1)
    left, middle, right = drawing.panels(1, 3, width_ratios=[1, 1.9, 1])
    picture(left, image, "cut into patches")
    _patches(middle, entries, 8)
    middle.set_title(f"{len(entries)} entries")
    picture(right, rebuilt, "each by its entry")
    for edge in range(side, image.shape[0], side):
        left.axhline(edge - 0.5, color=LIGHT["protoquant"], linewidth=0.7)
        left.axvline(edge - 0.5, color=LIGHT["protoquant"], linewidth=0.7)
    return drawing


def moving_levels(
    values: Float[Tensor, " value"], history: Sequence[Float[Tensor, " level"]]
) -> Drawing:
    """A histogram of values, and under it where each level stands after each step."""
    first, last = (
        ", ".join(f"{v:.2f}" for v in levels.tolist()) for levels in (history[0], history[-1])
    )
    alt = (
        f"Above: histogram of pixel values from 0 to 1, most at the two ends. Below: levels start "
        f"at {first} and move, step by step, to {last}."
    )
    drawing = Drawing(alt, 5.4, 3.6)
    above, below = drawing.panels(2, 1, sharex=True)
    above.hist(values, bins=80, color=LIGHT["float"], alpha=0.55, log=True)
    above.set_ylabel("count")
    below.plot(torch.stack(list(history)), range(len(history)), color=LIGHT["pact"], marker=".")
    below.set(xlabel="pixel value", ylabel="step", ylim=(len(history) - 0.5, -0.5))
    return drawing


def pairs_and_codes(
    pairs: Float[Tensor, "pair 2"], books: Mapping[str, Float[Tensor, "entry 2"]]
) -> Drawing:
    """Neighbouring pixels as points in a square, and each named set of entries on top."""
    told = "; ".join(
        f"{name}: {int((torch.cdist(entries, pairs).amin(1) > 0.1).sum())} of {len(entries)} "
        "entries lie further than 0.1 from every pair"
        for name, entries in books.items()
    )
    alt = f"Pairs of neighbouring pixels crowd along the diagonal and the edges. {told}."
    drawing = Drawing(alt, 6.8, 3.8)
    panels = drawing.panels(1, len(books), sharey=True)
    for axes, (name, entries) in zip(panels, books.items(), strict=True):
        axes.plot(*pairs.T, ".", color=LIGHT["float"], alpha=0.25, markersize=2, rasterized=True)
        axes.plot(*entries.T, "D", color=LIGHT["protoquant"], markeredgecolor=LIGHT["paper"])
        axes.set(title=name, xlabel="a pixel", box_aspect=1)
    panels[0].set_ylabel("its neighbour")
    return drawing


def codes_by_use(entries: Float[Tensor, "entry pixel"], counts: Sequence[int]) -> Drawing:
    """All entries, the most used first, above how often the code of each is taken."""
    order = sorted(range(len(counts)), key=lambda k: -counts[k])
    used = [counts[k] for k in order]
    alt = (
        f"{len(entries)} entries as small patches, the most used first: black, then edges and "
        "strokes in many directions. Below, how often each is used: "
        f"{used[0]} times to {used[-1]} times."
    )
    drawing = Drawing(alt, 6.8, 4.0)
    above, below = drawing.panels(2, 1, height_ratios=[1, 1])
    _patches(above, entries[order], 16)
    below.bar(range(len(used)), used, color=LIGHT["protoquant"])
    below.set(xlabel="code, most used first", ylabel="patches", yscale="log")
    return drawing


def error_over_codes(
    counts: Sequence[int], errors: Mapping[str, Sequence[float]], reference: Mapping[str, float]
) -> Drawing:
    """Error against the number of codes, one line a way to choose them; level lines to compare."""
    told = "; ".join(
        f"{name}: {line[0]:.3f} with {counts[0]} codes, {line[-1]:.4f} with {counts[-1]}"
        for name, line in errors.items()
    )
    levels = "; ".join(f"{name}: {value:.4f}" for name, value in reference.items())
    drawing = Drawing(f"Error over the number of codes. {told}. Level lines: {levels}.", 5.4, 3.6)
    (axes,) = drawing.panels()
    looks = (("wrong", "-.", "v"), ("pact", "--", "s"), ("protoquant", "-", "o"))
    for (name, line), (shade, dash, marker) in zip(errors.items(), looks, strict=False):
        axes.plot(counts, line, color=LIGHT[shade], linestyle=dash, marker=marker, label=name)
    for name, value in reference.items():
        axes.axhline(value, color=LIGHT["float"], linestyle=":", label=name)
    axes.set(xscale="log", yscale="log", xlabel="codes K (bits a patch)", ylabel="error a pixel")
    axes.set_xticks(counts, [f"{k}\n({k.bit_length() - 1})" for k in counts])
    axes.minorticks_off()
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing


def rebuilt_digits(rows: Mapping[str, Float[Tensor, "image height width"]]) -> Drawing:
    """The same images, a row for each way they were rebuilt."""
    names = ", ".join(rows)
    drawing = Drawing(f"The same digits in {len(rows)} rows: {names}.", 6.8, 0.75 * len(rows) + 0.2)
    panels = drawing.panels(len(rows), 1)
    for axes, (name, images) in zip(panels, rows.items(), strict=True):
        picture(axes, torch.cat(list(images.float()), 1))
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
    return drawing
