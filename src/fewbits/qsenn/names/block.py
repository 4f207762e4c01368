"""What the names of one network's features are worth: one block of numbers a network."""

from collections.abc import Mapping
from dataclasses import asdict

from fewbits.qsenn.measuring import Block
from fewbits.qsenn.names.board import ATTRIBUTES, CLIP, NameBoard


def naming_block(boards: Mapping[str, NameBoard], threshold: float | int | None = None) -> Block:
    """Judge a network's names in each way that they were found.

    Args:
        boards: from :func:`fewbits.qsenn.names.board.boards_for`.
        threshold: from which score on a feature has a name. Default: each board's level of chance.

    Returns:
        ``features_used``, and under ``attributes`` and ``clip`` the threshold, the share that has
        a name, what the truth's best attribute reaches by chance (``floor``), the rates of
        :class:`fewbits.qsenn.names.matching.Match`, and ``groups``, of
        :func:`fewbits.qsenn.names.matching.best_by_group`; ``agree`` is the share of features that
        both call the same, named or not. Null is what cannot be told: all of it for a layer that
        uses no feature, the CLIP's without one.

    Raises:
        UsageError: a threshold outside of 0 to 1, or nobody knows the truth.
    """
    one = next(iter(boards.values()), None)
    ways = {way: _judged(boards[way], threshold) if way in boards else None
            for way in (ATTRIBUTES, CLIP)}  # fmt: skip
    agree = None
    if set(boards) == {ATTRIBUTES, CLIP}:
        same = boards[ATTRIBUTES].naming.best == boards[CLIP].naming.best
        agree = same.double().mean().item()
    return {"features_used": 0 if one is None else len(one.columns), **ways, "agree": agree}


def _judged(board: NameBoard, threshold: float | int | None) -> Block:
    level = board.chance if threshold is None else threshold
    return {
        "threshold": level,
        "named": board.naming.named(level).double().mean().item(),
        "floor": board.floor,
        **asdict(board.judge(level)),
        "groups": board.by_group(level),
    }
