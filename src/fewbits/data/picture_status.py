"""What of a set of pictures is on disk, and whether it is whole."""

from pathlib import Path

from fewbits.data.cub import BirdSet, lacking, read_cub, read_everything, read_folders
from fewbits.data.download import partial
from fewbits.data.folders import data_folder, picture_folders
from fewbits.data.picture_sets import SCENES, PictureSet
from fewbits.data.pictures import load_pictures

UNDRAWN = "embedded, drawn when first asked for"


def where_pictures(info: PictureSet, data_dir: str | Path | None = None) -> str:
    """Where a set of pictures is, in a few words. No picture is read."""
    if held := picture_folders(info, data_dir):
        return " and ".join(map(str, held if info.drawn else held[:1]))
    if info.drawn:
        return UNDRAWN
    if archive := info.archive:
        whole = data_folder(data_dir) / archive.name
        for path in (whole, partial(whole)):
            if path.is_file():
                have = f"{path.stat().st_size / 1e6:.0f} of {archive.size / 1e6:.0f} MB"
                return f"not unpacked, {have} in {path}"
        return "not here"
    return f"not here, {info.places[0]} is to be had from {info.source}"


def describe_pictures(info: PictureSet, data_dir: str | Path | None = None) -> str:
    """Read all of a set of pictures and say in a few words that it is whole, or how much of it is.

    Raises:
        FewbitsError: something of it is missing or broken; the message names it.
    """
    if not info.drawn:
        birds = load_pictures(info.name, data_dir, "real")
        read_everything(birds)
        lacks = lacking(info, birds)
        return f"a subset that can be read: {lacks}; {birds.folder}" if lacks else _whole(birds)
    read = read_folders if info.name == SCENES else read_cub
    drawn = [read(folder, name=info.name) for folder in picture_folders(info, data_dir)]
    for birds in drawn:
        read_everything(birds)
    return "; ".join(map(_whole, drawn)) or UNDRAWN


def describe_folder(name: str) -> str:
    """The same of a folder of one's own, ``imagefolder:DIR``.

    Raises:
        FewbitsError: as :func:`describe_pictures`.
    """
    birds = load_pictures(name, scale="real")
    read_everything(birds)
    return _whole(birds)


def _whole(birds: BirdSet) -> str:
    train = birds.train.count + birds.validation.count
    counts = f"{birds.num_classes} classes, {train:,} + {birds.test.count:,} pictures"
    return f"whole, {counts}, {birds.folder}"
