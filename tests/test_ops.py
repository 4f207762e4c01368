"""Grids, rounding, packing: toys by hand, laws, PyTorch's own quantiser as an oracle."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import pact as slow

from fewbits.errors import UsageError
from fewbits.ops import (
    check_bits,
    check_clip,
    dequantize,
    draw,
    nearest_code,
    pack,
    quantize,
    round_ste,
    split_error,
    unpack,
)

numbers = st.floats(-50, 50, allow_nan=False, width=32)
many_numbers = st.lists(numbers, min_size=1, max_size=30)
scales = st.floats(0.015625, 8, width=32)
all_bits = st.integers(1, 8)


@pytest.mark.parametrize("bits", [1, 8, 4.0])
def test_bits_that_are_bits(bits: object) -> None:
    assert check_bits(bits) == bits
    assert type(check_bits(bits)) is int


@pytest.mark.parametrize(
    "bits", [0, 9, -1, 2.5, "x", "4", None, True, math.nan, math.inf, -math.inf]
)
def test_bits_that_are_not(bits: object) -> None:
    with pytest.raises(UsageError, match="bits must be .*from 1 to 8, got"):
        check_bits(bits)


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_a_clip_is_a_finite_number_above_0(alpha: float) -> None:
    with pytest.raises(UsageError, match=f"alpha must be a finite number above 0, got {alpha:g}:"):
        check_clip(alpha)
    with pytest.raises(UsageError, match=r"^step must be a finite number above 0(?!.*alpha)"):
        check_clip(alpha, "step")
    assert check_clip(1e-30) == 1e-30


def test_rounding_passes_the_gradient_straight_through() -> None:
    x = torch.tensor([-1.5, -0.4, 0.5, 1.5, 2.6], requires_grad=True)
    before = x.detach().clone()
    y = round_ste(x)
    assert y.tolist() == [-2, 0, 0, 2, 3]
    upstream = torch.tensor([1.0, -2.0, 3.0, 0.5, 7.0])
    y.backward(upstream)
    assert torch.equal(x.grad, upstream)
    assert torch.equal(x.detach(), before)


def test_three_numbers_by_hand() -> None:
    codes = quantize(torch.tensor([-1.0, 0.26, 9.0]), scale=0.5, zero_point=2, low=0, high=7)
    assert codes.tolist() == [0, 3, 7]
    assert dequantize(codes, scale=0.5, zero_point=2).tolist() == [-1.0, 0.5, 2.5]


@given(many_numbers, scales, st.integers(0, 255), all_bits)
def test_codes_agree_with_pytorch(xs: list[float], scale: float, zero: int, bits: int) -> None:
    high = 2**bits - 1
    zero %= high + 1
    x = torch.tensor([value for value in xs if slow.tie_distance(value / scale) > 1e-4])
    expected = torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, high)
    values = dequantize(quantize(x, scale, zero, 0, high), scale, zero)
    torch.testing.assert_close(values, expected)


@given(many_numbers, scales, all_bits)
def test_laws_of_a_quantiser(xs: list[float], scale: float, bits: int) -> None:
    x, high = torch.tensor(sorted(xs), dtype=torch.float64), 2**bits - 1
    codes = quantize(x, scale, 0, 0, high)
    values = dequantize(codes, scale, 0).double()
    assert int(codes.min()) >= 0 and int(codes.max()) <= high
    assert bool((codes.diff() >= 0).all()), "monotone"
    assert torch.equal(quantize(values, scale, 0, 0, high), codes), "idempotent"
    inside = (x >= 0) & (x <= high * scale)
    # The values are single precision: half a step, and a rounding of the largest of them.
    assert bool(((values - x).abs()[inside] <= scale * (0.5 + 1e-6 * high)).all())


@pytest.mark.parametrize("bits", range(1, 9))
def test_every_code_survives_its_value(bits: int) -> None:
    codes = torch.arange(2**bits)
    values = dequantize(codes, 0.3, 5)
    assert torch.equal(quantize(values, 0.3, 5, 0, 2**bits - 1), codes)


def test_quantising_nonsense() -> None:
    x = torch.tensor([1.0])
    with pytest.raises(UsageError, match="scale must be a finite number above 0, got 0"):
        quantize(x, 0.0, 0, 0, 3)
    with pytest.raises(UsageError, match="low=3, high=3"):
        quantize(x, 1.0, 0, 3, 3)
    with pytest.raises(UsageError, match="NaN has no nearest level"):
        quantize(torch.tensor([1.0, math.nan]), 1.0, 0, 0, 3)
    ends = quantize(torch.tensor([-math.inf, math.inf]), 1.0, 0, 0, 3)
    assert ends.tolist() == [0, 3]


def test_error_split_by_hand() -> None:
    # Levels 0 and 1. -1 -> 0 and 3 -> 1 are clipped (1 and 4), 0.4 -> 0 is rounded (0.16).
    clipping, rounding = split_error(torch.tensor([-1.0, 0.4, 3.0]), alpha=1.0, bits=1)
    assert clipping == pytest.approx(5 / 3)
    assert rounding == pytest.approx(0.16 / 3)


@given(many_numbers, st.floats(0.1, 40), all_bits)
def test_the_two_parts_are_the_whole_error(xs: list[float], alpha: float, bits: int) -> None:
    total = sum((slow.pact(x, alpha, bits) - x) ** 2 for x in xs) / len(xs)
    parts = split_error(torch.tensor(xs), alpha, bits)
    assert sum(parts) == pytest.approx(total, rel=1e-4, abs=1e-5)


@given(many_numbers)
def test_a_wider_range_never_clips_more(xs: list[float]) -> None:
    clipping = [split_error(torch.tensor(xs), alpha, 4)[0] for alpha in (0.5, 1.0, 5.0, 60.0)]
    assert clipping == sorted(clipping, reverse=True)


def test_split_error_refuses_what_has_no_levels() -> None:
    with pytest.raises(UsageError, match="alpha must be"):
        split_error(torch.ones(2), -1.0, 4)
    with pytest.raises(UsageError, match="bits must be"):
        split_error(torch.ones(2), 1.0, 9)


@given(st.data(), all_bits)
def test_pack_and_back(data: st.DataObject, bits: int) -> None:
    codes = data.draw(st.lists(st.integers(0, 2**bits - 1), max_size=40))
    packed = pack(torch.tensor(codes, dtype=torch.int64), bits)
    assert packed.tolist() == slow.pack(codes, bits)
    assert len(packed) == math.ceil(len(codes) * bits / 8)
    assert unpack(packed, bits, len(codes)).tolist() == codes


def test_five_codes_by_hand() -> None:
    # First code in the lowest bits: 2|1|0|3 is 10 01 00 11, then 1.
    assert pack(torch.tensor([3, 0, 1, 2, 1]), bits=2).tolist() == [0b10010011, 0b01]


@pytest.mark.parametrize("codes", [[0, 4], [-1, 0]])
def test_a_code_that_does_not_fit_is_not_packed(codes: list[int]) -> None:
    with pytest.raises(UsageError, match=rf"codes of 2 bits must lie in 0..3, got {codes[0]}"):
        pack(torch.tensor(codes), bits=2)


@pytest.mark.parametrize("count", [0, 4, 13])
def test_unpack_counts_bytes(count: int) -> None:
    packed = pack(torch.arange(8), bits=3)
    with pytest.raises(UsageError, match=rf"{count} codes of 3 bits take \d bytes, got 3"):
        unpack(packed, 3, count)


def test_nearest_code_is_the_nearest() -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(20, 3, generator=generator)
    codebook = torch.randn(7, 3, generator=generator)
    found = nearest_code(vectors, codebook)
    for vector, index in zip(vectors.tolist(), found.tolist(), strict=True):
        gaps = [math.dist(vector, code) for code in codebook.tolist()]
        assert index == gaps.index(min(gaps))


def test_draw_takes_all_or_some_and_repeats() -> None:
    x = torch.arange(12.0).reshape(3, 4)
    assert draw(x, 12).tolist() == x.flatten().tolist()
    few = draw(x, 11)
    assert few.shape == (11,) and set(few.tolist()) <= set(x.flatten().tolist())
    assert torch.equal(few, draw(x, 11)) and not torch.equal(few, draw(x, 11, seed=1))
