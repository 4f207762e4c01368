"""What a data set is here: three splits of images with labels, and how a set is cut into them.

The order of images never depends on their place in a file. Every image with its label has a digest;
a split is sorted by it. So the same images give the same splits in the same order wherever they
came from, and the first thousand of a split are a fair sample of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from torch import Tensor

SIDE = 28
"""Height and width of every image, in pixels."""

SPLIT_SEED = b"fewbits split 1"
"""Salt of the digests: another salt, other splits (at most 16 bytes)."""


@dataclass(frozen=True)
class Split:
    """Images, one channel or three, 0 (black) to 255, and their class numbers from 0.

    ``truth`` marks the pixels that all evidence for the label lies in, where a set knows them.
    """

    images: UInt8[Tensor, "image channel height width"]
    labels: Int[Tensor, " image"]
    truth: Bool[Tensor, "image 1 height width"] | None = None

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self.labels)

    def first(self, count: int) -> "Split":
        """The first ``count`` images, or all if there are fewer."""
        truth = None if self.truth is None else self.truth[:count]
        return Split(self.images[:count], self.labels[:count], truth)


@dataclass(frozen=True)
class ImageSet:
    """A named set: fit on ``train``, choose on ``validation``, report on ``test`` once."""

    name: str
    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """Number of classes; labels lie in 0..num_classes - 1."""
        return len(self.class_names)


def digest_of(images: ImageSet) -> str:
    """A short fingerprint of a set, of all its labels and about a thousand images of each split.

    It tells one set from another behind the same name, not a single image that was replaced.
    """
    digest = hashlib.sha256()
    for split in (images.train, images.validation, images.test):
        digest.update(split.labels.numpy().tobytes())
        digest.update(split.images[:: max(1, split.count // 1000)].numpy().tobytes())
    return digest.hexdigest()[:16]


def digest_images(
    images: UInt8[np.ndarray, "image height width"], labels: UInt8[np.ndarray, " image"]
) -> list[bytes]:
    """A 16-byte digest of each image together with its label."""
    rows = np.concatenate([images.reshape(len(images), -1), labels[:, None]], axis=1)
    return [hashlib.blake2b(row, digest_size=16, salt=SPLIT_SEED).digest() for row in rows]


def order_by_digest(digests: Sequence[bytes]) -> list[int]:
    """Positions of the images, sorted by digest: a shuffle, the same for any file order."""
    return sorted(range(len(digests)), key=digests.__getitem__)


def order_stratified(digests: Sequence[bytes], labels: Sequence[int]) -> list[int]:
    """Like :func:`order_by_digest`, but every stretch holds each class in its share of the whole.

    The k-th of a class's n images goes to place (k + 1/2) / n between 0 and 1.
    """
    place: dict[int, float] = {}
    by_label: dict[int, list[int]] = {}
    for index in order_by_digest(digests):
        by_label.setdefault(labels[index], []).append(index)
    for members in by_label.values():
        place |= {index: (rank + 0.5) / len(members) for rank, index in enumerate(members)}
    return sorted(place, key=lambda i: (place[i], digests[i]))


def take(
    images: UInt8[np.ndarray, "image 28 28"],
    labels: UInt8[np.ndarray, " image"],
    positions: Sequence[int],
) -> Split:
    """The images at ``positions`` as a split, in that order."""
    chosen = np.asarray(positions, dtype=np.int64)
    return Split(
        torch.from_numpy(images[chosen][:, None]),
        torch.from_numpy(labels[chosen].astype(np.int64)),
    )
