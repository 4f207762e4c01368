"""What a network says about many versions of the same images, and the network left as found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
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


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Everything random inside depends on ``seed`` alone; outside it nothing has happened."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def parts(count: int, batch_size: int) -> Iterator[slice]:
    """Slices of at most ``batch_size`` that cover ``count`` images."""
    check_count(batch_size, "batch_size")
    for first in range(0, count, batch_size):
        yield slice(first, first + batch_size)


def score_versions(
    network: nn.Module,
    version: Callable[[slice, int], Tensor],
    count: int,
    versions: int,
    targets: Int[Tensor, " target"],
    batch_size: int,
) -> Float[Tensor, "image version"]:
    """Softmax probability of each image's target, for each version of the image.

    Args:
        network: gives logits; left as found.
        version: ``version(which, step)`` gives those images, changed as step says.
        count: how many images.
        versions: how many steps.
        targets: a class an image.
        batch_size: images a forward pass; the result does not depend on it.
    """
    scores = torch.empty(count, versions)
    with judging(network) as device:
        check_targets(targets, count, network(version(slice(0, 1), 0).to(device)))
        for which in parts(count, batch_size):
            columns = targets[which, None].to(device)
            for step in range(versions):
                images = version(which, step).to(device, memory_format=torch.channels_last)
                scores[which, step] = network(images).softmax(1).gather(1, columns)[:, 0].cpu()
    return scores
