"""Both networks at several widths, trained for a moment, and drawings to feed them; made once."""

from functools import cache

import torch
from torch import nn

from fewbits import data
from fewbits.pact import networks, pipeline
from fewbits.pact.activations import PACT
from fewbits.pact.convert import Recipe
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.training import TrainSettings

CLASSES = [str(k) for k in range(10)]
WIDTHS = ("8", "4", "2")


@cache
def digits() -> data.ImageSet:
    return data.load("digits")


@cache
def float_network(name: str) -> nn.Sequential:
    assert name in networks.NAMES
    settings = TrainSettings(epochs=2, batch_size=64, shift=0)
    return pipeline.train_float(digits(), name, settings, seed=1).network


@cache
def quantized_network(name: str, bits: str) -> nn.Sequential:
    trained = pipeline.Trained(float_network(name), pipeline.Progress())
    network = pipeline.quantize(trained, Recipe(bits), digits().train)
    few = digits().train.first(256)
    settings = TrainSettings(epochs=1, batch_size=64, shift=0, learning_rate=1e-3)
    return pipeline.fine_tune(network, few, settings, seed=1).network


def compact_networks() -> dict[str, nn.Sequential]:
    return {bits: quantized_network("compact", bits) for bits in WIDTHS}


def tied_network() -> nn.Sequential:
    """On an image of ones its only activation is 2 * 1 + 0.5: just between two levels of PACT."""
    conv = QuantConv2d.from_float(nn.Conv2d(1, 1, 1), "sawb", 8)
    fc = QuantLinear.from_float(nn.Linear(1, 2), "sawb", 8)
    with torch.no_grad():
        conv.weight.fill_(2.0)
        conv.bias.fill_(0.5)
        fc.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        fc.bias.copy_(torch.tensor([0.0, 0.25]))
    return nn.Sequential(conv, PACT(2, 3.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(), fc)


def digit_images(count: int) -> torch.Tensor:
    """The first images of the test set, pixels in [0, 1]."""
    return digits().test.images[:count].double() / 255


def scribbles(count: int, seed: int = 0) -> torch.Tensor:
    """Random walks of a soft brush, as bytes would hold them: nothing like a digit."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.arange(28.0, dtype=torch.float64)
    images = []
    for _ in range(count):
        steps = torch.randn(30, 2, generator=generator, dtype=torch.float64) * 2
        path = (14 + steps.cumsum(0)).clamp(2, 26)
        far = (place[None, :, None] - path[:, 0, None, None]) ** 2
        far = far + (place[None, None, :] - path[:, 1, None, None]) ** 2
        images.append((2 - far.amin(0).sqrt()).clamp(0, 1))
    return torch.round(torch.stack(images)[:, None] * 255) / 255


def gradients(network: nn.Sequential, images: torch.Tensor, classes: list[int]) -> torch.Tensor:
    """Of one logit of each image, by autograd through the network itself."""
    images = images.clone().requires_grad_()
    logits = network(images)
    logits[range(len(classes)), classes].sum().backward()
    assert images.grad is not None
    return images.grad[:, 0]
