"""Maps that know nothing of the network: what a saliency method has to beat."""

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.metrics.checks import check_images


def random_maps(
    images: Float[Tensor, "image channel height width"], seed: int = 0
) -> Float[Tensor, "image height width"]:
    """Independent uniform numbers in [0, 1) for every pixel, the same for the same seed."""
    check_images(images)
    generator = torch.Generator().manual_seed(seed)
    count, _, height, width = images.shape
    return torch.rand(count, height, width, generator=generator).to(images.device)


def edge_maps(
    images: Float[Tensor, "image channel height width"],
) -> Float[Tensor, "image height width"]:
    """Size of the image's gradient by Sobel's filters, channels averaged, border repeated.

    An edge detector looks like a good explanation and has never seen the network (Adebayo et
    al. 2018, arXiv 1810.03292). A constant image gives zeros.
    """
    check_images(images)
    grey = images.mean(1, keepdim=True)
    across = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]).to(grey)
    padded = torch.nn.functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    slopes = torch.nn.functional.conv2d(padded, torch.stack([across, across.T])[:, None])
    return slopes.square().sum(1).sqrt()


def blurred(
    images: Float[Tensor, "image channel height width"], sigma: float = 3.0
) -> Float[Tensor, "image channel height width"]:
    """The images under a Gaussian of ``sigma`` pixels, border repeated: a fill that is not black.

    Insertion starts from blurred images in Petsiuk et al. 2018 (arXiv 1806.07421); 3 pixels make
    a digit of 28 x 28 a blot.
    """
    check_images(images)
    reach = int(3 * sigma + 0.5)
    places = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
    weights = torch.exp(-places.square() / (2 * sigma**2))
    weights = weights / weights.sum()
    single = images.flatten(0, 1)[:, None]
    for shape, pad in (
        ((1, 1, 1, -1), (reach, reach, 0, 0)),
        ((1, 1, -1, 1), (0, 0, reach, reach)),
    ):
        single = torch.nn.functional.pad(single, pad, mode="replicate")
        single = torch.nn.functional.conv2d(single, weights.view(shape))
    return single.view_as(images)
