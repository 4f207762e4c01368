"""The sets of 28 x 28 pixels that are known by name: source, size, terms, layout, checksums."""

import difflib
from dataclasses import dataclass, field
from typing import Any

from fewbits.data.picture_sets import FOLDER_PREFIX, PICTURES
from fewbits.errors import UsageError

IDX_PREFIX = "idx:"


@dataclass(frozen=True)
class SetInfo:
    """All that is known of a set before a byte of it is read.

    ``archive_bytes`` holds the size of each file to download. ``raw_md5`` holds the MD5 of each
    unpacked file, where it was published. ``fingerprints`` holds for each official part the sum of
    the digests of its images with their labels, modulo 2**128: the same in any order.
    ``first_labels`` holds how each part's labels begin in the official order. ``made_from`` holds
    by scale the name of the set that this one is made from when it is loaded.
    """

    name: str
    source: str
    licence: str
    train: int
    test: int
    validation: int
    classes: int = 10
    folder: str = ""
    torchvision_name: str = ""
    more_mirrors: tuple[str, ...] = ()
    archive_bytes: dict[str, int] = field(default_factory=dict)
    raw_md5: dict[str, str] = field(default_factory=dict)
    fingerprints: dict[str, int] = field(default_factory=dict)
    first_labels: dict[str, bytes] = field(default_factory=dict)
    made_from: dict[str, str] = field(default_factory=dict)

    @property
    def embedded(self) -> bool:
        """Whether the set has no files of its own: it comes with a package, or is made."""
        return not self.folder

    @property
    def download_bytes(self) -> int:
        """Bytes that ``fewbits data get`` fetches."""
        return sum(self.archive_bytes.values())

    def _torchvision(self) -> Any:  # type[torchvision.datasets.MNIST]
        from torchvision import datasets

        return getattr(datasets, self.torchvision_name)

    def mirrors(self) -> list[str]:
        """Addresses that the archives hang under, each ending in a slash, encrypted ones first."""
        every = dict.fromkeys([*self._torchvision().mirrors, *self.more_mirrors])
        return sorted(every, key=lambda address: not address.startswith("https:"))

    def archive_md5(self) -> dict[str, str]:
        """Published MD5 of each archive, by the name of the file in it."""
        return {name.removesuffix(".gz"): md5 for name, md5 in self._torchvision().resources}

    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, in the order of their numbers."""
        if self.name == "fashion-mnist":
            return tuple(self._torchvision().classes)
        return tuple("0123456789"[: self.classes])


_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

DIGITS = SetInfo(
    name="digits",
    source="https://archive.ics.uci.edu/dataset/80 (part of scikit-learn)",
    licence="CC BY 4.0",
    train=1197,
    validation=200,
    test=400,
)

MNIST_SET = SetInfo(
    name="mnist",
    source="http://yann.lecun.com/exdb/mnist/",
    licence="CC BY-SA 3.0",
    train=55_000,
    validation=5_000,
    test=10_000,
    folder="MNIST",
    torchvision_name="MNIST",
    more_mirrors=("https://storage.googleapis.com/cvdf-datasets/mnist/",),
    archive_bytes=dict(zip(_FILES, (9_912_422, 28_881, 1_648_877, 4_542), strict=True)),
    raw_md5=dict(
        zip(
            _FILES,
            (
                "6bbc9ace898e44ae57da46a324031adb",
                "a25bea736e30d166cdddb491f175f624",
                "2646ac647ad5339dbf082846283269ea",
                "27ae3e4e09519cfbb04c329615203637",
            ),
            strict=True,
        )
    ),
    fingerprints={
        "train": 0xC734DFCCDA6D8DE6AD0C5987D233A52B,
        "test": 0x0E48EAE576F5551149DF469B1B25D262,
    },
    first_labels={
        "train": bytes([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]),
        "test": bytes([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]),
    },
)

FASHION = SetInfo(
    name="fashion-mnist",
    source="https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT",
    train=55_000,
    validation=5_000,
    test=10_000,
    folder="FashionMNIST",
    torchvision_name="FashionMNIST",
    more_mirrors=("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",),
    archive_bytes=dict(zip(_FILES, (26_421_880, 29_515, 4_422_102, 5_148), strict=True)),
    fingerprints={
        "train": 0x4C29F3E8AB8AFF81922B5748D09C758B,
        "test": 0xF7485E21C3D2E76ACFBE79535A5D3F5A,
    },
    first_labels={
        "train": bytes([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]),
        "test": bytes([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]),
    },
)

TWO_DIGITS = SetInfo(
    name="two-digits",
    source="digits of another set, two on a canvas (fewbits.data.two_digits)",
    licence="CC BY-SA 3.0 or CC BY 4.0",
    train=28_045,
    validation=2_551,
    test=5_139,
    classes=5,
    made_from={"real": MNIST_SET.name, "smoke": DIGITS.name},
)
"""Counts are those at the real scale."""

SETS = {info.name: info for info in (DIGITS, MNIST_SET, FASHION)}
"""The sets that lie somewhere, on disk or in a package."""

MADE = {TWO_DIGITS.name: TWO_DIGITS}
"""The sets that are made from those when they are loaded."""


def find_set(name: str) -> SetInfo:
    """The set called ``name``.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    known = SETS | MADE
    if name in known:
        return known[name]
    if name in PICTURES or name.startswith(FOLDER_PREFIX):
        raise UsageError(
            f"{name} is a set of colour pictures, expected one of {', '.join(known)} or idx:DIR: "
            "pictures are for fewbits run qsenn and fewbits run protoquant"
        )
    near = difflib.get_close_matches(name.lower(), known | PICTURES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"unknown data set {name!r}: {hint}expected {', '.join(SETS)} or idx:DIR "
        f"(a folder with four IDX files named like MNIST's); or {', '.join(MADE)}, made from these"
        f"; or pictures: {', '.join(PICTURES)} or {FOLDER_PREFIX}DIR"
    )


def find_sources(info: SetInfo) -> dict[str, SetInfo]:
    """By scale, the set that ``info`` is made from; nothing if it is not made."""
    return {scale: find_set(name) for scale, name in info.made_from.items()}
