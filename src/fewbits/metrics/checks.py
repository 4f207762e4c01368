"""What every measure refuses, in one wording: bad pixels, maps, masks, targets and shares."""

import torch
from torch import Tensor

from fewbits.errors import UsageError


def check_finite(values: Tensor, name: str) -> None:
    """Refuse an empty tensor, NaN and infinity.

    Raises:
        UsageError: naming the first image that is wrong.
    """
    if not values.is_floating_point():
        raise UsageError(
            f"{name} must be floating-point numbers, got {values.dtype}: "
            "turn pixels 0..255 into [0, 1] with training.to_float"
        )
    if not values.numel():
        raise UsageError(f"{name} are empty, shape {tuple(values.shape)}: pass at least one image")
    bad = ~torch.isfinite(values.flatten(1)).all(1)
    if bad.any():
        raise UsageError(
            f"{name} hold NaN or infinity, first at image {int(bad.nonzero()[0])}: "
            "look where they come from, no measure of them means anything"
        )


def check_images(images: Tensor) -> None:
    """Refuse images that are not ``[image, channel, height, width]`` of finite numbers."""
    if images.ndim != 4:
        raise UsageError(
            f"images must have the shape [image, channel, height, width], got {tuple(images.shape)}"
        )
    check_finite(images, "images")


def check_maps(maps: Tensor, images: Tensor | None = None) -> None:
    """Refuse maps that are not ``[image, height, width]`` of finite numbers, or not these images'.

    A map of nothing but one value is fine: every measure says what it gives for it.
    """
    if maps.ndim != 3:
        hint = ": sum the channel axis away" if maps.ndim == 4 else ""
        raise UsageError(
            f"maps must have the shape [image, height, width], got {tuple(maps.shape)}{hint}"
        )
    check_finite(maps, "maps")
    if images is not None and (len(images), *images.shape[2:]) != tuple(maps.shape):
        raise UsageError(
            f"maps must have one value a pixel of the images, expected shape "
            f"{(len(images), *images.shape[2:])}, got {tuple(maps.shape)}: "
            "resize coarse maps to the images first"
        )


def check_pair(a: Tensor, b: Tensor) -> None:
    """Refuse two sets of maps that cannot be compared pixel by pixel."""
    check_maps(a)
    check_maps(b)
    if a.shape != b.shape:
        raise UsageError(
            f"both sets of maps must have one shape, got {tuple(a.shape)} and {tuple(b.shape)}: "
            "compare maps of the same images at the same size"
        )


def check_mask(mask: Tensor, maps: Tensor, name: str) -> None:
    """Refuse a mask of another shape or kind, or one that leaves an image no pixel."""
    if mask.dtype != torch.bool or mask.shape != maps.shape:
        raise UsageError(
            f"{name} must be a bool tensor of the maps' shape {tuple(maps.shape)}, "
            f"got {mask.dtype} {tuple(mask.shape)}"
        )
    empty = ~mask.flatten(1).any(1)
    if empty.any():
        raise UsageError(
            f"{name} has no pixel in image {int(empty.nonzero()[0])}: leave such images out"
        )


def check_share(share: float, name: str = "share") -> float:
    """Return ``share`` if it is above 0 and at most 1, or say why not."""
    if not 0 < share <= 1:
        raise UsageError(f"{name} must be a part of the pixels, above 0 and up to 1, got {share:g}")
    return share


def check_count(count: int, name: str, most: int | None = None) -> int:
    """Return ``count`` if it is at least 1 (and at most ``most``), or say why not."""
    if count < 1 or (most is not None and count > most):
        limits = "at least 1" if most is None else f"from 1 to {most}"
        raise UsageError(f"{name} must be {limits}, got {count}")
    return count


def check_targets(targets: Tensor, count: int, logits: Tensor) -> None:
    """Refuse targets that are not one class an image, out of those the network has logits for.

    Args:
        targets: to be checked.
        count: how many images there are.
        logits: what the network says about one of them, or about more.
    """
    if targets.shape != (count,) or targets.is_floating_point():
        raise UsageError(
            f"targets must be one whole number an image, expected shape ({count},), "
            f"got {targets.dtype} {tuple(targets.shape)}"
        )
    if logits.ndim != 2:
        raise UsageError(
            f"the network must give logits of shape [image, class], got {tuple(logits.shape)}"
        )
    low, high = int(targets.min()), int(targets.max())
    if low < 0 or high >= logits.shape[1]:
        raise UsageError(
            f"targets must be classes of the network, 0 to {logits.shape[1] - 1}, "
            f"got {low} to {high}: check that network and labels belong together"
        )
