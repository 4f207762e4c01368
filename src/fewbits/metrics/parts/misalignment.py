"""Does a code see only where its map says? Spatial misalignment: Sacha et al. 2024 (AAAI).

Pixels outside of the box that the map shows are changed by an attack, arXiv 2308.08162. If code and
map belonged together, nothing would happen: location, activation and rank would stay.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import interpolate

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count, check_finite, check_images, check_maps, check_pair
from fewbits.training import modes_kept, repeatable

# The paper's settings; the attack's are in units of normalised pixels.
KEPT, MARGIN = 95, 10
EPS, STEP, STEPS = 0.4, 0.01, 40
LOUDEST = 90

Images = Float[Tensor, "image channel height width"]
Maps = Float[Tensor, "image high wide"]
Boxes = Int[Tensor, "image 4"]


def enlarge(
    maps: Maps, side: int, mode: Literal["bilinear", "bicubic"] = "bilinear"
) -> Float[Tensor, "image side side"]:
    """Coarse maps at the size of the picture, cells' centres where they belong.

    Raises:
        UsageError: maps of another shape or with NaN, or ``side`` below 1.
    """
    check_maps(maps)
    check_count(side, "side")
    return interpolate(maps[:, None], (side, side), mode=mode, align_corners=False)[:, 0]


def keep_box(maps: Maps, side: int, percentile: float | int = KEPT, margin: int = MARGIN) -> Boxes:
    """The box that a map shows: x0, y0, x1, y1 in pixels, the ends not included.

    It holds all pixels of the map, enlarged bicubically, at or above its percentile, and ``margin``
    pixels more to each side as far as the picture goes. A map of one value shows everything.

    Args:
        maps: one code's map of each picture.
        side: of the square picture, in pixels.
        percentile: 0 to 100.
        margin: 0 and up, in pixels.

    Raises:
        UsageError: maps of another shape or with NaN, or a setting out of range.
    """
    if margin < 0:
        raise UsageError(f"margin must be at least 0 pixels, got {margin}")
    check_maps(maps)
    shown = torch.cat([_loudest(enlarge(one[None], side, "bicubic"), percentile) for one in maps])
    # Rounding makes the pixels of a map of one value differ by a trace.
    shown |= (maps.amax((1, 2)) == maps.amin((1, 2)))[:, None, None]
    ends = []
    for other in (1, 2):
        used = shown.any(other).int()
        ends.append((used.argmax(1) - margin, side - used.flip(1).argmax(1) + margin))
    (x0, x1), (y0, y1) = ends
    return torch.stack([x0, y0, x1, y1], 1).clamp(0, side)


def attack_outside(
    activation: Callable[[Tensor], Tensor],
    images: Images,
    boxes: Boxes,
    eps: float = EPS,
    step: float = STEP,
    steps: int = STEPS,
) -> Images:
    """Pictures changed outside of their boxes so that the activation falls (PGD, infinity norm).

    Each step goes ``step`` against the sign of the gradient and back to within ``eps`` of the
    picture. It starts at the picture, not at a random place near it, so the same call gives the
    same result; the last step's picture counts, not the lowest. Values are not cut to a range of
    pixels, as normalised pictures have none here.

    Args:
        activation: images -> each picture's activation of the code that is attacked, the pictures
            apart from each other. A module is asked in ``eval()`` mode and left as found, its
            gradients too; of a function the modes are the caller's.
        images: as the network sees them, normalised. All are attacked in one batch.
        boxes: x0, y0, x1, y1 that stay untouched, ends not included, see :func:`keep_box`.
        eps: the largest change of a value.
        step: above 0.
        steps: how many.

    Raises:
        UsageError: bad images, boxes of another shape or outside of the picture, settings out of
            range, or an activation that is not one finite number an image, or knows no gradient.
    """
    check_images(images)
    check_count(steps, "steps")
    if not (eps > 0 and step > 0):
        raise UsageError(f"eps and step must be above 0, got {eps:g} and {step:g}")
    images = images.detach()
    free = _outside(boxes, images)
    low, high = images - eps, images + eps
    changed = images
    with ExitStack() as kept:
        kept.enter_context(repeatable())
        kept.enter_context(torch.enable_grad())
        if isinstance(activation, nn.Module):
            kept.enter_context(modes_kept(activation))
            activation.eval()
        for _ in range(steps):
            down = changed - step * _gradient(activation, changed).sign()
            changed = torch.where(free, torch.minimum(torch.maximum(down, low), high), images)
    return changed


def location_change(
    before: Maps, after: Maps, percentile: float | int = LOUDEST
) -> Float[Tensor, " image"]:
    """How much of the shown place moves (PLC): 100 (1 - IoU), of the loudest pixels.

    The loudest are those at or above each map's own percentile. :func:`enlarge` coarse maps first,
    bilinearly, as the paper does: a tenth of 49 cells is 5.

    Returns:
        0 (the same place) to 100 (another).

    Raises:
        UsageError: maps of two shapes or with NaN, or a percentile out of range.
    """
    check_pair(before, after)
    one, other = _loudest(before, percentile), _loudest(after, percentile)
    both, either = (one & other).sum((1, 2)), (one | other).sum((1, 2))
    return 100 * (1 - both.double() / either)


def activation_change(before: Maps, after: Maps) -> Float[Tensor, " image"]:
    """How much of a code's activation is lost (PAC): 100 (1 - a' / a), a the map's maximum.

    Returns:
        100 where all is lost, below 0 where it rose. Maxima below 0 count as 0; a code that was
        not there before, a = 0, loses nothing: 0.

    Raises:
        UsageError: maps of two shapes or with NaN.
    """
    check_pair(before, after)
    had, has = (maps.amax((1, 2)).clamp_min(0).double() for maps in (before, after))
    return torch.where(had > 0, 100 * (1 - has / torch.where(had > 0, had, 1.0)), 0.0)


def rank_change(
    scores_before: Float[Tensor, "image code"],
    scores_after: Float[Tensor, "image code"],
    code: Int[Tensor, " image"],
) -> Int[Tensor, " image"]:
    """How many places a code falls among all codes (PRC); below 0: it rose.

    A code's rank is the number of codes with a higher score. The paper's code leaves those of the
    same class out; here codes have no class.

    Args:
        scores_before: maximum of each code's map.
        scores_after: the same after the attack.
        code: the one attacked, for each image.

    Raises:
        UsageError: shapes that do not belong together, NaN, or a code that there is not.
    """
    if scores_before.ndim != 2 or scores_before.shape != scores_after.shape:
        raise UsageError(
            "scores before and after must have one shape [image, code], "
            f"got {tuple(scores_before.shape)} and {tuple(scores_after.shape)}"
        )
    check_finite(scores_before, "scores before")
    check_finite(scores_after, "scores after")
    images, codes = scores_before.shape
    if code.shape != (images,) or not ((code >= 0) & (code < codes)).all():
        raise UsageError(
            f"code must be one of the codes 0 to {codes - 1} for each of {images} images, "
            f"got {_told(code)}"
        )
    own = code.long()[:, None]
    before, after = (
        (scores > scores.gather(1, own)).sum(1) for scores in (scores_before, scores_after)
    )
    return after - before


def _loudest(maps: Maps, percentile: float | int) -> Bool[Tensor, "image high wide"]:
    """Pixels at or above their map's percentile; at least one."""
    if not 0 <= percentile <= 100:
        raise UsageError(f"percentile must be from 0 to 100, got {percentile:g}")
    # One map a time: torch.quantile refuses more than 16 million values together.
    limits = [torch.quantile(one.flatten(), percentile / 100) for one in maps]
    return maps >= torch.stack(limits)[:, None, None]


