"""What IterationStepper shows where no script runs: accuracy by moment, and one feature."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale

BINS = 24


def steps_still(
    shares: Sequence[float],
    at: int,
    name: str,
    values: Float[np.ndarray, " image"],
    speaks: Bool[np.ndarray, " image"],
    feature: int,
) -> str:
    """Both pictures, the present moment marked."""
    x = scale(0.0, float(max(len(shares) - 1, 1)), LEFT + 6, RIGHT - 6)
    y = scale(0.0, 1.0, BOTTOM, TOP)
    across = [x(place) for place in range(len(shares))]
    marks = f'<path class="qsenn-line" d="{polyline(across, [y(share) for share in shares])}"/>'
    marks += f'<path class="ink-line thin" d="M{across[at]:.1f} {TOP:g}V{BOTTOM:g}"/>'
    title = f"Named rightly: {100 * shares[at]:.1f} % in {name}"
    named = panel(title, "three moments a pass", title, marks, [(LEFT + 6, "pass 1")])

    edges = np.linspace(values.min(), values.max() or 1.0, BINS + 1)
    middle, wide = (TOP + BOTTOM) / 2, (RIGHT - LEFT) / BINS
    bars = []
    for chosen, direction in ((speaks, -1), (~speaks, 1)):
        counts = np.histogram(values[chosen], edges)[0] / max(1, int(chosen.sum()))
        tall = counts * (BOTTOM - TOP) / 2
        lefts = (LEFT + k * wide for k in range(BINS))
        bars.append(
            "".join(
                f"M{left:.1f} {middle:g}v{direction * high:.1f}h{0.9 * wide:.1f}V{middle:g}"
                for left, high in zip(lefts, tall, strict=True)
                if high
            )
        )
    both = f'<path class="qsenn-fill" d="{bars[0]}"/><path class="float-fill" d="{bars[1]}"/>'
    title = f"Feature {feature} on pictures of classes it speaks for, and downwards on others"
    return f'<div class="fb-plots">{named}{panel(title, "its value", title, both, [])}</div>'
