"""What CUB's files say of attributes: their names, and who has them, by class and by image."""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from fewbits.data.cub.annotations import check_complete
from fewbits.data.cub.tables import broken, read_in_order, read_lines, read_numbers

COLUMNS, SPARE_COLUMNS = 5, 2
"""A few lines of the official image_attribute_labels.txt have one or two numbers too many."""


@dataclass(frozen=True)
class Attributes:
    """Attributes of images: seen or not, and how certainly, 1 (not visible) to 4."""

    present: Bool[np.ndarray, "image attribute"]
    certainty: UInt8[np.ndarray, "image attribute"]


def read_attribute_names(folder: Path) -> tuple[str, ...]:
    """``attributes.txt``: beside the folder as in the official archive, or in ``attributes/``.

    Beside a folder that is a link means beside the link, or else beside what it leads to.

    Raises:
        FewbitsError: it is in neither place, or broken.
    """
    around = folder / "attributes", folder.parent, folder.resolve().parent
    places = [place / "attributes.txt" for place in around]
    path = next((place for place in places if place.is_file()), places[0])
    return read_in_order(path, "attribute id, name")


def read_class_attributes(
    path: Path, class_ids: list[int], attributes: int
) -> Float[np.ndarray, "class attribute"]:
    """``class_attribute_labels_continuous.txt``: percentages; the row is the class id less one.

    Returns:
        Shares from 0 to 1, one row for each of ``class_ids``.

    Raises:
        FewbitsError: a row of another length, too few rows, or no percentage.
    """
    rows = []
    for line, row in read_numbers(path, attributes, "percentages, one for each attribute"):
        if not all(0 <= value <= 100 for value in row):
            broken(path, line, "percentages from 0 to 100", f"{min(row):g} to {max(row):g}")
        rows.append(row)
    if len(rows) < max(class_ids):
        broken(path, None, f"a row for each class id up to {max(class_ids)}", f"{len(rows)} rows")
    return np.array([rows[key - 1] for key in class_ids]) / 100


def read_image_attributes(path: Path, ids: list[int], attributes: int) -> Attributes:
    """``image_attribute_labels.txt``: what was seen on each image, how certainly.

    Raises:
        FewbitsError: the file is broken, or an attribute of an image is left out or comes twice.
    """
    lines, images, numbers, seen, sure = _read_columns(path).T
    for values, least, most, what in (
        (numbers, 1, attributes, "an attribute id"),
        (seen, 0, 1, "whether it is present,"),
        (sure, 1, 4, "a certainty"),
    ):
        wrong = (values < least) | (values > most)
        if wrong.any():
            at = int(wrong.argmax())
            broken(path, int(lines[at]), f"{what} from {least} to {most}", f"{values[at]}")
    order = np.argsort(ids)
    place = np.searchsorted(ids, images, sorter=order).clip(max=len(ids) - 1)
    row = order[place]
    known = np.asarray(ids)[row] == images
    cells = row[known] * attributes + numbers[known] - 1
    told = np.bincount(cells, minlength=len(ids) * attributes)
    if told.max(initial=0) > 1:
        at = int(np.flatnonzero(cells == told.argmax())[1])
        image, number = images[known][at], numbers[known][at]
        broken(
            path,
            int(lines[known][at]),
            "each attribute once an image",
            f"{number} of {image} twice",
        )
    check_complete(path, told.reshape(len(ids), attributes) == 1, ids, "attribute")
    present = np.zeros(len(ids) * attributes, dtype=np.bool_)
    certainty = np.zeros(len(ids) * attributes, dtype=np.uint8)
    present[cells], certainty[cells] = seen[known] == 1, sure[known]
    return Attributes(present.reshape(-1, attributes), certainty.reshape(-1, attributes))


def _read_columns(path: Path) -> Int[np.ndarray, "line 5"]:
    """Line, image id, attribute id, present and certainty. The whole file has 3.7 million lines."""
    meaning = "image id, attribute id, present, certainty, seconds"
    found = array("q")
    for line, text in read_lines(path, meaning):
        words = text.split()
        if not COLUMNS <= len(words) <= COLUMNS + SPARE_COLUMNS:
            broken(path, line, f"{COLUMNS} numbers ({meaning})", f"{len(words)}")
        try:
            found.extend((line, *map(int, words[:4])))
        except (ValueError, OverflowError):
            broken(path, line, f"{COLUMNS} numbers ({meaning})", repr(text.strip()[:60]))
    return np.frombuffer(found, dtype=np.int64).reshape(-1, 5)
