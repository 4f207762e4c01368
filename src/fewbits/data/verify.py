"""Is a set on disk the published one? Three ways to know, and a clear line when none says yes.

First, every image with its label adds its digest to a sum: the same sum means the same images and
labels, in whatever order. Failing that, a file with a published checksum, or one whose digest was
noted when it came out of an archive with a published checksum, is as published too.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from fewbits.data import idx
from fewbits.data.disk import read_errors
from fewbits.data.folders import raw_folder, remedy
from fewbits.data.registry import SetInfo
from fewbits.data.splits import digest_images
from fewbits.errors import FewbitsError

NOTE = "fewbits-verified.json"
"""Beside the files: SHA-256 of each that was unpacked from an archive with the published MD5."""


@dataclass(frozen=True)
class Part:
    """The official ``train`` or ``test`` part as it lies on disk, in the order of its files."""

    images: UInt8[np.ndarray, "image 28 28"]
    labels: UInt8[np.ndarray, " image"]
    digests: list[bytes]


def file_digest(path: Path, algorithm: str) -> str:
    """MD5 or SHA-256 of a file, in hexadecimal.

    Raises:
        FewbitsError: it cannot be read.
    """
    with read_errors(path), path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def fingerprint(digests: list[bytes]) -> int:
    """Sum of digests modulo 2**128: the same in any order."""
    return sum(int.from_bytes(digest, "big") for digest in digests) % 2**128


def read_note(folder: Path) -> dict[str, str]:
    """SHA-256 by file name, as noted; nothing if there is no readable note."""
    try:
        noted = json.loads((folder / NOTE).read_text(encoding="utf-8"))["sha256"]
        return {str(name): str(digest) for name, digest in noted.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def is_published(info: SetInfo, path: Path) -> bool:
    """Whether a file has a published checksum, or came from an archive that had it."""
    name = path.name.removesuffix(".gz")
    if path.suffix == ".gz":
        return file_digest(path, "md5") == info.archive_md5()[name]
    noted = read_note(path.parent).get(name)
    if noted and noted == file_digest(path, "sha256"):
        return True
    return name in info.raw_md5 and file_digest(path, "md5") == info.raw_md5[name]


def read_known(info: SetInfo, part: str, data_dir: str | Path | None) -> Part:
    """Read one part of a known set and make sure that it is whole.

    Raises:
        FewbitsError: a file is missing, broken, or differs from the published one.
    """
    folder, mend = raw_folder(info, data_dir), remedy(info, data_dir)
    images, labels = idx.read_part(folder, part, mend)
    paths = [idx.find_file(folder, file(part), mend) for file in (idx.image_file, idx.label_file)]
    expected = info.train + info.validation if part == "train" else info.test
    if len(images) != expected:
        raise FewbitsError(f"{paths[0]}: expected {expected:,} images, got {len(images):,}; {mend}")
    if labels.max() >= info.classes:
        at = int((labels >= info.classes).argmax())
        raise FewbitsError(
            f"{paths[1]}: expected labels from 0 to {info.classes - 1}, "
            f"label {at:,} is {labels[at]}; {mend}"
        )
    digests = digest_images(images, labels)
    if fingerprint(digests) != info.fingerprints[part]:
        changed = [path for path in paths if not is_published(info, path)]
        if changed:
            raise FewbitsError(_differs(info, paths, changed, mend))
    return Part(images, labels, digests)


def _differs(info: SetInfo, paths: list[Path], changed: list[Path], mend: str) -> str:
    """One line for content that is not the published one, with the file named if that is known."""
    path = changed[0]
    known = info.archive_md5() if path.suffix == ".gz" else info.raw_md5
    md5 = known.get(path.name.removesuffix(".gz"))
    if md5:
        got = f"expected MD5 {md5}, got {file_digest(path, 'md5')}"
    else:
        names = " or ".join(path.name for path in paths)
        got = f"an image or a label in {names} is not the published one"
    return f"{path}: its content was changed or damaged: {got}; {mend}"


def describe_order(info: SetInfo, part: str, data_dir: str | Path | None) -> str:
    """Check one part and say in which order its images lie.

    Raises:
        FewbitsError: as :func:`read_known`.
    """
    read = read_known(info, part, data_dir)
    begins = bytes(read.labels[: len(info.first_labels[part])])
    if begins == info.first_labels[part]:
        return "official order"
    return "same images, another order"
