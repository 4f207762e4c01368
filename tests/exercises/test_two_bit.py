"""The usual wrong answers to *A two-bit digit reader*, each told what is wrong with it."""

import numpy as np
import pytest
import torch
from solutions import expect

from fewbits.exercises import two_bit as check
from fewbits.ops import pack


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered"),
        (0, "Right"),
        (0.0, "Right"),
        (-2, "a code"),
        (1 / 3, "DoReFa's four levels"),
    ],
)
def test_missing_level(answer, told):
    expect(check.missing_level(answer), told)


@pytest.mark.parametrize(
    ("fc", "conv3", "told"),
    [
        (..., ..., "Not answered"),
        (960, ..., "Not answered"),
        (960, 3456, "Right"),
        (7680, 27648, "these are bits"),
        (3840, 55296, "32-bit floats"),
        (960, 384, "3 x 3"),
        (960, 1, "fc is right, conv3 is not 1"),
    ],
)
def test_packed_bytes(fc, conv3, told):
    expect(check.packed_bytes(fc, conv3), told)


def clip(w, c1=2.6, c2=-1.71):
    return c1 * w.square().mean().sqrt() + c2 * w.abs().mean()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w: ..., "Not answered"),
        (lambda w: clip(w) * torch.round(w / clip(w)).clamp(-1, 1), "Right"),
        (lambda w: clip(w) * w.sign(), "two levels"),
        (lambda w: clip(w) * torch.round(w / clip(w)), "clamp the rounded values"),
        (lambda w: torch.round(w / clip(w)).clamp(-1, 1), "multiply by alpha again"),
        (
            lambda w: clip(w, 3.12, -2.064) * torch.round(w / clip(w, 3.12, -2.064)).clamp(-1, 1),
            "constants of 2 bits",
        ),
        (lambda w: (2.6 * w.square().mean() - 1.71 * w.abs().mean()) * w.sign(), "root of the"),
        (lambda w: 0.3 * torch.round(w).clamp(-1, 1), "outer level"),
        (lambda w: w[:3], "weights' shape"),
    ],
)
def test_ternary(answer, told):
    expect(check.ternary(answer), told)


def factor(v, g, eps=1e-5):
    return g / (v + eps).sqrt()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda m, v, g, b: (..., ...), "Not answered"),
        (lambda m, v, g, b: (factor(v, g), b - factor(v, g) * m), "Right"),
        (lambda m, v, g, b: (g / v, b), "standard deviation"),
        (lambda m, v, g, b: (g / v.sqrt(), b), "eps is missing"),
        (lambda m, v, g, b: (g, b), "what multiplies x"),
        (lambda m, v, g, b: (factor(v, g), b), "the mean, multiplied by it"),
        (lambda m, v, g, b: (factor(v, g), b - m), "multiply it by the factor"),
        (lambda m, v, g, b: (factor(v, g), b + factor(v, g) * m), "its sign"),
        (lambda m, v, g, b: (factor(v, g), b * 0), "put x = 0"),
    ],
)
def test_fold(answer, told):
    expect(check.fold(answer), told)


def first_on_top(codes):
    """What numpy's packbits makes of the right row of bits."""
    row = [(code >> bit) & 1 for code in codes.tolist() for bit in range(3)]
    return np.packbits(row)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda c: ..., "Not answered"),
        (lambda c: pack(c, 3), "Right"),
        (lambda c: c.to(torch.uint8), "one byte a code"),
        (lambda c: pack(c, 3)[:3], "the last three bits"),
        (lambda c: pack(c, 4), "is 4 bits a code"),
        (lambda c: pack(((c & 1) << 2) | (c & 2) | (c >> 2), 3), "wrong order"),
        (lambda c: pack(c, 3).long(), "as torch.int64 each takes more"),
        (lambda c: torch.from_numpy(first_on_top(c)), "worth 128"),
        (lambda c: pack(c, 3) * 0, "expected ["),
        (lambda c: "bytes", "one-dimensional"),
    ],
)
def test_pack3(answer, told):
    expect(check.pack3(answer), told)
