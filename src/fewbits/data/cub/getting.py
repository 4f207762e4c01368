"""``get_pictures``: bring a set's official archive and unpack it, whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fewbits.data.cub.checking import lacking, read_everything
from fewbits.data.cub.imagefolder import read_folders
from fewbits.data.cub.reading import read_cub
from fewbits.data.disk import disk_errors, need_space, read_errors
from fewbits.data.download import Report, fetch, partial
from fewbits.data.fetching import FileReport
from fewbits.data.folders import data_folder, picture_folders
from fewbits.data.picture_sets import Archive, PictureSet
from fewbits.data.unpacking import REMEDY, unpack_tar
from fewbits.data.verify import file_digest
from fewbits.errors import FewbitsError, UsageError

MEMBERS, LARGEST = 20_000, 2 * 10**9
"""Files and bytes that an archive may unpack to: CUB's holds 12,005 files and about 1.3 GB."""


def get_pictures(
    info: PictureSet,
    data_dir: str | Path | None = None,
    report: FileReport = lambda name, have, total: None,
) -> bool:
    """Download a set's archive into the data folder and unpack it there.

    An archive that lies there already is used, and kept. ``attributes.txt``, which CUB's has beside
    its folder, goes into ``attributes`` inside: a single rename then brings everything.

    Returns:
        Whether anything was done; False if the set was there and whole, which is found out by
        reading all of it.

    Raises:
        UsageError: the set is not downloaded as one archive.
        FewbitsError: no network, wrong bytes, no space, an archive that is not to be trusted, or
            something else in the set's place. What has come of the archive stays, the folder
            appears only when it is whole, and the next call goes on from there.
    """
    home, archive = data_folder(data_dir), info.archive
    if archive is None:
        raise UsageError(
            f"{info.name} is not fetched by a command: {info.by_hand.format(home=home)}"
        )
    folder = home if picture_folders(info, data_dir) == [home] else home / archive.folder
    if _is_whole(info, folder):
        return False  # asked before anything is written: the folder may be one to read only
    with _alone(folder):
        if _is_whole(info, folder):
            return False  # another process has brought it since
        _bring(archive, folder, report)
    return True


def _bring(archive: Archive, folder: Path, report: FileReport) -> None:
    """Fetch what is missing of the archive, and unpack it as ``folder``."""
    home = folder.parent
    path, part = home / archive.name, _fresh(folder.with_name(f".{folder.name}.part"))
    here = path.is_file()
    if here:
        _check(path, archive)
    come = archive.size if here else _size(partial(path))
    need_space(home, max(archive.size - come, 0) + archive.unpacked)
    if not here:
        fetch([archive.url], path, archive.md5, archive.size,
              lambda have: report(archive.name, have, archive.size))  # fmt: skip
    unpacking = f"unpacking {archive.folder}"
    _unpack(path, part, folder, archive, lambda have: report(unpacking, have, archive.size))
    if not here:
        with disk_errors(path):
            path.unlink()


def _is_whole(info: PictureSet, folder: Path) -> bool:
    """Whether the set is there already.

    Raises:
        FewbitsError: something else is there. It may be somebody's work, so it is left alone.
    """
    with read_errors(folder):
        empty = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if empty and folder.is_symlink():
        raise FewbitsError(
            f"{folder}: expected all of {info.name} or no such folder, got a link to "
            f"{folder.readlink()}, where there is nothing; remove it and run the same command again"
        )
    if empty:
        return False
    try:
        birds = (read_cub if info.annotated else read_folders)(folder, name=info.name)
        read_everything(birds)
        lacks = lacking(info, birds)
    except FewbitsError as error:
        lacks = str(error)
    if lacks:
        raise FewbitsError(
            f"{folder}: expected all of {info.name} or no such folder, got one that is not whole: "
            f"{lacks}; move it away and run the same command again"
        )
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Inside, no other process gets the same set: two would write into one file."""
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    with disk_errors(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise FewbitsError(
                f"{folder}: another fewbits is getting it: wait until that is done"
            ) from None
    try:
        yield
    finally:
        lock.release()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check(path: Path, archive: Archive) -> None:
    """Make sure that an archive which somebody put here is the official one."""
    if (size := _size(path)) < archive.size:
        raise FewbitsError(
            f"{path}: expected {archive.size:,} bytes, got {size:,}: it was cut short: {REMEDY}; "
            f"or rename it to {partial(path).name}, and it goes on from there"
        )
    if (md5 := file_digest(path, "md5")) != archive.md5:
        raise FewbitsError(f"{path}: expected MD5 {archive.md5}, got {md5}: {REMEDY}")


def _fresh(part: Path) -> Path:
    """A place that nothing holds: what a killed run left there is gone before space is counted."""
    with disk_errors(part):
        if part.is_symlink():
            part.unlink()
        elif part.exists():
            shutil.rmtree(part)
    return part


def _unpack(path: Path, part: Path, folder: Path, archive: Archive, report: Report) -> None:
    """Unpack beside the folder, then rename; a kill leaves the old state."""
    try:
        with disk_errors(part):
            part.mkdir()
        unpack_tar(path, part, MEMBERS, LARGEST, report)
        inside, names = part / archive.folder, part / "attributes.txt"
        if not (part / archive.holds).exists():
            raise FewbitsError(f"{path}: expected {archive.holds} in it, got none: {REMEDY}")
        with disk_errors(folder):
            if names.is_file():
                (inside / "attributes").mkdir(exist_ok=True)
                os.replace(names, inside / "attributes" / names.name)
            if folder.exists():
                folder.rmdir()
            os.replace(inside, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
