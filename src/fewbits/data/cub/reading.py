"""``read_cub``: from a folder in the layout of CUB-200-2011 to its three splits.

Wah et al., The Caltech-UCSD Birds-200-2011 Dataset, CNS-TR-2011-001.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.data.cub import annotations, attributes
from fewbits.data.cub.birdset import BirdSet, Photos
from fewbits.data.cub.cutting import cut, path_digest
from fewbits.data.cub.opening import picture_sizes
from fewbits.data.cub.skipping import without
from fewbits.data.cub.tables import broken, read_image_paths, read_names
from fewbits.errors import FewbitsError, UsageError

LAYOUT = "CUB_200_2011"
"""What the official archive calls its folder."""

VALIDATION = 0.1
"""Share of each class's training images that validation gets."""


def read_cub(
    folder: str | Path,
    validation: float | int = VALIDATION,
    seed: int = 0,
    name: str = "cub",
    skip_broken: bool = False,
) -> BirdSet:
    """Read a folder in the official layout: all of CUB-200-2011, or some of its classes.

    Train and test are the official ones; validation is cut from train, class by class. Which
    images it gets depends on their paths and the seed alone, and so does the order in each split:
    any stretch of a split is a fair sample of it.

    Args:
        folder: the folder with ``images.txt``, or the one that holds ``CUB_200_2011``.
        validation: share of each class's training images, below 1. With 0 there is no validation;
            else every class gives at least one image and keeps at least one.
        seed: another one, another validation split.
        name: of the set.
        skip_broken: leaves out files that are no pictures, ``BirdSet.left_out`` names them. The
            others are in the splits that they would be in without.

    Raises:
        UsageError: a share out of range.
        FewbitsError: something is missing or broken; the message names file and line.
    """
    if not 0 <= validation < 1:
        raise UsageError(f"expected a share of 0 to below 1 for validation, got {validation}")
    root = find_layout(Path(folder))
    paths = read_image_paths(root / "images.txt")
    ids = list(paths)
    classes = read_names(root / "classes.txt", "class id, name")
    labels = annotations.read_labels(root / "image_class_labels.txt", ids, classes)
    training = annotations.read_flags(root / "train_test_split.txt", ids)
    class_ids = sorted(set(labels))
    numbers = [class_ids.index(label) for label in labels]
    part_names, photos, bad = _read_photos(root, paths, numbers, skip_broken)
    attribute_names, table, photos = _read_attributes(root, photos, ids, class_ids)
    digests = [path_digest(path, seed) for path in paths.values()]
    file = root / "train_test_split.txt"
    names = [classes[key] for key in class_ids]
    splits = cut(file, photos.labels.tolist(), training, digests, validation, names)
    train, lost_train = without(photos, splits[0], bad, "train")
    held, lost_validation = without(photos, splits[1], bad, "validation")
    test, lost_test = without(photos, splits[2], bad, "test")
    return BirdSet(
        name=name,
        folder=root,
        class_names=tuple(map(_without_number, names)),
        class_ids=tuple(class_ids),
        part_names=part_names,
        attribute_names=attribute_names,
        class_attributes=table,
        train=train,
        validation=held,
        test=test,
        left_out=lost_train | lost_validation | lost_test,
    )


def find_layout(
    folder: Path, remedy: str = "name the folder that the official archive was unpacked into"
) -> Path:
    """The folder with ``images.txt``: this one, or ``CUB_200_2011`` in it.

    Raises:
        FewbitsError: neither has it; the message ends with ``remedy``.
    """
    for place in (folder, folder / LAYOUT):
        if (place / "images.txt").is_file():
            return place
    raise FewbitsError(
        f"{folder}: expected a folder with images.txt, or with {LAYOUT} in it, got neither; "
        f"{remedy}"
    )


def _read_photos(
    root: Path, paths: dict[int, PurePosixPath], labels: list[int], skip_broken: bool
) -> tuple[tuple[str, ...], Photos, dict[int, str]]:
    """Names of the parts, all images in the order of ``images.txt``, and which are no pictures."""
    ids = list(paths)
    files = tuple(root / "images" / path for path in paths.values())
    sizes, bad = picture_sizes(files, skip_broken=skip_broken)
    boxes = annotations.read_boxes(root / "bounding_boxes.txt", ids, sizes)
    part_names, parts, visible = annotations.read_parts(root / "parts", ids, sizes)
    photos = Photos(
        paths=files,
        labels=torch.tensor(labels, dtype=torch.int64),
        image_ids=torch.tensor(ids, dtype=torch.int64),
        sizes=torch.tensor(sizes, dtype=torch.int64),
        boxes=torch.from_numpy(boxes.astype(np.float32)),
        parts=torch.from_numpy(parts.astype(np.float32)),
        visible=torch.from_numpy(visible),
        masks=_find_masks(root, list(paths.values())),
    )
    return part_names, photos, bad


def _find_masks(root: Path, paths: list[PurePosixPath]) -> tuple[Path, ...] | None:
    """``segmentations/``, in the folder or beside it; None if there is no such folder."""
    for folder in (root / "segmentations", root.parent / "segmentations"):
        if folder.is_dir():
            masks = tuple(folder / path.with_suffix(".png") for path in paths)
            for mask in masks:
                if not mask.is_file():
                    broken(mask, None, "a mask for each image", "no such file")
            return masks
    return None


def _read_attributes(
    root: Path, photos: Photos, ids: list[int], class_ids: list[int]
) -> tuple[tuple[str, ...], Float[Tensor, "class attribute"] | None, Photos]:
    """Names of the attributes, the table by class, and the photos with theirs; what there is."""
    by_class = root / "attributes" / "class_attribute_labels_continuous.txt"
    by_image = root / "attributes" / "image_attribute_labels.txt"
    if not (by_class.is_file() or by_image.is_file()):
        return (), None, photos
    names, table = attributes.read_attribute_names(root), None
    if by_class.is_file():
        shares = attributes.read_class_attributes(by_class, class_ids, len(names))
        table = torch.from_numpy(shares.astype(np.float32))
    if by_image.is_file():
        found = attributes.read_image_attributes(by_image, ids, len(names))
        seen, sure = torch.from_numpy(found.present), torch.from_numpy(found.certainty)
        photos = replace(photos, attributes=seen, certainty=sure)
    return names, table, photos


def _without_number(name: str) -> str:
    """``Black_footed_Albatross`` from ``001.Black_footed_Albatross``."""
    number, dot, rest = name.partition(".")
    return rest if dot and number.isdigit() and rest else name
