"""Whose a cache's folder is, what of the cache lies in it, and whether the rest has room."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fewbits.data.disk import MEGABYTE, free_bytes
from fewbits.errors import FewbitsError, UsageError
from fewbits.features.manifest import Manifest, read_manifest, write_manifest
from fewbits.features.shards import read_shard, record_file

SPARE = 100 * MEGABYTE
"""Disk that is left free, for records and for whatever else writes meanwhile."""

_LEFT_BEHIND = re.compile(r"(?:.+-)?(\d{5,})\.(?:npy|json)\.\d+\.part")


def claim(folder: Path, wanted: Manifest, say: Callable[[str], None]) -> Manifest:
    """Make ``folder`` this cache's own, or find that it already is, once its size was told.

    Returns:
        What was begun in it, or what was wanted.

    Raises:
        UsageError: the folder holds other features or other files. Nothing in it is touched.
        FewbitsError: its manifest is damaged, it cannot be written, or the disk is too small.
    """
    there = _visible(folder)  # before the manifest: another process may be writing just now
    begun = read_manifest(folder)
    if begun is None and there:
        raise UsageError(
            f"{folder} holds other files, {there[0]} for one: choose an empty folder, nothing was "
            "changed"
        )
    if begun is not None and (differ := begun.key.difference(wanted.key)):
        raise UsageError(
            f"{folder} holds other features ({differ}): choose another folder, nothing was changed"
        )
    say(sizes_told(folder, begun or wanted))
    if begun is None:
        need_room(folder, wanted, range(wanted.shards))
        write_manifest(folder, wanted)
    # Of two processes that begin at the same moment one had the last word.
    return read_manifest(folder) or wanted


def _visible(folder: Path) -> list[str]:
    """Names of what lies in a folder, without hidden files and what a kill left of others."""
    with _named(folder):
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if not name.startswith(".") and not name.endswith(".part")]


def sizes_told(folder: Path, manifest: Manifest) -> str:
    """How much a cache is going to hold, in one line."""
    views = f" x {len(manifest.views)} views" if len(manifest.views) > 1 else ""
    needed = sum(map(manifest.bytes_of, range(manifest.shards))) / MEGABYTE
    shards = manifest.shards * len(manifest.views)
    return (
        f"{manifest.pictures:,} pictures{views} x {manifest.features} x {manifest.high} x "
        f"{manifest.wide} in fp16: {needed:,.{0 if needed >= 10 else 1}f} MB in {shards:,} "
        f"shard{'s' if shards > 1 else ''} at {folder}"
    )


def need_room(folder: Path, manifest: Manifest, missing: Iterable[int]) -> None:
    """Make sure that the missing shards fit on the disk, and some more.

    Raises:
        FewbitsError: they do not.
    """
    needed = sum(map(manifest.bytes_of, missing))
    free = free_bytes(folder)
    if needed and free < needed + SPARE:
        raise FewbitsError(
            f"{folder}: expected {(needed + SPARE) / MEGABYTE:,.0f} MB of free disk for what is "
            f"missing, there are {free / MEGABYTE:,.0f} MB: free some space or choose another "
            "folder"
        )


def survey(
    folder: Path,
    manifest: Manifest,
    rank: int,
    world: int,
    verify: bool,
    skip_broken: bool,
    say: Callable[[str], None],
) -> list[int]:
    """The shards that are left for this process to make, once it is known that all have room.

    A shard that lacks pictures is to be made again if none may be left out.

    Raises:
        FewbitsError: what is missing, for all processes together, does not fit on the disk.
    """
    missing = []
    for number in range(manifest.shards):
        ours = number % world == rank
        shard = read_shard(folder, manifest, number, verify and ours)
        if shard is None and ours and record_file(folder, number).exists():
            say(f"shard {number} is damaged: it is made again")
        if shard is None or (shard.broken and not skip_broken):
            missing.append(number)
    need_room(folder, manifest, missing)
    return [number for number in missing if number % world == rank]


@contextmanager
def alone(folder: Path, rank: int, world: int) -> Iterator[None]:
    """Keep a second process out of this one's share, and clear away what a kill left of it.

    Raises:
        UsageError: another process is at work on the same share.
    """
    lock = FileLock(folder / f".{rank}-of-{world}.lock", timeout=0)
    with _named(folder):
        try:
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                f"{folder}: another process makes the same shards (rank {rank} of {world}): let "
                "it finish"
            ) from error
    try:
        for path in folder.glob("*.part"):
            left = _LEFT_BEHIND.fullmatch(path.name)
            if left and int(left[1]) % world == rank:
                path.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Inside, an OSError becomes a FewbitsError that names the folder."""
    try:
        yield
    except OSError as error:
        raise FewbitsError(
            f"{folder} cannot be used: {error.strerror or error}: choose another folder"
        ) from error
