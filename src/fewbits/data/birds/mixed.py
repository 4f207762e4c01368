"""Birds of no species: each trait and the habitat drawn by itself, so that none goes with another.

In a set of species whatever tells two of them apart goes with all their other differences. Here a
feature that answers to blue wings answers to them alone.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from PIL import Image
from torch import Tensor

from fewbits.data.birds.attributes import ATTRIBUTES, GROUPS
from fewbits.data.birds.drawing import draw_kind
from fewbits.data.birds.habitats import HABITATS
from fewbits.data.birds.species import Species
from fewbits.data.birds.writing import EDITION
from fewbits.errors import FewbitsError, UsageError
from fewbits.report import write_whole

NAMES = (*ATTRIBUTES, *(f"has_habitat::{habitat}" for habitat in HABITATS))
"""What is known of a picture: the attributes, and the habitat as one more group of them."""

MIXED = 10**6
"""In the place of a species' number in the keys of pictures; no species has it."""

_TRAITS = 9  # drawn from numbers of their own, as all else that is drawn by chance

MOST = 100_000


@dataclass(frozen=True)
class MixedBirds:
    """Pictures of birds of no species.

    Attributes:
        images: squares, red, green and blue.
        shown: which of :data:`NAMES` can be seen on each.
    """

    images: UInt8[Tensor, "image 3 side side"]
    shown: Bool[Tensor, "image attribute"]

    @property
    def count(self) -> int:
        """Number of pictures."""
        return len(self.images)


def draw_mixed(
    count: int, seed: int, side: int, folder: Path | None = None, workers: int = 1
) -> MixedBirds:
    """Draw ``count`` birds; the n-th depends on the seed and n alone.

    Args:
        side: height and width that come out, in pixels, resized as
            :func:`fewbits.data.cub.read_pixels` does.
        folder: keeps them in one file, and has them ready the next time.
        workers: processes; they change nothing but the time. With more than 1, a script must have
            its calls under ``if __name__ == "__main__"``.

    Raises:
        UsageError: a number out of range.
        FewbitsError: the kept file is damaged, or cannot be written.
    """
    for name, got, least, most in (
        ("count", count, 1, MOST),
        ("seed", seed, 0, 2**63),
        ("side", side, 1, 2048),
        ("workers", workers, 1, 1024),
    ):
        if not least <= got <= most:
            raise UsageError(f"expected {name} from {least} to {most:,}, got {got}")
    if folder is None:
        return _draw_all(count, seed, side, workers)
    file = folder / f"birds-mixed-{count}x{side}-seed{seed}-edition{EDITION}.npz"
    if file.exists():
        return _read(file)
    drawn = _draw_all(count, seed, side, workers)
    write_whole(file, partial(_write, drawn))
    return drawn


def choose_kind(seed: int, n: int) -> Species:
    """Traits and habitat of bird ``n``: a value of each group, evenly; half of what may be or not.

    A group with one value only is something that a bird has or has not.
    """
    numbers = np.random.default_rng([seed, MIXED, n, _TRAITS])
    traits = {
        group: values[int(numbers.integers(len(values)))]
        for group, values in GROUPS.items()
        if len(values) > 1 or numbers.random() < 0.5
    }
    return Species("Any_bird", tuple(HABITATS)[int(numbers.integers(len(HABITATS)))], traits)


def _draw_all(count: int, seed: int, side: int, workers: int) -> MixedBirds:
    pictures, shown = zip(*_take_all(count, partial(_draw_one, seed, side), workers), strict=True)
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return MixedBirds(images, torch.from_numpy(np.stack(shown)))


_Taken = tuple[UInt8[np.ndarray, "side side 3"], Bool[np.ndarray, " attribute"]]


def _take_all(count: int, draw: "partial[_Taken]", workers: int) -> Iterator[_Taken]:
    if workers == 1:
        yield from map(draw, range(count))
        return
    # Spawned, not forked: the caller may have threads (PyTorch has), and a fork of those can hang.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawned) as processes:
        yield from processes.map(draw, range(count), chunksize=32)


def _draw_one(seed: int, side: int, n: int) -> _Taken:
    kind = choose_kind(seed, n)
    drawn = draw_kind(kind, kind.habitat, (seed, MIXED, n))
    small = Image.fromarray(drawn.pixels).resize((side, side), Image.Resampling.BILINEAR)
    there = np.array([name == kind.habitat for name in HABITATS])
    return np.asarray(small), np.append(drawn.truth.attributes, there)


def _write(drawn: MixedBirds, part: Path) -> None:
    with part.open("wb") as file:  # by name, numpy would add an ending
        np.savez_compressed(file, images=drawn.images.numpy(), shown=drawn.shown.numpy())


def _read(file: Path) -> MixedBirds:
    try:
        with file.open("rb") as whole, np.load(whole) as held:
            return MixedBirds(torch.from_numpy(held["images"]), torch.from_numpy(held["shown"]))
    except Exception as error:
        raise FewbitsError(
            f"{file} is damaged ({type(error).__name__}): delete it, and the birds are drawn again"
        ) from error
