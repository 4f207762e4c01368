"""A trained network's answers, and its statistics taken anew."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.training.batches import to_float
from fewbits.training.context import modes_kept, repeatable

# Two hundredths of a channel's spread is all that more images could change.
REESTIMATION_IMAGES = 20_000


@torch.no_grad()
@repeatable()
def predict(
    network: nn.Module, images: Tensor, batch_size: int = 1000
) -> Float[Tensor, "image class"]:
    """Logits of all images, uint8 or float in [0, 1]; the network's mode is left as found.

    Raises:
        UsageError: float images hold NaN or infinity.
    """
    if images.is_floating_point() and not torch.isfinite(images).all():
        raise UsageError("images hold NaN or infinity: pixels must be numbers from 0 to 1")
    device = next(network.parameters()).device
    logits = []
    with modes_kept(network):
        network.eval()
        for part in images.split(batch_size):
            x = part if part.is_floating_point() else to_float(part)
            logits.append(network(x.to(device)).cpu())
    return torch.cat(logits)


def accuracy(network: nn.Module, split: Split, batch_size: int = 1000) -> float:
    """Share of images whose largest logit is the label's, from 0 to 1."""
    right = predict(network, split.images, batch_size).argmax(1) == split.labels.cpu()
    return int(right.sum()) / split.count


@torch.no_grad()
@repeatable()
def reestimate_batch_norm(network: nn.Module, split: Split, batch_size: int = 500) -> None:
    """Recompute batch norm's running means and variances, in place, from plain training images.

    While training they are a moving average over weights that kept changing; after it, one
    pass with the final weights gives the statistics those weights really have.
    """
    images = split.images[:REESTIMATION_IMAGES]
    # Parts of nearly one size: the running mean gives each part the same weight.
    loader = (to_float(part) for part in images.chunk(math.ceil(len(images) / batch_size)))
    device = next(network.parameters()).device
    with modes_kept(network):
        torch.optim.swa_utils.update_bn(loader, network, device)
