"""Colour pictures by name: drawn birds, CUB-200-2011, or folders of your own photographs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from fewbits.data.birds import make_birds
from fewbits.data.cub import (
    BirdSet,
    Photos,
    decodable,
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
    PictureSet,
)
from fewbits.data.scenes import make_scenes
from fewbits.data.splits import ImageSet, Split
from fewbits.errors import FewbitsError, UsageError

SMOKE_PHOTOS = {"train": 600, "validation": 100, "test": 200}
SIDES = {"smoke": 64, "real": 160, "paper": 448}
DRAWN_SIDE = 64


def load_pictures(
    name: str,
    data_dir: str | Path | None = None,
    scale: str = "smoke",
    workers: int = 1,
    skip_broken: bool = False,
) -> BirdSet:
    """A set of pictures with all that is known about them; the pixels stay on disk.

    Args:
        name: ``birds``, drawn when first asked for; ``birds-travelling``, the same with test
            pictures in other classes' habitats; ``scenes``, drawn too, whose classes share their
            parts; ``cub``; ``travelingbirds``, which is CUB with its pictures taken from
            ``CUB_fixed``; ``imagenette``, ``imagenet``, ``tiny-imagenet`` or ``tiny-imagenet-50``;
            or ``imagefolder:DIR`` with ``train`` and ``test`` or ``val`` in DIR, a folder a class
            in each.
        data_dir: where sets lie, and where they are drawn.
        scale: ``real``, or ``smoke`` for few of them.
        workers: processes that draw.
        skip_broken: leaves out files that are no pictures, ``BirdSet.left_out`` names them. Whose
            header alone is whole is found out when it is decoded.

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
        found = read_folders(expand(inside), name=name, skip_broken=skip_broken)
    elif name == CUB:
        found = _load_cub(data_dir, skip_broken)
    elif name == PASTED:
        found = _load_pasted(data_dir, skip_broken)
    elif name in PICTURES:
        found = read_folders(_held(PICTURES[name], data_dir), name=name, skip_broken=skip_broken)
    else:
        known = f"{', '.join(PICTURES)} or {FOLDER_PREFIX}DIR"
        raise UsageError(f"unknown set of pictures {name!r}: expected {known}")
    if scale == "real":
        return found
    most = {split: _most(getattr(found, split), count) for split, count in SMOKE_PHOTOS.items()}
    return replace(
        found,
        train=_few(found.train, most["train"]),
        validation=_few(found.validation, most["validation"]),
        test=_few(found.test, most["test"]),
        left_out={
            at: lost for at, lost in found.left_out.items() if lost.before < most[lost.split]
        },
    )


def _load_cub(data_dir: str | Path | None, skip_broken: bool) -> BirdSet:
    """CUB, or some of its classes, from wherever in the data folder it lies."""
    home = data_folder(data_dir)
    held = next(iter(picture_folders(CUB_SET, data_dir)), home)
    folder = find_layout(held, f"get it with: fewbits data get {CUB} --data {home}")
    return read_cub(folder, skip_broken=skip_broken)


def _load_pasted(data_dir: str | Path | None, skip_broken: bool) -> BirdSet:
    """TravelingBirds, with what is known about it taken from CUB beside it."""
    held = picture_folders(PASTED_SET, data_dir)
    if not held:
        raise FewbitsError(
            f"{data_folder(data_dir)}: expected {PASTED_SET.places[0]} in it, the pictures of "
            f"TravelingBirds, got none; download them from {PASTED_SET.source}"
        )
    return read_pasted(_load_cub(data_dir, skip_broken), held[0], PASTED, skip_broken)


def _held(info: PictureSet, data_dir: str | Path | None) -> Path:
    """The folder that holds a set of class folders.

    Raises:
        FewbitsError: there is none; the message says how to get it.
    """
    held = picture_folders(info, data_dir)
    if held:
        return held[0]
    home = data_folder(data_dir)
    how = f"get it with: fewbits data get {info.name} --data {home}"
    raise FewbitsError(
        f"{home}: expected {' or '.join(info.places)} in it, the pictures of {info.name}, got "
        f"none; {how if info.archive else info.by_hand.format(home=home)}"
    )


def _most(photos: Photos, count: int) -> int:
    """Pictures of each class, if they are about ``count`` together; at least one."""
    classes = len(set(photos.labels.tolist()))
    return -(-count // max(classes, 1))


def _few(photos: Photos, most: int) -> Photos:
    """The first of each class, ``most`` or all if there are fewer."""
    seen: Counter[int] = Counter()
    kept = []
    for place, label in enumerate(photos.labels.tolist()):
        seen[label] += 1
        if seen[label] <= most:
            kept.append(place)
    return photos.take(kept)


def side_for(name: str, scale: str) -> int:
    """Height and width, in pixels, at which a set is looked at by default."""
    return DRAWN_SIDE if name in PICTURES and PICTURES[name].drawn else SIDES[scale]


def with_pixels(
    pictures: BirdSet, side: int, workers: int = 1, skip_broken: bool = False
) -> ImageSet:
    """The same set as squares of ``side`` x ``side`` pixels, red, green and blue.

    Args:
        pictures: the set.
        side: height and width, in pixels.
        workers: threads that read at the same time.
        skip_broken: leaves out pictures that do not decode.

    Raises:
        UsageError: a side or a number of workers below 1.
        FewbitsError: a picture does not decode; the message names it.
    """

    def squares(photos: Photos) -> Split:
        photos = decodable(photos, workers) if skip_broken else photos
        return Split(read_pixels(photos, side, workers=workers), photos.labels)

    return ImageSet(
        pictures.name,
        squares(pictures.train),
        squares(pictures.validation),
        squares(pictures.test),
        pictures.class_names,
    )
