"""How well a map foretells what the network does, and how it takes a little noise: Yeh et al. 2019.

Both stand on Captum's implementation of arXiv 1901.09392, with draws that depend on ``seed`` alone.
"""

from collections.abc import Callable

import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count, check_images, check_maps, check_targets
from fewbits.metrics.scoring import judging, parts
from fewbits.training import seeded

# A quarter of a digit's side: large enough to cut a stroke.
SIDE = 7
INFIDELITY_SAMPLES = 50
# Five of 255 grey levels, and Captum's own default.
RADIUS = 0.02
SENSITIVITY_SAMPLES = 10

Images = Float[Tensor, "image channel height width"]
Explain = Callable[[Tensor], Tensor]


def infidelity(
    network: nn.Module,
    images: Images,
    maps: Float[Tensor, "image height width"],
    targets: Int[Tensor, " image"],
    side: int = SIDE,
    samples: int = INFIDELITY_SAMPLES,
    fill: float = 0.0,
    scaled: bool = True,
    seed: int = 0,
    batch_size: int = 1000,
) -> Float[Tensor, " image"]:
    """Squared error of a map's forecast when a random square is removed.

    With I what the removal takes off each pixel, the map foretells that the target's logit drops
    by sum(I * map). The mean squared error over random squares is small for a good map; signed
    maps, in logits a unit of pixel value, can be exact.

    Args:
        network: gives logits; its mode, gradients and hooks are left as found.
        images: pixels in [0, 1].
        maps: one value a pixel, used for every channel.
        targets: the class each map explains.
        side: of the square, in pixels.
        samples: squares an image; each lies wholly in the image, anywhere with equal chance.
        fill: what removed pixels become.
        scaled: judge each map at its own best scale, so that only its shape counts. Without it a
            map in other units than logits a pixel is far off, however good.
        seed: of the squares; they do not depend on the batch size.
        batch_size: images a forward pass, at least those of one image's samples.

    Returns:
        0 and up, in squared logits. A map of zeros foretells nothing: the mean squared drop.

    Raises:
        UsageError: shapes, NaN, a target the network has no logit for, or a square that does not
            fit.
    """
    check_images(images)
    check_maps(maps, images)
    check_count(side, "side", most=min(images.shape[2:]))
    check_count(samples, "samples")
    check_count(batch_size, "batch_size")
    corners = _corners(maps, side, samples, seed)
    found = []
    with judging(network) as device:
        check_targets(targets, len(images), network(images[:1].to(device)))
        for which in parts(len(images), max(1, batch_size // samples)):
            removed = _squares(corners[which], side, maps).flatten(0, 1)[:, None].to(device)

            def remove(many: Tensor, removed: Tensor = removed) -> tuple[Tensor, Tensor]:
                return removed * (many - fill), torch.where(removed, fill, many)

            found.append(
                captum_infidelity(
                    network,
                    remove,
                    images[which].to(device),
                    maps[which, None].to(images).expand_as(images[which]).to(device),
                    target=targets[which].to(device),
                    n_perturb_samples=samples,
                    normalize=scaled,
                ).cpu()
            )
    # Captum takes the best scale's error as a difference: rounding may leave it a trace below 0.
    return torch.cat(found).clamp_min(0)


def sensitivity(
    explain: Explain,
    images: Images,
    radius: float = RADIUS,
    samples: int = SENSITIVITY_SAMPLES,
    seed: int = 0,
) -> Float[Tensor, " image"]:
    """The largest change of a map under a little noise (max-sensitivity).

    Noise is uniform in [-radius, radius] a pixel, and pixels are kept in [0, 1]. The change is the
    Euclidean distance of the two maps over the length of the first, the largest of ``samples``.

    Args:
        explain: images -> maps. It is called ``samples + 1`` times with all images in their
            order, so it may hold their targets, and each time with the same random state, so
            that a method's own draws are not counted as sensitivity.
        images: pixels in [0, 1].
        radius: above 0, in pixel values.
        samples: noisy copies an image.
        seed: of the noise and of the random state.

    Returns:
        0 and up; a map of zeros is divided by 1.

    Raises:
        UsageError: NaN in images or maps, ``radius`` or ``samples`` out of range.
    """
    check_images(images)
    check_count(samples, "samples")
    if not 0 < radius <= 1:
        raise UsageError(f"radius must be in pixel values, above 0 and up to 1, got {radius:g}")
    generator = torch.Generator().manual_seed(seed)

    def disturb(clean: Tensor) -> Tensor:
        noise = torch.rand(clean.shape, generator=generator, dtype=clean.dtype).to(clean.device)
        return (clean + radius * (2 * noise - 1)).clamp(0, 1)

    def explained(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (given,) = given if isinstance(given, tuple) else (given,)
        with seeded(seed), torch.enable_grad():
            maps = explain(given).detach().contiguous()
        check_maps(maps, images)
        # A bare tensor Captum would take for a tuple of maps, one an image.
        return (maps,)

    return sensitivity_max(
        explained,
        images,
        perturb_func=disturb,
        n_perturb_samples=samples,
        max_examples_per_batch=len(images),
    )


def _corners(
    maps: Float[Tensor, "image height width"], side: int, samples: int, seed: int
) -> Int[Tensor, "image sample axis"]:
    """The upper left corner of each image's squares."""
    generator = torch.Generator().manual_seed(seed)
    corners = [
        torch.randint(length - side + 1, (len(maps), samples), generator=generator)
        for length in maps.shape[1:]
    ]
    return torch.stack(corners, 2)


def _squares(
    corners: Int[Tensor, "image sample axis"], side: int, maps: Tensor
) -> Bool[Tensor, "image sample height width"]:
    """Which pixels the squares cover."""
    height, width = (
        (torch.arange(length) >= first) & (torch.arange(length) < first + side)
        for length, first in zip(maps.shape[1:], corners[..., None].unbind(2), strict=True)
    )
    return height[..., :, None] & width[..., None, :]
