"""What CUB's files say of each image: split, class, box and parts."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from fewbits.data.cub.tables import (
    broken,
    needed,
    read_by_id,
    read_in_order,
    read_numbers,
    whole_classes,
)

TOLERANCE = 1.0
"""So many pixels a visible part may lie outside of its picture: annotations are rounded."""


def read_flags(path: Path, ids: list[int]) -> list[bool]:
    """``train_test_split.txt``: whether each image is for training.

    Raises:
        FewbitsError: the file is broken, or says nothing of an image, or neither 0 nor 1.
    """
    found = read_by_id(path, 1, "image id, 1 for training or 0")
    flags = []
    for key in ids:
        line, (flag,) = needed(path, found, key, "1 for training or 0")
        if flag not in (0, 1):
            broken(path, line, "1 for training or 0", f"{flag:g}")
        flags.append(flag == 1)
    return flags


def read_labels(path: Path, ids: list[int], classes: dict[int, str]) -> list[int]:
    """``image_class_labels.txt``: the class id of each image.

    Raises:
        FewbitsError: the file is broken, or says nothing of an image, or names an unknown class,
            or of a class with images in ``images.txt`` tells of more than are there.
    """
    found = read_by_id(path, 1, "image id, class id")
    whole_classes(path, found, ids)
    labels = []
    for key in ids:
        line, (label,) = needed(path, found, key, "its class id")
        if label not in classes:
            known = f"{min(classes)} to {max(classes)}"
            broken(path, line, f"a class id of classes.txt, {known}", f"{label:g}")
        labels.append(int(label))
    return labels


def read_boxes(
    path: Path, ids: list[int], sizes: list[tuple[int, int]]
) -> Float[np.ndarray, "image 4"]:
    """``bounding_boxes.txt``: left, top, width and height, in pixels.

    Raises:
        FewbitsError: the file is broken, or an image has no box, or one with nothing in it.
    """
    found = read_by_id(path, 4, "image id, x, y, width, height")
    boxes = []
    for key, (width, height) in zip(ids, sizes, strict=True):
        line, (x, y, wide, high) = needed(path, found, key, "x, y, width, height")
        inside = x < width and y < height and x + wide > 0 and y + high > 0
        if not (wide > 0 and high > 0 and inside):
            expected = f"a box in the {width} x {height} pixels of image {key}"
            broken(path, line, expected, f"x {x:g}, y {y:g}, {wide:g} x {high:g}")
        boxes.append([x, y, wide, high])
    return np.array(boxes)


def read_parts(
    folder: Path, ids: list[int], sizes: list[tuple[int, int]]
) -> tuple[tuple[str, ...], Float[np.ndarray, "image part 2"], Bool[np.ndarray, "image part"]]:
    """``parts/``: the names of the parts, where they are in each image, and which can be seen.

    Raises:
        FewbitsError: a file is broken, a part of an image is left out, comes twice, or lies
            outside of the picture.
    """
    names = read_in_order(folder / "parts.txt", "part id, name")
    path, row = folder / "part_locs.txt", {key: i for i, key in enumerate(ids)}
    places = np.zeros((len(ids), len(names), 2))
    visible = np.zeros((len(ids), len(names)), dtype=np.bool_)
    told = np.zeros_like(visible)
    for line, (key, part, x, y, seen) in read_numbers(path, 5, "image id, part id, x, y, visible"):
        if part not in range(1, len(names) + 1):
            broken(path, line, f"a part id from 1 to {len(names)}", f"{part:g}")
        if (i := row.get(key)) is None:  # type: ignore[call-overload]  # 1.0 is 1
            continue
        if seen not in (0, 1):
            broken(path, line, "1 for visible or 0", f"{seen:g}")
        j, (width, height) = int(part) - 1, sizes[i]
        if told[i, j]:
            broken(path, line, "each part once an image", f"part {j + 1} of {key:g} twice")
        told[i, j], visible[i, j] = True, seen == 1
        if not seen:
            continue
        if not (0 <= x <= width + TOLERANCE and 0 <= y <= height + TOLERANCE):
            broken(
                path, line, f"a {names[j]} in the {width} x {height} pixels of image {key:g}",
                f"x {x:g}, y {y:g}", "was the picture resized without its annotations?",
            )  # fmt: skip
        places[i, j] = x, y
    check_complete(path, told, ids, "part")
    return names, places, visible


def check_complete(
    path: Path, told: Bool[np.ndarray, "image column"], ids: list[int], what: str
) -> None:
    """Make sure that a file told everything of every image.

    Raises:
        FewbitsError: it did not; the message names the first gap.
    """
    if not told.all():
        image, column = np.argwhere(~told)[0]
        broken(
            path, None, f"a line for each {what} of each image",
            f"none for {what} {column + 1} of image {ids[image]}",
        )  # fmt: skip
