"""A folder of drawn pictures: made once, whole or not at all, and known again by its note."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from fewbits.data.disk import disk_errors
from fewbits.errors import FewbitsError

Task = TypeVar("Task")
Found = TypeVar("Found")


def make_once(
    folder: str | Path,
    settings: Mapping[str, object],
    what: str,
    write: Callable[[Path], None],
) -> Path:
    """Let ``write`` fill a folder, unless that was done before with the same settings.

    Args:
        folder: new or empty, or made by an earlier call.
        settings: what decides every byte; kept in the folder as ``what``.json.
        what: the set's name in messages.
        write: fills an empty folder beside it, which is renamed when all is there.

    Returns:
        The folder, absolute.

    Raises:
        FewbitsError: the folder holds something else, or the disk refused.
    """
    folder, note = Path(folder).absolute(), f"{what}.json"
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not _is_made(folder, settings, what, note):
                _make(folder, settings, note, write)
    return folder


def in_order(
    work: Callable[[Path, Task], Found], root: Path, tasks: Sequence[Task], workers: int
) -> Iterator[Found]:
    """What ``work`` makes of each task, in their order, by one process or several."""
    if workers == 1:
        for task in tasks:
            yield work(root, task)
        return
    # Spawned, not forked: the caller may have threads (PyTorch has), and a fork of those can hang.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawned) as processes:
        yield from processes.map(work, [root] * len(tasks), tasks, chunksize=8)


def _is_made(folder: Path, wanted: Mapping[str, object], what: str, note: str) -> bool:
    """Whether the folder holds just this set already.

    Raises:
        FewbitsError: it holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        found: Any = json.loads((folder / note).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FewbitsError(
            f"{folder}: expected a new or empty folder, or one with {what} in it, got something "
            "else; name another folder"
        ) from None
    if found != wanted:
        theirs = found if isinstance(found, dict) else {}
        differ = [name for name in wanted if theirs.get(name) != wanted[name]]
        got = ", ".join(f"{name} {theirs.get(name)}" for name in differ)
        asked = ", ".join(f"{name} {wanted[name]}" for name in differ)
        raise FewbitsError(
            f"{folder}: expected {what} with {asked}, got some with {got}; remove the folder or "
            "name another one"
        )
    return True


def _make(
    folder: Path, settings: Mapping[str, object], note: str, write: Callable[[Path], None]
) -> None:
    """Write everything beside the folder, then rename it; a kill leaves the old state."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    try:
        part.mkdir()
        write(part)
        (part / note).write_text(json.dumps(dict(settings), indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
