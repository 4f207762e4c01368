"""Measures that ask the network, one image and one forward pass at a time."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn


def probability(network: nn.Module, image: Tensor, target: int) -> float:
    network.eval()
    with torch.no_grad():
        return network(image[None]).softmax(1)[0, target].item()


def deletion(
    network: nn.Module, image: Tensor, map_: Tensor, target: int, steps: int, fill: float
) -> list[float]:
    """Pixels are set to ``fill``, strongest first; the map has no ties."""
    changed = image.clone()
    width = map_.shape[1]
    order = map_.flatten().argsort(descending=True).tolist()
    scores = [probability(network, changed, target)]
    done = 0
    for step in range(1, steps + 1):
        until = round(step * len(order) / steps)
        for place in order[done:until]:
            changed[:, place // width, place % width] = fill
        done = until
        scores.append(probability(network, changed, target))
    return scores


def impute(image: Tensor, removed: Tensor) -> Tensor:
    """ROAD, arXiv 2202.00449: one equation a removed pixel, all solved together."""
    channels, height, width = image.shape
    unknown = [(y, x) for y in range(height) for x in range(width) if removed[y, x]]
    left, right = np.zeros((len(unknown),) * 2), np.zeros((len(unknown), channels))
    for row, (y, x) in enumerate(unknown):
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                there = (y + dy, x + dx)
                if (dy, dx) == (0, 0) or not (0 <= there[0] < height and 0 <= there[1] < width):
                    continue
                weight = 1 / 12 if dy and dx else 1 / 6
                left[row, row] += weight
                if there in unknown:
                    left[row, unknown.index(there)] -= weight
                else:
                    right[row] += weight * image[:, there[0], there[1]].numpy()
    filled = image.clone()
    for place, values in zip(unknown, np.linalg.solve(left, right), strict=True):
        filled[:, place[0], place[1]] = torch.from_numpy(values)
    return filled


def infidelity(
    network: nn.Module,
    image: Tensor,
    map_: Tensor,
    target: int,
    corners: list[list[int]],
    side: int,
    fill: float,
    scaled: bool,
) -> float:
    """Yeh et al., arXiv 1901.09392, over the squares with these corners."""
    network.eval()
    forecasts, drops = [], []
    for y, x in corners:
        without = image.clone()
        without[:, y : y + side, x : x + side] = fill
        forecasts.append(((image - without) * map_).sum().item())
        with torch.no_grad():
            both = network(torch.stack([image, without]))[:, target]
        drops.append((both[0] - both[1]).item())
    size = sum(f * f for f in forecasts)
    scale = sum(f * d for f, d in zip(forecasts, drops, strict=True)) / size if size else 0.0
    errors = [
        ((scale if scaled else 1.0) * f - d) ** 2 for f, d in zip(forecasts, drops, strict=True)
    ]
    return sum(errors) / len(errors)


def sensitivity(
    explain: Callable[[Tensor], Tensor], images: Tensor, radius: float, samples: int, seed: int
) -> list[float]:
    """Yeh et al., arXiv 1901.09392: the largest change over the size of the first map."""
    generator = torch.Generator().manual_seed(seed)
    original = explain(images)
    largest = [0.0] * len(images)
    for _ in range(samples):
        noise = torch.rand(images.shape, generator=generator)
        changed = explain((images + radius * (2 * noise - 1)).clamp(0, 1))
        for place, (before, after) in enumerate(zip(original, changed, strict=True)):
            size = before.norm().item() or 1.0
            largest[place] = max(largest[place], (after - before).norm().item() / size)
    return largest
