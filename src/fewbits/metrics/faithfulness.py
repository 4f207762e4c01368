"""Does the network need the pixels that the map calls important? Take them away and look.

Each map is scored on its own network; read the figures beside those of random and edge maps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count, check_images, check_maps
from fewbits.metrics.imputation import impute
from fewbits.metrics.scoring import BATCH_SIZE, score_versions

TIE_SEED = 20_221_106
STEPS = 28
ROAD_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
ROAD_NOISE = 0.01  # standard deviation, as in the authors' code

Images = Float[Tensor, "image channel height width"]


@dataclass(frozen=True)
class Curve:
    """The target's probability while pixels are changed, most important first.

    Attributes:
        shares: part of the pixels changed so far, 0 to 1, rising.
        scores: softmax probability of the target, one row an image.
    """

    shares: Float[Tensor, " step"]
    scores: Float[Tensor, "image step"]

    def area(self) -> Float[Tensor, " image"]:
        """Mean height of each image's curve, 0 to 1: trapezoids over the width of the shares.

        A curve of one point is as high as that point.
        """
        if len(self.shares) == 1:
            return self.scores[:, 0]
        return torch.trapezoid(self.scores, self.shares) / (self.shares[-1] - self.shares[0])


def removal_ranks(maps: Float[Tensor, "image height width"]) -> Int[Tensor, "image height width"]:
    """When each pixel's turn comes: 0 for the largest value of its map.

    Pixels of one value take their turns in one fixed random order, the same for every image,
    map and network: by their place in memory, the top rows would always go first.
    """
    check_maps(maps)
    flat = maps.flatten(1)
    generator = torch.Generator().manual_seed(TIE_SEED)
    shuffled = torch.randperm(flat.shape[1], generator=generator).to(flat.device)
    order = shuffled[flat[:, shuffled].argsort(dim=1, descending=True, stable=True)]
    return order.argsort(1).view(maps.shape)


def deletion(
    network: nn.Module,
    images: Images,
    maps: Float[Tensor, "image height width"],
    targets: Int[Tensor, " image"],
    steps: int = STEPS,
    fill: float | Images = 0.0,
    batch_size: int = BATCH_SIZE,
) -> Curve:
    """Remove pixels, most important first, in equal parts (Petsiuk et al. 2018, arXiv 1806.07421).

    The sooner the target's probability falls, the better the map: a small area.

    Args:
        network: gives logits; its mode, gradients and hooks are left as found.
        images: pixels in [0, 1]; all channels of a pixel go together.
        maps: one value a pixel. A constant map removes pixels in a fixed random order.
        targets: the class each map explains.
        steps: 1 to the number of pixels; 28 takes a row's worth of a digit's pixels at a time.
        fill: what a removed pixel becomes: a number, or images (:func:`blurred`, say).
        batch_size: images a forward pass; changes the time, not the result.

    Returns:
        ``steps + 1`` scores an image, from untouched to all removed, on the CPU.

    Raises:
        UsageError: shapes, NaN, a target the network has no logit for, or ``steps`` out of range.
    """
    gone = _fill_images(images, fill)
    return _swap(network, images, gone, maps, targets, steps, batch_size)


def insertion(
    network: nn.Module,
    images: Images,
    maps: Float[Tensor, "image height width"],
    targets: Int[Tensor, " image"],
    steps: int = STEPS,
    fill: float | Images = 0.0,
    batch_size: int = BATCH_SIZE,
) -> Curve:
    """Put pixels back, most important first (Petsiuk et al. 2018, arXiv 1806.07421).

    The sooner the target's probability rises, the better the map: a large area. Arguments and
    errors are those of :func:`deletion`; the first score is that of nothing but ``fill``.
    """
    empty = _fill_images(images, fill)
    return _swap(network, empty, images, maps, targets, steps, batch_size)


def road(
    network: nn.Module,
    images: Images,
    maps: Float[Tensor, "image height width"],
    targets: Int[Tensor, " image"],
    shares: Sequence[float] = ROAD_SHARES,
    noise: float = ROAD_NOISE,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
) -> Curve:
    """Remove and debias: removed pixels are filled from their neighbours, not with black.

    ROAD, most relevant first (Rong et al. 2022, arXiv 2202.00449): a black hole has a shape, and
    the shape alone can tell the class; a smooth filling tells less. A small area is good. The
    paper counts hits over all images; the target's probability is kept here, so that every
    image has a number.

    Args:
        network: gives logits; its mode, gradients and hooks are left as found.
        images: pixels in [0, 1].
        maps: one value a pixel.
        targets: the class each map explains.
        shares: parts of the pixels to remove, rising, from 0 to below 1.
        noise: standard deviation added to removed pixels; 0 for none. Each share has one
            field of noise, the same for all images, maps and networks.
        seed: of the noise.
        batch_size: images a forward pass; changes the time, not the result.

    Returns:
        One score a share and image, on the CPU.

    Raises:
        UsageError: shapes, NaN, a target the network has no logit for, or shares out of order.
    """
    check_images(images)
    check_maps(maps, images)
    rising = all(low < high for low, high in pairwise((*shares, 1)))
    if not (shares and shares[0] >= 0 and rising):
        raise UsageError(f"shares must rise from 0 to below 1, got {tuple(shares)}")
    if not 0 <= noise < math.inf:
        raise UsageError(f"noise must be a finite standard deviation from 0 up, got {noise:g}")
    ranks = removal_ranks(maps)
    counts = torch.tensor([round(share * ranks[0].numel()) for share in shares])
    generator = torch.Generator().manual_seed(seed)
    fields = noise * torch.randn(len(counts), *images.shape[1:], generator=generator)

    def version(which: Tensor, steps: Tensor) -> Tensor:
        removed = ranks[which] < counts[steps, None, None].to(ranks)
        field = fields[steps].to(images)
        return impute(images[which], removed) + removed[:, None] * field

    asked = torch.ones(len(maps), len(counts), dtype=torch.bool)
    scores = score_versions(network, version, asked, targets, batch_size)
    return Curve(torch.tensor(shares), scores)


def _fill_images(images: Images, fill: float | Tensor) -> Images:
    check_images(images)
    if isinstance(fill, Tensor):
        check_images(fill)
        if fill.shape != images.shape:
            raise UsageError(
                f"fill must be a number or images of the shape {tuple(images.shape)}, "
                f"got {tuple(fill.shape)}"
            )
        return fill
    filled = torch.full_like(images, fill)
    check_images(filled)
    return filled


def _swap(
    network: nn.Module,
    before: Images,
    after: Images,
    maps: Float[Tensor, "image height width"],
    targets: Int[Tensor, " image"],
    steps: int,
    batch_size: int,
) -> Curve:
    """Scores while the pixels of ``before`` become those of ``after``, most important first.

    A step that takes only pixels that are the same before and after, black ones say, changes
    nothing: the network is not asked again.
    """
    check_maps(maps, before)
    ranks = removal_ranks(maps)
    pixels = ranks[0].numel()
    check_count(steps, "steps", most=pixels)
    counts = torch.tensor([round(step * pixels / steps) for step in range(steps + 1)])
    turns = torch.bucketize(ranks, counts.to(ranks), right=True)
    differs = (before != after).any(1).to(maps)
    changed = torch.zeros(len(maps), steps + 1).to(maps)
    asked = changed.scatter_add_(1, turns.flatten(1), differs.flatten(1)).cpu() > 0
    asked[:, 0] = True

    def version(which: Tensor, taken: Tensor) -> Tensor:
        gone = ranks[which] < counts[taken, None, None].to(ranks)
        return torch.where(gone[:, None], after[which], before[which])

    scores = score_versions(network, version, asked, targets, batch_size)
    latest = (asked * torch.arange(steps + 1)).cummax(1).values
    return Curve(counts / pixels, scores.gather(1, latest))
