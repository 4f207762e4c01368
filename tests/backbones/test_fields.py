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


@pytest.mark.parametrize(
    ("layers", "shift"),
    [
        ([conv(3, 1, 1)], (0, 0)),
        ([conv(2, 2)], (0, 0)),
        ([nn.MaxPool2d(2), conv(3, 1, 1), nn.MaxPool2d(2)], (0, 0)),
        ([conv(3, 2, 1)], (-0.5, -0.5)),  # cell 0 looks at pixel 0 of pixels 0 and 1
        ([conv(5, 2, 2)], (-0.5, -0.5)),
        ([conv(3, 2, 0)], (0.5, 0.5)),  # at pixel 1
        ([conv(3, 2, (1, 0))], (-0.5, 0.5)),
        ([conv(3, 2, 1), conv(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1) for _ in range(5)], (-15.5, -15.5)),
        ([conv(7, 2, 3), nn.MaxPool2d(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1), Scaled(), conv(3, 2, 1)], (-1.5, -1.5)),
        ([conv(3, 2, 1), Normalised()], (0, 0)),
    ],
)
def test_layers_by_hand(layers, shift):
    assert field_shift(network(*layers)) == shift


def test_our_own_cells_look_at_their_tiles_and_those_of_mobile_networks_half_a_tile_aside():
    assert field_shift(backbones.build("tiny")) == (0, 0)
    assert field_shift(backbones.build("mobilenet_v3_small")) == (-15.5, -15.5)


def test_the_network_is_left_as_found():
    made = network(conv(3, 2, 1), nn.BatchNorm2d(3), Scaled()).train()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    assert field_shift(made) == (-0.5, -0.5)
    assert made.training and isinstance(made.body[2].mean, nn.AdaptiveAvgPool2d)
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())
