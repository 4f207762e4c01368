"""What ExplainBird shows where no script runs: the picture, the parts of its logit, all logits."""

from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import UInt8

from fewbits.widgets.picture_sheet import picture_url
from fewbits.widgets.still import WIDTH, scale

ROW, NAME, NUMBER = 16, 130, 44  # a row's height; the widths of its name and of its number
LETTERS = 20


def bars(title: str, rows: Sequence[tuple[str, float, str]]) -> str:
    """Rows of a name, a bar from 0 to the right or the left, its colour's class, and a number."""
    low, high = min(0.0, *(row[1] for row in rows)), max(0.0, *(row[1] for row in rows))
    x = scale(low, high + 1e-9, NAME + 5.0, WIDTH - NUMBER - 5.0)
    marks = ""
    for place, (name, value, kind) in enumerate(rows):
        top, short = place * ROW, name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
        number = f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
        marks += (
            f'<text x="{NAME}" y="{top + 12}" text-anchor="end">{escape(short)}</text>'
            f'<path class="{kind}" d="M{x(0):.1f} {top + 3}H{x(value):.1f}v10H{x(0):.1f}z"/>'
            f'<text x="{WIDTH - 2}" y="{top + 12}" text-anchor="end">{number}</text>'
        )
    return _figure(title, WIDTH, len(rows) * ROW, marks)


def explain_still(
    pixels: UInt8[np.ndarray, "side side 3"],
    names: tuple[str, str],
    parts: Sequence[tuple[str, float]],
    bias: float,
    class_names: Sequence[str],
    logits: Sequence[float],
) -> str:
    """Three pictures; what speaks against the class has another colour, and so has the class."""
    label, explained = (name.replace("_", " ") for name in names)
    side = len(pixels)
    image = f'<image href="{picture_url(pixels)}" width="{side}" height="{side}"/>'
    picture = _figure(f"The picture: {label}", side, side, image, shown=160)
    together = sum(part for _, part in parts) + bias
    title = f"What adds up to the logit of {explained}, {together:.2f}"
    signed = [
        (name, part, "wrong-solid" if part < 0 else "qsenn-fill")
        for name, part in [*parts, ("bias", bias)]
    ]
    spoken = [
        (name.replace("_", " "), logit, "qsenn-fill" if name == names[1] else "float-fill")
        for name, logit in zip(class_names, logits, strict=True)
    ]
    spoken.sort(key=lambda row: -row[1])
    every = bars(f"Logits of all classes, the largest that of {spoken[0][0]}", spoken)
    return f'<div class="fb-plots"><div>{picture}{bars(title, signed)}</div>{every}</div>'


def _figure(title: str, width: int, height: int, marks: str, shown: int | None = None) -> str:
    size = f'width="{shown or width}" height="{(shown or width) * height // width}"'
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" {size}>'
        f"{marks}</svg></figure>"
    )
