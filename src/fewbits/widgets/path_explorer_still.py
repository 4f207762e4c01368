"""What PathExplorer shows where no script runs: features a class, and one class's weights."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale


def path_still(
    layers: Float[np.ndarray, "place class feature"],
    lambdas: Sequence[float],
    place: int,
    row: int,
    name: str,
    missed: float | None = None,
) -> str:
    """Both pictures over the strengths, the present one marked.

    ``missed`` is the residual of a fit that did not come down to its tolerance.
    """
    x = scale(-np.log(lambdas[0]), -np.log(lambdas[-1]), LEFT, RIGHT)
    across = [x(-np.log(strength)) for strength in lambdas]
    ends = [(LEFT + 14, f"{lambdas[0]:.2g}"), (RIGHT - 14, f"{lambdas[-1]:.2g}")]
    here = f'<path class="ink-line thin" d="M{across[place]:.1f} {TOP:g}V{BOTTOM:g}"/>'

    counts = (layers != 0).sum(2).mean(1)
    y = scale(0.0, float(counts.max()) * 1.05 or 1.0, BOTTOM, TOP)
    curve = f'<path class="qsenn-line" d="{polyline(across, [y(v) for v in counts])}"/>'
    now = f"{counts[place]:.1f} at lambda = {lambdas[place]:.2g}"
    gave_up = "" if missed is None else f", where the solver gave up at a residual of {missed:.2g}"
    title = f"Features a class, on average: {now}{gave_up}"
    several = panel(title, "lambda, weaker to the right", title, curve + here, ends)

    values = layers[:, row]
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    up = scale(low - 1e-9, high + 1e-9, BOTTOM, TOP)
    lines = "".join(
        f'<path class="qsenn-line thin" d="{polyline(across, [up(v) for v in column])}"/>'
        for column in values.T
        if column.any()
    )
    title = f"Weights of {name}, a line a feature: {int((values[place] != 0).sum())} are not 0"
    weights = panel(title, "lambda, weaker to the right", title, lines + here, ends)
    return f'<div class="fb-plots">{several}{weights}</div>'
