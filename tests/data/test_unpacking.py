"""Archives that are not to be trusted: each refused with one line, nothing leaves the folder."""

import gzip
import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fewbits.data.unpacking import unpack_tar
from fewbits.errors import FewbitsError

LIMIT = 200_000


def pack(*entries: tuple[str, bytes | str, bytes]) -> bytes:
    """A ``.tar.gz`` of name, content or what a link points to, and type of each entry."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content, kind in entries:
            member = tarfile.TarInfo(name)
            member.type = kind
            if isinstance(content, str):
                member.linkname = content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0)


def file(name: str, content: bytes = b"content") -> tuple[str, bytes, bytes]:
    return name, content, tarfile.REGTYPE


GOOD = pack(
    ("set", b"", tarfile.DIRTYPE), file("set/a.txt", b"one"), file("set/deep/b.txt", bytes(70_000))
)


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[..., Path]:
    """Unpack bytes into ``inner/folder`` of an otherwise empty place."""

    def unpack(packed: bytes, members: int = 10, report=lambda _: None) -> Path:  # noqa: ANN001
        (tmp_path / "inner").mkdir()
        archive, folder = tmp_path / "inner" / "set.tgz", tmp_path / "inner" / "folder"
        archive.write_bytes(packed)
        unpack_tar(archive, folder, members, LIMIT, report)
        return folder

    return unpack


def test_files_and_folders_come_out(unpacked: Callable[..., Path]) -> None:
    seen: list[int] = []
    folder = unpacked(GOOD, members=3, report=seen.append)
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.txt")} == {
        "set/a.txt": b"one",
        "set/deep/b.txt": bytes(70_000),
    }
    assert seen == sorted(seen) and seen[-1] == len(GOOD)


def test_rights_in_the_archive_are_not_taken_over(unpacked: Callable[..., Path]) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        member = tarfile.TarInfo("tool")
        member.mode = 0o6777
        tar.addfile(member)
    path = unpacked(gzip.compress(plain.getvalue(), mtime=0)) / "tool"
    assert not path.stat().st_mode & 0o7111


def padded(name: str) -> bytes:
    """A header in front of the name that is larger than everything which may come out."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo(name)
        member.pax_headers = {"comment": "x" * 2 * LIMIT}
        tar.addfile(member)
    return gzip.compress(plain.getvalue(), mtime=0)


def claiming(size: int) -> bytes:
    """One file that is said to be of this size, with nothing behind it."""
    member = tarfile.TarInfo("set/vast")
    member.size = size
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT), mtime=0)


def with_holes() -> bytes:
    member = tarfile.TarInfo("set/holes")
    member.type = tarfile.GNUTYPE_SPARSE
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024), mtime=0)


def with_header(name: str, value: str) -> bytes:
    """An archive whose extended header says something that is no number."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("set/a")
        member.pax_headers = {name: value, "GNU.sparse.size": "1"}
        tar.addfile(member)
    return out.getvalue()


HOSTILE = {
    "climbs": (pack(file("set/../../../out.txt")), "expected files inside of its folder, got"),
    "absolute": (pack(file("/tmp/fewbits-out.txt")), "a path that leads out of it"),
    "folder": (pack(("../out", b"", tarfile.DIRTYPE)), "'../out', a path that leads out"),
    "backslash": (pack(file("..\\out.txt")), "a path that leads out of it"),
    "drive": (pack(file("C:out.txt")), "a path that leads out of it"),
    "symlink": (pack(("set", "../..", tarfile.SYMTYPE), file("set/out.txt")), "a symbolic link"),
    "inner link": (pack(file("a"), ("b", "a", tarfile.SYMTYPE)), "and folders only, got a sy"),
    "hard link": (pack(("b", "../set.tgz", tarfile.LNKTYPE)), "got a hard link, 'b'"),
    "device": (pack(("b", b"", tarfile.CHRTYPE)), "got a device, 'b'"),
    "pipe": (pack(("b", b"", tarfile.FIFOTYPE)), "got a pipe, 'b'"),
    "holes": (with_holes(), "got something else, 'set/holes'"),
    "malformed header": (with_header("GNU.sparse.map", "a,b"), "expected a whole gzip archive"),
    "bomb": (pack(file("a", bytes(LIMIT + 1))), "expected at most 200,000 bytes in it, got more"),
    "sum": (pack(*(file(f"{i}", bytes(LIMIT // 3)) for i in range(4))), "at most 200,000 bytes"),
    "claim": (claiming(10**12), "at most 200,000 bytes in it, got more"),
    "header": (padded("a"), "at most 200,000 bytes in it, got more"),
    "many": (pack(*(file(f"{i}", b"") for i in range(11))), "expected at most 10 files, got more"),
    "cut": (GOOD[: len(GOOD) // 2], "expected a whole gzip archive, got: Compressed file ended"),
    "cut at its end": (GOOD[:-4], "expected a whole gzip archive"),
    "checksum": (GOOD[:-8] + bytes(4) + GOOD[-4:], "expected a whole gzip archive, got: CRC check"),
    "no gzip": (b"no gzip at all", "expected a whole gzip archive, got: Not a gzipped file"),
    "no tar": (gzip.compress(b"no tar" * 999), "expected a whole gzip archive, got: "),
    "nothing": (b"", "expected a whole gzip archive, got: empty file"),
}  # fmt: skip


@pytest.mark.parametrize(("packed", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_to_be_trusted_is_refused(
    unpacked: Callable[..., Path], tmp_path: Path, packed: bytes, said: str
) -> None:
    with pytest.raises(FewbitsError, match=re.escape(said)) as caught:
        unpacked(packed)
    message = str(caught.value)
    assert "set.tgz: " in message and "\n" not in message
    assert message.endswith("delete it and run the same command again")
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    inside = {path.name for path in (tmp_path / "inner").iterdir()}
    assert {"set.tgz"} <= inside <= {"set.tgz", "folder"}
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert sum(p.stat().st_size for p in tmp_path.rglob("folder/**/*") if p.is_file()) <= LIMIT
    assert not Path("/tmp/fewbits-out.txt").exists()


def test_a_missing_archive_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FewbitsError, match=r"gone.tgz: cannot be read \(No such file"):
        unpack_tar(tmp_path / "gone.tgz", tmp_path / "folder", 1, 1)


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, the device that is always full")
    (tmp_path / "a.tgz").write_bytes(pack(file("full")))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "full").symlink_to("/dev/full")
    with pytest.raises(FewbitsError, match="folder/full: cannot be written: the disk is full"):
        unpack_tar(tmp_path / "a.tgz", tmp_path / "folder", 10, LIMIT)


def test_a_file_where_a_folder_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(pack(file("a"), file("a/b")))
    with pytest.raises(FewbitsError, match="a/b: cannot be written: part of this path is a file"):
        unpack_tar(tmp_path / "a.tgz", tmp_path / "folder", 10, LIMIT)
