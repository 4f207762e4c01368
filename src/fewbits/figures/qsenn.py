"""Pictures of the Q-SENN chapters."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import FixedLocator, NullLocator
from PIL import Image
from torch import Tensor

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

SHADES = ("qsenn", "float", "wrong", "pact", "protoquant", "ink")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))

COLOURS = 64  # of a photo in a figure
DARKEST = 0.2  # what is left of a photo's light where a feature is silent

Photo = UInt8[Tensor, "3 height width"]


def spoken(name: str) -> str:
    """A class or an attribute as one reads it: ``has_crown_color::red`` is *crown color: red*."""
    return name.removeprefix("has_").replace("::", ": ").replace("_", " ")


def show_photo(axes: Axes, photo: Photo, title: str = "") -> None:
    """A picture in colours, without ticks."""
    # A palette: a third of the bytes, and a page holds dozens of photos.
    whole = Image.fromarray(photo.cpu().permute(1, 2, 0).contiguous().numpy())
    few = whole.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    axes.imshow(np.asarray(few), interpolation="none")
    axes.set_title(title, fontsize=7)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def one_of_each(split: Split, class_names: Sequence[str], columns: int = 8) -> Drawing:
    """The first picture of every class, its name above it; a class without one has its name only.

    Raises:
        UsageError: no class at all, or fewer than one column.
    """
    if not class_names or columns < 1:
        raise UsageError(
            f"expected at least one class and one column, got {len(class_names)} and {columns}"
        )
    labels = split.labels.tolist()
    rows = -(-len(class_names) // columns)
    names = [spoken(name) for name in class_names]
    empty = [name for place, name in enumerate(names) if place not in labels]
    lacking = f" There is no picture of {', '.join(empty)}." if empty else ""
    listed = ", ".join(names)
    drawing = Drawing(
        f"One picture of each of {len(names)} classes: {listed}.{lacking}", 7.4, 1.0 * rows
    )
    panels = drawing.panels(rows, columns)
    for axes in panels:
        axes.set_axis_off()
    for place, (axes, name) in enumerate(zip(panels, names, strict=False)):
        if name in empty:
            axes.set_title(_two_lines(name), fontsize=7)
            axes.text(0.5, 0.5, "no picture", ha="center", va="center", fontsize=7)
        else:
            show_photo(axes, split.images[labels.index(place)], _two_lines(name))
    return drawing


def _two_lines(name: str) -> str:
    """A name broken near its middle, for narrow columns."""
    first, _, rest = name.rpartition(" ")
    return f"{first}\n{rest}" if first else name


def one_decision(photo: Photo, parts: Float[Tensor, " feature"], named: str) -> Drawing:
    """A picture, and what each feature adds to the logit of the class it was given."""
    ranked = parts[parts.abs().argsort(descending=True)].detach().cpu()
    most, whole = ranked[:5].abs().sum().item(), ranked.abs().sum().item() or 1.0
    alt = (
        f"Left: a bird that the network calls {named}. Right: the {len(parts)} parts of that "
        f"class's logit, the largest first, from {ranked[0].item():.2f} down to nothing. The five "
        f"largest make up {100 * most / whole:.0f} % of the sum of all sizes."
    )
    drawing = Drawing(alt, 7.0, 2.3)
    left, right = drawing.panels(1, 2, width_ratios=(1, 3))
    show_photo(left, photo, named)
    shades = [LIGHT["qsenn"] if part > 0 else LIGHT["wrong"] for part in ranked]
    right.bar(range(len(ranked)), ranked.tolist(), color=shades, width=0.85)
    right.set(xlabel="features, the largest part first", ylabel="part of the logit")
    return drawing


def answers_kept(
    counts: Sequence[int], shares: Mapping[str, Sequence[float]], xlabel: str, ylabel: str
) -> Drawing:
    """Shares over how many features speak, a line each, on a logarithmic axis."""
    told = "; ".join(
        f"{name}: " + ", ".join(f"{n} {100 * s:.0f} %" for n, s in zip(counts, line, strict=True))
        for name, line in shares.items()
    )
    drawing = Drawing(f"{ylabel} over {xlabel}. {told}.", 6.0, 3.0)
    (axes,) = drawing.panels()
    for (name, line), shade, dash in zip(
        shares.items(), cycle(SHADES), cycle(DASHES), strict=False
    ):
        values = [100 * share for share in line]
        axes.plot(counts, values, marker="o", color=LIGHT[shade], linestyle=dash, label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(list(counts)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(counts), [str(n) for n in counts])
    axes.set(xlabel=xlabel, ylabel=f"{ylabel}, %", ylim=(0, 104))
    axes.legend(loc="lower right")
    return drawing


def loudest_pictures(
    split: Split, order: Int[Tensor, "row picture"], titles: Sequence[str]
) -> Drawing:
    """A row of pictures for each title, the first being the loudest."""
    rows, columns = order.shape
    listed = ", ".join(titles)
    alt = f"The {columns} pictures on which each feature is loudest, one row each: {listed}."
    drawing = Drawing(alt, 0.95 * columns + 1.3, 0.98 * rows)
    panels = drawing.panels(rows, columns)
    for axes, place in zip(panels, order.flatten().tolist(), strict=True):
        show_photo(axes, split.images[place])
    for row, title in enumerate(titles):
        panels[row * columns].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=9)
    return drawing


def about_what(
    attribute: Float[Tensor, " feature"],
    species: Float[Tensor, " feature"],
    attribute_floor: Float[Tensor, " feature"],
    species_floor: Float[Tensor, " feature"],
) -> Drawing:
    """A dot a feature: how well it separates its best attribute and its best species."""
    floors = attribute_floor.mean().item(), species_floor.mean().item()
    alt = (
        f"A dot for each of {len(species)} features. Across: how well it separates the property "
        f"it fits best, {attribute.mean():.2f} on average. Up: the species it fits best, "
        f"{species.mean():.2f} on average. {int((species > attribute).sum())} dots lie above the "
        f"diagonal. Two lines mark chance: {floors[0]:.2f} across and {floors[1]:.2f} up."
    )
    drawing = Drawing(alt, 4.6, 3.6)
    (axes,) = drawing.panels()
    axes.plot([0.5, 1], [0.5, 1], color=LIGHT["float"], linewidth=0.8)
    axes.axvline(floors[0], color=LIGHT["wrong"], linestyle="--", linewidth=1)
    axes.axhline(floors[1], color=LIGHT["wrong"], linestyle="--", linewidth=1)
    axes.annotate("chance", (floors[0], 0.52), (3, 0), textcoords="offset points", fontsize=8)
    axes.plot(attribute, species, "o", color=LIGHT["qsenn"], markersize=4, alpha=0.7)
    axes.set(xlim=(0.5, 1.01), ylim=(0.5, 1.01))
    axes.set(xlabel="separates its best property", ylabel="separates its best species")
    return drawing


def maps_over(
    photo: Photo, maps: Mapping[str, Float[Tensor, "feature high wide"]], titles: Sequence[str]
) -> Drawing:
    """One picture; in a row for each network its features' maps, bright where a feature is loud."""
    columns = max(len(own) for own in maps.values()) + 1
    alt = (
        "A bird on the left; right of it, one row a network, where in the picture each of "
        f"{columns - 1} features is loud: {', '.join(maps)}."
    )
    drawing = Drawing(alt, 1.15 * columns + 0.6, 1.3 * len(maps))
    panels = drawing.panels(len(maps), columns)
    for row, (name, own) in enumerate(maps.items()):
        cells = panels[row * columns : (row + 1) * columns]
        for axes in cells:
            axes.set_axis_off()
        show_photo(cells[0], photo, name)
        side = photo.shape[-1]
        for axes, one, title in zip(cells[1:], own, titles, strict=False):
            loud = torch.nn.functional.interpolate(one[None, None], size=side, mode="nearest")[0]
            light = DARKEST + (1 - DARKEST) * loud / loud.max().clamp_min(1e-12)
            show_photo(axes, (photo.cpu() * light.clamp_min(DARKEST)).to(torch.uint8), title)
    return drawing


