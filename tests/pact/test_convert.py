"""From float to quantised: the right layers, the right bits, and the original untouched."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import pact as slow
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.pact.activations import LSQ, PACT
from fewbits.pact.convert import Recipe, activations_of, best_clip, clips_of, quantize_network
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.pact.networks import NAMES, build
from fewbits.pact.weights import SAWB, DoReFa, LSQWeights


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def bits_of(network: nn.Sequential) -> str:
    """Weights' bits of each layer and, after a bar, activations' bits, in order."""
    kinds = {PACT: "|{}"}
    return " ".join(
        kinds.get(type(layer), "{}").format(getattr(layer, "quantizer", layer).bits)
        for layer in network
        if isinstance(layer, PACT | QuantConv2d | QuantLinear)
    )


@pytest.mark.parametrize(
    ("name", "recipe", "expected"),
    [
        ("classic", Recipe("4", clip=1.0), "8 |4 4 |4 4 |8 8"),
        ("classic", Recipe("4/2", clip=1.0), "8 |4 4 |2 2 |8 8"),
        ("classic", Recipe("2", ends="same", clip=1.0), "2 |2 2 |2 2 |2 2"),
        ("classic", Recipe("8", clip=1.0), "8 |8 8 |8 8 |8 8"),
        # The activation before the mean is read by no layer: it keeps its own layer's bits.
        ("compact", Recipe("4/2", clip=1.0), "8 |4 4 |4 4 |2 2 |2 2 |2 |8 8"),
        ("compact", Recipe("2", clip=1.0), "8 |2 2 |2 2 |2 2 |2 2 |2 |8 8"),
        ("compact", Recipe("4", ends="same", clip=1.0), "4 |4 4 |4 4 |4 4 |4 4 |4 |4 4"),
    ],
)
def test_each_layer_has_its_plan(
    name: str, recipe: Recipe, expected: str, few_images: Tensor
) -> None:
    quantized = quantize_network(build(name, 10), recipe, few_images[:2])
    assert bits_of(quantized) == expected
    assert not any(isinstance(layer, nn.ReLU) for layer in quantized)


KINDS = {"sawb": SAWB, "dorefa": DoReFa, "lsq": LSQWeights}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_each_weight_quantiser_by_its_name(
    tiny: nn.Sequential, few_images: Tensor, name: str, kind: type
) -> None:
    quantized = quantize_network(tiny, Recipe("4", weights=name), few_images)
    assert [type(quantized[i].quantizer) for i in (0, 4, 9)] == [kind] * 3


def test_the_float_network_stays_as_it_is(tiny: nn.Sequential, few_images: Tensor) -> None:
    before, images = snapshot(tiny), few_images.clone()
    tiny.train()
    tiny.norm1.eval()
    quantized = quantize_network(tiny, Recipe("2", weights="lsq"), few_images)

    ours = {p.data_ptr() for p in (*quantized.parameters(), *quantized.buffers())}
    assert not ours & {p.data_ptr() for p in (*tiny.parameters(), *tiny.buffers())}
    optimizer = torch.optim.SGD(quantized.parameters(), lr=0.5)
    quantized(few_images).square().mean().backward()
    optimizer.step()

    assert not torch.equal(quantized.conv1.weight, before["conv1.weight"]), "the copy has learned"
    assert all(torch.equal(value, before[name]) for name, value in tiny.state_dict().items())
    assert all(p.grad is None for p in tiny.parameters())
    assert (tiny.training, tiny.norm1.training, tiny.conv1.training) == (True, False, True)
    assert (quantized.norm1.training, quantized.conv1.training) == (False, True)
    assert torch.equal(few_images, images)


def test_quantised_layers_compute_with_quantised_weights(
    tiny: nn.Sequential, few_images: Tensor
) -> None:
    quantized = quantize_network(tiny, Recipe("2"), few_images)
    x = torch.rand(2, 4, 7, 7)
    conv = quantized.conv2
    expected = nn.functional.conv2d(x, conv.grid().values(), conv.bias, padding=1)
    torch.testing.assert_close(conv(x), expected)
    row = torch.rand(2, 6)
    expected = nn.functional.linear(row, quantized.fc.grid().values(), quantized.fc.bias)
    torch.testing.assert_close(quantized.fc(row), expected)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2),
        nn.Conv2d(4, 6, (3, 1), bias=False, padding_mode="circular", padding=1),
    ],
)
def test_a_converted_convolution_keeps_its_shape(layer: nn.Conv2d) -> None:
    made = QuantConv2d.from_float(layer.eval(), "sawb", 8)
    x = torch.rand(2, 4, 9, 9)
    torch.testing.assert_close(made(x), layer(x), atol=0.02, rtol=0.02)
    assert made.weight is layer.weight and not made.training


@pytest.mark.parametrize("name", NAMES)
def test_eight_bits_are_close_to_float(name: str, few_images: Tensor) -> None:
    torch.manual_seed(0)
    network = build(name, 10).eval()
    x = few_images[:8]
    quantized = quantize_network(network, Recipe("8"), x)
    gap = (quantized(x) - network(x)).std() / network(x).std()
    assert 0 < gap < 0.1


def test_activations_by_name(tiny: nn.Sequential, few_images: Tensor) -> None:
    tiny.train()
    tiny.norm1.eval()
    before = snapshot(tiny)
    found = activations_of(tiny, few_images)
    assert list(found) == ["act1", "act2", "act3"]
    assert found["act1"].shape == (96, 4, 7, 7) and found["act3"].shape == (96, 6)
    assert torch.equal(found["act1"], tiny.eval()[:4](few_images))
    assert all(torch.equal(value, before[name]) for name, value in tiny.state_dict().items())
    assert not found["act1"].requires_grad


def test_modes_are_left_as_found(tiny: nn.Sequential, few_images: Tensor) -> None:
    tiny.train()
    tiny.norm1.eval()
    activations_of(tiny, few_images)
    assert (tiny.training, tiny.norm1.training, tiny.fc.training) == (True, False, True)


@given(st.lists(st.floats(0, 9, width=32), min_size=1, max_size=15), st.integers(1, 8))
def test_best_clip_is_the_best_of_its_grid(xs: list[float], bits: int) -> None:
    clip = best_clip(torch.tensor(xs), bits, candidates=12)
    if max(xs) <= 1e-30:
        return
    errors = {
        i: sum((slow.pact(x, max(xs) * i / 12, bits) - x) ** 2 for x in xs) for i in range(1, 13)
    }
    chosen = round(12 * clip / max(xs))
    assert clip == pytest.approx(max(xs) * chosen / 12)
    assert errors[chosen] <= min(errors.values()) + 1e-5 * len(xs)


def test_the_best_clip_is_below_the_largest_activation() -> None:
    x = torch.randn(20_000, generator=torch.Generator().manual_seed(0)).abs()
    clips = [best_clip(x, bits) for bits in (1, 2, 4, 8)]
    assert clips == sorted(clips), "fewer levels, a narrower range"
    assert clips[0] < clips[1] < 0.6 * x.max()


def test_a_silent_layer_gets_a_range_anyway() -> None:
    assert best_clip(torch.zeros(8), 4) == 1.0
    assert best_clip(-torch.ones(8), 4) == 1.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_activations_that_are_no_numbers(tiny: nn.Sequential, bad: float) -> None:
    with pytest.raises(UsageError, match="activations hold NaN or infinity.*Check the images"):
        best_clip(torch.tensor([1.0, bad]), 4)
    images = torch.rand(4, 1, 28, 28)
    images[2, 0, 5, 5] = bad
    for clip in (None, 6.0):
        with pytest.raises(UsageError, match="the images hold NaN or infinity"):
            quantize_network(tiny, Recipe("4", clip=clip), images)


def test_the_best_clip_sees_every_column_of_an_image() -> None:
    """4 columns of 28 hold large numbers; every 28th number is from the first column alone."""
    images = torch.rand(1_800, 28, 28, generator=torch.Generator().manual_seed(0))
    images[..., 3::7] *= 8
    assert best_clip(images, 4) > 4


def test_clips_start_where_the_recipe_says(tiny: nn.Sequential, few_images: Tensor) -> None:
    fixed = quantize_network(tiny, Recipe("4", clip=6.0), few_images)
    assert clips_of(fixed) == {"act1": 6, "act2": 6, "act3": 6}
    fitted = quantize_network(tiny, Recipe("4"), few_images)
    outputs = activations_of(tiny, few_images)
    bits = {"act1": 4, "act2": 4, "act3": 8}
    expected = {name: best_clip(outputs[name], bits[name]) for name in bits}
    assert clips_of(fitted) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(UsageError, match="alpha must be a finite number above 0, got -1"):
        quantize_network(tiny, Recipe("4", clip=-1.0), few_images)


def test_lsq_activations_start_as_pact_does(tiny: nn.Sequential, few_images: Tensor) -> None:
    pact = quantize_network(tiny, Recipe("4/2"), few_images)
    lsq = quantize_network(tiny, Recipe("4/2", activations="lsq"), few_images)
    assert {type(layer) for layer in lsq if isinstance(layer, PACT)} == {LSQ}
    assert not any(isinstance(layer, LSQ) for layer in pact)
    assert clips_of(lsq) == clips_of(pact)
    assert [m.bits for m in lsq if isinstance(m, LSQ)] == [
        m.bits for m in pact if isinstance(m, PACT)
    ]
    assert list(activations_of(lsq, few_images)) == ["act1", "act2", "act3"]
    torch.testing.assert_close(lsq(few_images), pact(few_images))


def test_what_cannot_be_quantised(tiny: nn.Sequential, few_images: Tensor) -> None:
    quantized = quantize_network(tiny, Recipe("4"), few_images)
    with pytest.raises(UsageError, match="quantised already: start from a float one"):
        quantize_network(quantized, Recipe("4"), few_images)
    with pytest.raises(UsageError, match="unknown plan '3'"):
        quantize_network(tiny, Recipe("3"), few_images)
    with pytest.raises(UsageError, match="unknown weight quantiser 'max'"):
        quantize_network(tiny, Recipe("4", weights="max"), few_images)
    with pytest.raises(UsageError, match="unknown activation quantiser 'relu': expected one of"):
        quantize_network(tiny, Recipe("4", activations="relu"), few_images)
