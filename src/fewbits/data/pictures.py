"""Colour pictures by name: drawn birds, CUB-200-2011, or folders of your own photographs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from fewbits.data.birds import make_birds
from fewbits.data.cub import (
    BirdSet,
    Photos,
    find_layout,
    read_cub,
    read_folders,
    read_pasted,
    read_pixels,
)
from fewbits.data.folders import data_folder, expand, picture_folders
from fewbits.data.loading import SCALES
from fewbits.data.picture_sets import (
    BIRDS,
    CUB,
    CUB_SET,
    DRAWN,
    DRAWN_SCENES,
    FOLDER_PREFIX,
    PASTED,
    PASTED_SET,
    PICTURES,
    SCENES,
    TRAVELLING,
)
from fewbits.data.scenes import make_scenes
from fewbits.data.splits import ImageSet, Split
from fewbits.errors import FewbitsError, UsageError

SMOKE_PHOTOS = {"train": 600, "validation": 100, "test": 200}
SIDES = {"smoke": 64, "real": 160, "paper": 448}
DRAWN_SIDE = 64


def load_pictures(
    name: str, data_dir: str | Path | None = None, scale: str = "smoke", workers: int = 1
) -> BirdSet:
    """A set of pictures with all that is known about them; the pixels stay on disk.

    Args:
        name: ``birds``, drawn when first asked for; ``birds-travelling``, the same with test
            pictures in other classes' habitats; ``scenes``, drawn too, whose classes share their
            parts; ``cub``; ``travelingbirds``, which is CUB with its pictures taken from
            ``CUB_fixed``; or ``imagefolder:DIR`` with ``train`` and ``test`` or ``val`` in DIR, a
            folder a class in each.
        data_dir: where sets lie, and where they are drawn.
        scale: ``real``, or ``smoke`` for few of them.
        workers: processes that draw.

    Raises:
        UsageError: unknown name or scale.
        FewbitsError: the files are missing or broken; the message names the file.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}: expected {' or '.join(SCALES)}")
    if name in (BIRDS, TRAVELLING):
        classes, train, test = DRAWN[scale]
        folder = data_folder(data_dir) / f"{name}-{classes}x{train}+{test}"
        travelling = name == TRAVELLING
        make_birds(folder, classes, train, test, travelling=travelling, workers=workers)
        return read_cub(folder, name=name)
    if name == SCENES:
        classes, train, test = DRAWN_SCENES[scale]
        folder = data_folder(data_dir) / f"{name}-{classes}x{train}+{test}"
        return read_folders(make_scenes(folder, train, test, workers=workers), name=name)
    if name.startswith(FOLDER_PREFIX):
        inside = name.removeprefix(FOLDER_PREFIX)
        if not inside:
            raise UsageError(f"{FOLDER_PREFIX} needs a folder, as in {FOLDER_PREFIX}path/to/folder")
        found = read_folders(expand(inside), name=name)
    elif name == CUB:
        found = _load_cub(data_dir)
    elif name == PASTED:
        found = _load_pasted(data_dir)
    else:
        known = f"{', '.join(PICTURES)} or {FOLDER_PREFIX}DIR"
        raise UsageError(f"unknown set of pictures {name!r}: expected {known}")
    if scale == "real":
        return found
    return replace(
        found,
        train=_few(found.train, SMOKE_PHOTOS["train"]),
        validation=_few(found.validation, SMOKE_PHOTOS["validation"]),
        test=_few(found.test, SMOKE_PHOTOS["test"]),
    )


def _load_cub(data_dir: str | Path | None) -> BirdSet:
    """CUB, or some of its classes, from wherever in the data folder it lies."""
    home = data_folder(data_dir)
    held = next(iter(picture_folders(CUB_SET, data_dir)), home)
    return read_cub(find_layout(held, f"get it with: fewbits data get {CUB} --data {home}"))


def _load_pasted(data_dir: str | Path | None) -> BirdSet:
    """TravelingBirds, with what is known about it taken from CUB beside it."""
    held = picture_folders(PASTED_SET, data_dir)
    if not held:
        raise FewbitsError(
            f"{data_folder(data_dir)}: expected {PASTED_SET.places[0]} in it, the pictures of "
            f"TravelingBirds, got none; download them from {PASTED_SET.source}"
        )
    return read_pasted(_load_cub(data_dir), held[0], PASTED)


def _few(photos: Photos, count: int) -> Photos:
    """The first of each class, equally many, about ``count`` together and at least one of each."""
    seen: Counter[int] = Counter()
    classes = len(set(photos.labels.tolist()))
    most = -(-count // max(classes, 1))
    kept = []
    for place, label in enumerate(photos.labels.tolist()):
        seen[label] += 1
        if seen[label] <= most:
            kept.append(place)
    return photos.take(kept)


def side_for(name: str, scale: str) -> int:
    """Height and width, in pixels, at which a set is looked at by default."""
    return DRAWN_SIDE if name in PICTURES and PICTURES[name].drawn else SIDES[scale]


def with_pixels(pictures: BirdSet, side: int, workers: int = 1) -> ImageSet:
    """The same set as squares of ``side`` x ``side`` pixels, red, green and blue.

    Raises:
        UsageError: a side or a number of workers below 1.
        FewbitsError: a picture does not decode; the message names it.
    """

    def squares(photos: Photos) -> Split:
        return Split(read_pixels(photos, side, workers=workers), photos.labels)

    return ImageSet(
        pictures.name,
        squares(pictures.train),
        squares(pictures.validation),
        squares(pictures.test),
        pictures.class_names,
    )
