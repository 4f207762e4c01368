"""Unpack a tar archive without trusting it: files and folders inside of one folder, nothing else.

The ``data`` filter of :mod:`tarfile` is not in every Python 3.11, and it lets links in; so files
are written here, with this user's own rights, and anything but files and folders is refused.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fewbits.data.disk import disk_errors
from fewbits.data.download import Report
from fewbits.data.folders import leads_out
from fewbits.errors import FewbitsError

REMEDY = "delete it and run the same command again"

_CHUNK = 1 << 20
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


@contextmanager
def archive_errors(archive: Path) -> Iterator[None]:
    """Inside, what is wrong with a gzip archive, plain or of tar, becomes a FewbitsError."""
    try:
        yield
    # tarfile lets a malformed number in a header out as it is.
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError, ValueError) as error:
        raise FewbitsError(
            f"{archive}: expected a whole gzip archive, got: {error}: {REMEDY}"
        ) from error
    except OSError as error:
        raise FewbitsError(f"{archive}: cannot be read ({error.strerror}): {REMEDY}") from error


class _Content(io.BufferedIOBase):
    """What a gzip archive holds, to be read once; never more than ``limit`` bytes of it."""

    def __init__(self, archive: Path, packed: gzip.GzipFile, limit: int) -> None:
        self.archive, self._packed, self.limit, self._left = archive, packed, limit, limit

    def read(self, count: int | None = -1, /) -> bytes:
        """The next bytes, headers included; an error here is never taken for one of the disk."""
        with archive_errors(self.archive):
            piece = self._packed.read(count)
        self._left -= len(piece)
        self.expect(0)
        return piece

    def expect(self, count: int) -> None:
        """Make sure that ``count`` bytes more may come."""
        if count > self._left:
            raise FewbitsError(
                f"{self.archive}: expected at most {self.limit:,} bytes in it, got more: {REMEDY}"
            )


def unpack_tar(
    archive: Path, folder: Path, members: int, limit: int, report: Report = lambda _: None
) -> None:
    """Write what a ``.tar.gz`` holds into ``folder``, which should be new and nobody else's.

    Args:
        archive: the file.
        folder: made if it is not there.
        members: so many files and folders may be in it.
        limit: so many bytes may be in it, unpacked, tar's own headers included.
        report: is told how many bytes of the archive have been read.

    Raises:
        FewbitsError: the archive is damaged, holds a link, a device or a path that leads out, or
            more than it may, or the disk refused. What was written before stays in ``folder``.
    """
    with archive_errors(archive), archive.open("rb") as file, gzip.open(file) as packed:
        content = _Content(archive, packed, limit)
        with tarfile.open(fileobj=content, mode="r|", bufsize=_CHUNK) as tar:
            for count, member in enumerate(tar, 1):
                _check(archive, member, count, members)
                content.expect(member.size)
                _write(tar, member, folder)
                report(file.tell())
        while content.read(_CHUNK):
            pass  # at the very end is gzip's own checksum


def _check(archive: Path, member: tarfile.TarInfo, count: int, members: int) -> None:
    """Refuse what is neither file nor folder, what leads out, and one member too many."""
    if count > members:
        raise FewbitsError(f"{archive}: expected at most {members:,} files, got more: {REMEDY}")
    # A file with holes can be far larger than the archive that it came in.
    if not (member.isdir() or member.isreg()) or member.issparse():
        kind = _KINDS.get(member.type, "something else")
        raise FewbitsError(
            f"{archive}: expected files and folders only, got {kind}, {member.name!r}: {REMEDY}"
        )
    if leads_out(member.name):
        raise FewbitsError(
            f"{archive}: expected files inside of its folder, got {member.name!r}, a path that "
            f"leads out of it: {REMEDY}"
        )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = folder / member.name
    with disk_errors(target):
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        with target.open("wb") as file:
            while source and (piece := source.read(_CHUNK)):
                file.write(piece)
