"""The solutions and the usual wrong answers to *A few levels*."""

import pytest
import torch
from solutions import definitions, solutions, verdict

from fewbits.exercises import levels as check
from fewbits.ops import dequantize, quantize

SOLUTIONS = solutions("foundations/levels")


def expect(found, told):
    assert told in found.message
    assert bool(found) == (told == "Right")


@pytest.mark.parametrize("number", range(len(SOLUTIONS)))
def test_solution(number):
    accuracies = iter([0.2, 0.7, 0.9, 0.9, 0.8, 0.6, 0.3])
    given = {
        "even": torch.linspace(0, 1, 20_001),
        "sent": {"act3": torch.rand(9)},
        "with_levels": lambda bits, clip: next(accuracies) if clip("act3", bits) else 0.0,
    }
    names = definitions("foundations/levels", given)
    expect(verdict(SOLUTIONS[number], names), "Right")


def test_every_exercise_has_a_solution():
    assert len(SOLUTIONS) == 7


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (None, "Not answered yet"),
        (torch.tensor(0.3), "Right"),
        (2.1 / 2**3, "2^k - 1 steps between"),
        (2.1 / 9, "one off the wrong way"),
        (0.7, "number of bits"),
        ("a third", "expected one number"),
    ],
)
def test_step(answer, told):
    expect(check.step(answer), told)


@pytest.mark.parametrize(
    ("scale", "zero_point", "told"),
    [
        (..., ..., "Not answered yet"),
        (0.2, ..., "Not answered yet"),
        (0.2, 5, "Right"),
        (3 / 16, 5, "scale: you divided by 2^k"),
        (2 / 15, 5, "3 long"),
        (1.0, 5, "scale: expected"),
        (0.2, -5, "the sign"),
        (0.2, -1, "a code, not a number"),
        (0.2, 0, "code 0 means -1"),
        (0.2, 7, "zero point: expected"),
    ],
)
def test_affine_grid(scale, zero_point, told):
    expect(check.affine_grid(scale, zero_point), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (16, "Right"),
        (4, "goes with its square"),
        (1 / 16, "upside down"),
        (1, "the step is not the same"),
        (100, "expected one number"),
    ],
)
def test_safe_side(answer, told):
    expect(check.safe_side(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (6, "Right"),
        (7, "mean square, 1/3"),
        (5, "35.8 dB"),
        (14, "3 dB a bit"),
        (0, "whole number of bits"),
    ],
)
def test_forty_decibels(answer, told):
    expect(check.forty_decibels(answer), told)


def even_tries(error, largest, count=60):
    return min((largest * (i + 1) / count for i in range(count)), key=error)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda error, largest: ..., "Not answered yet"),
        (even_tries, "you looked 60 times"),
        (lambda error, largest: even_tries(error, largest, 12), "spend the last looks"),
        (lambda error, largest: largest, "this is the maximum"),
        (lambda error, largest: error(even_tries(error, largest, 24)), "return the error"),
        (lambda error, largest: -1.0, "lie between 0 and"),
        (lambda error, largest: [1.0, 2.0], "expected one number"),
    ],
)
def test_clip_search(answer, told):
    expect(check.clip_search(answer), told)


def affine(x, bits, hold=True, whole=True, keep_codes=False, steps=None, widen=True):
    low, high = x.min().item(), x.max().item()
    if widen:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return x.clone()
    scale = (high - low) / (steps or 2**bits - 1)
    if not whole:
        return low + scale * torch.round((x - low) / scale)
    zero_point = round(-low / scale)
    top = 2**bits - 1 if hold else 10**6
    codes = quantize(x, scale, zero_point, 0 if hold else -(10**6), top)
    return codes if keep_codes else dequantize(codes, scale, zero_point)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, bits: ..., "Not answered yet"),
        (affine, "Right"),
        (lambda x, bits: x, "nothing is quantised"),
        (lambda x, bits: affine(x, bits, whole=False), "whole number"),
        (lambda x, bits: affine(x, bits, steps=2**bits + 3, hold=False), "different values"),
        (lambda x, bits: affine(x, bits, hold=False), "on symmetric numbers 2 bits gave 5"),
        (lambda x, bits: affine(x, bits, keep_codes=True), "turn them back"),
        (lambda x, bits: affine(x, bits, widen=False), "widen the range"),
        (lambda x, bits: affine(x, bits) * 0, "over a step"),
        (lambda x, bits: affine(x, 2), "Right"),
        (lambda x, bits: affine(x, max(bits, 2) + 3 * (bits > 2)), "more than 16"),
        (lambda x, bits: affine(x, bits) + (1.0 if not x.any() else 0.0), "range is empty"),
        (lambda x, bits: affine(x, bits)[:1], "of shape"),
    ],
)
def test_affine(answer, told):
    expect(check.affine(answer), told)


PLACES = (0.25, 0.5, 1.0, 1.5, 2.0)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ([(p, 1 - abs(p - 1) / 2) for p in PLACES], "Right"),
        ([(p, 100 - p) for p in PLACES], "per cent"),
        ([(p, 0.9) for p in PLACES], "never moves"),
        ([(p + 2, 0.1 * p) for p in PLACES], "look on both"),
        ([(0.5, 0.9), (2.0, 0.8)], "too few"),
        ([0.9, 0.8], "list of pairs"),
    ],
)
def test_clip_study(answer, told):
    expect(check.clip_study(answer), told)
