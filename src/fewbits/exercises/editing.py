"""Checks for the exercises of *Editing a model*."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fewbits.exercises.verdict import (
    Verdict,
    as_tensor,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)
from fewbits.protoquant.editing import Edit

SHARES = torch.tensor([[0.7, 0.1, 0.15, 0.05], [0.05, 0.5, 0.25, 0.2], [0.3, 0.3, 0.1, 0.3]])
GONE = [0, 3]
LEFT = SHARES.clone().index_fill_(1, torch.tensor(GONE), 0)
SCORES = (LEFT / LEFT.sum(1, keepdim=True)).amax(0)

EDITS = (
    Edit("merge", 4, into=0),
    Edit("zero", 3, label=0),
    Edit("forbid", 1, label=0),
    Edit("merge", 1, into=2),
    Edit("forbid", 0, label=2),
    Edit("forbid", 2, label=1),
    Edit("merge", 2, into=0),
    Edit("silence", 3),
)
FORBIDDEN = torch.zeros(3, 5, dtype=torch.bool)
FORBIDDEN[0, 1] = FORBIDDEN[0, 2] = FORBIDDEN[1, 2] = True
FORBIDDEN[0, 0] = FORBIDDEN[1, 0] = FORBIDDEN[2, 0] = True


def struck(zeroed: object, silenced: object) -> Verdict:
    """Exercise 1: two logits after a zero, and after silence."""
    if is_open(zeroed) or is_open(silenced):
        return unanswered("two numbers each: the car's logit and the bus's.")
    if close(zeroed, [0.8, 1.2]):
        return wrong("a zero is of one class: the bus keeps what the first code gives it.")
    if close(zeroed, [1.8, 1.7]):
        return wrong("that is before any edit: take 2 times 0.5 from the car's logit.")
    if not close(zeroed, [0.8, 1.7]):
        return wrong(f"zeroed: 0.4 + 0.4 for the car, and the bus as it was, got {shown(zeroed)}.")
    if close(silenced, [0.8, 1.7]):
        return wrong("silence is for all classes: the bus loses 0.5 as well.")
    if close(silenced, [1.6, 2.4]):
        return wrong("that is removal, after which the others' shares rise; silence leaves them.")
    if not close(silenced, [0.8, 1.2]):
        return wrong(f"silenced: both lose what the first code gave them, got {shown(silenced)}.")
    return right("both are exact. Silence costs a class that you did not mean to edit.")


def two_cells(b: object, c: object) -> Verdict:
    """Exercise 2: the scores of two codes after the third is gone from the softmax."""
    if is_open(b) or is_open(c):
        return unanswered("two numbers: share out each cell again, then take the larger.")
    if close(b, 0.6) and close(c, 0.4):
        return wrong("that is silence: removed, A leaves its 0.8 of the first cell to the others.")
    if close(b, 0.9) or close(c, 0.9):
        return wrong("B and C share what A had, in proportion: neither gets all of it.")
    if not close(b, 0.6):
        return wrong("B has half of the first cell now, and 0.6 of the second as before.")
    if not close(c, 0.5):
        return wrong(f"0.1 of the 0.2 that A leaves is half of the first cell, got {shown(c)}.")
    return right("C's score has risen and now points to another cell; B's has not moved.")


def after_removal(answer: Callable[[Tensor, list[int]], object]) -> Verdict:
    """Exercise 3: scores after some codes are out of the softmax, from shares alone."""
    try:
        found = answer(SHARES.clone(), list(GONE))
    except (RuntimeError, TypeError, IndexError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("what is left of each cell, shared out again; then the largest.")
    if close(found, SCORES):
        return right("a softmax without a term is the old one divided by what that term leaves.")
    if close(found, LEFT.amax(0)):
        return wrong("that is silence: divide by what is left in each cell.")
    top = SHARES.amax(0)
    if close(found, LEFT.amax(0) / (1 - top[GONE].sum())) or close(
        found, LEFT.amax(0) / LEFT.amax(0).sum()
    ):
        return wrong("scores are of different cells: divide in each cell, then take the largest.")
    if close(found, (SHARES / LEFT.sum(1, keepdim=True)).amax(0)):
        return wrong("codes that are gone score 0.")
    if close(found, LEFT / LEFT.sum(1, keepdim=True)):
        return wrong("these are shares, a row a cell; a score is the largest of a column.")
    if close(found, (SHARES[:, [1, 2]] / LEFT.sum(1, keepdim=True)).amax(0)):
        return wrong("keep one column a code; those that are gone score 0.")
    if close(found, SHARES[:, [1, 2]].softmax(1).amax(0)) or close(
        found, SHARES.softmax(1).amax(0)
    ):
        return wrong(
            "a share is no cosine: divide by what is left, there is nothing to exponentiate."
        )
    return wrong(f"in three cells, codes 0 and 3 gone, the scores are others, got {shown(found)}.")


def forbidden(answer: Callable[[Sequence[Edit], int, int], object]) -> Verdict:
    """Exercise 4: the weights that a later fit must leave at 0."""
    try:
        found = answer(EDITS, 3, 5)
    except (RuntimeError, TypeError, IndexError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("a table of 3 classes x 5 codes, True where a weight is forbidden.")
    value = as_tensor(found)
    if value is None or value.shape != FORBIDDEN.shape:
        return wrong(f"expected a table of 3 classes x 5 codes, got {shown(found)}.")
    mask = value.bool()
    if torch.equal(mask, FORBIDDEN):
        return right("so fit_linear(..., allowed=~mask) can be trusted with the rest.")
    if mask[:, 3].any():
        return wrong("a zero or a silence forbids nothing: a later fit may bring it back.")
    if not mask[2, 0]:
        return wrong("0 was forbidden to class 2 before 2 was merged into it: both bans hold now.")
    if not mask[0, 2]:
        return wrong("code 1 was forbidden to class 0 and then merged into 2: so is 2 now.")
    if mask[2, 4]:
        return wrong("4 was merged into 0 before 0 was forbidden; the order counts, and 4 is gone.")
    if not mask[0, 1]:
        return wrong("a merge carries the ban along, and the code that it came from keeps it.")
    return wrong("only what forbid names, and what was merged from there, is True.")
