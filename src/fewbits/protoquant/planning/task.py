"""The task that is planned: how many pictures, maps and codes, and the bytes that they are."""

from dataclasses import dataclass

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data.cub.reading import VALIDATION
from fewbits.data.picture_sets import PICTURES
from fewbits.errors import UsageError
from fewbits.features.manifest import WIDTH

SCORED = 4 + 4
"""Bytes of a score and its place, in 32 bits each, as a run holds them."""

IN_MEMORY = 6 * SCORED
"""Bytes a score in stage 2, enough at the worst: of one vocabulary the whole head's are kept while
the short one's are put together from batches. That makes three times a score and its place; 5.7
times were measured when the own head's were kept, too, and it was not measured again since."""


@dataclass(frozen=True)
class Task:
    """What is to be done.

    Attributes:
        train: pictures to train with; a run leaves out those that validation gets.
        test: pictures to test with.
        features: maps of each.
        high, wide: cells of a map.
        codes: K.
        learn: epochs in which codes are learned by gradient.
    """

    dataset: str
    train: int
    test: int
    classes: int
    backbone: str
    side: int
    features: int
    high: int
    wide: int
    codes: int
    learn: int

    @property
    def pictures(self) -> int:
        """Of both splits: those that the backbone looks at."""
        return self.train + self.test

    @property
    def words(self) -> int:
        """Of the widest head: codes, or the channels that a baseline speaks of."""
        return max(self.codes, self.features)

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
        """Of the feature caches, all that a run writes which is large."""
        return self.pictures * self.picture_bytes

    @property
    def score_bytes(self) -> int:
        """Of the training pictures' scores and their places, in memory; they are not written."""
        return self.train * self.codes * SCORED

    @property
    def held_bytes(self) -> int:
        """What stage 2 holds in memory at the worst, every head as wide as the widest."""
        return self.train * self.words * IN_MEMORY


def task_of(
    dataset: str, backbone: str, side: int, codes: int, learn: int
) -> tuple[Task, Backbone]:
    """A task, and its backbone with fresh weights: they take as long as any others.

    Raises:
        UsageError: an unknown set or backbone, a number out of range, or a backbone that cannot
            see pictures of this size.
    """
    if dataset not in PICTURES:
        raise UsageError(f"no plan for {dataset!r}: expected one of {', '.join(PICTURES)}")
    for name, got, least, most in (
        ("side", side, 1, 2048),
        ("codes", codes, 2, 65_536),
        ("learn", learn, 0, 1000),
    ):
        if not least <= got <= most:
            raise UsageError(f"--{name} must be from {least} to {most:,}, got {got}")
    network = backbones.build(backbone, side=side)
    high, wide = backbones.grid_at(network, side)
    info = PICTURES[dataset]
    train = info.train - round(VALIDATION * info.train)
    maps = (network.features, high, wide)
    return (
        Task(dataset, train, info.test, info.classes, backbone, side, *maps, codes, learn),
        network,
    )
