"""``get_pictures``: the archive fetched, checked and unpacked, from a mirror on this machine."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cub_toys import pack_toy, toy_set, write_toy
from filelock import FileLock
from toys import Mirror, serving

from fewbits.data.cub import get_pictures, getting, read_cub
from fewbits.data.picture_sets import PASTED_SET, PictureSet
from fewbits.errors import FewbitsError, UsageError

NAME = "CUB_200_2011"


@pytest.fixture
def packed(tmp_path: Path) -> bytes:
    return pack_toy(write_toy(tmp_path / "original"))


@pytest.fixture
def mirror(packed: bytes) -> Iterator[Mirror]:
    with serving({f"{NAME}.tgz": packed}) as server:
        yield server


@pytest.fixture
def info(mirror: Mirror, packed: bytes) -> PictureSet:
    return toy_set(f"{mirror.address}{NAME}.tgz", packed)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def expected(tmp_path: Path) -> dict[str, bytes]:
    """The toy as it should lie in the data folder."""
    held = files(tmp_path / "original")
    held[f"{NAME}/attributes/attributes.txt"] = held.pop("attributes.txt")
    return held


def failure(info: PictureSet, home: Path) -> str:
    """The line of a failed get, after which there is no folder that looks whole."""
    with pytest.raises(FewbitsError) as caught:
        get_pictures(info, home)
    assert not (home / NAME).exists()
    assert not list(home.glob(".*.part")) and "\n" not in str(caught.value)
    return str(caught.value)


def test_the_folder_appears_whole_and_nothing_else_is_left(info, home, tmp_path) -> None:
    seen: list[tuple[str, int, int]] = []
    assert get_pictures(info, home, lambda *report: seen.append(report))
    assert files(home) == expected(tmp_path)
    assert {path.name for path in home.iterdir()} <= {NAME, f".{NAME}.lock"}
    size = info.archive.size
    assert (f"{NAME}.tgz", size, size) in seen and seen[-1] == (f"unpacking {NAME}", size, size)
    birds = read_cub(home)
    assert birds.num_classes == 3 and birds.attribute_names[0] == "has_bill_shape::cone"


def test_a_second_get_asks_nobody_and_writes_nothing(info, home, mirror) -> None:
    get_pictures(info, home)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    assert not get_pictures(info, home) and not get_pictures(info, home / NAME)
    assert len(mirror.asked) == 1
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_a_set_that_was_unpacked_by_hand_is_whole_too(info, tmp_path, mirror) -> None:
    assert not get_pictures(info, write_toy(tmp_path / "hand"))
    assert not mirror.asked


def test_an_empty_folder_and_some_of_the_classes_elsewhere_are_no_hindrance(
    info, home, tmp_path
) -> None:
    (home / NAME).mkdir(parents=True)
    write_toy(home / "cub100")
    assert get_pictures(info, home)
    assert read_cub(home / NAME).train.count == 4


def test_an_archive_that_lies_there_is_used_and_kept(info, home, packed, mirror) -> None:
    home.mkdir(parents=True)
    (home / f"{NAME}.tgz").write_bytes(packed)
    assert get_pictures(info, home)
    assert (home / f"{NAME}.tgz").read_bytes() == packed and not mirror.asked


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_stopped_at_any_moment_the_next_call_ends_whole(
    info, home, tmp_path, mirror, monkeypatch, share
) -> None:
    monkeypatch.setattr("fewbits.data.download._CHUNK", 500)
    for stopped in (f"{NAME}.tgz", f"unpacking {NAME}"):

        def stop(stage: str, have: int, total: int, at: str = stopped) -> None:
            if stage == at and have >= share * total:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            get_pictures(info, home, stop)
        assert not (home / NAME).exists()
    assert get_pictures(info, home)
    assert {k: v for k, v in files(home).items() if k != f"{NAME}.tgz"} == expected(tmp_path)
    assert len(mirror.asked) == 2 and mirror.asked[1][1].startswith("bytes=")


KILLED = """
import os, signal, sys, types
from pathlib import Path
from cub_toys import toy_set
from fewbits.data import download
from fewbits.data.cub import getting

url, original, home, moment = sys.argv[1:]
download._CHUNK = 500

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def report(stage, have, total):
    if stage.startswith(moment) and have >= 0.5 * total:
        die()

def replace(source, target):
    last = Path(target).name == "CUB_200_2011"
    if moment == ("before the rename" if last else "attributes"):
        die()
    os.replace(source, target)
    if last and moment == "after the rename":
        die()

getting.os = types.SimpleNamespace(replace=replace)
if moment == "unlink":
    Path.unlink = die
