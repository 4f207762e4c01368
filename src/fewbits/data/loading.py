"""``load``: from a set's name to its three splits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from fewbits.data import idx
from fewbits.data.digits import load_digits
from fewbits.data.folders import expand
from fewbits.data.registry import DIGITS, IDX_PREFIX, SetInfo, find_set
from fewbits.data.splits import ImageSet, Split, digest_images, order_by_digest, take
from fewbits.data.two_digits import make_two_digits
from fewbits.data.verify import read_known
from fewbits.errors import FewbitsError, UsageError

SCALES = ("smoke", "real")

SMOKE_COUNTS = {"train": 6_000, "validation": 1_000, "test": 2_000}
"""At the smoke scale a split holds at most so many images: its first, which are a fair sample."""


def load(name: str, data_dir: str | Path | None = None, scale: str = "smoke") -> ImageSet:
    """Read a set, check that it is whole, and cut it into train, validation and test.

    The splits are the same on every machine, whatever the order of images in the files. Validation
    is always cut from the official training part.

    Args:
        name: ``digits``, ``mnist``, ``fashion-mnist``, ``idx:DIR`` or ``two-digits``, which is
            made from ``mnist`` at the real scale and from ``digits`` at the smoke scale.
        data_dir: folder with the set in its official layout; without it the environment variable
            FEWBITS_DATA, else the user's cache folder.
        scale: ``real`` for all images, ``smoke`` for at most 6,000, 1,000 and 2,000 of them.

    Raises:
        UsageError: unknown name or scale.
        FewbitsError: the files are missing or not whole; the message names the file.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}: expected {' or '.join(SCALES)}")
    if name.startswith(IDX_PREFIX):
        whole = _load_idx(name)
    elif (info := find_set(name)) is DIGITS:
        whole = load_digits()
    elif info.made_from:
        whole = make_two_digits(load(info.made_from[scale], data_dir, "real"), scale)
    else:
        whole = _load_known(info, data_dir)
    if scale == "real":
        return whole
    return replace(
        whole,
        train=whole.train.first(SMOKE_COUNTS["train"]),
        validation=whole.validation.first(SMOKE_COUNTS["validation"]),
        test=whole.test.first(SMOKE_COUNTS["test"]),
    )


def _cut_train(
    images: UInt8[np.ndarray, "image 28 28"],
    labels: UInt8[np.ndarray, " image"],
    digests: list[bytes],
    validation: int,
) -> tuple[Split, Split]:
    """Train and validation, the last ``validation`` images in the order of their digests."""
    order = order_by_digest(digests)
    cut = len(order) - validation
    return take(images, labels, order[:cut]), take(images, labels, order[cut:])


def _load_known(info: SetInfo, data_dir: str | Path | None) -> ImageSet:
    """MNIST or Fashion-MNIST from its official layout."""
    part, rest = (read_known(info, name, data_dir) for name in ("train", "test"))
    train, validation = _cut_train(part.images, part.labels, part.digests, info.validation)
    test = take(rest.images, rest.labels, order_by_digest(rest.digests))
    return ImageSet(info.name, train, validation, test, info.class_names())


def _load_idx(name: str) -> ImageSet:
    """Any four IDX files; a tenth of the training part, at least one image, is for validation."""
    folder = expand(name.removeprefix(IDX_PREFIX))
    if not name.removeprefix(IDX_PREFIX):
        raise UsageError("idx: needs a folder, as in idx:path/to/folder")
    remedy = "put the four files there, named like MNIST's, or name another folder"
    parts = {part: idx.read_part(folder, part, remedy) for part in ("train", "test")}
    count = len(parts["train"][1])
    if count < 2:
        raise FewbitsError(
            f"{folder}: expected at least 2 training images (one becomes validation), got {count}; "
            "name a folder with more"
        )
    digests = {part: digest_images(*arrays) for part, arrays in parts.items()}
    train, validation = _cut_train(*parts["train"], digests["train"], max(1, count // 10))
    test = take(*parts["test"], order_by_digest(digests["test"]))
    classes = 1 + max(int(labels.max()) for _, labels in parts.values())
    return ImageSet(name, train, validation, test, tuple(map(str, range(classes))))
