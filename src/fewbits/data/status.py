"""What of a set is on disk, and whether it is whole."""

from pathlib import Path

from fewbits.data import idx
from fewbits.data.folders import raw_folder, remedy
from fewbits.data.registry import SetInfo, find_sources
from fewbits.data.verify import describe_order


def files_here(info: SetInfo, data_dir: str | Path | None = None) -> int:
    """How many of a set's four files are there, plain or packed, whole or not."""
    folder = raw_folder(info, data_dir)
    return sum(
        (folder / name).is_file() or (folder / f"{name}.gz").is_file()
        for name in info.archive_bytes
    )


def is_here(info: SetInfo, data_dir: str | Path | None = None) -> bool:
    """Whether there is anything of the set that could be checked."""
    return info.embedded or files_here(info, data_dir) > 0


def where(info: SetInfo, data_dir: str | Path | None = None) -> str:
    """Where a set is, in a few words. Files are not read."""
    if info.made_from:
        return _made(info, {scale: where(it, data_dir) for scale, it in find_sources(info).items()})
    if info.embedded:
        return "embedded"
    here = files_here(info, data_dir)
    if not here:
        return "not here"
    some = (
        "" if here == len(info.archive_bytes) else f"{here} of {len(info.archive_bytes)} files in "
    )
    return f"{some}{raw_folder(info, data_dir)}"


def describe(info: SetInfo, data_dir: str | Path | None = None) -> str:
    """Read all of a set and say in a few words that it is whole, and in which order it lies.

    A set that is made is as whole as those it is made from; one that is not here is only named.

    Raises:
        FewbitsError: it is not whole; the message names the file and says what to do.
    """
    if info.made_from:
        sources = find_sources(info).items()
        return _made(info, {scale: _describe_source(it, data_dir) for scale, it in sources})
    if info.embedded:
        return "whole, embedded"
    orders = [describe_order(info, part, data_dir) for part in idx.PARTS]
    said = orders[0] if len(set(orders)) == 1 else f"train: {orders[0]}, test: {orders[1]}"
    return f"whole, {said}, {raw_folder(info, data_dir)}"


def _describe_source(info: SetInfo, data_dir: str | Path | None) -> str:
    """Like :func:`describe`, but a set that is not here is no error: another scale may do."""
    if is_here(info, data_dir):
        return describe(info, data_dir)
    return f"not here, {remedy(info, data_dir)}"


def _made(info: SetInfo, said: dict[str, str]) -> str:
    """What is said of each set that this one is made from, by scale."""
    sources = (f"{name} ({scale}: {said[scale]})" for scale, name in info.made_from.items())
    return f"made from {' or '.join(sources)}"
