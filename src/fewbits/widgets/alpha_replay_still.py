"""What AlphaReplay shows where no script runs: a histogram, and alpha over the steps."""

from collections.abc import Mapping

import numpy as np

from fewbits.pact.replay import Replay
from fewbits.widgets.alpha_replay_state import TALLEST, heights
from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale


def entering_panel(replay: Replay, name: str, frame: int) -> str:
    """Bars for what enters the layer, a line for each level and a thick one at alpha."""
    layer, now = replay.layers[name], replay.frames[frame]
    alpha, step = now.layers[name].alpha, now.step
    high = max(layer.low + layer.width * layer.bins, 1.03 * alpha)
    low = min(layer.low, -0.03 * high)
    x = scale(low, high, LEFT, RIGHT)
    y = scale(0.0, float(TALLEST), BOTTOM, TOP)
    rows = heights(np.array([f.layers[name].counts for f in replay.frames]))
    bars = "".join(
        f"M{x(layer.low + i * layer.width):.1f} {BOTTOM:g}V{y(height):.1f}"
        f"H{x(layer.low + (i + 1) * layer.width) - 0.5:.1f}V{BOTTOM:g}"
        for i, height in enumerate(rows[frame].tolist())
        if height
    )
    levels = np.linspace(0, alpha, 2**layer.bits)
    foot = BOTTOM if x(levels[1]) - x(0) >= 4 else TOP + 8
    lines = "".join(f"M{x(level):.1f} {TOP:g}V{foot:g}" for level in levels)
    marks = (
        f'<path class="float-fill" d="{bars}"/><path class="pact-line thin" d="{lines}"/>'
        f'<path class="pact-line" d="M{x(alpha):.1f} {TOP:g}V{BOTTOM:g}"/>'
    )
    said = f"What enters {name} at step {step}, and {layer.bits}-bit levels up to {alpha:.3g}"
    shown = dict.fromkeys([low, 0.0, high] if low < -0.1 * high else [0.0, high])
    ticks = [(min(max(x(v), LEFT + 12), RIGHT - 12), f"{v:.3g}") for v in shown]
    return panel(said, "value", f"Histogram: {said}", marks, ticks)


def alpha_panel(replays: Mapping[str, Replay], chosen: str, name: str) -> str:
    """Alpha of one layer over the steps: the chosen replay, and the others dashed."""
    having = {key: each for key, each in replays.items() if name in each.layers}
    paths = {
        key: [(frame.step, frame.layers[name].alpha) for frame in each.frames]
        for key, each in having.items()
    }
    last = max(step for path in paths.values() for step, _ in path)
    most = max(alpha for path in paths.values() for _, alpha in path)
    x, y = scale(0.0, float(max(last, 1)), LEFT, RIGHT), scale(0.0, 1.08 * most, BOTTOM, TOP)
    marks = "".join(
        f'<path class="{"pact-line" if key == chosen else "ink-line thin dash"}" '
        f'd="{polyline([x(step) for step, _ in path], [y(alpha) for _, alpha in path])}"/>'
        for key, path in paths.items()
    )
    said = "; ".join(f"{key}: {path[0][1]:.3g} to {path[-1][1]:.3g}" for key, path in paths.items())
    return panel(
        f"alpha of {name} ({said})",
        "step",
        f"alpha of {name} over the steps of training, from 0 up. {said}",
        marks,
        [(LEFT + 4, "0"), (RIGHT - 12, str(last))],
    )


def replay_still(replays: Mapping[str, Replay], chosen: str, name: str, frame: int) -> str:
    """Both pictures: what enters now, and alpha over the steps."""
    pictures = entering_panel(replays[chosen], name, frame) + alpha_panel(replays, chosen, name)
    return f'<div class="fb-plots">{pictures}</div>'
