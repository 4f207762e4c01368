"""Small SVG figures for a reader without JavaScript, coloured by the shared style sheet."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import torch
from numpy.typing import NDArray

from fewbits.ops import split_error
from fewbits.pact.weights import symmetric_spacing

WIDTH, HEIGHT = 320, 170
LEFT, RIGHT, TOP, BOTTOM = 10.0, 310.0, 10.0, 145.0

Values = NDArray[np.float32] | NDArray[np.float64]
Scale = Callable[[float], float]


def total_error(values: Values, alpha: float, bits: int, scheme: str) -> float:
    """Mean squared error of ``values`` on the grid of ``scheme``, ``alpha`` and ``bits``."""
    x = torch.from_numpy(values).double()
    if scheme == "pact":
        return sum(split_error(x, alpha, bits))
    levels = 2**bits - (scheme == "signed")
    if levels == 1:
        return float(x.square().mean())
    spacing = symmetric_spacing(torch.tensor(alpha, dtype=torch.float64), levels)
    return float((spacing.values(x) - x).square().mean())


def level_values(alpha: float, bits: int, scheme: str) -> NDArray[np.float64]:
    """The levels of the grid, lowest first; none where ``alpha`` is not above 0."""
    if alpha <= 0:
        return np.zeros(0)
    if scheme == "pact":
        return np.linspace(0, alpha, 2**bits)
    levels = 2**bits - (scheme == "signed")
    return np.linspace(-alpha, alpha, levels) if levels > 1 else np.zeros(1)


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """A straight-line map from values in [low, high] to pixels in [start, end]."""
    return lambda value: start + (value - low) / (high - low) * (end - start)


def polyline(xs: Sequence[float], ys: Sequence[float]) -> str:
    """An SVG path through the points."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


def panel(title: str, axis: str, description: str, marks: str) -> str:
    """One described picture with its caption above and the name of its axis beneath."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" aria-label="{escape(description)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect class="wash-fill" x="{LEFT:g}" y="{TOP:g}" '
        f'width="{RIGHT - LEFT:g}" height="{BOTTOM - TOP:g}"/>{marks}'
        f'<text x="{RIGHT:g}" y="{HEIGHT - 8}" text-anchor="end">{escape(axis)}</text>'
        "</svg></figure>"
    )


def histogram_marks(values: Values, levels: NDArray[np.float64]) -> str:
    """Bars for the values (square root of the count) and a line for each level."""
    reach = 1.08 * float(np.abs(values).max())
    low, high = (-reach if levels.size and levels[0] < 0 else min(0.0, float(values.min()))), reach
    counts, edges = np.histogram(values, bins=60, range=(low, high))
    x = scale(low, high, LEFT, RIGHT)
    y = scale(0.0, float(np.sqrt(counts.max())) * 1.05, BOTTOM, TOP)
    bars = "".join(
        f"M{x(left):.1f} {BOTTOM}V{y(np.sqrt(count)):.1f}H{x(right) - 0.5:.1f}V{BOTTOM}"
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        if count
    )
    lines = "".join(f"M{x(level):.1f} {TOP}V{BOTTOM}" for level in levels if low <= level <= high)
    return f'<path class="float-fill" d="{bars}"/><path class="pact-line thin" d="{lines}"/>'


def quantizer_still(values: Values, name: str, alpha: float, bits: int, scheme: str) -> str:
    """Two pictures: the values with the levels, and the total error against alpha."""
    largest = float(np.abs(values).max())
    alphas = np.geomspace(largest / 100, 2 * largest, 160)
    totals = np.array([total_error(values, float(a), bits, scheme) for a in alphas]).clip(1e-30)
    best = int(totals.argmin())
    x = scale(np.log(alphas[0]), np.log(alphas[-1]), LEFT, RIGHT)
    y = scale(np.log(totals.min() / 4), np.log(totals.max() * 2), BOTTOM, TOP)
    xs, ys = [x(v) for v in np.log(alphas)], [y(v) for v in np.log(totals)]
    curve = f'<path class="ink-line" d="{polyline(xs, ys)}"/>'
    curve += f'<circle class="ink-mark" r="5" cx="{xs[best]:.1f}" cy="{ys[best]:.1f}"/>'
    found = f"smallest, {totals[best]:.3g}, at alpha = {alphas[best]:.3g}"
    return '<div class="fb-plots">{}{}</div>'.format(
        panel(
            f"{name}: the values, and {bits}-bit levels at alpha = {alpha:.3g}",
            "value",
            f"Histogram of {name} with the levels of {bits} bits at alpha = {alpha:.3g}",
            histogram_marks(values, level_values(alpha, bits, scheme)),
        ),
        panel(
            f"Total error: {found}",
            "alpha (logarithmic)",
            f"Total error against alpha: {found}",
            curve,
        ),
    )
