"""DoReFa, SAWB and LSQ on weights: the papers' formulas, brute force, and the laws of a grid."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import pact as slow
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.pact.weights import (
    NAMES,
    SAWB,
    DoReFa,
    Grid,
    LSQWeights,
    make_quantizer,
    sawb_clip,
    symmetric_spacing,
)

weight_lists = st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=20)
KINDS = [(name, bits) for name in NAMES for bits in range(1, 9) if (name, bits) != ("lsq", 1)]


def gaussian(count: int) -> Tensor:
    """The quantiles of a Gaussian: a sample without chance in it."""
    return torch.special.ndtri((torch.arange(count) + 0.5) / count)


def laplace(count: int) -> Tensor:
    places = (torch.arange(count) + 0.5) / count - 0.5
    return -places.sign() * torch.log1p(-2 * places.abs())


def error(weights: Tensor, clip: float | Tensor, levels: int) -> float:
    """Mean squared error, as a share of the weights' own mean square."""
    values = symmetric_spacing(torch.as_tensor(clip), levels).values(weights)
    return ((values - weights).square().mean() / weights.square().mean()).item()


@pytest.mark.parametrize(("name", "bits"), KINDS)
def test_every_quantiser_gives_a_grid(name: str, bits: int) -> None:
    weights = torch.randn(40, 3, generator=torch.Generator().manual_seed(bits)) * 0.2
    before = weights.clone()
    quantizer = make_quantizer(name, bits, weights)
    values, grid = quantizer(weights).detach(), quantizer.grid(weights)
    assert torch.equal(values, grid.values()), "what is stored is what was computed with"
    assert torch.equal(weights, before)
    assert len(values.unique()) <= grid.levels <= 2**bits
    assert grid.codes.dtype == torch.int64
    assert int(grid.codes.min()) >= 0 and int(grid.codes.max()) < grid.levels
    assert bool((values.flatten()[weights.flatten().argsort()].diff() >= 0).all()), "monotone"
    integers, scale = grid.integers()
    torch.testing.assert_close(scale * integers, values, rtol=1e-6, atol=0)
    assert int(integers.abs().max()) <= 2**bits - 1


@pytest.mark.parametrize(("name", "bits"), KINDS)
def test_values_go_back_to_their_codes(name: str, bits: int) -> None:
    weights = torch.randn(200, generator=torch.Generator().manual_seed(bits))
    quantizer = make_quantizer(name, bits, weights)
    if isinstance(quantizer, LSQWeights):
        again = quantizer.grid(quantizer.grid(weights).values())
        assert torch.equal(again.codes, quantizer.grid(weights).codes)
    else:
        # The spacing follows from the weights; what is idempotent is one fixed spacing.
        spacing = quantizer.spacing(weights)
        every = Grid(torch.arange(spacing.levels), spacing.step, spacing.zero, spacing.levels)
        assert torch.equal(spacing.grid(every.values()).codes, every.codes)


@given(weight_lists, st.integers(2, 256), st.floats(0.01, 3))
def test_a_spacing_takes_the_nearest_level(ws: list[float], count: int, clip: float) -> None:
    levels = slow.symmetric_levels(clip, count)
    found = symmetric_spacing(torch.tensor(clip), count).values(torch.tensor(ws))
    half_step = clip / (count - 1)
    for w, value in zip(ws, found.tolist(), strict=True):
        nearest = slow.nearest_of(levels, w)
        assert abs(abs(value - w) - abs(nearest - w)) <= 1e-5, "no level is nearer"
        assert abs(slow.nearest_of(levels, value) - value) <= 1e-5, "it is a level"
        assert abs(w) > clip or abs(value - w) <= half_step + 1e-5


@given(weight_lists, st.sampled_from([2, 3, 4]))
def test_sawb_clip_is_the_papers(ws: list[float], bits: int) -> None:
    weights = torch.tensor(ws, dtype=torch.float64)
    assume(weights.abs().max() > 1e-3)
    fitted = slow.sawb_clip(ws, bits)
    assume(abs(fitted) > 1e-6)
    expected = fitted if fitted > 0 else max(map(abs, ws))
    assert sawb_clip(weights, bits).item() == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_sawb_falls_back_to_the_largest_weight() -> None:
    same_size = torch.tensor([0.5, -0.5, 0.5, -0.5])  # 12.68 - 12.80 is below 0
    assert slow.sawb_clip(same_size.tolist(), 4) < 0
    assert sawb_clip(same_size, 4).item() == 0.5
    assert torch.equal(SAWB(4)(same_size), same_size)


@pytest.mark.parametrize("bits", [5, 6, 7, 8])
def test_sawb_above_4_bits_spans_all_weights_and_has_a_zero(bits: int) -> None:
    weights = gaussian(1000)
    grid = SAWB(bits).grid(weights)
    largest = weights.abs().max().item()
    assert (grid.levels, grid.zero) == (2**bits - 1, 2 ** (bits - 1) - 1)
    assert grid.values().abs().max().item() == pytest.approx(largest)
    assert int(grid.integers()[0].abs().max()) == 2 ** (bits - 1) - 1


@pytest.mark.parametrize(
    ("sample", "bits", "best", "wide"),
    [
        # Gaussian: the best uniform quantisers of Max 1960, table II. Laplace: computed here.
        (gaussian, 2, 0.1188, 6),
        (gaussian, 4, 0.01154, 2),
        (laplace, 4, 0.0253, 4),
    ],
)
def test_sawb_is_close_to_brute_force(sample, bits: int, best: float, wide: float) -> None:
    weights = sample(100_000)
    deviation = weights.square().mean().sqrt()
    clips = [deviation * 0.02 * i for i in range(50, 250)]
    searched = min(error(weights, clip, 2**bits) for clip in clips)
    assert searched == pytest.approx(best, rel=3e-3)
    found = error(weights, sawb_clip(weights, bits), 2**bits)
    assert found <= 1.015 * searched
    assert error(weights, weights.abs().max(), 2**bits) > wide * found, "max |w| is far too wide"


