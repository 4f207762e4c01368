"""Write the birds to disk in the layout of CUB-200-2011, whole or not at all."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from fewbits.data.birds.species import SPECIES
from fewbits.data.birds.tables import write_tables
from fewbits.data.birds.taking import Shot, plan_shots, take_shot
from fewbits.data.birds.truth import Truth
from fewbits.data.disk import disk_errors
from fewbits.errors import FewbitsError, UsageError

EDITION = 1
"""Counts up when the same settings give other pictures, so that old ones are not taken for new."""

NOTE = "birds.json"
"""In a finished folder: the settings that it was made with."""


@dataclass(frozen=True)
class Settings:
    """What decides every byte of the set."""

    classes: int
    train_per_class: int
    test_per_class: int
    seed: int
    travelling: bool
    edition: int = EDITION


def make_birds(
    folder: str | Path,
    classes: int = 24,
    train_per_class: int = 60,
    test_per_class: int = 20,
    seed: int = 0,
    travelling: bool = False,
    workers: int = 1,
) -> Path:
    """Draw the set ``birds`` into ``folder``, for :func:`fewbits.data.cub.read_cub` to read.

    Picture n of a class depends on the seed, the class and n alone. A folder that was made with
    these settings is used as it is.

    Args:
        folder: new or empty, or made by an earlier call.
        classes: the first so many of the 24.
        train_per_class: at least 2, so that one can become validation.
        test_per_class: numbered on after those for training.
        seed: of all pictures.
        travelling: test pictures are taken in a habitat that is not the class's own, the bird and
            all else as they were (after TravelingBirds of Koh et al., ICML 2020).
        workers: processes; they change nothing but the time. With more than 1, a script must have
            its calls under ``if __name__ == "__main__"``.

    Returns:
        The folder.

    Raises:
        UsageError: a setting out of range.
        FewbitsError: the folder holds something else, or the disk refused.
    """
    settings = Settings(classes, train_per_class, test_per_class, seed, travelling)
    _check(settings, workers)
    folder = Path(folder).absolute()
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not _is_made(folder, settings):
                _make(folder, settings, workers)
    return folder


def _check(settings: Settings, workers: int) -> None:
    for name, least, most in (
        ("classes", 1, len(SPECIES)),
        ("train_per_class", 2, 10_000),
        ("test_per_class", 0, 10_000),
        ("seed", 0, 2**63),
    ):
        got = getattr(settings, name)
        if not least <= got <= most:
            raise UsageError(f"expected {name} from {least} to {most:,}, got {got}")
    if workers < 1:
        raise UsageError(f"expected at least 1 worker, got {workers}")


def _is_made(folder: Path, settings: Settings) -> bool:
    """Whether the folder holds just this set already.

    Raises:
        FewbitsError: it holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        found = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FewbitsError(
            f"{folder}: expected a new or empty folder, or one with birds in it, got something "
            "else; name another folder"
        ) from None
    wanted = asdict(settings)
    if found != wanted:
        theirs = found if isinstance(found, dict) else {}
        differ = [name for name in wanted if theirs.get(name) != wanted[name]]
        got = ", ".join(f"{name} {theirs.get(name)}" for name in differ)
        asked = ", ".join(f"{name} {wanted[name]}" for name in differ)
        raise FewbitsError(
            f"{folder}: expected birds with {asked}, got some with {got}; remove the folder or "
            "name another one"
        )
    return True


def _make(folder: Path, settings: Settings, workers: int) -> None:
    """Write everything beside the folder, then rename it; a kill leaves the old state."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    try:
        part.mkdir()
        shots = plan_shots(
            settings.classes, settings.train_per_class, settings.test_per_class,
            settings.seed, settings.travelling,
        )  # fmt: skip
        write_tables(part, shots, list(_take_all(part, shots, workers)))
        (part / NOTE).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _take_all(root: Path, shots: list[Shot], workers: int) -> Iterator[Truth]:
    """Draw and write every picture, in the order of ``shots``; what comes back is true of them."""
    for path in {root / kind / shot.path.parent for shot in shots for kind in
                 ("images", "segmentations")}:  # fmt: skip
        path.mkdir(parents=True)
    if workers == 1:
        for shot in shots:
            yield take_shot(root, shot)
        return
    # Spawned, not forked: the caller may have threads (PyTorch has), and a fork of those can hang.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawned) as processes:
        yield from processes.map(take_shot, [root] * len(shots), shots, chunksize=8)
