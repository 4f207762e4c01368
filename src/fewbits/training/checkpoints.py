"""A training's checkpoint: whose it is, whether it is whole, and how to go on from it."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.training.progress import Progress


def content_digest(state: object) -> str:
    """A checksum of everything in a checkpoint, so that a flipped bit is not trained on."""
    digest = hashlib.sha256()
    waiting = [state]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Tensor):
            digest.update(f"{part.dtype} {tuple(part.shape)}".encode())
            digest.update(part.detach().cpu().contiguous().numpy().tobytes())
        elif isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()


def fingerprint(network: nn.Module, split: Split) -> str:
    """A fingerprint of what is trained on what: each layer's kind and bits, labels and images."""
    kinds = [
        f"{name} {type(layer).__name__} {getattr(layer, 'bits', '')}"
        for name, layer in network.named_modules()
    ]
    kinds.append(getattr(network, "identity", ""))  # what kinds of layers alone do not tell
    digest = hashlib.sha256("\n".join(filter(None, kinds)).encode())
    digest.update(split.labels.cpu().numpy().tobytes())
    digest.update(split.images[:: max(1, split.count // 256)].cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def resume(
    checkpoint: Path,
    identity: dict[str, object],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> Progress:
    """Put network, optimiser and schedule where the checkpoint left them.

    Raises:
        UsageError: the checkpoint is another training's.
        FewbitsError: it is damaged.
    """
    device = next(network.parameters()).device
    found, weights, moments, rates, so_far = _read_checkpoint(checkpoint, device)
    if found | {"digest": identity["digest"]} != identity:
        keys = [k for k in identity | found if k != "digest"]
        differ = [k for k in keys if found.get(k) != identity.get(k)]
        was = ", ".join(f"{k} {found.get(k)}, expected {identity.get(k)}" for k in differ)
        raise UsageError(
            f"{checkpoint} belongs to a training with other settings ({was}). Choose another --out."
        )
    if found != identity:
        raise UsageError(
            f"{checkpoint} belongs to another network or other images. Choose another --out."
        )
    network.load_state_dict(weights)
    optimizer.load_state_dict(moments)
    schedule.load_state_dict(rates)
    return Progress(**so_far)


def _read_checkpoint(checkpoint: Path, device: torch.device) -> list[Any]:
    try:
        *state, digest = torch.load(checkpoint, weights_only=True, map_location=device)
        if content_digest(state) != digest:
            raise ValueError("its content does not have its checksum")
        _identity, _weights, _moments, _rates, _progress = state
    except Exception as error:
        raise FewbitsError(
            f"{checkpoint} is damaged, or not a checkpoint this version can read "
            f"({type(error).__name__}). Delete it to train from the start."
        ) from error
    return state


def weights_in(checkpoint: Path) -> dict[str, Tensor]:
    """The network's state in a checkpoint, on the CPU.

    Raises:
        FewbitsError: it is damaged.
    """
    return _read_checkpoint(checkpoint, torch.device("cpu"))[1]