def test_sawb_with_one_bit_is_the_best_scale_for_two_levels() -> None:
    weights = laplace(2000)
    values = SAWB(1)(weights)
    scale = weights.abs().mean().item()
    assert values.unique().tolist() == pytest.approx([-scale, scale])
    found = error(weights, sawb_clip(weights, 1), 2)
    assert found <= min(error(weights, 0.01 * i, 2) for i in range(1, 300)) + 1e-6


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("name", ["sawb", "dorefa"])
def test_scaled_weights_give_the_scaled_grid(name: str, bits: int) -> None:
    weights = laplace(500) / 64
    small, large = (make_quantizer(name, bits, w) for w in (weights, 4 * weights))
    if name == "sawb":
        assert torch.equal(large(4 * weights), 4 * small(weights))
    else:  # tanh bends large weights more, but both grids reach from -max to max
        assert large(4 * weights).max() == 4 * small(weights).max()


@given(weight_lists, st.integers(1, 8))
def test_dorefa_is_the_papers_scaled_by_the_largest_weight(ws: list[float], bits: int) -> None:
    largest = max(map(abs, ws))
    assume(largest > 1e-2)
    steps, bent = 2**bits - 1, math.tanh(largest)
    found = DoReFa(bits)(torch.tensor(ws)).tolist()
    for w, value, expected in zip(ws, found, slow.dorefa(ws, bits), strict=True):
        place = steps * (math.tanh(w) / (2 * bent) + 0.5)
        if slow.tie_distance(place) > 1e-4:
            assert value == pytest.approx(largest * expected, rel=1e-4, abs=1e-5)


def test_dorefa_with_2_bits_has_no_zero() -> None:
    weights = torch.tensor([-0.9, -0.1, 0.1, 0.9])
    expected = torch.tensor([-0.9, -0.3, 0.3, 0.9])
    torch.testing.assert_close(DoReFa(2)(weights), expected)


def test_sawb_and_dorefa_pass_gradients_through() -> None:
    upstream = torch.tensor([1.0, -2.0, 0.5, 3.0])
    for quantizer in (SAWB(2), DoReFa(2)):
        weights = torch.tensor([-0.9, -0.1, 0.2, 1.2], requires_grad=True)
        quantizer(weights).backward(upstream)
        bend = torch.ones(4)
        if isinstance(quantizer, DoReFa):  # d tanh(w) / dw, times max|w| / tanh(max|w|)
            bend = (1 - torch.tanh(weights.detach()) ** 2) * 1.2 / math.tanh(1.2)
        torch.testing.assert_close(weights.grad, upstream * bend)


def test_lsq_starts_at_the_papers_step_and_learns_its_logarithm() -> None:
    weights = torch.tensor([0.5, -0.3, 0.1, -0.7], requires_grad=True)
    quantizer = LSQWeights(3, weights)
    assert quantizer.step.item() == pytest.approx(2 * 0.4 / math.sqrt(3))
    quantizer(weights).sum().backward()
    step = quantizer.step.item()
    _, to_step = slow.lsq_gradients(weights.tolist(), step, 4, 3, [1.0] * 4)
    # d step / d log step is the step itself.
    assert quantizer.log_step.grad.item() == pytest.approx(step * to_step, rel=1e-4)
    assert quantizer.grid(weights.detach()).levels == 8


@pytest.mark.parametrize("bits", [2, 8])
def test_a_learned_step_moves_by_a_share_of_itself(bits: int) -> None:
    weights = torch.randn(500, generator=torch.Generator().manual_seed(0)) / 100
    quantizer = LSQWeights(bits, weights)
    start = quantizer.step.item()
    optimizer = torch.optim.Adam(quantizer.parameters(), lr=0.002)
    for _ in range(20):
        optimizer.zero_grad()
        quantizer(weights).abs().sum().backward()  # always asks for a smaller step
        optimizer.step()
    assert 0.95 * start < quantizer.step.item() < start


def test_lsq_refuses_one_bit() -> None:
    with pytest.raises(UsageError, match="LSQ weights need at least 2 bits.*Use SAWB or DoReFa"):
        LSQWeights(1, torch.ones(3))


@pytest.mark.parametrize(("name", "bits"), KINDS)
def test_a_layer_of_zeros_still_has_a_grid(name: str, bits: int) -> None:
    zeros = torch.zeros(5)
    values = make_quantizer(name, bits, zeros)(zeros)
    assert bool((values.abs() < 1e-30).all()), "finite, and as good as 0"


def test_a_grid_without_a_zero_doubles_its_codes() -> None:
    grid = Grid(torch.tensor([0, 1, 2, 3]), torch.tensor(0.5), 1.5, 4)
    integers, scale = grid.integers()
    assert integers.tolist() == [-3, -1, 1, 3] and scale.item() == 0.25
    assert grid.values().tolist() == [-0.75, -0.25, 0.25, 0.75]
    with_zero = Grid(torch.tensor([0, 2]), torch.tensor(0.5), 1.0, 3)
    assert with_zero.integers()[0].tolist() == [-1, 1]


def test_unknown_quantiser() -> None:
    with pytest.raises(UsageError, match="unknown weight quantiser 'x'.*sawb, dorefa, lsq"):
        make_quantizer("x", 4, torch.ones(3))
    for name in NAMES:
        with pytest.raises(UsageError, match="bits must be from 1 to 8, got 9"):
            make_quantizer(name, 9, torch.ones(3))