def _outside(boxes: Boxes, images: Images) -> Bool[Tensor, "image 1 height width"]:
    """Which pixels may change."""
    height, width = images.shape[2:]
    size = torch.tensor([width, height] * 2, device=boxes.device)
    if boxes.shape != (len(images), 4) or not ((boxes >= 0) & (boxes <= size)).all():
        raise UsageError(
            f"boxes must be x0, y0, x1, y1 within the picture for each of {len(images)} images, "
            f"got {_told(boxes)}"
        )
    x0, y0, x1, y1 = boxes.to(images.device)[:, :, None].unbind(1)
    x, y = (torch.arange(length, device=images.device) for length in (width, height))
    across, along = (x >= x0) & (x < x1), (y >= y0) & (y < y1)
    return ~(along[:, None, :, None] & across[:, None, None, :])


def _told(values: Tensor) -> str:
    """A tensor's shape and range, for an error."""
    limits = f", {values.min():g} to {values.max():g}" if values.numel() else ""
    return f"the shape {tuple(values.shape)}{limits}"


def _gradient(activation: Callable[[Tensor], Tensor], images: Images) -> Images:
    images = images.detach().requires_grad_()
    found = activation(images)
    if found.shape != images.shape[:1] or not torch.isfinite(found).all():
        raise UsageError(
            f"activation must give one finite number an image, expected shape ({len(images)},), "
            f"got {tuple(found.shape)}: take the maximum of the code's map"
        )
    if not found.requires_grad:
        raise UsageError("activation must have a gradient: call the network without no_grad()")
    return torch.autograd.grad(found.sum(), images)[0]
