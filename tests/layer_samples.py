"""Values like those of a small network, the same every time."""

import torch
from torch import Tensor


def activations(count: int = 3000) -> Tensor:
    """Half of them zero, a long tail: what a ReLU lets through."""
    draw = torch.Generator().manual_seed(1)
    return torch.randn(count, generator=draw).relu() ** 1.5


def weights(count: int = 2500) -> Tensor:
    """A bell around 0 with a few far out."""
    draw = torch.Generator().manual_seed(2)
    bell = torch.randn(count, generator=draw)
    return (0.08 * bell + 0.01 * bell**3).view(-1, 25)
