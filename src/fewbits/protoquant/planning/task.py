"""The task that is planned: how many pictures, maps and codes, and the bytes that they are."""

from dataclasses import dataclass

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data.picture_sets import PICTURES
from fewbits.errors import UsageError
from fewbits.features.manifest import WIDTH

IMAGENET = "imagenet"
SETS = {IMAGENET: (1_281_167, 1000)} | {
    name: (info.train, info.classes) for name, info in PICTURES.items()
}
"""Training pictures and classes of each set; ImageNet's are those of ILSVRC 2012."""

IN_MEMORY = 3 * 4
"""Bytes a score in stage 2: the score, its place, and the score divided by its code's spread."""


@dataclass(frozen=True)
class Task:
    """What is to be done.

    Attributes:
        pictures: to train with, of one view.
        features: maps of each.
        high, wide: cells of a map.
        codes: K.
        learn: epochs in which codes are learned by gradient.
    """

    dataset: str
    pictures: int
    classes: int
    backbone: str
    side: int
    features: int
    high: int
    wide: int
    codes: int
    learn: int

    @property
    def cells(self) -> int:
        """Vectors of each picture."""
        return self.high * self.wide

    @property
    def picture_bytes(self) -> int:
        """Of one picture's maps, in 16 bits."""
        return self.features * self.cells * WIDTH

    @property
    def cache_bytes(self) -> int:
        """Of the feature cache."""
        return self.pictures * self.picture_bytes

    @property
    def score_bytes(self) -> int:
        """Of all scores in 16 bits."""
        return self.pictures * self.codes * WIDTH

    @property
    def held_bytes(self) -> int:
        """What stage 2 holds in memory."""
        return self.pictures * self.codes * IN_MEMORY

    @property
    def disk_bytes(self) -> int:
        """Cache and scores."""
        return self.cache_bytes + self.score_bytes


def task_of(
    dataset: str, backbone: str, side: int, codes: int, learn: int
) -> tuple[Task, Backbone]:
    """A task, and its backbone with fresh weights: they take as long as any others.

    Raises:
        UsageError: an unknown set or backbone, a number out of range, or a backbone that cannot
            see pictures of this size.
    """
    if dataset not in SETS:
        raise UsageError(f"no plan for {dataset!r}: expected one of {', '.join(SETS)}")
    for name, got, least, most in (
        ("side", side, 1, 2048),
        ("codes", codes, 2, 65_536),
        ("learn", learn, 0, 1000),
    ):
        if not least <= got <= most:
            raise UsageError(f"--{name} must be from {least} to {most:,}, got {got}")
    network = backbones.build(backbone)
    high, wide = backbones.grid_at(network, side)
    pictures, classes = SETS[dataset]
    return (
        Task(
            dataset, pictures, classes, backbone, side, network.features, high, wide, codes, learn
        ),
        network,
    )
