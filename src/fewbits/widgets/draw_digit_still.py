"""What DrawDigit shows where no script runs: an image, the gradient of a logit, the logits."""

from collections.abc import Sequence
from html import escape

import torch
from jaxtyping import Float
from torch import Tensor

SHADES = 5  # each path of a map is one shade
BAR_WIDTH, ROW = 150.0, 18


def cells(shades: Tensor, shade: int) -> str:
    """The cells of one shade as strokes along their rows, one a run of neighbours."""
    path = ""
    for row, line in enumerate((shades == shade).tolist()):
        column = 0
        while column < len(line):
            start = column
            while column < len(line) and line[column]:
                column += 1
            if column > start:
                path += f"M{start} {row}h{column - start}"
            column += 1
    return path


def layers_of(strength: Float[Tensor, "28 28"], colour: str) -> str:
    """Cells in [0, 1] as one path a shade, in a colour of the style sheet."""
    shades = torch.round(strength * SHADES)
    return "".join(
        f'<path class="{colour}" stroke-opacity="{shade / SHADES:g}" d="{path}"/>'
        for shade in range(1, SHADES + 1)
        if (path := cells(shades, shade))
    )


def square(title: str, description: str, marks: str) -> str:
    """A described map of 28 x 28 cells beneath its caption."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg class="fb-cells" role="img" aria-label="{escape(description)}" '
        'viewBox="0 0 28 28" width="196" height="196">'
        f'<rect class="wash-fill" width="28" height="28"/>'
        f'<g transform="translate(0 .5)">{marks}</g></svg></figure>'
    )


def bars(logits: Float[Tensor, " class"], names: Sequence[str]) -> str:
    """One row a class: name, bar from 0, logit and probability."""
    shares = torch.softmax(logits, 0)
    low, high = min(0.0, float(logits.min())), max(0.0, float(logits.max()))
    scale = BAR_WIDTH / max(high - low, 1e-12)
    best = int(logits.argmax())
    rows = ""
    for k, (name, logit, share) in enumerate(zip(names, logits, shares, strict=True)):
        left = (min(0.0, float(logit)) - low) * scale
        y = k * ROW
        text = f"{float(logit):.1f}, {100 * float(share):.0f} %".replace("-", "\u2212")
        rows += (
            f'<text x="62" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{"pact" if k == best else "float"}-bar" x="{70 + left:.1f}" y="{y + 3}" '
            f'width="{abs(float(logit)) * scale:.1f}" height="12"/>'
            f'<text x="{80 + BAR_WIDTH:g}" y="{y + 13}">{text}</text>'
        )
    described = f"Logits and probabilities; the largest is that of {names[best]}"
    height = ROW * len(names)
    return (
        "<figure><figcaption>All logits, and their probabilities</figcaption>"
        f'<svg role="img" aria-label="{escape(described)}" viewBox="0 0 320 {height}" '
        f'width="320" height="{height}">{rows}</svg></figure>'
    )


def digit_still(
    image: Float[Tensor, "28 28"],
    gradient: Float[Tensor, "28 28"],
    logits: Float[Tensor, " class"],
    names: Sequence[str],
    label: str,
) -> str:
    """All three pictures for one image and the network called ``label``."""
    largest = float(gradient.abs().max())
    relative = gradient / largest if largest else gradient
    seen = square(
        "What the network sees", "The image of 28 x 28 pixels", layers_of(image, "ink-line")
    )
    pulls = square(
        f"Gradient of a logit (network: {label}); the strongest is {largest:.3g}",
        "Gradient of the logit with respect to each pixel",
        layers_of(relative.clamp_min(0), "pact-line")
        + layers_of(-relative.clamp_max(0), "wrong-line"),
    )
    return f'<div class="fb-plots">{seen}{pulls}{bars(logits, names)}</div>'
