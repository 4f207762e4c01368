"""Networks simple enough to work out by hand, and digits."""

import pytest
import torch
from torch import Tensor, nn

from fewbits import data
from fewbits.training import to_float


@pytest.fixture(scope="session")
def digit_images() -> tuple[Tensor, Tensor]:
    """20 digits in [0, 1] and their labels."""
    few = data.load("digits").test.first(20)
    return to_float(few.images), few.labels


@pytest.fixture(scope="session")
def regression() -> nn.Sequential:
    """Softmax regression on the digits: a linear network that has learned something."""
    train = data.load("digits").train.first(300)
    images = to_float(train.images)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(40):
        loss = nn.functional.cross_entropy(network(images), train.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.requires_grad_(False).eval()


@pytest.fixture
def convolutional() -> nn.Sequential:
    """Convolution, batch norm with running statistics, linear layer; freshly drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(4 * 13 * 13, 10),
        )
        network(torch.rand(20, 1, 28, 28))  # so that running statistics are not 0 and 1
    return network.eval()
