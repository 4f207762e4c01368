"""What CodeBudget shows where no script runs: the curve, and the codes of one class."""

from collections.abc import Sequence
from math import log

from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, bars, panel, polyline, scale


def budget_still(
    counts: Sequence[int],
    shares: Sequence[float],
    per_class: int,
    name: str,
    codes: Sequence[tuple[str, float]],
) -> str:
    """Both pictures.

    Args:
        counts: codes a class.
        shares: of the test pictures named rightly with each.
        per_class: the present number.
        name: of the class whose codes are shown.
        codes: these, with their weights.
    """
    here = shares[list(counts).index(per_class)]
    title = f"Named rightly: {100 * here:.3g} % with {per_class} codes a class"
    x = scale(0.0, log(counts[-1] / counts[0]) or 1.0, LEFT + 10, RIGHT - 10)
    y = scale(0.0, 1.0, BOTTOM, TOP)
    across = [x(log(count / counts[0])) for count in counts]
    marks = f'<path class="protoquant-line" d="{polyline(across, [y(s) for s in shares])}"/>'
    at = x(log(per_class / counts[0]))
    marks += f'<circle class="protoquant-mark" cx="{at:.1f}" cy="{y(here):.1f}" r="5"/>'
    ends = [(across[0], str(counts[0])), (across[-1], str(counts[-1]))]
    curve = panel(title, "codes a class", title, marks, ends if len(counts) > 1 else ends[:1])
    if not codes:
        return f'<div class="fb-plots">{curve}</div>'
    rows = [(code, weight, "protoquant-fill") for code, weight in codes]
    return f'<div class="fb-plots">{curve}{bars(f"Weights of {name}", rows)}</div>'
