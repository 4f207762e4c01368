"""Read the text files of CUB-200-2011: numbers and names in columns, one line a thing.

Every way in which such a file can be broken ends in one line that names it and the place in it.
"""

from collections.abc import Collection, Iterator
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import NoReturn

from fewbits.data.folders import leads_out
from fewbits.errors import FewbitsError

REMEDY = "unpack the official archive again, or mend the file"


def broken(path: Path, line: int | None, expected: str, got: str, remedy: str = REMEDY) -> NoReturn:
    """Say what is wrong with a file, at a line of it if there is one.

    Raises:
        FewbitsError: always.
    """
    place = f"{path}" if line is None else f"{path}, line {line}"
    raise FewbitsError(f"{place}: expected {expected}, got {got}; {remedy}")


def read_lines(path: Path, meaning: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that hold anything, with their numbers from 1.

    Raises:
        FewbitsError: it is missing, empty or no text.
    """
    count = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    count += 1
                    yield number, line
    except FileNotFoundError:
        broken(path, None, f"a file with {meaning}", "none", "is this CUB's folder, and whole?")
    except UnicodeDecodeError:
        broken(path, None, f"a text file with {meaning}", "bytes that are no UTF-8")
    except OSError as error:
        raise FewbitsError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not count:
        broken(path, None, f"lines with {meaning}", "an empty file")


def read_numbers(path: Path, columns: int, meaning: str) -> Iterator[tuple[int, list[float]]]:
    """Lines of ``columns`` numbers each, with the lines' numbers.

    Raises:
        FewbitsError: as :func:`read_lines`, or a line has another count or something else in it.
    """
    for number, line in read_lines(path, meaning):
        words = line.split()
        try:
            values = [float(word) for word in words]
        except ValueError:
            broken(path, number, f"{columns} numbers ({meaning})", repr(line.strip()[:60]))
        if not all(map(isfinite, values)):
            broken(path, number, f"{columns} finite numbers ({meaning})", repr(line.strip()[:60]))
        if len(values) != columns:
            broken(path, number, f"{columns} numbers ({meaning})", f"{len(values)}")
        yield number, values


Row = tuple[int, list[float]]
"""The number of a line, and what it says."""


def read_by_id(path: Path, columns: int, meaning: str) -> dict[int, Row]:
    """Lines that begin with an id: where each is, and what follows the id, ``columns`` numbers.

    Raises:
        FewbitsError: as :func:`read_numbers`, or an id is no whole number from 1, or comes twice.
    """
    found: dict[int, Row] = {}
    for line, (key, *values) in read_numbers(path, columns + 1, meaning):
        found[_new_id(path, line, key, found.keys())] = line, values
    return found


def needed(path: Path, found: dict[int, Row], key: int, meaning: str) -> Row:
    """What a file says of an image, and in which line.

    Raises:
        FewbitsError: it says nothing of it.
    """
    if key not in found:
        last = max(found, key=lambda image: found[image][0])
        broken(
            path, None, f"a line for each image ({meaning})",
            f"none for image {key}: it tells of {len(found):,} images, the last in line "
            f"{found[last][0]}, image {last}",
        )  # fmt: skip
    return found[key]


def whole_classes(path: Path, found: dict[int, Row], ids: Collection[int]) -> None:
    """Make sure that ``images.txt`` was not cut short: of a class it names all images or none.

    Args:
        path: the file that tells the class of each image.
        found: its lines by image.
        ids: the images of ``images.txt``.

    Raises:
        FewbitsError: it names some images of a class only.
    """
    there = set(ids)
    classes = {found[key][1][0] for key in there & found.keys()}
    more = [key for key, (_, (label,)) in found.items() if key not in there and label in classes]
    if more:
        line, first = min((found[key][0], key) for key in more)
        broken(
            path.with_name("images.txt"), None,
            f"all images of a class or none, as {path.name} tells of them",
            f"some of class {found[first][1][0]:g}: the first it lacks is image {first}, line "
            f"{line} there",
            REMEDY,
        )  # fmt: skip


def read_names(path: Path, meaning: str) -> dict[int, str]:
    """Lines of an id and a name, which may hold spaces.

    Raises:
        FewbitsError: as :func:`read_by_id`.
    """
    return {key: name for _, key, name in _read_named(path, meaning)}


def read_in_order(path: Path, meaning: str) -> tuple[str, ...]:
    """Names whose ids are 1, 2, 3 ...

    Raises:
        FewbitsError: the file is broken, or an id is out of its place.
    """
    names: list[str] = []
    for line, key, name in _read_named(path, meaning):
        names.append(name)
        if key != len(names):
            broken(path, line, f"ids in their order, here {len(names)}", f"{key}")
    return tuple(names)


def read_image_paths(path: Path) -> dict[int, PurePosixPath]:
    """``images.txt``: paths inside the folder of images, and never out of it.

    Raises:
        FewbitsError: as :func:`read_names`, or a path is absolute, or climbs.
    """
    paths: dict[int, PurePosixPath] = {}
    for line, key, name in _read_named(path, "image id, path"):
        paths[key] = PurePosixPath(name)
        if leads_out(name):
            remedy = "a path that leaves the folder is never followed"
            broken(path, line, "a path inside of images/", repr(name), remedy)
    return paths


def _read_named(path: Path, meaning: str) -> Iterator[tuple[int, int, str]]:
    """Line, id and name."""
    found: set[int] = set()
    for line, text in read_lines(path, meaning):
        key, _, name = text.strip().partition(" ")
        if not (key.isascii() and key.isdigit() and name.strip()):
            broken(path, line, f"an id and a name ({meaning})", repr(text.strip()[:60]))
        found.add(_new_id(path, line, int(key), found))
        yield line, int(key), name.strip()


def _new_id(path: Path, line: int, key: float | int, found: Collection[int]) -> int:
    """An id that is a whole number from 1 and was not there before."""
    if key < 1 or key != int(key):
        broken(path, line, "an id from 1", f"{key:g}")
    if int(key) in found:
        broken(path, line, "each id once", f"{int(key)} a second time", "remove one of the lines")
    return int(key)
