"""What stays as it was, or comes out the same again: modes, random numbers, a GPU's sums."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def pick_device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def repeatable() -> Iterator[None]:
    """On a GPU, convolutions that give the same bits each time, in full 32-bit precision.

    Without it cuDNN may pick other algorithms from run to run and round to TF32, so a resumed
    run would end elsewhere and a fake-quantised sum would differ from the integer one.
    """
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Everything random inside depends on ``seed`` alone; outside it nothing has happened."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def modes_kept(network: nn.Module) -> Iterator[None]:
    """Whatever happens inside, each layer is in the mode it was in, ``train`` or ``eval``."""
    modes = [(layer, layer.training) for layer in network.modules()]
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
