"""Write the scenes to disk as folders of pictures, whole or not at all."""

from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from fewbits.data.cub import BirdSet, Photos
from fewbits.data.drawing.folder import in_order, make_once
from fewbits.data.scenes.drawing import draw_scene
from fewbits.data.scenes.things import PARTS, THINGS
from fewbits.errors import FewbitsError, UsageError

EDITION = 1
"""Counts up when the same settings give other pictures, so that old ones are not taken for new."""

PART_MAPS = "parts"
"""Beside ``train`` and ``test``: for each picture one of the same name, a number a pixel."""


@dataclass(frozen=True)
class Settings:
    """What decides every byte of the set."""

    train_per_class: int
    test_per_class: int
    seed: int
    edition: int = EDITION


@dataclass(frozen=True)
class Shot:
    """One picture to be drawn: which thing, which number, which seed, and the split it is in."""

    thing: int
    n: int
    seed: int
    split: str

    @property
    def path(self) -> PurePosixPath:
        """Below the set's folder."""
        return PurePosixPath(self.split, THINGS[self.thing].name, f"{self.n:05d}.png")


def make_scenes(
    folder: str | Path,
    train_per_class: int = 100,
    test_per_class: int = 30,
    seed: int = 0,
    workers: int = 1,
) -> Path:
    """Draw the set ``scenes`` into ``folder``: ``train`` and ``test``, a folder a class in each.

    Picture n of a thing depends on the seed, the thing and n alone. A folder that was made with
    these settings is used as it is.

    Args:
        folder: new or empty, or made by an earlier call.
        train_per_class: at least 2, so that one can become validation.
        test_per_class: numbered on after those for training.
        seed: of all pictures.
        workers: processes; they change nothing but the time.

    Returns:
        The folder.

    Raises:
        UsageError: a setting out of range.
        FewbitsError: the folder holds something else, or the disk refused.
    """
    settings = Settings(train_per_class, test_per_class, seed)
    for name, least, most in (
        ("train_per_class", 2, 10_000),
        ("test_per_class", 1, 10_000),
        ("seed", 0, 2**63),
    ):
        if not least <= (got := getattr(settings, name)) <= most:
            raise UsageError(f"expected {name} from {least} to {most:,}, got {got}")
    if workers < 1:
        raise UsageError(f"expected at least 1 worker, got {workers}")
    shots = [
        Shot(thing, n, seed, "train" if n < train_per_class else "test")
        for thing in range(len(THINGS))
        for n in range(train_per_class + test_per_class)
    ]

    def write(root: Path) -> None:
        for place in {shot.path.parent for shot in shots}:
            (root / place).mkdir(parents=True)
            (root / PART_MAPS / place).mkdir(parents=True)
        for _ in in_order(take_shot, root, shots, workers):
            pass

    return make_once(folder, asdict(settings), "scenes", write)


def take_shot(root: Path, shot: Shot) -> None:
    """Draw one picture and write it and its map of parts."""
    drawn = draw_scene(shot.thing, shot.n, shot.seed)
    Image.fromarray(drawn.pixels).save(root / shot.path, compress_level=6)
    Image.fromarray(drawn.parts).save(root / PART_MAPS / shot.path, compress_level=6)


def part_maps(known: BirdSet, photos: Photos) -> UInt8[Tensor, "image 144 144"]:
    """For each photo the part that is seen at each pixel: its place in ``PARTS`` from 1, or 0.

    Raises:
        FewbitsError: the set has no such maps, or one is damaged.
    """
    found = []
    for path in photos.paths:
        file = known.folder / PART_MAPS / path.relative_to(known.folder)
        try:
            with Image.open(file) as picture:
                found.append(np.array(picture))
        except (OSError, ValueError) as error:
            raise FewbitsError(
                f"{file} cannot be read ({type(error).__name__}): only drawn scenes know their "
                f"parts; if these are, delete {known.folder} and they are drawn again"
            ) from error
        if found[-1].ndim != 2 or found[-1].max(initial=0) > len(PARTS):
            raise FewbitsError(f"{file}: expected numbers from 0 to {len(PARTS)}, got other ones")
    return torch.from_numpy(np.stack(found))
