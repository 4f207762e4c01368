"""A network cut where an integer runtime goes from one grid to the next."""

from typing import Any

import pytest
import torch
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.activations import PACT
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.pact.networks import build
from fewbits.pact.stages import stages_of


def written(name: str) -> list[str]:
    network = quantize_network(build(name, 10), Recipe("4", clip=1.0), torch.rand(2, 1, 28, 28))
    return [
        " ".join(
            [stage.name]
            + ["norm"] * (stage.norm is not None)
            + ["pool"] * len(stage.pools)
            + ["flat"] * stage.flatten
            + ([f"{stage.activation.bits}"] if stage.activation else ["logits"])
        )
        for stage in stages_of(network)
    ]


def test_classic() -> None:
    assert written("classic") == ["conv1 4", "conv2 pool flat 4", "fc1 8", "fc2 logits"]


def test_compact() -> None:
    assert written("compact") == [
        "conv1 norm pool 4",
        "conv2 norm 4",
        "conv3 norm pool 4",
        "conv4 norm 4",
        "conv5 norm 4",
        "mean flat 8",
        "fc logits",
    ]


def conv(**settings: Any) -> QuantConv2d:
    return QuantConv2d.from_float(nn.Conv2d(1, 1, 3, **settings), "sawb", 4)


def linear() -> QuantLinear:
    return QuantLinear.from_float(nn.Linear(1, 2), "sawb", 4)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([nn.Conv2d(1, 1, 3), nn.ReLU()], "not quantised: give it to quantize_network first"),
        ([conv(), nn.Flatten(), linear()], "expected a PACT activation between 0 and 2"),
        ([conv(), nn.ReLU(), linear()], r"1 \(ReLU\) has no integer form here"),
        ([conv(), nn.Dropout(), PACT(4, 1.0), linear()], r"1 \(Dropout\) has no integer form"),
        ([nn.Flatten(), linear()], r"0 \(Flatten\) has no integer form here"),
        ([conv(), PACT(4, 1.0), PACT(4, 1.0), linear()], r"2 \(PACT\) has no integer form"),
        ([conv(), nn.MaxPool2d(2), nn.BatchNorm2d(1)], r"2 \(BatchNorm2d\) has no integer form"),
        ([linear(), nn.BatchNorm2d(2)], r"1 \(BatchNorm2d\) has no integer form"),
        (
            [conv(), nn.MaxPool2d(2, ceil_mode=True)],
            r"1 \(MaxPool2d\) has settings without",
        ),
        (
            [conv(), nn.AdaptiveAvgPool2d(2)],
            r"1 \(AdaptiveAvgPool2d\) has settings without",
        ),
        ([conv(), nn.Flatten(2)], r"1 \(Flatten\) has settings without"),
        (
            [conv(padding_mode="circular")],
            r"0 \(QuantConv2d\) has settings without",
        ),
        ([conv(padding="same")], r"0 \(QuantConv2d\) has settings without"),
        ([conv(), PACT(4, 1.0)], "expected a linear layer at the end"),
        ([linear(), PACT(4, 1.0)], "expected a linear layer at the end"),
    ],
)
def test_what_has_no_stages(layers: list[nn.Module], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        stages_of(nn.Sequential(*layers))
