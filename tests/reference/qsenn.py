"""Q-SENN's formulas term by term, written from the paper (arXiv 2312.13839)."""

import math

import torch
from torch import Tensor


def diversity_loss(maps: Tensor, weights: Tensor, predicted: Tensor) -> float:
    """One image, one place, one feature at a time."""
    total = 0.0
    for image, label in zip(maps.tolist(), predicted.tolist(), strict=True):
        own = weights[label].tolist()
        length = math.sqrt(sum(w * w for w in own)) + 1e-5
        means = [sum(map(sum, m)) / (len(m) * len(m[0])) for m in image]
        loudest = max(means) or 1.0
        height, width = len(image[0]), len(image[0][0])
        for i in range(height):
            for j in range(width):
                best = -math.inf
                for w, m, mean in zip(own, image, means, strict=True):
                    top = sum(math.exp(v) for row in m for v in row)
                    soft = math.exp(m[i][j]) / top
                    best = max(best, abs(w) / length * mean / loudest * soft)
                total += best
    return -total / len(maps)


def quantised(weights: Tensor, per_class: int) -> tuple[Tensor, float]:
    """tau between the kC-th and the next weight; survivors get their mean size. No ties."""
    sizes = sorted((abs(w) for row in weights.tolist() for w in row), reverse=True)
    budget = per_class * len(weights)
    rest = sizes[budget] if budget < len(sizes) else 0.0
    tau = (sizes[budget - 1] + rest) / 2
    kept = [abs(w) for row in weights.tolist() for w in row if abs(w) > tau]
    alpha = sum(kept) / len(kept)
    rows = [
        [0.0 if abs(w) <= tau else math.copysign(alpha, w) for w in row] for row in weights.tolist()
    ]
    return torch.tensor(rows), tau


def bias_by_count(quantised_weights: Tensor, bias: Tensor) -> list[float]:
    """b_c = clip(B - 2B (n_c - n_min) / (n_max - n_min), -B, B)."""
    counts = [sum((w > 0) - (w < 0) for w in row) for row in quantised_weights.tolist()]
    reach, low, high = max(abs(b) for b in bias.tolist()), min(counts), max(counts)
    return [max(-reach, min(reach, reach - 2 * reach * (n - low) / (high - low))) for n in counts]
