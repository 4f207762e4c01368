"""The usual wrong answers to *Editing a model*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import editing as check
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.editing import replay
from fewbits.protoquant.head import Linear
from fewbits.protoquant.mapping import Mapping
from fewbits.protoquant.model import PartModel


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered yet"),
        (([0.8, 1.7], [0.8, 1.2]), "Right"),
        (([0.8, 1.2], [0.8, 1.2]), "the bus keeps"),
        (([1.8, 1.7], [0.8, 1.2]), "before any edit"),
        (([1.0, 1.7], [0.8, 1.2]), "0.4 + 0.4"),
        (([0.8, 1.7], [0.8, 1.7]), "silence is for all"),
        (([0.8, 1.7], [1.6, 2.4]), "that is removal"),
        (([0.8, 1.7], [0.0, 0.0]), "both lose"),
    ],
)
def test_struck(answer, told):
    expect(check.struck(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 0.5), "Not answered yet"),
        ((0.6, 0.5), "Right"),
        ((0.6, 0.4), "that is silence"),
        ((0.9, 0.5), "in proportion"),
        ((0.5, 0.5), "as before"),
        ((0.6, 0.2), "0.1 of the 0.2"),
    ],
)
def test_two_cells(answer, told):
    expect(check.two_cells(*answer), told)


def without(shares, gone):
    left = shares.clone()
    left[:, gone] = 0
    return left


def renormalised(shares, gone):
    left = without(shares, gone)
    return left / left.sum(1, keepdim=True)


def of_scores(shares, gone):
    top = without(shares, gone).amax(0)
    return top / top.sum()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda shares, gone: ..., "Not answered yet"),
        (lambda shares, gone: renormalised(shares, gone).amax(0), "Right"),
        (lambda shares, gone: without(shares, gone).amax(0), "that is silence"),
        (of_scores, "divide in each cell"),
        (renormalised, "a row a cell"),
        (
            lambda shares, gone: (shares / without(shares, gone).sum(1, keepdim=True)).amax(0),
            "that are gone score 0",
        ),
        (
            lambda shares, gone: (
                shares[:, [1, 2]] / without(shares, gone).sum(1, keepdim=True)
            ).amax(0),
            "one column a code",
        ),
        (lambda shares, gone: shares.softmax(1).amax(0), "nothing to exponentiate"),
        (lambda shares, gone: shares.mean(0), "the scores are others"),
        (lambda shares: shares, "stops with an error"),
    ],
)
def test_after_removal(answer, told):
    expect(check.after_removal(answer), told)


def mask_of(edits, classes, codes, kinds=("forbid",), carried=True):
    mask = torch.zeros(classes, codes, dtype=torch.bool)
    for edit in edits:
        if edit.kind in kinds:
            mask[edit.label if edit.label is not None else slice(None), edit.code] = True
        if edit.kind == "merge" and carried:
            mask[:, edit.into] |= mask[:, edit.code]
    return mask


def moved(edits, classes, codes):
    mask = mask_of(edits, classes, codes)
    mask[:, 1] = False
    return mask


def overwritten(edits, classes, codes):
    mask = torch.zeros(classes, codes, dtype=torch.bool)
    for edit in edits:
        if edit.kind == "forbid":
            mask[edit.label, edit.code] = True
        if edit.kind == "merge":
            mask[:, edit.into] = mask[:, edit.code]
    return mask


def backwards(edits, classes, codes):
    mask = mask_of(edits, classes, codes)
    mask[2, 4] = True
    return mask


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda edits, classes, codes: ..., "Not answered yet"),
        (mask_of, "Right"),
        (lambda *given: mask_of(*given, kinds=("forbid", "zero")), "forbids nothing"),
        (lambda *given: mask_of(*given, kinds=("forbid", "silence")), "forbids nothing"),
        (lambda *given: mask_of(*given, carried=False), "so is 2 now"),
        (backwards, "the order counts"),
        (moved, "keeps it"),
        (overwritten, "both bans hold now"),
        (lambda *given: torch.zeros(3, 4), "3 classes x 5 codes"),
        (lambda edits: ..., "stops with an error"),
    ],
)
def test_forbidden(answer, told):
    expect(check.forbidden(answer), told)


def test_exercise_4_is_what_the_package_does():
    book = Codebook(torch.eye(5), Mapping("none", torch.zeros(5)))
    head = Linear(torch.ones(3, 5), torch.zeros(3), torch.ones(5))
    edited = replay(PartModel.fresh(book, 0.1, head), check.EDITS)
    assert torch.equal(edited.forbidden, check.FORBIDDEN)


@pytest.mark.parametrize("number", range(4))
def test_the_solutions_that_fold_out_are_right(number):
    given = {"torch": torch, "check": check}
    expect(verdict(solutions("protoquant/editing_a_model")[number], given), "Right")
