"""What ConceptNames is given, checked: boards of the same pictures and concepts, and choices."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fewbits.errors import UsageError
from fewbits.qsenn.names.board import NameBoard
from fewbits.widgets.base import as_whole

MOST_BOARDS = 4
RULES = ("first", "among_three", "group")
"""What counts as a right name: the fields of :class:`fewbits.qsenn.names.matching.Match`."""


def check_boards(boards: Mapping[str, NameBoard], pictures: int) -> dict[str, NameBoard]:
    """The boards, if they can stand side by side.

    Args:
        pictures: how many there are for evidence.

    Raises:
        UsageError: none or too many, other concepts on one than on the first, a board without
            features, NaN, or evidence among pictures that are not there.
    """
    if not isinstance(boards, Mapping) or not 1 <= len(boards) <= MOST_BOARDS:
        got = len(boards) if isinstance(boards, Mapping) else type(boards).__name__
        raise UsageError(
            f"boards must be a dictionary of 1 to {MOST_BOARDS} boards by their labels, as "
            f"boards_for makes it, got {got}"
        )
    for label, board in boards.items():
        if not isinstance(board, NameBoard):
            raise UsageError(
                f"{label!r} must be a board, as boards_for makes it, got {type(board).__name__}"
            )
    first = next(iter(boards.values()))
    for label, board in boards.items():
        if board.naming.concepts != first.naming.concepts:
            raise UsageError(
                f"all boards must choose from the same concepts, {label!r} has others than "
                f"{next(iter(boards))!r}: give them to a ConceptNames of their own"
            )
        _check_board(label, board, pictures)
    return {str(label): board for label, board in boards.items()}


def _check_board(label: str, board: NameBoard, pictures: int) -> None:
    scores, evidence = board.naming.scores, board.naming.evidence
    if not board.columns or len(board.columns) != len(scores):
        raise UsageError(
            f"{label!r} must have a row of scores for each of its columns, at least one, got "
            f"{len(scores)} for {len(board.columns)}"
        )
    if len(set(board.columns)) != len(board.columns):
        raise UsageError(f"{label!r} must have each column once, got {board.columns}")
    shape = (len(scores), board.naming.concepts.count)
    for name, table in (("scores", scores), ("truth", board.truth)):
        if table is not None and tuple(table.shape) != shape:
            raise UsageError(
                f"the {name} of {label!r} must be of {shape[0]} features and {shape[1]} concepts, "
                f"got the shape {tuple(table.shape)}"
            )
    for name, level in (("chance", board.chance), ("floor", board.floor)):
        if not 0 <= level <= 1:
            raise UsageError(f"the {name} of {label!r} must be from 0 to 1, got {level}")
    tables = [scores] if board.truth is None else [scores, board.truth]
    if not all(table.isfinite().all() for table in tables):
        raise UsageError(f"{label!r} holds NaN or infinity: look for it in the features it names")
    if len(evidence) != len(scores) or not evidence.shape[1]:
        raise UsageError(
            f"{label!r} must have at least one picture of evidence for each of {len(scores)} "
            f"features, got the shape {tuple(evidence.shape)}"
        )
    if evidence.min() < 0 or evidence.max() >= pictures:
        raise UsageError(
            f"the evidence of {label!r} must be among the {pictures} pictures given, got numbers "
            f"{int(evidence.min())} to {int(evidence.max())}: give those that the names were "
            "found on"
        )


def check_by(value: object, known: Sequence[str]) -> str:
    """Return ``value`` if it is a board's label.

    Raises:
        UsageError: it is none.
    """
    if value not in known:
        raise UsageError(f"by must be a board, one of {', '.join(known)}, got {value!r}")
    return str(value)


def check_threshold(value: Any) -> float | None:
    """Return ``value`` if it is a score from 0 to 1, or None for each board's chance.

    Raises:
        UsageError: it is neither.
    """
    if value is None:
        return None
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        raise UsageError(
            f"threshold must be a score from 0 to 1, or None for what chance reaches, got {value!r}"
        )
    return float(value)


def check_feature(value: object, boards: Mapping[str, NameBoard]) -> int | None:
    """Return ``value`` if it is a feature of some board, or None for each board's best.

    Raises:
        UsageError: it is neither.
    """
    if value is None:
        return None
    column, known = as_whole(value), {c for board in boards.values() for c in board.columns}
    if column not in known:
        raise UsageError(
            f"feature must be a column of the last layer that has a score, of "
            f"{', '.join(map(str, sorted(known)))}, or None for the best of all, got {value!r}"
        )
    return column


def check_rule(value: object) -> str:
    """Return ``value`` if it is one of :data:`RULES`.

    Raises:
        UsageError: it is not.
    """
    if value not in RULES:
        raise UsageError(f"rule must be one of {', '.join(RULES)}, got {value!r}")
    return str(value)
