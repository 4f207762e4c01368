"""Where data lies: the folder in the call, else FEWBITS_DATA, else the user's cache folder."""

import os
from pathlib import Path, PurePosixPath

import platformdirs

from fewbits.data.picture_sets import CUB, PictureSet
from fewbits.data.registry import SetInfo
from fewbits.errors import UsageError

VARIABLE = "FEWBITS_DATA"


def named_folder(data_dir: str | Path | None = None) -> Path | None:
    """The folder that was named, in the call or by FEWBITS_DATA; None if neither did."""
    named = data_dir or os.environ.get(VARIABLE)
    return expand(named) if named else None


def expand(folder: str | os.PathLike[str]) -> Path:
    """The folder with ``~`` written out.

    Raises:
        UsageError: ``~`` names nobody's home.
    """
    try:
        return Path(folder).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{folder}: {error} Write the folder out in full.") from error


def data_folder(data_dir: str | Path | None = None) -> Path:
    """The folder that holds the sets, each in its official layout. It need not exist."""
    return named_folder(data_dir) or platformdirs.user_cache_path("fewbits") / "data"


def raw_folder(info: SetInfo, data_dir: str | Path | None = None) -> Path:
    """The folder with the four files of a set, as torchvision lays it out."""
    return data_folder(data_dir) / info.folder / "raw"


def picture_folders(info: PictureSet, data_dir: str | Path | None = None) -> list[Path]:
    """The folders that hold a set of pictures, whole or not, the likeliest first, empty last."""
    home = data_folder(data_dir)
    if info.name == CUB and (home / "images.txt").is_file():
        return [home]  # CUB's folder itself was named, not the one above it
    found = (sorted(home.glob(place)) for place in info.places)
    held = [folder for folders in found for folder in folders if folder.is_dir()]
    return sorted(held, key=_is_empty)  # stays as it was among its like


def _is_empty(folder: Path) -> bool:
    """Whether a folder is known to hold nothing; who reads it is told why that cannot be known."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return False


def leads_out(name: str) -> bool:
    """Whether a path in a file or an archive, written with slashes, may lead out of its folder."""
    path = PurePosixPath(name)
    # A backslash or a colon would lead out on Windows; no path has a zero in it.
    return path.is_absolute() or ".." in path.parts or any(sign in name for sign in "\\:\0")


def remedy(info: SetInfo, data_dir: str | Path | None = None) -> str:
    """What to do about a set that is not whole where it is looked for."""
    named = data_folder(data_dir)
    for above in named.resolve().parents[:2]:  # DIR/MNIST or DIR/MNIST/raw was named
        inside = above / info.folder
        if (inside / "raw").is_dir() and named.resolve().is_relative_to(inside):
            return f"name the folder that holds {info.folder}: --data {above}"
    return f"get it with: fewbits data get {info.name} --data {named}"
