"""``get``: bring a known set to its folder in its official layout, whole or not at all."""

import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from fewbits.data import idx
from fewbits.data.disk import disk_errors, need_space
from fewbits.data.download import fetch, partial
from fewbits.data.folders import raw_folder
from fewbits.data.registry import SetInfo, find_sources
from fewbits.data.splits import SIDE
from fewbits.data.unpacking import REMEDY, archive_errors
from fewbits.data.verify import NOTE, file_digest, is_published, read_known, read_note
from fewbits.errors import FewbitsError

FileReport = Callable[[str, int, int], None]
"""Told a file's name, the bytes of it that are there, and the bytes it will have."""


def get(
    info: SetInfo,
    data_dir: str | Path | None = None,
    report: FileReport = lambda name, have, total: None,
) -> list[str]:
    """Download whatever of a set is missing or damaged. Returns the names of the files fetched.

    Of a set that is made from others, those are fetched. Every archive must have its published
    MD5; the digest of what comes out is noted beside it.

    Raises:
        FewbitsError: no network, wrong bytes, no space; what is whole stays, nothing half is left
            under a final name, and the next call goes on from there.
    """
    if info.made_from:
        return [name for it in find_sources(info).values() for name in get(it, data_dir, report)]
    if info.embedded:
        return []
    folder = raw_folder(info, data_dir)
    missing = _missing(info, data_dir)
    if missing:
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        unpacked = sum(_raw_bytes(info, name) for name in missing)
        need_space(folder, unpacked + max(info.archive_bytes[name] for name in missing))
    for name in missing:
        _get_file(info, folder, name, report)
    for part in idx.PARTS if missing else ():
        read_known(info, part, data_dir)
    return missing


def _raw_bytes(info: SetInfo, name: str) -> int:
    """Size of an unpacked file: a header, then one byte a pixel or a label."""
    count = info.test if name.startswith(idx.PARTS["test"]) else info.train + info.validation
    return 16 + count * SIDE**2 if "images" in name else 8 + count


def _missing(info: SetInfo, data_dir: str | Path | None) -> list[str]:
    """Files to fetch. A part in another order than the published one is fetched as a pair."""
    folder, missing = raw_folder(info, data_dir), []
    for part in idx.PARTS:
        try:
            read_known(info, part, data_dir)
        except FewbitsError:
            for name in (idx.image_file(part), idx.label_file(part)):
                path = folder / name
                if not (path.is_file() and is_published(info, path)):
                    missing.append(name)
    return missing


def _get_file(info: SetInfo, folder: Path, name: str, report: FileReport) -> None:
    """Fetch one archive, unpack it, note what came out."""
    archive, size, md5 = folder / f"{name}.gz", info.archive_bytes[name], info.archive_md5()[name]
    urls = [f"{mirror}{archive.name}" for mirror in info.mirrors()]
    here = archive.is_file() and file_digest(archive, "md5") == md5
    if not here:
        fetch(urls, archive, md5, 2 * size, lambda have: report(name, have, size))
    unpack(archive, folder / name, _raw_bytes(info, name))
    report(name, size, size)
    noted = read_note(folder) | {name: file_digest(folder / name, "sha256")}
    with disk_errors(folder / NOTE):
        half = partial(folder / NOTE)
        half.write_text(json.dumps({"set": info.name, "sha256": noted}, indent=1), encoding="utf-8")
        half.replace(folder / NOTE)
        if not here:
            archive.unlink()


def _pieces(archive: Path, limit: int) -> Iterator[bytes]:
    """What a gzip archive holds, piece by piece, at most ``limit`` bytes of it."""
    with archive_errors(archive), gzip.open(archive) as packed:
        while limit and (piece := packed.read(min(limit, 1 << 20))):
            limit -= len(piece)
            yield piece


def unpack(archive: Path, target: Path, size: int) -> None:
    """Unpack a gzip archive that must hold exactly ``size`` bytes, and never write more than those.

    Raises:
        FewbitsError: it holds more, fewer, or is damaged; ``target`` is then as it was.
    """
    half, have = partial(target), 0
    try:
        with disk_errors(target), half.open("wb") as file:
            for piece in _pieces(archive, size + 1):
                have += len(piece)
                file.write(piece[: len(piece) - (have > size)])
        if have != size:
            came = "more" if have > size else f"{have:,}"
            raise FewbitsError(f"{archive}: expected {size:,} bytes in it, got {came}: {REMEDY}")
        with disk_errors(target):
            half.replace(target)
    finally:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
