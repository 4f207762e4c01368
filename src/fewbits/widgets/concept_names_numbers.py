"""What ConceptNames shows, as numbers: counts and rates of a board, and one feature's concepts."""

import numpy as np

from fewbits.qsenn.names.board import NameBoard
from fewbits.qsenn.names.matching import Rate
from fewbits.widgets.concept_names_checks import RULES
from fewbits.widgets.concept_names_transport import NAMEABLE, TOPS, TRUES, StoredBoard

Numbers = dict[str, float | int | None]


def rate_of(board: NameBoard, level: float, rule: str) -> Rate | None:
    """How often names are right, None where nobody knows."""
    if board.truth is None:
        return None
    found: Rate = getattr(board.judge(level), rule)
    return found


def board_numbers(board: NameBoard, stored: StoredBoard, level: float, rule: str) -> Numbers:
    """Counts and rates under a threshold; None for what needs a truth that nobody knows."""
    has_name = board.naming.named(level).numpy()
    numbers: Numbers = {
        "threshold": level,
        "chance": board.chance,
        "features": len(has_name),
        "named": int(has_name.sum()),
        "unnamed": int((~has_name).sum()),
    }
    rate = rate_of(board, level, rule)
    if rate is None:
        later = ("right", "wrong", "missed", "nothing", "floor")
        return numbers | dict.fromkeys((*later, "of_used", "of_named", "by_chance", "swapped"))
    right = (stored.verdicts & (1 << RULES.index(rule))) != 0
    nameable = (stored.verdicts & NAMEABLE) != 0
    return numbers | {
        "right": int((has_name & right).sum()),
        "wrong": int((has_name & ~right).sum()),
        "missed": int((~has_name & nameable).sum()),
        "nothing": int((~has_name & ~nameable).sum()),
        "floor": board.floor,
        "of_used": rate.of_used,
        "of_named": rate.of_named,
        "by_chance": rate.chance,
        "swapped": rate.swapped,
    }


def list_numbers(board: NameBoard) -> Numbers:
    """The best score of every feature."""
    best = board.naming.scores.amax(1).tolist()
    return {f"score_{column}": score for column, score in zip(board.columns, best, strict=True)}


def feature_numbers(board: NameBoard, place: int) -> Numbers:
    """One feature: its best scores, its lowest, its true best, and where its name stands there."""
    scores = board.naming.scores[place]
    ranked = scores.sort(descending=True).values.tolist()
    numbers: Numbers = {f"top_{k}": score for k, score in enumerate(ranked[:TOPS])}
    numbers["opposite"] = ranked[-1]
    trues = range(min(TRUES, len(ranked)))
    if board.truth is None:
        return numbers | dict.fromkeys([*(f"true_{k}" for k in trues), "own", "rank"])
    truth = board.truth[place].numpy()
    order = np.argsort(-truth, kind="stable")
    name = int(board.naming.best[place])
    return numbers | {
        **{f"true_{k}": float(truth[order[k]]) for k in trues},
        "own": float(truth[name]),
        "rank": order.tolist().index(name) + 1,
    }
