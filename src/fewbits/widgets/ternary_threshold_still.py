"""What TernaryThreshold shows where no script runs: the sorted weights, and features by class."""

from jaxtyping import Float
from torch import Tensor

from fewbits.qsenn.ternary import TernaryLayer
from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale


def ternary_still(weights: Float[Tensor, "class feature"], ternary: TernaryLayer, kept: int) -> str:
    """Both pictures: where the cut goes through the sizes, and what each class has above it."""
    sizes = weights[weights != 0].abs().sort(descending=True).values.tolist()
    x = scale(0.5, max(len(sizes), 2) + 0.5, LEFT, RIGHT)
    y = scale(0.0, 1.05 * sizes[0], BOTTOM, TOP)
    across, at = [x(rank + 1) for rank in range(len(sizes))], x(kept + 0.5)
    marks = f'<path class="qsenn-line" d="{polyline(across, [y(size) for size in sizes])}"/>'
    marks += f'<path class="ink-line thin" d="M{at:.1f} {TOP:g}V{BOTTOM:g}"/>'
    marks += f'<path class="wrong-line dash" d="M{LEFT:g} {y(ternary.threshold):.1f}H{RIGHT:g}"/>'
    title = f"Sizes of the weights, sorted: {kept} of {len(sizes)} lie above the threshold"
    ends = [(LEFT + 10, "1"), (RIGHT - 12, str(len(sizes)))]
    sorted_sizes = panel(title, "rank", title, marks, ends)

    counts = (ternary.codes != 0).sum(1).tolist()
    wide = (RIGHT - LEFT) / len(counts)
    up = scale(0.0, max(*counts, 1) * 1.05, BOTTOM, TOP)
    bars = "".join(
        f"M{LEFT + place * wide:.1f} {BOTTOM:g}V{up(count):.1f}h{0.8 * wide:.1f}V{BOTTOM:g}"
        for place, count in enumerate(counts)
        if count
    )
    title = f"Features of each class: {min(counts)} to {max(counts)}"
    by_class = panel(title, "class", title, f'<path class="qsenn-fill" d="{bars}"/>', [])
    return f'<div class="fb-plots">{sorted_sizes}{by_class}</div>'
