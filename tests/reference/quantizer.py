"""What the quantiser playground computes, written slowly from the papers, in double precision.

PACT: arXiv 1805.06085, section 3. LSQ: arXiv 1902.08153, section 2. The loss is the mean squared
error between input and output throughout.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

POSITIONS, BELOW, DECADES, FINE = 120, 12, 2.5, 20  # the slider


@dataclass(frozen=True)
class Measured:
    clipping: float
    rounding: float
    total: float
    beyond: float
    inside: float
    levels: int
    gradient_pact: float
    gradient_lsq: float


def levels(alpha: float, bits: int, scheme: str) -> Values:
    """Every level of the grid, lowest first."""
    if scheme == "pact":
        return np.array([code * alpha / (2**bits - 1) for code in range(2**bits)])
    count = 2**bits if scheme == "sawb" else 2**bits - 1
    if count == 1:
        return np.array([0.0])
    return np.array([(2 * code / (count - 1) - 1) * alpha for code in range(count)])


def codes(x: Values, alpha: float, bits: int, scheme: str) -> NDArray[np.int64]:
    """The number of the level that each value goes to; ties go to the even one."""
    grid = levels(alpha, bits, scheme)
    if len(grid) == 1:
        return np.zeros(len(x), np.int64)
    clipped = np.clip(x, grid[0], grid[-1])
    place = clipped / (alpha / (2**bits - 1) if scheme == "pact" else 2 * alpha / (len(grid) - 1))
    if scheme != "pact":
        place = place + (len(grid) - 1) / 2
    return np.clip(np.round(place), 0, len(grid) - 1).astype(np.int64)


def measure(x: Values, alpha: float, bits: int, scheme: str) -> Measured:
    """Every number that the playground shows for one setting with alpha above 0."""
    grid = levels(alpha, bits, scheme)
    code = codes(x, alpha, bits, scheme)
    bottom = 0.0 if scheme == "pact" else -alpha
    q = grid[code]
    squares = (q - x) ** 2
    outside = (x < bottom) | (x > alpha)
    at_top, at_bottom = x >= alpha, x <= bottom

    clipped = np.where(at_top, alpha, np.where(at_bottom, bottom, q))
    upstream = 2 * (clipped - x) / len(x)
    # PACT: d y_q / d alpha is 1 at and beyond alpha (and -1 at and below -alpha), 0 elsewhere.
    pact = at_top.astype(float) - (at_bottom if scheme != "pact" else 0)
    # LSQ: d y_q / d step is the end code outside and round(v / s) - v / s inside; alpha is the end
    # code times the step, so the gradient on alpha is that on the step over the end code.
    if len(grid) > 1:
        step = grid[1] - grid[0]
        end = grid[-1] / step
        start = grid[0] / step
        lsq = np.where(at_top, end, np.where(at_bottom, start, q / step - x / step))
        gradients = float(np.sum(upstream * pact)), float(np.sum(upstream * lsq) / end)
    else:
        gradients = float("nan"), float("nan")
    return Measured(
        clipping=float(np.where(outside, squares, 0).mean()),
        rounding=float(np.where(outside, 0, squares).mean()),
        total=float(squares.mean()),
        beyond=float(((x if scheme == "pact" else np.abs(x)) > alpha).mean()),
        inside=float(((x > bottom) & (x < alpha)).mean()),
        levels=len(set(code.tolist())),
        gradient_pact=gradients[0],
        gradient_lsq=gradients[1],
    )


def alpha_at(position: int, top: float) -> float:
    """The alpha of a slider position: logarithmic up to ``top`` on either side of 0."""
    if position == 0:
        return 0.0
    exponent = DECADES * (abs(position) - POSITIONS) / (POSITIONS - 1)
    return float(np.sign(position)) * top * 10**exponent


def optimum(x: Values, bits: int, scheme: str, top: float) -> tuple[float, float]:
    """The alpha with the smallest total error, and that error; no alpha where all are alike."""
    if len(levels(1.0, bits, scheme)) == 1:
        return float("nan"), float(np.square(x).mean())
    alphas = [alpha_at(position, top) for position in range(1, POSITIONS + 1)]
    coarse = min(alphas, key=lambda alpha: measure(x, alpha, bits, scheme).total)
    ratio = alphas[1] / alphas[0]
    near = [coarse] + [coarse * ratio ** (i / FINE) for i in range(1 - FINE, FINE)]
    best = min(near, key=lambda alpha: measure(x, alpha, bits, scheme).total)
    return best, measure(x, best, bits, scheme).total
