"""The text files of the layout, as CUB-200-2011 has them."""

from collections.abc import Iterable
from pathlib import Path

from fewbits.data.birds.anatomy import PARTS
from fewbits.data.birds.attributes import ATTRIBUTES
from fewbits.data.birds.species import SPECIES
from fewbits.data.birds.taking import Shot, class_folder
from fewbits.data.birds.truth import Truth
from fewbits.data.cub import BirdSet, Photos
from fewbits.errors import FewbitsError

CERTAINTIES = ("not visible", "guessing", "probably", "definitely")

HABITATS_FILE = "habitats.txt"
"""Not in CUB: where each picture was taken, an image id and a name a line."""


def write_tables(root: Path, shots: list[Shot], truths: list[Truth]) -> None:
    """Write every text file for pictures that were drawn in the order of ``shots``."""
    (root / "parts").mkdir()
    (root / "attributes").mkdir()
    count = 1 + max(shot.species for shot in shots)
    by_id = list(enumerate(shots, 1))
    _write(root / "classes.txt", (f"{c + 1} {class_folder(c)}" for c in range(count)))
    _write(root / "images.txt", (f"{i} {shot.path}" for i, shot in by_id))
    _write(root / "image_class_labels.txt", (f"{i} {shot.species + 1}" for i, shot in by_id))
    _write(root / "train_test_split.txt", (f"{i} {int(shot.training)}" for i, shot in by_id))
    _write(root / HABITATS_FILE, (f"{i} {shot.habitat}" for i, shot in by_id))
    _write(root / "bounding_boxes.txt", (
        f"{i} {' '.join(f'{value:.1f}' for value in truth.box)}"
        for i, truth in enumerate(truths, 1)
    ))  # fmt: skip
    _write_parts(root / "parts", truths)
    _write_attributes(root / "attributes", count, truths)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def _write_parts(folder: Path, truths: list[Truth]) -> None:
    _write(folder / "parts.txt", (f"{i} {name}" for i, name in enumerate(PARTS, 1)))
    _write(folder / "part_locs.txt", (
        f"{image} {part + 1} {truth.parts[part, 0]:.1f} {truth.parts[part, 1]:.1f} "
        f"{int(truth.visible[part])}"
        for image, truth in enumerate(truths, 1)
        for part in range(len(PARTS))
    ))  # fmt: skip


def _write_attributes(folder: Path, classes: int, truths: list[Truth]) -> None:
    """Names, certainties, what a class is defined by, and what is seen on each picture."""
    _write(folder / "attributes.txt", (f"{i} {name}" for i, name in enumerate(ATTRIBUTES, 1)))
    _write(folder / "certainties.txt", (f"{i} {name}" for i, name in enumerate(CERTAINTIES, 1)))
    _write(folder / "class_attribute_labels_continuous.txt", (
        " ".join(f"{100.0 * value}" for value in SPECIES[c].attributes) for c in range(classes)
    ))  # fmt: skip
    _write(folder / "image_attribute_labels.txt", (
        f"{image} {i + 1} {int(truth.attributes[i])} {truth.certainty[i]} 0.0"
        for image, truth in enumerate(truths, 1)
        for i in range(len(ATTRIBUTES))
    ))  # fmt: skip


def habitats_of(known: BirdSet, photos: Photos) -> tuple[str, ...]:
    """Where each of these photos was taken; only drawn birds know it.

    Raises:
        FewbitsError: the set has no such list, or it lacks one of the photos.
    """
    file = known.folder / HABITATS_FILE
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FewbitsError(
            f"{file} cannot be read ({type(error).__name__}): only drawn birds know where their "
            "pictures were taken"
        ) from error
    told = {key: habitat for key, _, habitat in (line.partition(" ") for line in lines)}
    wanted = [str(number) for number in photos.image_ids.tolist()]
    lacking = [number for number in wanted if not told.get(number)]
    if lacking:
        raise FewbitsError(
            f"{file}: expected a line for each picture, got none for image {lacking[0]}; delete "
            f"{known.folder}, and the birds are drawn again"
        )
    return tuple(told[number] for number in wanted)
