"""What ConceptNames shows where no script runs: every feature's best score, and rates."""

import numpy as np

from fewbits.qsenn.names.board import NameBoard
from fewbits.widgets.concept_names_numbers import board_numbers, rate_of
from fewbits.widgets.concept_names_transport import StoredBoard
from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale

THRESHOLDS = np.linspace(0.0, 1.0, 51)
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def names_still(board: NameBoard, stored: StoredBoard, level: float, rule: str) -> str:
    """Both pictures, the present threshold marked."""
    numbers = board_numbers(board, stored, level, rule)
    told = f"At {level:.2f} {numbers['named']} of {numbers['features']} features have a name"
    if numbers["right"] is not None:
        told += f", and {numbers['right']} of these are right"
    return f'<div class="fb-plots">{_scores(stored, level, told)}{_rates(board, level, rule)}</div>'


def _scores(stored: StoredBoard, level: float, title: str) -> str:
    y = scale(0.0, 1.0, BOTTOM, TOP)
    wide = (RIGHT - LEFT) / len(stored.order)
    bars = "".join(
        f"M{LEFT + k * wide:.1f} {BOTTOM:g}V{y(max(0.0, score)):.1f}h{0.8 * wide:.1f}V{BOTTOM:g}z"
        for k, score in enumerate(stored.scores[stored.order, 0].tolist())
    )
    marks = f'<path class="qsenn-fill" d="{bars}"/>'
    marks += f'<path class="ink-line thin" d="M{LEFT:g} {y(level):.1f}H{RIGHT:g}"/>'
    return panel(title, "features by their best score, from 0 to 1", title, marks, [])


def _rates(board: NameBoard, level: float, rule: str) -> str:
    x, y = scale(0.0, 1.0, LEFT, RIGHT), scale(0.0, 1.0, BOTTOM, TOP)
    found = [rate_of(board, float(threshold), rule) for threshold in THRESHOLDS]
    if found[0] is None:
        title = "Share of the features that have a name"
        shares = [board.naming.named(float(t)).double().mean().item() for t in THRESHOLDS]
        curves = [("qsenn-line", shares)]
    else:
        title = "Share of the features named rightly and, dashed, of the names that are right"
        curves = [
            ("qsenn-line", [one.of_used for one in found if one]),
            ("ink-line dash", [one.of_named for one in found if one and one.of_named is not None]),
        ]
    marks = "".join(
        f'<path class="{kind}" d="{polyline([x(t) for t in THRESHOLDS[: len(shares)]], up)}"/>'
        for kind, shares in curves
        for up in [[y(share) for share in shares]]
        if up
    )
    marks += f'<path class="ink-line thin" d="M{x(level):.1f} {TOP:g}V{BOTTOM:g}"/>'
    return panel(title, "threshold", title, marks, [(x(tick), f"{tick:g}") for tick in TICKS])
