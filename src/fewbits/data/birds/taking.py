"""Which pictures the set has, and how one of them gets to disk."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from fewbits.data.birds.drawing import choose_habitat, draw_bird
from fewbits.data.birds.species import SPECIES
from fewbits.data.birds.truth import Truth


@dataclass(frozen=True)
class Shot:
    """One picture to be drawn.

    Attributes:
        species: number from 0.
        n: number of the picture in its species, from 0.
        seed: of the set.
        habitat: where it is taken.
        training: or else for testing.
    """

    species: int
    n: int
    seed: int
    habitat: str
    training: bool

    @property
    def path(self) -> PurePosixPath:
        """Below ``images``, as CUB has it: class folder with number, name and number."""
        name = SPECIES[self.species].name
        return PurePosixPath(class_folder(self.species)) / f"{name}_{self.n + 1:04d}.png"


def class_folder(species: int) -> str:
    """As in ``classes.txt``: ``001.Poppy_capped_Finch``."""
    return f"{species + 1:03d}.{SPECIES[species].name}"


def plan_shots(
    classes: int, train_per_class: int, test_per_class: int, seed: int, travelling: bool
) -> list[Shot]:
    """All pictures of a set, class by class, those for training first."""
    return [
        Shot(
            species,
            n,
            seed,
            choose_habitat(species, n, seed, travelling and n >= train_per_class),
            n < train_per_class,
        )
        for species in range(classes)
        for n in range(train_per_class + test_per_class)
    ]


def take_shot(root: Path, shot: Shot) -> Truth:
    """Draw one picture and write it and its mask; what is true of it comes back."""
    drawn = draw_bird(shot.species, shot.n, shot.seed, shot.habitat)
    for kind, pixels in (("images", drawn.pixels), ("segmentations", drawn.mask)):
        Image.fromarray(pixels).save(root / kind / shot.path, compress_level=6)
    return drawn.truth
