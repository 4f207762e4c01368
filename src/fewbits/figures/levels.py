"""Pictures of *A few levels*."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.figures.drawing import Drawing, picture
from fewbits.ops import dequantize, quantize, split_error
from fewbits.palette import LIGHT


def fewer_greys(image: Float[Tensor, "height width"], bits: Sequence[int]) -> Drawing:
    """One image at several bit widths, above the staircase that made it."""
    named = ", ".join(f"{b} bit{'s' * (b > 1)}" for b in bits)
    alt = (
        f"One handwritten digit at {named}. Under each the staircase from pixel to level: with 8 "
        "bits it looks like a straight line, with 1 bit it is one step at one half. The digit "
        "stays readable throughout; its soft edges go."
    )
    drawing = Drawing(alt, 6.8, 3.6)
    panels = drawing.panels(2, len(bits))
    x = torch.linspace(0, 1, 401)
    for b, above, below in zip(bits, panels, panels[len(bits) :], strict=False):
        steps = 2**b - 1
        codes = quantize(image, 1 / steps, 0, 0, steps)
        title = f"{b} bit{'s' * (b > 1)}: {2**b} levels"
        picture(above, dequantize(codes, 1 / steps, 0), title)
        below.plot(
            x, dequantize(quantize(x, 1 / steps, 0, 0, steps), 1 / steps, 0), c=LIGHT["pact"]
        )
        below.set(xticks=[0, 1], yticks=[0, 1], xlabel="pixel")
    panels[len(bits)].set_ylabel("level")
    return drawing


def values_and_levels(
    values: Float[Tensor, " value"], levels: Mapping[str, Float[Tensor, " level"]]
) -> Drawing:
    """A histogram of values, and each named set of levels drawn through it."""
    told = "; ".join(
        f"{name}: levels from {lv.min():.2f} to {lv.max():.2f}" for name, lv in levels.items()
    )
    largest = values.max().item()
    alt = (
        f"Histogram of {len(values)} values between {values.min():.2f} and {largest:.2f}, most of "
        f"them small; counts on a logarithmic axis. {told}."
    )
    drawing = Drawing(alt, 5.4, 1.0 + 1.3 * len(levels))
    panels = drawing.panels(len(levels), 1, sharex=True)
    for axes, (name, lines) in zip(panels, levels.items(), strict=True):
        axes.hist(values, bins=80, color=LIGHT["float"], alpha=0.55, log=True)
        for line in lines.tolist():
            axes.axvline(line, color=LIGHT["pact"], linewidth=1.4)
        axes.set(title=name, ylabel="count")
        axes.grid(visible=False)
    panels[-1].set_xlabel("value")
    return drawing


def error_over_clip(values: Float[Tensor, " value"], bits: Sequence[int]) -> Drawing:
    """Clipping, rounding and total error against the clip, one panel a bit width."""
    largest = values.max().item()
    alphas = torch.linspace(0.04, 1.25, 60) * largest
    told = []
    drawing = Drawing("", 6.8, 3.6)
    panels = drawing.panels(1, len(bits), sharey=True)
    for axes, b in zip(panels, bits, strict=True):
        clipping, rounding = zip(*(split_error(values, a.item(), b) for a in alphas), strict=True)
        total = torch.tensor(clipping) + torch.tensor(rounding)
        best = int(total.argmin())
        axes.plot(alphas, clipping, color=LIGHT["wrong"], linestyle="--", label="clipping")
        axes.plot(alphas, rounding, color=LIGHT["pact"], linestyle="-.", label="rounding")
        axes.plot(alphas, total, color=LIGHT["ink"], label="total")
        axes.plot(alphas[best], total[best], "o", color=LIGHT["ink"])
        axes.axvline(largest, color=LIGHT["float"], linewidth=1, linestyle=":")
        axes.set(title=f"{b} bits", xlabel="clip alpha", yscale="log")
        told.append(f"{b} bits: smallest at {alphas[best]:.2f}")
    panels[0].set(ylabel="mean squared error", ylim=(1e-5, None))
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    drawing.alt = (
        "Error against the clip. Clipping error falls and rounding error rises as the clip grows; "
        f"their sum has one minimum, below the largest value {largest:.2f} (dotted). "
        f"{'; '.join(told)}."
    )
    return drawing


def decibels_over_bits(curves: Mapping[str, Sequence[float]]) -> Drawing:
    """Signal to noise in decibels for 1, 2, 3, ... bits, one line a way of choosing levels."""
    told = "; ".join(
        f"{name}: {line[0]:.0f} dB at 1 bit, {line[-1]:.0f} dB at {len(line)}"
        for name, line in curves.items()
    )
    drawing = Drawing(f"Signal to noise over bits; all lines climb. {told}.", 5.4, 3.2)
    (axes,) = drawing.panels()
    looks = (("float", "--", "s"), ("wrong", "-.", "v"), ("pact", "-", "o"))
    for (name, line), (shade, dash, marker) in zip(curves.items(), looks, strict=False):
        bits = range(1, len(line) + 1)
        axes.plot(bits, line, color=LIGHT[shade], linestyle=dash, marker=marker, label=name)
    axes.set(xlabel="bits", ylabel="signal to noise, dB")
    axes.legend(loc="upper left")
    return drawing


def error_and_accuracy(
    fractions: Sequence[float], errors: Sequence[float], accuracies: Sequence[float], whole: float
) -> Drawing:
    """What the clip does to the numbers, and what it does to the network that uses them.

    Args:
        fractions: each clip as a fraction of its layer's largest value.
        errors: mean squared error relative to the mean square, averaged over the layers.
        accuracies: of the network with those clips, from 0 to 1.
        whole: accuracy of the float network.
    """
    least = fractions[min(range(len(errors)), key=errors.__getitem__)]
    alt = (
        f"Left: relative error over the clip, smallest at {least:g} of the maximum. Right: "
        f"accuracy over the clip, from {min(accuracies):.2f} to {max(accuracies):.2f}; the float "
        f"network has {whole:.2f}. Accuracy collapses on both sides of a wide plateau."
    )
    drawing = Drawing(alt, 6.8, 3.0)
    left, right = drawing.panels(1, 2)
    left.plot(fractions, errors, color=LIGHT["ink"], marker="o")
    left.set(xlabel="clip / largest value", ylabel="relative error", ylim=(0, None))
    right.plot(fractions, accuracies, color=LIGHT["pact"], marker="o", label="2 bits")
    right.axhline(whole, color=LIGHT["float"], linestyle="--", label="float")
    right.set(xlabel="clip / largest value", ylabel="validation accuracy", ylim=(0, 1.05))
    right.legend(loc="lower right")
    return drawing
