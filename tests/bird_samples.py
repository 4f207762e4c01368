"""A small network with a layer of a few features a class, never trained, and pictures for it."""

from functools import cache

import torch
from torch import nn

from fewbits import glm
from fewbits.backbones import Backbone
from fewbits.data import Split
from fewbits.qsenn.network import FeatureNetwork, FixedHead
from fewbits.qsenn.ternary import random_ternary
from fewbits.widgets import ExplainBird

SPECIES = ("Reed_Lancer", "Dune_Runner", "Winter_Kite", "Acorn_Jay", "Tide_Plover")
SIDE = 16


def bird_pictures(count=6, seed=0, classes=5, side=SIDE):
    """Three blobs of colour each, somewhere."""
    draw = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 3, 4, 4, generator=draw)
    images = nn.functional.interpolate(small, size=side, mode="bilinear", align_corners=False)
    return Split((255 * images).round().to(torch.uint8), torch.arange(count) % classes)


@cache
def bird_network(per_class=3, signed=False, features=8, classes=5, pool=4, channels=9):
    """Maps of 4 x 4 places from pictures of 16 x 16; ``signed`` ones fall below 0 as well."""
    torch.manual_seed(4)
    body = nn.Sequential(
        nn.Conv2d(3, channels, 3, padding=1), nn.Identity() if signed else nn.ReLU(),
        nn.AvgPool2d(pool),
    )  # fmt: skip
    backbone = Backbone("blobs", body, channels, (0.5,) * 3, (0.2,) * 3)
    kept = torch.randperm(channels)[:features]
    with torch.no_grad():
        shown = bird_pictures(40, seed=5).images / 255
        _, how = glm.standardize(backbone(shown)[:, kept].mean((2, 3)))
    codes = random_ternary(classes, features, per_class, seed=3).codes
    network = FeatureNetwork(
        backbone, kept, FixedHead(0.8 * codes, torch.randn(classes), how), dropout=0.5
    )
    with torch.no_grad():  # as fine-tuning leaves them
        network.head.shift += 0.3 * torch.randn(features)
        network.head.log_factor += 0.2 * torch.randn(features)
    return network.eval()


def explain_birds(network=None, count=6, class_names=SPECIES, **settings):
    """The control over the small network."""
    training = bird_pictures(20, seed=1)
    return ExplainBird(
        network or bird_network(), bird_pictures(count), training, class_names, **settings
    )
