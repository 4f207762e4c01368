"""Small networks and a small set of digits, so that a test trains in a blink."""

from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from torch import nn

from fewbits import data
from fewbits.data import ImageSet
from fewbits.pact import networks, pipeline
from fewbits.pact.convert import Recipe
from fewbits.training import TrainSettings, to_float


@pytest.fixture(scope="session")
def digits() -> ImageSet:
    return data.load("digits")


@pytest.fixture(scope="session")
def few_digits(digits: ImageSet) -> ImageSet:
    """96 images to train on, 60 to test on."""
    return replace(
        digits,
        train=digits.train.first(96),
        validation=digits.validation.first(30),
        test=digits.test.first(60),
    )


@pytest.fixture
def tiny() -> nn.Sequential:
    """Every kind of layer once, with batch norm that is not the identity."""
    torch.manual_seed(3)
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        conv1=nn.Conv2d(1, 4, 3, padding=1, bias=False),
        norm1=nn.BatchNorm2d(4),
        pool1=nn.MaxPool2d(4),
        act1=nn.ReLU(),
        conv2=nn.Conv2d(4, 6, 3, padding=1),
        act2=nn.ReLU(),
        mean=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        act3=nn.ReLU(),
        fc=nn.Linear(6, 10),
    )
    network = nn.Sequential(layers)
    with torch.no_grad():
        network.norm1.weight.copy_(torch.tensor([0.7, -1.1, 0.4, 1.3]))
        network.norm1.bias.normal_()
    return network


@pytest.fixture(scope="session")
def float_networks(digits: ImageSet) -> dict[str, pipeline.Trained]:
    """Both networks after one short training on the digits; not to be changed."""
    settings = TrainSettings(epochs=2, batch_size=64, shift=0)
    return {name: pipeline.train_float(digits, name, settings, seed=1) for name in networks.NAMES}


@pytest.fixture(scope="session")
def quantized(digits: ImageSet, float_networks: dict[str, pipeline.Trained]):
    """``quantized(name, recipe)``: converted, batch norm settled, not fine-tuned; kept."""
    made: dict[tuple[str, Recipe], nn.Sequential] = {}

    def make(name: str, recipe: Recipe) -> nn.Sequential:
        if (name, recipe) not in made:
            network = pipeline.quantize(float_networks[name], recipe, digits.train)
            made[name, recipe] = pipeline._settle(network, digits.train)
        return made[name, recipe]

    return make


@pytest.fixture
def few_images(few_digits: ImageSet) -> torch.Tensor:
    return to_float(few_digits.train.images)
