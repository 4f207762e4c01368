"""The two networks are the ones described."""

import pytest
import torch
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.networks import NAMES, build


def layers_of(network: nn.Sequential) -> list[tuple[int, ...]]:
    return [tuple(m.weight.shape) for m in network if isinstance(m, nn.Conv2d | nn.Linear)]


def test_classic_is_the_papers() -> None:
    expected = [(32, 1, 3, 3), (64, 32, 3, 3), (128, 64 * 12 * 12), (10, 128)]
    assert layers_of(build("classic", 10)) == expected


def test_compact_is_compact() -> None:
    network = build("compact", 10)
    assert sum(p.numel() for p in network.parameters()) == 103_002 < 150_000
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network) == 5
    assert [shape[0] for shape in layers_of(network)] == [16, 32, 48, 64, 96, 10]


@pytest.mark.parametrize("classes", [2, 10, 47])
@pytest.mark.parametrize("name", NAMES)
def test_one_logit_a_class(name: str, classes: int) -> None:
    assert build(name, classes)(torch.zeros(3, 1, 28, 28)).shape == (3, classes)


@pytest.mark.parametrize("name", NAMES)
def test_pooling_before_the_activation_changes_nothing(name: str) -> None:
    torch.manual_seed(0)
    network, x = build(name, 10).eval(), torch.rand(2, 1, 28, 28)
    swapped, layers = [], list(network)
    while layers:
        layer = layers.pop(0)
        if isinstance(layer, nn.MaxPool2d):
            swapped += [layers.pop(0), layer]
        else:
            swapped.append(layer)
    assert torch.equal(nn.Sequential(*swapped)(x), network(x))


def test_unknown_network() -> None:
    with pytest.raises(UsageError, match="unknown network 'x': expected one of classic, compact"):
        build("x", 10)
