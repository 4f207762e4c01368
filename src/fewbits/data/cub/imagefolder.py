"""``read_folders``: any photographs in folders, one a class, as a set of birds without parts."""

from itertools import islice
from pathlib import Path, PurePosixPath

import torch

from fewbits.data.cub.birdset import BirdSet, Photos
from fewbits.data.cub.cutting import cut, path_digest
from fewbits.data.cub.opening import picture_size
from fewbits.data.cub.reading import VALIDATION
from fewbits.errors import FewbitsError, UsageError

TRAIN, TESTS = "train", ("test", "val")
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm")


def read_folders(
    folder: str | Path, validation: float | int = VALIDATION, seed: int = 0, name: str = "folders"
) -> BirdSet:
    """Read ``folder/train/CLASS/*.jpg`` and ``folder/test`` (or ``val``) in the same way.

    That is torchvision's ImageFolder layout, but pictures lie in the class's folder itself.
    Validation is cut from train as in :func:`fewbits.data.cub.read_cub`. Each picture's box is the
    whole picture; there are no parts. A picture counts as a viewer shows it, turned as its EXIF
    orientation says; :func:`fewbits.data.cub.opening.open_picture` says what becomes of 16 bits and
    of transparency.

    Raises:
        UsageError: a share out of range.
        FewbitsError: a folder is missing or empty, the two do not hold the same classes, a class
            has too few pictures, or a picture does not decode; the message names it.
    """
    if not 0 <= validation < 1:
        raise UsageError(f"expected a share of 0 to below 1 for validation, got {validation}")
    root = Path(folder)
    test = next((part for part in TESTS if (root / part).is_dir()), None)
    if not (root / TRAIN).is_dir() or test is None:
        raise FewbitsError(
            f"{root}: expected the folders {TRAIN}/ and {' or '.join(f'{t}/' for t in TESTS)} "
            "with a folder for each class inside; name the folder that holds them"
        )
    classes = _classes(root / TRAIN)
    if (others := _classes(root / test)) != classes:
        odd = sorted(set(classes) ^ set(others))
        raise FewbitsError(
            f"{root}: expected the same classes in {TRAIN}/ and {test}/, but only one has "
            f"{', '.join(odd[:3])}"
        )
    paths = [
        PurePosixPath(part, kind, file.name)
        for part in (TRAIN, test)
        for kind in classes
        for file in sorted((root / part / kind).iterdir())
        if _is_picture(file)
    ]
    labels = [classes.index(path.parts[1]) for path in paths]
    training = [path.parts[0] == TRAIN for path in paths]
    if all(training):
        raise FewbitsError(
            f"{root / test}: expected pictures to test with, got none that end in "
            f"{', '.join(ENDINGS)}"
        )
    digests = [path_digest(path, seed) for path in paths]
    trained, held, tested = cut(root / TRAIN, labels, training, digests, validation, classes)
    photos = _photos(root, paths, labels)
    return BirdSet(
        name=name,
        folder=root,
        class_names=tuple(classes),
        class_ids=tuple(range(len(classes))),
        part_names=(),
        attribute_names=(),
        class_attributes=None,
        train=photos.take(trained),
        validation=photos.take(held),
        test=photos.take(tested),
    )


def some_pictures(folder: Path, most: int) -> Photos:
    """The first pictures found below a folder, however deep they lie; all of one class.

    Only as much of the folder is looked through as is needed.

    Raises:
        FewbitsError: there are none, or one does not decode; the message names it.
    """
    found = islice(filter(_is_picture, folder.rglob("*")), most)
    paths = [PurePosixPath(path.relative_to(folder)) for path in found]
    if not paths:
        raise FewbitsError(
            f"{folder}: expected pictures in it or in its folders, got none that end in "
            f"{', '.join(ENDINGS)}"
        )
    return _photos(folder, paths, [0] * len(paths))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and not file.name.startswith(".")


def _classes(folder: Path) -> list[str]:
    """Names of the folders inside, hidden ones left out.

    Raises:
        FewbitsError: there are fewer than two.
    """
    found = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(found) < 2:
        raise FewbitsError(
            f"{folder}: expected at least two folders, one a class, got {len(found)}"
        )
    return found


def _photos(root: Path, paths: list[PurePosixPath], labels: list[int]) -> Photos:
    found = [picture_size(root / path, upright=True) for path in paths]
    sizes = torch.tensor(found, dtype=torch.int64)
    return Photos(
        paths=tuple(root / path for path in paths),
        labels=torch.tensor(labels, dtype=torch.int64),
        image_ids=torch.arange(len(paths)),
        sizes=sizes,
        boxes=torch.cat([torch.zeros_like(sizes), sizes], 1).float(),
        parts=torch.zeros(len(paths), 0, 2),
        visible=torch.zeros(len(paths), 0, dtype=torch.bool),
        upright=True,
    )
