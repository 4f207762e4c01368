"""A mirror that cuts, lies, forgets ranges or is not there; a disk that is full or read-only."""

import errno
import hashlib
import socket
from pathlib import Path

import pytest
from toys import Mirror, serving

from fewbits.data import disk, download
from fewbits.data.download import fetch, partial
from fewbits.errors import FewbitsError

CONTENT = bytes(range(256)) * 1024
MD5 = hashlib.md5(CONTENT).hexdigest()
LIMIT = 2 * len(CONTENT)


@pytest.fixture
def mirror():  # noqa: ANN201
    with serving({"file": CONTENT}) as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "file"


def fetch_from(target: Path, *mirrors: Mirror | str) -> list[int]:
    """Fetch and return what was reported."""
    seen: list[int] = []
    urls = [m if isinstance(m, str) else f"{m.address}file" for m in mirrors]
    fetch(urls, target, MD5, LIMIT, seen.append)
    return seen


def failure(target: Path, *mirrors: Mirror | str) -> str:
    """The message of a failed fetch, after which no file bears the final name."""
    with pytest.raises(FewbitsError) as caught:
        fetch_from(target, *mirrors)
    assert not target.exists()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1
    return str(caught.value)


def unused_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/file"


def test_a_whole_file_arrives_under_its_name_and_nothing_else_is_left(
    mirror: Mirror, target: Path
) -> None:
    seen = fetch_from(target, mirror)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    assert seen == sorted(seen) and seen[-1] == len(CONTENT)


def test_a_cut_connection_is_taken_up_where_it_broke(mirror: Mirror, target: Path) -> None:
    mirror.cut_after, mirror.cuts = 100_000, 2
    fetch_from(target, mirror)
    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in mirror.asked] == [None, "bytes=100000-", "bytes=200000-"]


def test_the_rest_is_asked_for_where_a_file_has_moved_to(mirror: Mirror, target: Path) -> None:
    """CaltechDATA sends every request on to a storage that knows ranges."""
    mirror.moved["old?download=1"] = f"{mirror.address}file"
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT[:5000])
    fetch_from(target, f"{mirror.address}old?download=1")
    assert target.read_bytes() == CONTENT
    assert mirror.asked == [("/old?download=1", "bytes=5000-"), ("/file", "bytes=5000-")]


def test_a_mirror_without_ranges_starts_again(mirror: Mirror, target: Path) -> None:
    mirror.ranges, mirror.cut_after, mirror.cuts = False, 100_000, 1
    fetch_from(target, mirror)
    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in mirror.asked] == [None, "bytes=100000-"]


def test_another_range_than_asked_is_not_appended(mirror: Mirror, target: Path) -> None:
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT[:5000])
    mirror.shift = 3
    assert "it answered with another range than asked" in failure(target, mirror)
    assert partial(target).read_bytes() == CONTENT[:5000]


def test_a_line_that_dies_at_once_is_given_up_and_what_came_is_kept(
    mirror: Mirror, target: Path
) -> None:
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT[:5000])
    mirror.cut_after, mirror.cuts = 0, 99
    message = failure(target, mirror)
    assert "cut after 5,000 of 262,144 bytes" in message
    assert "it goes on where it stopped" in message
    assert partial(target).read_bytes() == CONTENT[:5000]
    assert len(mirror.asked) == 1


def test_a_mirror_that_always_cuts_is_not_asked_for_ever(mirror: Mirror, target: Path) -> None:
    mirror.cut_after, mirror.cuts = 1000, 99
    assert "cut after 5,000 of" in failure(target, mirror)
    assert len(mirror.asked) == download.ATTEMPTS


def test_a_stopped_download_goes_on_in_the_next_call(mirror: Mirror, target: Path) -> None:
    def stop(have: int) -> None:
        if have >= 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([f"{mirror.address}file"], target, MD5, LIMIT, stop)
    kept = partial(target).stat().st_size
    assert 100_000 <= kept < len(CONTENT) and not target.exists()
    fetch_from(target, mirror)
    assert target.read_bytes() == CONTENT
    assert mirror.asked[-1] == ("/file", f"bytes={kept}-")


def test_a_part_that_is_whole_already_needs_no_network(target: Path) -> None:
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT)
    fetch_from(target, unused_address())
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [1000, len(CONTENT), len(CONTENT) + 5])
def test_a_part_of_some_other_file_is_thrown_away(mirror: Mirror, target: Path, size: int) -> None:
    target.parent.mkdir()
    partial(target).write_bytes(b"x" * size)
    fetch_from(target, mirror)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_wrong_bytes_are_refused_and_thrown_away(mirror: Mirror, target: Path) -> None:
    mirror.files["file"] = b"\1" + CONTENT[1:]
    message = failure(target, mirror)
    assert f"wrong checksum, expected MD5 {MD5}, got " in message
    assert not partial(target).exists()


def test_the_next_mirror_has_its_turn(mirror: Mirror, target: Path) -> None:
    with serving({"file": b"<html>moved</html>"}) as liar, serving({}) as empty:
        fetch_from(target, unused_address(), empty, liar, mirror)
        assert len(empty.asked) == len(liar.asked) == 1
    assert target.read_bytes() == CONTENT


def test_when_all_fail_each_is_named_with_its_reason(mirror: Mirror, target: Path) -> None:
    mirror.status = 503
    nobody = unused_address()
    message = failure(target, nobody, mirror)
    assert f"{nobody.split('/')[2]}: no connection (Connection refused)" in message
    assert f"127.0.0.1:{mirror.server_port}: it answered 503 Service Unavailable" in message
    assert f"put the file into {target.parent} yourself" in message


def test_no_more_is_taken_than_the_file_can_have(mirror: Mirror, target: Path) -> None:
    mirror.files["file"] = CONTENT * 3
    seen: list[int] = []
    with pytest.raises(FewbitsError, match=f"it sent more than {LIMIT:,} bytes"):
        fetch([f"{mirror.address}file"], target, MD5, LIMIT, seen.append)
    assert max(seen) <= LIMIT
    assert not target.exists() and not partial(target).exists()


def test_a_silent_mirror_is_given_up(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        message = failure(target, f"http://127.0.0.1:{deaf.getsockname()[1]}/file")
    assert "timed out" in message


def test_a_full_disk_says_so(mirror: Mirror, target: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, the device that is always full")
    target.parent.mkdir()
    partial(target).symlink_to("/dev/full")
    message = failure(target, mirror)
    assert "the disk is full: free some space and run the same command again" in message


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_says_so(
    mirror: Mirror, target: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, "refused")

    monkeypatch.setattr(Path, "mkdir", refuse)
    message = failure(target, mirror)
    assert f"{target.parent}: cannot be written: " in message
    assert "choose another folder with --data DIR" in message
    assert not mirror.asked


def test_space_is_counted_before_anything_is_fetched(tmp_path: Path) -> None:
    disk.need_space(tmp_path / "not" / "yet" / "there", 1)
    with pytest.raises(FewbitsError, match=r"expected \d+ MB of free disk, there are \d+ MB"):
        disk.need_space(tmp_path, 10**18)
