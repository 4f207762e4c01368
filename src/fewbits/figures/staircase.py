"""Pictures of *Learning through a staircase*."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

SHADES = ("float", "protoquant", "pact", "qsenn", "ink")
MARKERS = "ov^Ds"


def staircase_and_slope() -> Drawing:
    """Rounding, the slope it has, and the slope that one would need."""
    alt = (
        "Left: rounding as a staircase around the straight line y = w. Right: its slope is 0 "
        "everywhere, with a spike wherever a step rises; the straight line's slope is 1."
    )
    drawing = Drawing(alt, 6.8, 2.9)
    left, right = drawing.panels(1, 2)
    w = torch.linspace(-2.4, 2.4, 961)
    left.plot(w, w, color=LIGHT["float"], linestyle="--", label="y = w")
    left.plot(w, torch.round(w), color=LIGHT["pact"], label="y = round(w)")
    left.set(xlabel="weight w", ylabel="y", xticks=range(-2, 3), yticks=range(-2, 3))
    left.legend(loc="upper left")
    right.plot(w, torch.ones_like(w), color=LIGHT["float"], linestyle="--", label="of y = w")
    right.plot(w, torch.zeros_like(w), color=LIGHT["pact"], label="of y = round(w)")
    for threshold in (-1.5, -0.5, 0.5, 1.5):
        right.annotate(
            "",
            (threshold, 2.0),
            (threshold, 0),
            arrowprops={"arrowstyle": "->", "color": LIGHT["pact"]},
        )
    right.set(xlabel="weight w", ylabel="slope", xticks=range(-2, 3), ylim=(-0.2, 2.6))
    right.legend(loc="upper left", ncols=2)
    return drawing


def weight_paths(
    paths: Mapping[str, Sequence[float]], target: float, threshold: float = 0.5
) -> Drawing:
    """One weight over training steps, a line a method; the target and the threshold are marked."""
    told = "; ".join(
        f"{name}: from {path[0]:.2f} to {path[-1]:.2f}, between {min(path[len(path) // 2 :]):.2f} "
        f"and {max(path[len(path) // 2 :]):.2f} in the second half"
        for name, path in paths.items()
    )
    drawing = Drawing(f"A weight over training steps. {told}.", 5.4, 3.2)
    (axes,) = drawing.panels()
    axes.axhline(threshold, color=LIGHT["wrong"], linewidth=1, label="threshold")
    axes.axhline(target, color=LIGHT["ink"], linewidth=1, label="target")
    looks = zip(("float", "pact", "protoquant", "qsenn"), ("--", "-", "-.", ":"), strict=True)
    for (name, path), (shade, dash) in zip(paths.items(), looks, strict=False):
        axes.plot(path, color=LIGHT[shade], linestyle=dash, label=name)
    axes.set(xlabel="step", ylabel="weight w")
    drawing.legend(loc="outside upper left", ncols=3)
    return drawing


def gradient_answers(
    w: Float[Tensor, " place"], answers: Mapping[str, Float[Tensor, " place"]]
) -> Drawing:
    """What each estimator says the slope is, over the weight, between two levels."""
    told = "; ".join(
        f"{name}: {a[0]:.2f} at {w[0]:.2f}, {a[len(a) // 2]:.2f} in the middle, {a[-1]:.2f} at "
        f"{w[-1]:.2f}"
        for name, a in answers.items()
    )
    drawing = Drawing(f"Gradient over the weight from level 0 to level 1. {told}.", 5.4, 3.2)
    (axes,) = drawing.panels()
    looks = zip(("ink", "pact", "protoquant"), ("-", "-", ":"), (1.8, 1.8, 4), strict=True)
    for (name, line), (shade, dash, width) in zip(answers.items(), looks, strict=False):
        axes.plot(w, line, color=LIGHT[shade], linestyle=dash, linewidth=width, label=name)
    axes.axhline(0, color=LIGHT["float"], linewidth=0.8)
    axes.set(xlabel="weight w, from level 0 to level 1", ylabel="gradient")
    axes.legend(loc="upper left")
    return drawing


def errors_by_step(
    steps: Sequence[float],
    errors: Mapping[str, Float[Tensor, "step seed"]],
    floor: Float[Tensor, " seed"],
) -> Drawing:
    """Error over the grid's step, one line a method (mean) and a dot a seed; the band is the floor.

    Args:
        steps: distance between neighbouring levels.
        errors: root mean squared error of each network.
        floor: errors of the float networks; from the smallest to the largest is what seeds do.
    """
    told = "; ".join(
        f"{name}: " + ", ".join(f"{v:.3f}" for v in e.mean(1).tolist())
        for name, e in errors.items()
    )
    alt = (
        f"Error over the step of the grid, {', '.join(f'{s:g}' for s in steps)}, means over "
        f"{floor.numel()} seeds. {told}. Float seeds: {floor.min():.3f} to {floor.max():.3f}."
    )
    drawing = Drawing(alt, 5.4, 4.2)
    (axes,) = drawing.panels()
    axes.axhspan(
        floor.min().item(), floor.max().item(), color=LIGHT["faint"], label="float, all seeds"
    )
    place = torch.arange(len(steps)).float()
    for i, (name, e) in enumerate(errors.items()):
        x, shade = place + 0.11 * (i - (len(errors) - 1) / 2), LIGHT[SHADES[i]]
        axes.plot(x, e.mean(1), color=shade, marker=MARKERS[i], label=name)
        axes.plot(x, e, ".", color=shade, alpha=0.35, markersize=4)
    axes.set(yscale="log", xlabel="step of the grid", ylabel="error (root mean square)")
    axes.set_xticks(place.tolist(), [f"1/{round(1 / s)}" for s in steps])
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing


def fitted_curves(
    x: Float[Tensor, " point"], target: Float[Tensor, " point"], fits: Mapping[str, Tensor]
) -> Drawing:
    """The target curve and each method's fit to it, a panel a method."""
    told = "; ".join(
        f"{name}: off by {(fit - target).abs().max():.2f} at most" for name, fit in fits.items()
    )
    drawing = Drawing(f"A curve and its fits by one network, one seed. {told}.", 6.8, 2.3)
    panels = drawing.panels(1, len(fits), sharey=True)
    for axes, (name, fit) in zip(panels, fits.items(), strict=True):
        axes.plot(x, target, color=LIGHT["float"], linestyle="--")
        axes.plot(x, fit, color=LIGHT["pact"])
        axes.set(xlabel="x", xticks=[-1, 0, 1])
        axes.set_title(name, fontsize=9)
    panels[0].set_ylabel("y")
    return drawing
