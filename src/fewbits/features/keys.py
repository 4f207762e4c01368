"""What a cache's content depends on: the pictures, the backbone, their size and the views."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as colours

from fewbits.errors import UsageError
from fewbits.features.sources import Pictures

VIEW_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
SHOWN = 12  # letters of a fingerprint that a message shows
RECOLOUR, REHUE = 0.4, 0.1  # shares by which a view's brightness and the like, and hue, may move


@dataclass(frozen=True)
class View:
    """One way of looking at a batch of pictures, the same each time.

    Attributes:
        name: small letters, digits and underscores. It stands for the view in a cache's key, so
            another change needs another name.
        change: pictures in [0, 1] to pictures in [0, 1].
    """

    name: str
    change: Callable[[Tensor], Tensor]


def _as_they_are(
    images: Float[Tensor, "image 3 height width"],
) -> Float[Tensor, "image 3 height width"]:
    return images


def _mirror(
    images: Float[Tensor, "image 3 height width"],
) -> Float[Tensor, "image 3 height width"]:
    return images.flip(3)


def _recolour(
    images: Float[Tensor, "image 3 height width"],
) -> Float[Tensor, "image 3 height width"]:
    """Brightness, contrast, saturation and hue moved; by how much, each picture's pixels decide."""
    return torch.stack([_recoloured(image) for image in images])


def _recoloured(image: Float[Tensor, "3 height width"]) -> Float[Tensor, "3 height width"]:
    seed = int((image.double().cpu() * 255).round().sum())
    draw = 2 * torch.rand(4, generator=torch.Generator().manual_seed(seed)) - 1  # -1 to 1
    brightness, contrast, saturation, hue = draw.tolist()
    image = colours.adjust_brightness(image, 1 + RECOLOUR * brightness)
    image = colours.adjust_contrast(image, 1 + RECOLOUR * contrast)
    image = colours.adjust_saturation(image, 1 + RECOLOUR * saturation)
    return colours.adjust_hue(image, REHUE * hue)


PLAIN = View("plain", _as_they_are)
"""Pictures as they are."""

MIRRORED = View("mirrored", _mirror)
RECOLOURED = View("recoloured", _recolour)
"""Left and right exchanged."""


@dataclass(frozen=True)
class CacheKey:
    """Whose features a cache holds; of two caches with one key the bytes are the same.

    Attributes:
        data: fingerprint of the pictures, their order and labels.
        backbone: fingerprint of the network, see :func:`backbone_fingerprint`.
        size: of the pictures that the network sees.
        views: their names, in order, with commas between.
    """

    data: str
    backbone: str
    size: str
    views: str

    @property
    def digest(self) -> str:
        """All of it as one SHA-256."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def difference(self, expected: "CacheKey") -> str:
        """In which parts this key is not the expected one, for a message; empty if it is."""
        theirs = asdict(expected)
        return "; ".join(
            f"{part} {found[:SHOWN] if part in ('data', 'backbone') else found}, expected "
            f"{theirs[part][:SHOWN] if part in ('data', 'backbone') else theirs[part]}"
            for part, found in asdict(self).items()
            if found != theirs[part]
        )


def key_of(network: nn.Module, pictures: Pictures, views: Sequence[View] = (PLAIN,)) -> CacheKey:
    """The key of the cache that holds these pictures as this network sees them.

    Raises:
        UsageError: no views, two of one name, or a name that cannot be part of a file's.
    """
    names = [view.name for view in views]
    if not names or len(set(names)) != len(names) or not all(map(VIEW_NAME.fullmatch, names)):
        raise UsageError(
            "expected views with names of their own, of small letters, digits and underscores, got "
            f"{', '.join(map(repr, names)) or 'none'}"
        )
    return CacheKey(
        data=pictures.identity,
        backbone=backbone_fingerprint(network),
        size=f"{pictures.side} x {pictures.side}",
        views=",".join(names),
    )


def backbone_fingerprint(network: nn.Module) -> str:
    """A fingerprint of all that the maps depend on: layers with their settings, and every weight.

    Two networks can have the same weights and another stride, so kinds and settings of layers
    count. So do buffers that no state_dict holds, as the colours' mean and spread. Device and mode,
    ``train`` or ``eval``, do not.
    """
    digest = hashlib.sha256()
    for name, layer in network.named_modules():
        digest.update(f"{name} {type(layer).__name__} {layer.extra_repr()}\n".encode())
    for name, value in sorted((dict(network.named_buffers()) | network.state_dict()).items()):
        if not isinstance(value, Tensor):  # a layer's own extra state
            digest.update(f"{name} {value!r}\n".encode())
            continue
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        raw = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        digest.update(raw.numpy().data)
    return digest.hexdigest()