getting.get_pictures(toy_set(url, Path(original).read_bytes()), home, report)
"""


ARCHIVE, HALF = f"{NAME}.tgz", f".{NAME}.part"
LEFT = {
    # moment of the kill: what then lies in the data folder
    NAME: {f"{ARCHIVE}.part"},
    "unpacking": {ARCHIVE, HALF},
    "attributes": {ARCHIVE, HALF},
    "before the rename": {ARCHIVE, HALF},
    "after the rename": {ARCHIVE, HALF, NAME},
    "unlink": {ARCHIVE, NAME},
}


@pytest.mark.parametrize("moment", LEFT)
def test_killed_at_any_moment_the_next_call_ends_whole(
    info, home, packed, tmp_path, moment
) -> None:
    """Killed as the system kills: nothing is cleaned up, what stood half done stays."""
    (tmp_path / "original.tgz").write_bytes(packed)
    command = [sys.executable, "-c", KILLED, info.archive.url, tmp_path / "original.tgz", home]
    known = os.pathsep.join(path for path in sys.path if path)
    ended = subprocess.run([*command, moment], env=os.environ | {"PYTHONPATH": known})
    assert ended.returncode == -signal.SIGKILL
    left = {path.name for path in home.iterdir()} - {f".{NAME}.lock"}
    assert left == LEFT[moment]
    moved = home / HALF / NAME / "attributes" / "attributes.txt"
    assert moved.is_file() == (moment == "before the rename")
    assert get_pictures(info, home) == (NAME not in left)
    assert {k: v for k, v in files(home).items() if k in expected(tmp_path)} == expected(tmp_path)
    # A set that is whole is not touched again, so what stood beside it stays.
    assert {path.name for path in home.iterdir()} - {f".{NAME}.lock"} == (
        left if NAME in left else {NAME, ARCHIVE} & (left | {NAME})
    )


def test_a_truncated_archive_says_how_to_go_on(info, home, packed, mirror, tmp_path) -> None:
    home.mkdir(parents=True)
    path = home / f"{NAME}.tgz"
    path.write_bytes(packed[:2000])
    message = failure(info, home)
    assert f"{path}: expected {len(packed):,} bytes, got 2,000: it was cut short" in message
    assert f"rename it to {NAME}.tgz.part, and it goes on from there" in message
    path.rename(home / f"{NAME}.tgz.part")
    assert get_pictures(info, home) and mirror.asked == [(f"/{NAME}.tgz", "bytes=2000-")]
    assert files(home) == expected(tmp_path)


def test_a_wrong_checksum_is_named(info, home, packed, mirror) -> None:
    home.mkdir(parents=True)
    (home / f"{NAME}.tgz").write_bytes(packed[:-1] + b"?")
    assert f"{NAME}.tgz: expected MD5 {info.archive.md5}, got " in failure(info, home)
    (home / f"{NAME}.tgz").unlink()
    mirror.files[f"{NAME}.tgz"] = packed[:-1] + b"?"
    assert f"wrong checksum, expected MD5 {info.archive.md5}, got " in failure(info, home)
    assert not list(home.glob("*.tgz*")), "wrong bytes are not kept"


def test_an_archive_of_something_else_leaves_nothing(tmp_path, home) -> None:
    write_toy(tmp_path / "odd")
    (tmp_path / "odd" / NAME / "images.txt").unlink()
    packed = pack_toy(tmp_path / "odd")
    home.mkdir(parents=True)
    (home / f"{NAME}.tgz").write_bytes(packed)
    message = failure(toy_set("http://127.0.0.1:1/", packed), home)
    assert "expected CUB_200_2011/images.txt in it, got none" in message


def test_more_files_than_there_can_be_are_refused(info, home, monkeypatch) -> None:
    monkeypatch.setattr(getting, "MEMBERS", 5)
    assert "expected at most 5 files, got more" in failure(info, home)


@pytest.mark.parametrize("here", [0, 2000, None])
def test_space_is_counted_before_anything_is_fetched(
    info, home, packed, mirror, monkeypatch, here
) -> None:
    """For what is still to come, and for what will be unpacked."""
    home.mkdir(parents=True)
    name = f"{NAME}.tgz" if here is None else f"{NAME}.tgz.part"
    (home / name).write_bytes(packed[:here])
    missing = 0 if here is None else len(packed) - here
    needed = missing + info.archive.unpacked
    monkeypatch.setattr("fewbits.data.disk.free_bytes", lambda _: needed - 1)
    assert "expected 1 MB of free disk, there are 1 MB" in failure(info, home)
    assert not mirror.asked
    monkeypatch.setattr("fewbits.data.disk.free_bytes", lambda _: needed)
    assert get_pictures(info, home)


def test_what_is_not_whole_in_its_place_is_left_alone(info, tmp_path, mirror) -> None:
    home = write_toy(tmp_path / "hand")
    picture = next((home / NAME / "images").rglob("*.jpg"))
    whole = picture.read_bytes()
    picture.write_bytes(whole[:200])
    before = files(home)
    said = rf"{NAME}: expected all of cub or no such folder, .*{picture.name}: expected a pic"
    with pytest.raises(FewbitsError, match=said):
        get_pictures(info, home)
    picture.write_bytes(whole)
    with pytest.raises(FewbitsError, match="3 of 4 classes; move it away and run the same"):
        get_pictures(replace(info, classes=4), home)
    shutil.rmtree(home / NAME)
    (home / NAME).write_text("a file")
    with pytest.raises(FewbitsError, match="expected all of cub or no such folder"):
        get_pictures(info, home)
    assert not mirror.asked and len(before) > 10


def test_two_at_once_do_not_write_into_one_file(info, home, mirror) -> None:
    home.mkdir(parents=True)
    with FileLock(home / f".{NAME}.lock"):
        assert "another fewbits is getting it: wait" in failure(info, home)
    assert not mirror.asked
    assert get_pictures(info, home)


def test_no_network_is_one_line(info, home, mirror) -> None:
    mirror.status = 503
    message = failure(info, home)
    assert "it answered 503" in message and f"put the file into {home} yourself" in message


def test_a_set_without_an_archive_says_where_it_is(home) -> None:
    with pytest.raises(UsageError, match="get CUB_fixed from https://worksheets.codalab.org/"):
        get_pictures(PASTED_SET, home)
    with pytest.raises(UsageError, match=f"fewbits data get cub --data {re.escape(str(home))}$"):
        get_pictures(PASTED_SET, home)


def test_what_a_killed_run_left_is_gone_before_space_is_counted(
    info, home, monkeypatch, tmp_path
) -> None:
    left = home / f".{NAME}.part"
    left.mkdir(parents=True)
    (left / "huge").write_bytes(b"x")
    needed = info.archive.size + info.archive.unpacked
    monkeypatch.setattr(
        "fewbits.data.disk.free_bytes", lambda _: 0 if (left / "huge").exists() else 2 * needed
    )
    assert get_pictures(info, home)
    assert files(home) == expected(tmp_path)


def test_a_link_in_the_place_of_the_unpacking_is_not_followed(info, home, tmp_path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "attributes.txt").write_text("somebody's")
    home.mkdir(parents=True)
    (home / f".{NAME}.part").symlink_to(theirs)
    assert get_pictures(info, home)
    assert [path.name for path in theirs.iterdir()] == ["attributes.txt"]
    assert (theirs / "attributes.txt").read_text() == "somebody's"
    assert files(home) == expected(tmp_path)


def test_a_set_that_came_while_the_lock_was_taken_is_not_got_again(
    info, home, tmp_path, mirror, monkeypatch
) -> None:
    """Two processes that both found nothing: the second gets the lock when the first is done."""

    class Late(FileLock):
        def acquire(self, *given, **named):
            shutil.copytree(tmp_path / "original" / NAME, home / NAME)
            shutil.copy(
                tmp_path / "original" / "attributes.txt",
                home / NAME / "attributes" / "attributes.txt",
            )
            return super().acquire(*given, **named)

    monkeypatch.setattr(getting, "FileLock", Late)
    assert not get_pictures(info, home)
    assert files(home) == expected(tmp_path) and not mirror.asked


@pytest.mark.parametrize("exists", [False, True])
def test_a_link_to_nothing_in_its_place_is_found_before_the_download(
    info, home, tmp_path, mirror, exists
) -> None:
    home.mkdir(parents=True)
    if exists:
        (tmp_path / "away").mkdir()
    (home / NAME).symlink_to(tmp_path / "away")
    said = f"{NAME}: expected all of cub or no such folder, got a link to {tmp_path / 'away'}, wh"
    with pytest.raises(FewbitsError, match=re.escape(said)):
        get_pictures(info, home)
    assert not mirror.asked and (home / NAME).is_symlink()


def test_a_link_to_a_whole_set_is_the_set(info, home, tmp_path, mirror) -> None:
    home.mkdir(parents=True)
    (home / NAME).symlink_to(write_toy(tmp_path / "away") / NAME)
    assert not get_pictures(info, home) and not mirror.asked


@pytest.mark.parametrize("name", [f"{NAME}.tgz", f"{NAME}.tgz.part"])
def test_a_disk_that_cannot_be_read_is_not_said_to_refuse_writing(
    info, home, packed, monkeypatch, name
) -> None:
    home.mkdir(parents=True)
    (home / name).write_bytes(packed)
    opened, numbers = Path.open, []

    def fails(path: Path, mode: str = "r", *given, **named):
        if path.name == name and mode == "rb":
            raise OSError(numbers[0], os.strerror(numbers[0]))
        return opened(path, mode, *given, **named)

    monkeypatch.setattr(Path, "open", fails)
    for error, remedy in ((errno.EIO, "is the disk sound"), (errno.EACCES, "you may not read")):
        numbers[:] = [error]
        message = failure(info, home)
        assert f"{home / name}: cannot be read: " in message and remedy in message
        assert "written" not in message
