"""Features that look at different places: a term of the loss that rewards it."""

from jaxtyping import Float, Int
from torch import Tensor

WEIGHT = 0.196  # beta, the reference code's on CUB-200-2011


def diversity_loss(
    maps: Float[Tensor, "image feature height width"],
    weights: Float[Tensor, "class feature"],
    predicted: Int[Tensor, " image"],
) -> Float[Tensor, ""]:
    """Minus how much of the picture the predicted class's features cover between them.

    Feature diversity loss (SLDD-Model, Norrenbrock et al. 2022; Q-SENN, arXiv 2312.13839, section
    3). Each feature's map becomes a softmax over the places, scaled by how much the feature counts:
    its weight to the predicted class over the length of that class's weights, and its mean
    activation over the largest mean. At each place the largest counts; the sum over places is large
    when features peak in different ones. To be minimised, times :data:`WEIGHT`.

    Args:
        maps: the last feature maps, before the mean over places; at least 0.
        weights: of the layer on top.
        predicted: the class the network says, for each image.

    Returns:
        The mean over the images; 0 for images whose features are all silent.
    """
    own = weights[predicted]
    share = own.abs() / (own.norm(dim=1, keepdim=True) + 1e-5)
    mean = maps.mean((2, 3))
    loudest = mean.amax(1, keepdim=True)
    heard = mean / loudest.where(loudest > 0, 1.0)
    places = maps.flatten(2).softmax(2)
    covered = ((share * heard)[:, :, None] * places).amax(1).sum(1)
    return -covered.mean()