def layers(shown: Mapping[str, Float[Tensor, "class feature"]]) -> Drawing:
    """Last layers as matrices, a row a class; the stronger a colour the larger the weight.

    Who cannot tell the colours apart tells the signs by their shape, as in the live controls: a
    plus fills its cell, a minus is a bar in the middle of it.
    """
    told = []
    for name, weights in shown.items():
        uses = (weights != 0).sum(1).double()
        told.append(
            f"{name}: {weights.shape[0]} classes, {weights.shape[1]} features, {uses.mean():.1f} "
            f"of them a class, {int(uses.sum())} weights"
        )
    drawing = Drawing(f"Last layers as matrices. {'; '.join(told)}.", 7.2, 2.1 * len(shown) + 0.2)
    for axes, weights in zip(drawing.panels(len(shown)), shown.values(), strict=True):
        axes.imshow(_in_cells(weights), interpolation="none", aspect="auto")
        axes.set(yticks=[], ylabel="classes")
        axes.set_title(told.pop(0), fontsize=9)
        axes.grid(visible=False)
    axes.set_xlabel("features (green, whole cells: for the class; orange bars: against it)")
    return drawing


def _in_cells(weights: Float[Tensor, "class feature"]) -> Float[np.ndarray, "row feature 4"]:
    """Each weight a colour for its sign, the stronger the larger it is; 0 is transparent.

    Three rows a class, of which a minus has the middle one only.
    """
    size = (weights.abs() / weights.abs().max().clamp_min(1e-12)).sqrt()
    plus, minus = (torch.tensor(to_rgb(LIGHT[name])) for name in ("qsenn", "wrong"))
    shade = torch.where((weights > 0)[..., None], plus, minus)
    cells = torch.cat([shade, size[..., None]], 2).repeat_interleave(3, dim=0)
    for edge in (0, 2):
        cells[edge::3, :, 3] *= weights > 0
    return cells.numpy()


def not_yet(curve: Sequence[tuple[float, float]], best: float, weights: float) -> Drawing:
    """Objective and weights a class over a solver's steps, both at the optimum as level lines."""
    objectives, counts = zip(*curve, strict=True)
    steps = range(1, len(curve) + 1)
    alt = (
        f"Two panels over the steps of a solver, on a logarithmic axis. Left: the objective falls "
        f"from {objectives[0]:.2f} to {objectives[-1]:.3f}; its optimum is {best:.3f}. Right: the "
        f"weights a class that are not 0 fall from {max(counts):.1f} to {counts[-1]:.1f}; at the "
        f"optimum there are {weights:.1f}."
    )
    drawing = Drawing(alt, 7.0, 2.8)
    panels = drawing.panels(1, 2)
    named = (("objective", objectives, best), ("weights a class", counts, weights))
    for axes, (title, values, level) in zip(panels, named, strict=True):
        axes.plot(steps, values, color=LIGHT["qsenn"])
        axes.axhline(level, color=LIGHT["ink"], linewidth=0.8, linestyle="--")
        axes.annotate("optimum", (1, level), (2, 3), textcoords="offset points", fontsize=8)
        axes.set(title=title, xlabel="step", xscale="log", ylim=(0, None))
    return drawing
