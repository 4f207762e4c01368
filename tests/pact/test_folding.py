"""Batch norm and scales in whole numbers, to within half a unit."""

import pytest
import torch
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.pact.folding import fold
from fewbits.pact.layers import QuantConv2d, QuantLinear

INPUT_SCALE = 0.02


def normed(weights: str = "sawb", bits: int = 4) -> tuple[QuantConv2d, nn.BatchNorm2d]:
    torch.manual_seed(2)
    conv = QuantConv2d.from_float(nn.Conv2d(3, 5, 3), weights, bits)
    norm = nn.BatchNorm2d(5).eval()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.3, -0.8, 0.02, -2.0, 0.5]))
        norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.2, 3)
    return conv, norm


def whole_numbers(
    conv: QuantConv2d, norm: nn.BatchNorm2d | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the folded layer gives, what the real one gives, and one unit of each channel."""
    codes = torch.randint(0, 16, (4, 3, 6, 6), generator=torch.Generator().manual_seed(1)).double()
    folded = fold("conv", conv, norm, INPUT_SCALE)
    assert folded.weights.dtype == torch.int8 and folded.bias.dtype == torch.int32
    unit = (INPUT_SCALE * folded.scale.double()).view(1, -1, 1, 1)
    sums = nn.functional.conv2d(codes, folded.weights.double(), folded.bias.double())
    weights = conv.quantizer(conv.weight).detach().double()
    real = nn.functional.conv2d(codes * INPUT_SCALE, weights, conv.bias.detach().double())
    return sums * unit, norm.double()(real).detach() if norm else real, unit, folded.scale


@pytest.mark.parametrize("bits", [1, 2, 4, 7])
@pytest.mark.parametrize("weights", ["sawb", "dorefa", "lsq"])
def test_folded_it_gives_the_same_to_half_a_unit(weights: str, bits: int) -> None:
    if (weights, bits) == ("lsq", 1):
        bits = 8
    found, expected, unit, scale = whole_numbers(*normed(weights, bits))
    assert bool((scale > 0).all())
    assert bool(((found - expected).abs() <= 0.5 * unit + 1e-5 * expected.abs()).all())


def test_without_batch_norm() -> None:
    conv, _ = normed()
    found, expected, unit, scale = whole_numbers(conv, None)
    assert len(scale.unique()) == 1
    assert bool(((found - expected).abs() <= 0.5 * unit + 1e-6).all())


def test_by_hand() -> None:
    layer = nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[127.0, -64.0]]) / 127)
        layer.bias.fill_(0.3)
    folded = fold("fc", QuantLinear.from_float(layer, "sawb", 8), None, input_scale=0.1)
    assert folded.weights.tolist() == [[127, -64]]
    assert folded.scale.item() == pytest.approx(1 / 127)
    assert folded.bias.tolist() == [381]  # 0.3 in units of 0.1 / 127


def test_few_bits_are_spread_over_all_eight() -> None:
    conv, norm = normed("sawb", 2)  # -3, -1, 1, 3 become -126, -42, 42, 126
    folded = fold("conv", conv, norm, INPUT_SCALE)
    assert set(folded.weights.unique().tolist()) == {-126, -42, 42, 126}


def test_a_channel_that_is_turned_around_changes_its_weights_sign() -> None:
    conv, norm = normed()
    before = fold("conv", conv, norm, INPUT_SCALE)
    with torch.no_grad():
        norm.weight[0] *= -1
    after = fold("conv", conv, norm, INPUT_SCALE)
    assert torch.equal(after.weights[0], -before.weights[0])
    assert torch.equal(after.weights[1:], before.weights[1:])
    assert torch.equal(after.scale, before.scale)


@pytest.mark.parametrize("factor", [0.0, 1e-30, -1e-12])
def test_a_channel_that_is_switched_off_keeps_its_bias(factor: float) -> None:
    conv, norm = normed()
    with torch.no_grad():
        norm.weight[2] = factor
    found, expected, unit, _ = whole_numbers(conv, norm)
    tolerance = 0.5 * unit + 1e-5 * expected.abs()
    assert bool(((found - expected).abs() <= tolerance).all())


def test_what_does_not_fit_into_eight_bits() -> None:
    conv, norm = normed("dorefa", 8)
    with pytest.raises(
        UsageError, match="first: 256 weight levels without a 0.*fewer bits or SAWB"
    ):
        fold("first", conv, norm, INPUT_SCALE)
    conv, norm = normed("lsq", 8)
    with torch.no_grad():
        conv.weight[1, 0, 0, 0] = -99.0  # the lowest code, -128, where gamma is negative
    with pytest.raises(UsageError, match="conv: a weight of code -128 sits in a channel.*SAWB"):
        fold("conv", conv, norm, INPUT_SCALE)
    with torch.no_grad():
        norm.weight.abs_()
    assert fold("conv", conv, norm, INPUT_SCALE).weights.min() == -128


def test_batch_norm_without_statistics_or_factors() -> None:
    conv, _ = normed()
    with pytest.raises(UsageError, match="batch norm without running statistics cannot be folded"):
        fold("conv", conv, nn.BatchNorm2d(5, track_running_stats=False), INPUT_SCALE)
    found, expected, unit, _ = whole_numbers(conv, nn.BatchNorm2d(5, affine=False).eval())
    assert bool(((found - expected).abs() <= 0.5 * unit + 1e-6).all())


def test_nothing_is_changed() -> None:
    conv, norm = normed()
    before = [v.clone() for v in (*conv.state_dict().values(), *norm.state_dict().values())]
    fold("conv", conv, norm, INPUT_SCALE)
    after = (*conv.state_dict().values(), *norm.state_dict().values())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
