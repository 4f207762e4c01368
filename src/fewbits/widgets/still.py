"""Small SVG figures for a reader without JavaScript, coloured by the shared style sheet."""

from collections.abc import Callable, Sequence
from html import escape

WIDTH, HEIGHT = 320, 175
LEFT, RIGHT, TOP, BOTTOM = 10.0, 310.0, 10.0, 140.0

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
