"""Where cells look: layers whose middles are known by hand, and networks made of them."""

import pytest
import torch
from torch import nn

from fewbits import backbones
from fewbits.backbones import Backbone, field_shift


def network(*layers: nn.Module) -> Backbone:
    return Backbone("layers", nn.Sequential(*layers), 3, (0.0,) * 3, (1.0,) * 3)


def conv(kernel, stride=1, padding=0) -> nn.Conv2d:
    return nn.Conv2d(3, 3, kernel, stride, padding)


class Scaled(nn.Module):
    """Maps times their means over the picture, as squeeze-and-excitation does it."""

    def __init__(self):
        super().__init__()
        self.mean = nn.AdaptiveAvgPool2d(1)

    def forward(self, maps):
        return maps * self.mean(maps)


class Normalised(nn.Module):
    """Every cell sees every other, and no layer says so."""

    def forward(self, maps):
        return maps - maps.mean((2, 3), keepdim=True)


class Summed(nn.Module):
    """Every cell sees all rows above it, however many there are."""

    def forward(self, maps):
        return maps.cumsum(2)


@pytest.mark.parametrize(
    ("layers", "shift"),
    [
        ([conv(3, 1, 1)], (0, 0)),
        ([conv(2, 2)], (0, 0)),
        ([nn.MaxPool2d(2), conv(3, 1, 1), nn.MaxPool2d(2)], (0, 0)),
        ([conv(3, 2, 1)], (-0.5, -0.5)),  # cell 0 looks at pixel 0 of pixels 0 and 1
        ([conv(1, 2)], (-0.5, -0.5)),  # at nothing else: pixel 1 is seen by none
        ([conv(5, 2, 2)], (-0.5, -0.5)),
        ([conv(4, 2, (2, 1))], None),  # 33 rows for 32 tiles
        ([conv(3, 2, 1), conv(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1) for _ in range(5)], (-15.5, -15.5)),
        ([conv(7, 2, 3), nn.MaxPool2d(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1), Scaled(), conv(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1), nn.AdaptiveAvgPool2d((32, 32))], (-0.5, -0.5)),  # takes what it gets
        ([conv(3, 2, 1), Normalised()], None),
        ([conv(3, 2, 0)], None),  # 31 cells over 64 pixels
    ],
)
def test_layers_by_hand(layers, shift):
    assert field_shift(network(*layers), 64) == shift


def test_rows_and_columns_are_told_apart():
    assert field_shift(network(nn.Conv2d(3, 3, (3, 2), 2, (1, 0))), 64) == (-0.5, 0)


def test_fields_longer_than_a_strip_are_followed_on_a_longer_one():
    wide = [nn.Conv2d(3, 3, 3, padding=300, dilation=300) for _ in range(2)]
    assert field_shift(network(conv(3, 2, 1), *wide), 64) == (-0.5, -0.5)  # 2,403 pixels
    assert field_shift(network(Summed()), 64) is None


def test_cells_are_tiles_apart_or_nothing_is_said():
    aside = network(*[conv(3, 2, 1)] * 3)
    assert field_shift(aside, 64) == (-3.5, -3.5)
    assert field_shift(aside, 60) is None  # eight cells of eight pixels over 60


class OneSize(nn.Module):
    """It refuses whatever is not a square of 64."""

    def forward(self, maps):
        return maps.reshape(1, 3, 64, 64)


class NotSoLittle(nn.Module):
    """It refuses strips of 32 pixels, as deep networks without padding do."""

    def forward(self, maps):
        if min(maps.shape[2:]) < 64:
            raise RuntimeError("kernel size can't be greater than actual input size")
        return maps


def test_networks_that_refuse_strips():
    assert field_shift(network(OneSize(), conv(3, 2, 1)), 64) is None
    assert field_shift(network(NotSoLittle(), conv(3, 2, 1)), 64) == (-0.5, -0.5)


def test_halves_and_layers_that_are_used_twice():
    assert field_shift(network(conv(3, 2, 1)).half(), 64) == (-0.5, -0.5)
    twice = Scaled()
    assert field_shift(network(twice, conv(3, 2, 1), twice), 64) == (-0.5, -0.5)


def test_our_own_cells_look_at_their_tiles_and_those_of_mobile_networks_half_a_tile_aside():
    assert field_shift(backbones.build("tiny"), 64) == (0, 0)
    assert field_shift(backbones.build("mobilenet_v2"), 224) == (-15.5, -15.5)  # 491 pixels wide
    assert field_shift(backbones.build("mobilenet_v3_small"), 224) == (-15.5, -15.5)


def test_the_network_is_left_as_found():
    made = network(conv(3, 2, 1), nn.BatchNorm2d(3), Scaled()).train()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    assert field_shift(made, 64) == (-0.5, -0.5)
    assert made.training and isinstance(made.body[2].mean, nn.AdaptiveAvgPool2d)
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())
