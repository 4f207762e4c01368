"""The sets that are known by name: where they come from, how large, under which terms, how checked."""

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fewbits.errors import UsageError

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

IDX_PREFIX = "idx:"


@dataclass(frozen=True)
class SetInfo:
    """All that is known of a set before a byte of it is read.

    ``archive_bytes`` holds the size of each file to download. ``raw_md5`` holds the MD5 of each
    unpacked file, where it was published. ``fingerprints`` holds for each official part the sum of
    the digests of its images with their labels, modulo 2**128: the same in any order.
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

    @property
    def embedded(self) -> bool:
        """Whether the set comes with an installed package and needs no download."""
        return not self.folder

    @property
    def download_bytes(self) -> int:
        """Bytes that ``fewbits data get`` fetches."""
        return sum(self.archive_bytes.values())

    def _torchvision(self) -> "type[MNIST]":
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
        return tuple("0123456789")


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
)

SETS = {info.name: info for info in (DIGITS, MNIST_SET, FASHION)}


def find_set(name: str) -> SetInfo:
    """The set called ``name``.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    if name in SETS:
        return SETS[name]
    near = difflib.get_close_matches(name.lower(), SETS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"unknown data set {name!r}: {hint}expected {', '.join(SETS)} or idx:DIR "
        "(a folder with four IDX files named like MNIST's)"
    )
