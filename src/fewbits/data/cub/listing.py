"""Which pictures a folder of folders holds, and of which class each is; none is opened."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fewbits.data.cub.tables import broken, read_lines
from fewbits.errors import FewbitsError

TRAIN, TESTS = "train", ("test", "val")
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm")

IMAGES, ANNOTATIONS = "images", "val_annotations.txt"
"""Of Tiny ImageNet as published: pictures one folder deeper, validation labels in a table."""

REMEDY = "unpack the archive again, or mend the file"


@dataclass(frozen=True)
class Listing:
    """The pictures of a set, training ones first.

    Attributes:
        classes: names of the class folders, sorted.
        paths: of the pictures, from the set's folder on.
        labels: of the pictures, places in ``classes``.
        training: of the pictures, or else they are for testing.
        test: the folder that holds those.
    """

    classes: list[str]
    paths: list[PurePosixPath]
    labels: list[int]
    training: list[bool]
    test: str


def list_folders(root: Path) -> Listing:
    """Find ``root/train/CLASS/*.jpg``, and the same in ``test`` or ``val``.

    Tiny ImageNet as published is known too: ``train/CLASS/images/*`` and, in ``val``, ``images/*``
    with ``val_annotations.txt``. Its ``test``, which has no labels, is left alone.

    Raises:
        FewbitsError: a folder is missing, the two do not hold the same classes, a class has no
            picture to test with, or the table of labels is broken.
    """
    tabled = (root / "val" / ANNOTATIONS).is_file()
    test = "val" if tabled else next((part for part in TESTS if (root / part).is_dir()), None)
    if not (root / TRAIN).is_dir() or test is None:
        raise FewbitsError(
            f"{root}: expected the folders {TRAIN}/ and {' or '.join(f'{t}/' for t in TESTS)} "
            "with a folder for each class inside; name the folder that holds them"
        )
    classes = _classes(root / TRAIN)
    tested = _tabled(root) if tabled else _in_folders(root, test, _classes(root / test))
    if list(tested) != classes:
        odd = sorted(set(classes) ^ set(tested))
        raise FewbitsError(
            f"{root}: expected the same classes in {TRAIN}/ and {test}/, but only one has "
            f"{', '.join(odd[:3])}"
        )
    _check_tests(root / test, tested)
    paths, labels, training = [], [], []
    for found in (_in_folders(root, TRAIN, classes), tested):
        for label, members in enumerate(found.values()):
            paths += members
            labels += [label] * len(members)
            training += [found is not tested] * len(members)
    return Listing(classes, paths, labels, training, test)


def _check_tests(folder: Path, tested: dict[str, list[PurePosixPath]]) -> None:
    without = [kind for kind, members in tested.items() if not members]
    if without:
        whose = "" if len(without) == len(tested) else f" of class {', '.join(without[:3])}"
        raise FewbitsError(
            f"{folder}: expected pictures to test with, got none{whose} that end in "
            f"{', '.join(ENDINGS)}; add some, or leave the class out"
        )


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


def _in_folders(root: Path, part: str, classes: list[str]) -> dict[str, list[PurePosixPath]]:
    """Pictures by class, in the class's folder or in ``images`` inside of it."""
    return {
        kind: _pictures(root, PurePosixPath(part, kind))
        or _pictures(root, PurePosixPath(part, kind, IMAGES))
        for kind in classes
    }


def _pictures(root: Path, folder: PurePosixPath) -> list[PurePosixPath]:
    if not (root / folder).is_dir():
        return []
    with os.scandir(root / folder) as found:  # knows folders without asking for each
        names = sorted(one.name for one in found if is_picture(one.name) and not one.is_dir())
    return [folder / name for name in names]


def is_picture(name: str) -> bool:
    """Whether a file of this name is taken for one; hidden ones are not."""
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _tabled(root: Path) -> dict[str, list[PurePosixPath]]:
    """Tiny ImageNet's validation pictures by class, classes sorted."""
    file, found = root / "val" / ANNOTATIONS, dict[str, list[PurePosixPath]]()
    seen = set[str]()
    for line, row in read_lines(file, "picture, class, box"):
        name, kind, *_ = [*row.split("\t"), ""]
        if not (is_picture(name) and kind.strip()) or "/" in name or "\\" in name:
            broken(file, line, "picture, class, box, tabs between", row.strip()[:40], REMEDY)
        if name in seen:
            broken(file, line, "each picture once", f"{name} twice", REMEDY)
        seen.add(name)
        found.setdefault(kind.strip(), []).append(PurePosixPath("val", IMAGES, name))
    return dict(sorted(found.items()))
