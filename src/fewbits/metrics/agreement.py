"""How alike two saliency maps of one image are: ranks, the strongest pixels, structure.

Used for saliency maps by Adebayo et al. (arXiv 1810.03292) and Ghorbani et al. (arXiv 1710.10547).
All three are 1 for equal maps, constant ones included, and are computed in double precision.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_mask, check_pair, check_share

# Wang et al. 2004, IEEE Transactions on Image Processing 13(4): the constants and scikit-image's
# default window.
SSIM_WINDOW = 7
SSIM_K1, SSIM_K2 = 0.01, 0.03


def spearman(
    a: Float[Tensor, "image height width"],
    b: Float[Tensor, "image height width"],
    within: Bool[Tensor, "image height width"] | None = None,
) -> Float[Tensor, " image"]:
    """Spearman's rank correlation, tied pixels at their average rank.

    Args:
        a: maps; only the order of their pixels counts.
        b: the other maps of the same images.
        within: foreground; the others' pixels are then not ranked at all.

    Returns:
        -1 to 1; 1 where both maps are constant, 0 where one is.

    Raises:
        UsageError: shapes differ, NaN, or an image without foreground.
    """
    (a, b), inside = _pixels(a, b, within)
    count = inside.sum(1, keepdim=True)
    ranks = [torch.where(inside, _ranks(x, inside) - (count - 1) / 2, 0.0) for x in (a, b)]
    spread = [r.square().sum(1) for r in ranks]
    product = (spread[0] * spread[1]).sqrt()
    correlation = (ranks[0] * ranks[1]).sum(1) / product.clamp_min(torch.finfo(a.dtype).tiny)
    both_constant = (spread[0] == 0) & (spread[1] == 0)
    return torch.where(both_constant, 1.0, correlation.clamp(-1, 1))


def topk_intersection(
    a: Float[Tensor, "image height width"],
    b: Float[Tensor, "image height width"],
    share: float = 0.1,
    within: Bool[Tensor, "image height width"] | None = None,
) -> Float[Tensor, " image"]:
    """Part of the strongest ``share`` of pixels that two maps have in common.

    k = round(share * pixels), at least 1. Pixels above the k-th value are members with weight 1;
    those tied with it share the places that are left, so that no order of equal pixels is
    invented. The result is sum(min(weight_a, weight_b)) / k (arXiv 1710.10547).

    Args:
        a: maps; only the order of their pixels counts.
        b: the other maps of the same images.
        share: above 0, up to 1.
        within: foreground; k is then a share of its pixels.

    Returns:
        0 to 1; a constant map shares k/pixels with any other, as chance would, and 1 with a
        constant one.

    Raises:
        UsageError: ``share`` out of range, shapes differ, NaN, or an image without foreground.
    """
    check_share(share)
    (a, b), inside = _pixels(a, b, within)
    k = torch.round(share * inside.double().sum(1, keepdim=True)).clamp_min(1).long()
    shared = torch.minimum(_membership(a, inside, k), _membership(b, inside, k))
    return shared.sum(1) / k[:, 0]


def ssim(
    a: Float[Tensor, "image height width"],
    b: Float[Tensor, "image height width"],
    within: Bool[Tensor, "image height width"] | None = None,
) -> Float[Tensor, " image"]:
    """Structural similarity of maps scaled to [0, 1] (Wang et al. 2004, IEEE TIP 13(4), 600-612).

    Each map is scaled by its own smallest and largest value; a constant map becomes all zeros.
    Windows of 7 x 7 equal weights, sample covariance: scikit-image's defaults with
    ``data_range=1``. The empty background of two maps is alike and lifts the mean; ``within``
    leaves it out.

    Args:
        a: maps.
        b: the other maps of the same images.
        within: average over these pixels only, windows that reach over the border (mirrored
            there) included. Without it: over all windows that fit into the image.

    Returns:
        -1 to 1; 1 where both maps are constant. Where one is, the other's own spread decides:
        near 0, as the formula gives it.

    Raises:
        UsageError: maps smaller than 7 x 7, shapes differ, NaN, or an image without foreground.
    """
    check_pair(a, b)
    if min(a.shape[1:]) < SSIM_WINDOW:
        raise UsageError(
            f"maps must be at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels for SSIM, "
            f"got {a.shape[1]} x {a.shape[2]}"
        )
    everywhere = _ssim_map(_scaled(a), _scaled(b))
    if within is None:
        edge = SSIM_WINDOW // 2
        return everywhere[:, edge:-edge, edge:-edge].mean((1, 2))
    check_mask(within, a, "within")
    return (everywhere * within).sum((1, 2)) / within.sum((1, 2))


def _pixels(
    a: Tensor, b: Tensor, within: Tensor | None
) -> tuple[tuple[Tensor, Tensor], Bool[Tensor, "image pixel"]]:
    """Both maps as rows of doubles, and which of their pixels count."""
    check_pair(a, b)
    if within is None:
        within = torch.ones_like(a, dtype=torch.bool)
    check_mask(within, a, "within")
    return (a.double().flatten(1), b.double().flatten(1)), within.flatten(1)


def _ranks(
    values: Float[Tensor, "image pixel"], inside: Bool[Tensor, "image pixel"]
) -> Float[Tensor, "image pixel"]:
    """Average ranks from 0 among the pixels inside; whatever outside."""
    values = torch.where(inside, values, torch.inf).contiguous()
    ordered = values.sort(1).values
    smaller = torch.searchsorted(ordered, values)
    not_larger = torch.searchsorted(ordered, values, right=True)
    return (smaller + not_larger - 1).double() / 2


def _membership(
    values: Float[Tensor, "image pixel"],
    inside: Bool[Tensor, "image pixel"],
    k: Int[Tensor, "image 1"],
) -> Float[Tensor, "image pixel"]:
    """How much each pixel belongs to the strongest k; adds up to k."""
    values = torch.where(inside, values, -torch.inf)
    threshold = values.sort(1, descending=True).values.gather(1, k - 1)
    above, tied = values > threshold, values == threshold
    left = (k - above.sum(1, keepdim=True)).double() / tied.sum(1, keepdim=True)
    return above + tied * left


def _scaled(maps: Float[Tensor, "image height width"]) -> Float[Tensor, "image height width"]:
    """Each map from 0 to 1 by its own smallest and largest value; constant ones all 0."""
    maps = maps.double()
    low = maps.amin((1, 2), keepdim=True)
    width = maps.amax((1, 2), keepdim=True) - low
    return (maps - low) / torch.where(width > 0, width, 1.0)


def _ssim_map(
    a: Float[Tensor, "image height width"], b: Float[Tensor, "image height width"]
) -> Float[Tensor, "image height width"]:
    """SSIM in the window around each pixel (eq. 13 of the paper)."""
    mean_a, mean_b, aa, bb, ab = (_window_mean(x) for x in (a, b, a * a, b * b, a * b))
    unbiased = SSIM_WINDOW**2 / (SSIM_WINDOW**2 - 1)
    var_a, var_b = unbiased * (aa - mean_a.square()), unbiased * (bb - mean_b.square())
    covariance = unbiased * (ab - mean_a * mean_b)
    c1, c2 = SSIM_K1**2, SSIM_K2**2
    alike = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return alike / ((mean_a.square() + mean_b.square() + c1) * (var_a + var_b + c2))


def _window_mean(x: Float[Tensor, "image height width"]) -> Float[Tensor, "image height width"]:
    """Mean over the window around each pixel; beyond the border the image is mirrored."""
    for axis in (1, 2):
        edge = SSIM_WINDOW // 2
        places = torch.arange(-edge, x.shape[axis] + edge, device=x.device)
        # Mirrored with the border pixel repeated: -1 -> 0, -2 -> 1.
        places = torch.where(places < 0, -places - 1, places)
        places = torch.where(places >= x.shape[axis], 2 * x.shape[axis] - 1 - places, places)
        x = x.index_select(axis, places)
    return torch.nn.functional.avg_pool2d(x[:, None], SSIM_WINDOW, stride=1)[:, 0]
