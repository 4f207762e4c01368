"""What a network says about many versions of the same images, and the network left as found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from fewbits.metrics.checks import check_count, check_targets
from fewbits.training import modes_kept, repeatable

# Small enough for a processor's cache, large enough to keep its cores busy.
BATCH_SIZE = 250


@contextmanager
def judging(network: nn.Module) -> Iterator[torch.device]:
    """The network in ``eval()`` mode, nothing recorded for gradients; afterwards as it was.

    Yields:
        The device it is on.
    """
    with modes_kept(network), repeatable(), torch.no_grad():
        network.eval()
        yield device_of(network)


def device_of(network: nn.Module) -> torch.device:
    """Where the network's parameters or buffers are; the CPU if it has none."""
    for tensor in (*network.parameters(), *network.buffers()):
        return tensor.device
    return torch.device("cpu")


def parts(count: int, batch_size: int) -> Iterator[slice]:
    """Slices of at most ``batch_size`` that cover ``count`` images."""
    check_count(batch_size, "batch_size")
    for first in range(0, count, batch_size):
        yield slice(first, first + batch_size)


def score_versions(
    network: nn.Module,
    version: Callable[[Tensor, Tensor], Tensor],
    asked: Bool[Tensor, "image step"],
    targets: Int[Tensor, " image"],
    batch_size: int,
) -> Float[Tensor, "image step"]:
    """Softmax probability of each image's target, for each version of the image that is asked.

    Args:
        network: gives logits; left as found.
        version: ``version(which, steps)`` gives those images, each as its step leaves it.
        asked: which steps of which images; the others' scores are NaN.
        targets: a class an image.
        batch_size: images a forward pass; the result does not depend on it.
    """
    scores = torch.full(asked.shape, torch.nan)
    images, steps = asked.nonzero(as_tuple=True)
    with judging(network) as device:
        first = version(images[:1], steps[:1]).to(device)
        check_targets(targets, len(asked), network(first))
        for part in parts(len(images), batch_size):
            which = images[part]
            batch = version(which, steps[part]).to(device, memory_format=torch.channels_last)
            columns = targets[which.to(targets.device), None].to(device)
            scores[which, steps[part]] = network(batch).softmax(1).gather(1, columns)[:, 0].cpu()
    return scores
