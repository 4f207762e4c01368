"""Few bits on the way back only."""

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.pact.convert import Recipe
from fewbits.saliency.backward import round_gradient, rounded_backward
from fewbits.saliency.maps import explain
from fewbits.training import predict


def test_levels_by_hand():
    gradient = torch.tensor([[-1.0, -0.4, 0.1, 0.6], [0.0, 0.0, 0.0, 0.0]])
    expected = torch.tensor([[-1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    assert torch.equal(round_gradient(gradient, 2), expected)
    thirds = torch.tensor([[-1.0, -1 / 3, 0.0, 2 / 3]])
    torch.testing.assert_close(round_gradient(gradient[:1], 3), thirds)
    assert torch.equal(round_gradient(gradient, 1), torch.zeros(2, 4))


@pytest.mark.parametrize("bits", range(2, 9))
def test_it_is_idempotent_and_near(bits):
    gradient = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(bits))
    once = round_gradient(gradient, bits)
    torch.testing.assert_close(round_gradient(once, bits), once)
    largest = gradient.flatten(1).abs().amax(1)
    step = largest / (2 ** (bits - 1) - 1)
    assert ((once - gradient).flatten(1).abs() <= step[:, None] / 2 + 1e-6).all()
    assert all(len(row.unique()) <= 2**bits - 1 for row in once)


@pytest.mark.parametrize("recipe", [None, Recipe("2")])
def test_only_the_way_back_changes(float_networks, quantized, digits, recipe):
    network = float_networks["compact"].network if recipe is None else quantized("compact", recipe)
    images, labels = digits.test.images[:8], digits.test.labels[:8]
    before = predict(network, images)
    plain = explain(network, images, labels)
    gaps = []
    for bits in (8, 4, 2):
        with rounded_backward(network, bits):
            assert torch.equal(predict(network, images), before)
            gaps.append((explain(network, images, labels) - plain).abs().mean().item())
    assert 0 < gaps[0] < gaps[1] < gaps[2]
    assert torch.equal(explain(network, images, labels), plain), "nothing of it is left"
    with rounded_backward(network, 1):
        assert not explain(network, images, labels).any()


def test_bits_are_checked(float_networks):
    network = float_networks["compact"].network
    expected = pytest.raises(UsageError, match="bits must be from 1 to 8, got 9")
    with expected, rounded_backward(network, 9):
        pass
