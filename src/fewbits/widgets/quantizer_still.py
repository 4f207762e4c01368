"""What QuantizerPlayground shows where no script runs: the values, the levels, the error."""

import numpy as np
import torch
from numpy.typing import NDArray

from fewbits.ops import split_error
from fewbits.pact.weights import symmetric_spacing
from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale

Values = NDArray[np.float32] | NDArray[np.float64]


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


def values_panel(values: Values, name: str, alpha: float, bits: int, scheme: str) -> str:
    """Bars for the values (square root of the count) and a line for each level."""
    high = 1.08 * float(np.abs(values).max())
    low = min(0.0, float(values.min())) if scheme == "pact" else -high
    counts, edges = np.histogram(values, bins=60, range=(low, high))
    x = scale(low, high, LEFT, RIGHT)
    y = scale(0.0, float(np.sqrt(counts.max())) * 1.05, BOTTOM, TOP)
    bars = "".join(
        f"M{x(left):.1f} {BOTTOM:g}V{y(np.sqrt(count)):.1f}H{x(right) - 0.5:.1f}V{BOTTOM:g}"
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        if count
    )
    levels = [level for level in level_values(alpha, bits, scheme) if low <= level <= high]
    lines = "".join(f"M{x(level):.1f} {TOP:g}V{BOTTOM:g}" for level in levels)
    shown = dict.fromkeys([low / 1.08, 0.0, high / 1.08]) if low < 0 else [0.0, high / 1.08]
    return panel(
        f"{name}: the values, and {bits}-bit levels at alpha = {alpha:.3g}",
        "value",
        f"Histogram of {name} with {bits}-bit levels at alpha = {alpha:.3g}",
        f'<path class="float-fill" d="{bars}"/><path class="pact-line thin" d="{lines}"/>',
        [(x(value), f"{value:.3g}") for value in shown],
    )


def error_panel(values: Values, bits: int, scheme: str) -> str:
    """The total error against alpha, both on logarithmic axes, its smallest value marked."""
    largest = float(np.abs(values).max())
    alphas = np.geomspace(largest / 100, 2 * largest, 160)
    totals = np.array([total_error(values, float(a), bits, scheme) for a in alphas]).clip(1e-30)
    best = int(totals.argmin())
    x = scale(np.log(alphas[0]), np.log(alphas[-1]), LEFT, RIGHT)
    y = scale(np.log(totals.min() / 4), np.log(totals.max() * 2), BOTTOM, TOP)
    xs, ys = [x(v) for v in np.log(alphas)], [y(v) for v in np.log(totals)]
    found = f"smallest, {totals[best]:.3g}, at alpha = {alphas[best]:.3g}"
    curve = f'<path class="ink-line" d="{polyline(xs, ys)}"/>'
    curve += f'<circle class="ink-mark" r="5" cx="{xs[best]:.1f}" cy="{ys[best]:.1f}"/>'
    ends = [(LEFT + 12, f"{alphas[0]:.2g}"), (RIGHT - 12, f"{alphas[-1]:.2g}")]
    return panel(
        f"Total error: {found}",
        "alpha (logarithmic)",
        f"Total error against alpha: {found}",
        curve,
        [*(end for end in ends if abs(end[0] - xs[best]) > 40), (xs[best], f"{alphas[best]:.3g}")],
    )


def quantizer_still(
    values: Values, few: Values, name: str, alpha: float, bits: int, scheme: str
) -> str:
    """Both pictures: all ``values`` with the levels, and the error of a ``few`` of them."""
    pictures = values_panel(values, name, alpha, bits, scheme) + error_panel(few, bits, scheme)
    return f'<div class="fb-plots">{pictures}</div>'
