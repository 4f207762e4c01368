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
    sums: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for batch in batches:
        x = batch
        for name, layer in network.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                mean = x.mean((0, 2, 3))
                spread = x - mean[:, None, None]
                count = x.numel() // x.shape[1]
                sums.setdefault(name, []).append(
                    (mean, spread.square().sum((0, 2, 3)) / (count - 1))
                )
                scale = (spread.square().mean((0, 2, 3)) + layer.eps).rsqrt() * layer.weight
                x = spread * scale[:, None, None] + layer.bias[:, None, None]
            else:
                x = layer(x)
    return {
        name: (
            torch.stack([m for m, _ in found]).mean(0),
            torch.stack([v for _, v in found]).mean(0),
        )
        for name, found in sums.items()
    }
