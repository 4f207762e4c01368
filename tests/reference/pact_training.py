"""Augmentation and batch-norm statistics, one image at a time."""

import torch
from torch import Tensor, nn


def shifted(image: Tensor, down: int, right: int) -> Tensor:
    """Move an image (height x width) down and right by whole pixels; black moves in."""
    height, width = image.shape
    moved = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                moved[row, column] = image[row - down, column - right]
    return moved


def mirrored(image: Tensor) -> Tensor:
    """An image (height x width), left to right."""
    return torch.stack([row[torch.arange(len(row) - 1, -1, -1)] for row in image])


@torch.no_grad()
def norm_statistics(
    network: nn.Sequential, batches: list[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance that enter each batch norm, averaged over the batches.

    Every layer sees its batch normalised by that batch, as in training.
    """
    means: dict[str, list[Tensor]] = {}
    variances: dict[str, list[Tensor]] = {}
    for batch in batches:
        x = batch
        for name, layer in network.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                mean = x.mean((0, 2, 3))
                spread = x - mean[:, None, None]
                count = x.numel() // x.shape[1]
                squares = spread.square().sum((0, 2, 3))
                means.setdefault(name, []).append(mean)
                variances.setdefault(name, []).append(squares / (count - 1))
                scale = (squares / count + layer.eps).rsqrt() * layer.weight
                x = spread * scale[:, None, None] + layer.bias[:, None, None]
            else:
                x = layer(x)
    return {n: (torch.stack(means[n]).mean(0), torch.stack(variances[n]).mean(0)) for n in means}
