"""Write the birds to disk in the layout of CUB-200-2011, whole or not at all."""

from dataclasses import asdict, dataclass
from pathlib import Path

from fewbits.data.birds.species import SPECIES
from fewbits.data.birds.tables import write_tables
from fewbits.data.birds.taking import plan_shots, take_shot
from fewbits.data.drawing.folder import in_order, make_once
from fewbits.errors import UsageError

EDITION = 1
"""Counts up when the same settings give other pictures, so that old ones are not taken for new."""


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
    shots = plan_shots(classes, train_per_class, test_per_class, seed, travelling)

    def write(root: Path) -> None:
        for path in {root / kind / shot.path.parent for shot in shots for kind in
                     ("images", "segmentations")}:  # fmt: skip
            path.mkdir(parents=True)
        write_tables(root, shots, list(in_order(take_shot, root, shots, workers)))

    return make_once(folder, asdict(settings), "birds", write)


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
