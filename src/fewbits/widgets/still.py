"""Small SVG figures for a reader without JavaScript, coloured by the shared style sheet."""

from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 320, 175
LEFT, RIGHT, TOP, BOTTOM = 10.0, 310.0, 10.0, 140.0
ROW, NAME, NUMBER = 16, 130, 44  # a row's height; the widths of its name and of its number
LETTERS = 20

Scale = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """A straight-line map from values in [low, high] to pixels in [start, end]."""
    return lambda value: start + (value - low) / (high - low) * (end - start)


def polyline(xs: Sequence[float], ys: Sequence[float]) -> str:
    """An SVG path through the points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def panel(
    title: str, axis: str, description: str, marks: str, ticks: Sequence[tuple[float, str]]
) -> str:
    """One described picture: caption above, ticks (pixel and text) and the axis' name beneath."""
    labels = "".join(
        f'<text x="{x:.1f}" y="{BOTTOM + 14:g}" text-anchor="middle">{escape(text)}</text>'
        for x, text in ticks
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" aria-label="{escape(description)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect class="wash-fill" x="{LEFT:g}" y="{TOP:g}" '
        f'width="{RIGHT - LEFT:g}" height="{BOTTOM - TOP:g}"/>{marks}{labels}'
        f'<text x="{RIGHT:g}" y="{HEIGHT - 5}" text-anchor="end">{escape(axis)}</text>'
        "</svg></figure>"
    )


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
    return figure(title, WIDTH, len(rows) * ROW, marks)


def figure(title: str, width: int, height: int, marks: str, shown: int | None = None) -> str:
    """Any marks under a caption, which also describes them; ``shown`` pixels wide, or ``width``."""
    size = f'width="{shown or width}" height="{(shown or width) * height // width}"'
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" {size}>'
        f"{marks}</svg></figure>"
    )
