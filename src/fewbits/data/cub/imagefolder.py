"""``read_folders``: any photographs in folders, one a class, as a set of birds without parts."""

from itertools import islice
from pathlib import Path, PurePosixPath

import torch

from fewbits.data.cub.birdset import BirdSet, Photos
from fewbits.data.cub.cutting import cut, path_digest
from fewbits.data.cub.listing import ENDINGS, TRAIN, is_picture, list_folders
from fewbits.data.cub.opening import picture_sizes
from fewbits.data.cub.reading import VALIDATION
from fewbits.data.cub.skipping import without
from fewbits.data.cub.wordnet import class_names
from fewbits.errors import FewbitsError, UsageError


def read_folders(
    folder: str | Path,
    validation: float | int = VALIDATION,
    seed: int = 0,
    name: str = "folders",
    skip_broken: bool = False,
) -> BirdSet:
    """Read ``folder/train/CLASS/*.jpg`` and ``folder/test`` (or ``val``) in the same way.

    That is torchvision's ImageFolder layout, but pictures lie in the class's folder itself; Tiny
    ImageNet is read as published, see :func:`fewbits.data.cub.listing.list_folders`. Folders
    named by WordNet id get readable names, see :func:`fewbits.data.cub.wordnet.class_names`.
    Validation is cut from train as in :func:`fewbits.data.cub.read_cub`. Each picture's box is the
    whole picture; there are no parts. A picture counts as a viewer shows it, turned as its EXIF
    orientation says; :func:`fewbits.data.cub.opening.open_picture` says what becomes of 16 bits and
    of transparency.

    Args:
        folder: that holds them.
        validation: share of each class's training pictures.
        seed: another one, another validation split.
        name: of the set.
        skip_broken: leaves out files that are no pictures, ``BirdSet.left_out`` names them. The
            others are in the splits that they would be in without.

    Raises:
        UsageError: a share out of range.
        FewbitsError: a folder is missing or empty, the two do not hold the same classes, a class
            has too few pictures, or a picture does not decode; the message names it.
    """
    if not 0 <= validation < 1:
        raise UsageError(f"expected a share of 0 to below 1 for validation, got {validation}")
    root = Path(folder)
    found = list_folders(root)
    digests = [path_digest(path, seed) for path in found.paths]
    trained, held, tested = cut(
        root / TRAIN, found.labels, found.training, digests, validation, found.classes
    )
    photos, broken = _photos(root, found.paths, found.labels, skip_broken)
    train, lost_train = without(photos, trained, broken, "train")
    validated, lost_validation = without(photos, held, broken, "validation")
    test, lost_test = without(photos, tested, broken, "test")
    return BirdSet(
        name=name,
        folder=root,
        class_names=class_names(root, found.classes),
        class_ids=tuple(range(len(found.classes))),
        part_names=(),
        attribute_names=(),
        class_attributes=None,
        train=train,
        validation=validated,
        test=test,
        left_out=lost_train | lost_validation | lost_test,
    )


def some_pictures(folder: Path, most: int) -> Photos:
    """The first pictures found below a folder, however deep they lie; all of one class.

    Only as much of the folder is looked through as is needed.

    Raises:
        FewbitsError: there are none, or one does not decode; the message names it.
    """
    named = (path for path in folder.rglob("*") if is_picture(path.name) and not path.is_dir())
    paths = [PurePosixPath(path.relative_to(folder)) for path in islice(named, most)]
    if not paths:
        raise FewbitsError(
            f"{folder}: expected pictures in it or in its folders, got none that end in "
            f"{', '.join(ENDINGS)}"
        )
    return _photos(folder, paths, [0] * len(paths), skip_broken=False)[0]


def _photos(
    root: Path, paths: list[PurePosixPath], labels: list[int], skip_broken: bool
) -> tuple[Photos, dict[int, str]]:
    """All of them, and which are no pictures."""
    files = tuple(root / path for path in paths)
    found, broken = picture_sizes(files, upright=True, skip_broken=skip_broken)
    sizes = torch.tensor(found, dtype=torch.int64)
    photos = Photos(
        paths=files,
        labels=torch.tensor(labels, dtype=torch.int64),
        image_ids=torch.arange(len(paths)),
        sizes=sizes,
        boxes=torch.cat([torch.zeros_like(sizes), sizes], 1).float(),
        parts=torch.zeros(len(paths), 0, 2),
        visible=torch.zeros(len(paths), 0, dtype=torch.bool),
        upright=True,
    )
    return photos, broken
