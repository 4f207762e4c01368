"""``get``: whole sets in their official layout, from a mirror on this machine."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from toys import Mirror, draw_part, pack, toy_archives, toy_files, toy_info, write_part, write_set

from fewbits.data import describe, fetching, find_set, get, load, where
from fewbits.data.verify import NOTE
from fewbits.errors import FewbitsError

FILES = toy_files()
NAMES = list(FILES)


def held(folder: Path) -> dict[str, bytes]:
    """The files in a folder but for the note."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != NOTE}


def test_get_leaves_the_four_files_and_no_other(mirror: Mirror, tmp_path: Path) -> None:
    info, seen = toy_info(mirror.address), []
    assert get(info, tmp_path, lambda *report: seen.append(report)) == NAMES
    assert held(tmp_path / "Toy" / "raw") == FILES
    assert describe(info, tmp_path) == f"whole, official order, {tmp_path / 'Toy' / 'raw'}"
    assert {name: have for name, have, _ in seen} == info.archive_bytes


def test_a_second_get_asks_nobody(mirror: Mirror, tmp_path: Path) -> None:
    info = toy_info(mirror.address)
    get(info, tmp_path)
    asked = len(mirror.asked)
    assert get(info, tmp_path) == []
    assert len(mirror.asked) == asked


def test_what_came_with_the_published_checksum_is_whole_whatever_the_sum(
    mirror: Mirror, tmp_path: Path
) -> None:
    info = toy_info(mirror.address, fingerprints={"train": 1, "test": 2}, raw_md5={})
    get(info, tmp_path)
    assert "whole" in describe(info, tmp_path)
    assert get(info, tmp_path) == []


def test_get_mends_only_what_is_damaged(mirror: Mirror, tmp_path: Path) -> None:
    info = toy_info(mirror.address)
    folder = write_set(tmp_path / "Toy" / "raw")
    (folder / NAMES[2]).write_bytes(FILES[NAMES[2]][:-1])
    assert get(info, tmp_path) == [NAMES[2]]
    assert held(folder) == FILES
    assert [path for path, _ in mirror.asked] == [f"/{NAMES[2]}.gz"]


def test_a_shuffled_part_is_mended_as_a_pair(mirror: Mirror, tmp_path: Path) -> None:
    info = toy_info(mirror.address)
    folder = write_set(tmp_path / "Toy" / "raw")
    images, labels = draw_part(40, 0)
    shuffle = np.random.default_rng(0).permutation(40)
    write_part(folder, "train", images[shuffle], labels[shuffle])
    assert get(info, tmp_path) == []
    (folder / NAMES[1]).unlink()
    assert get(info, tmp_path) == NAMES[:2]
    assert held(folder) == FILES


def test_archives_that_are_here_are_unpacked_without_a_network_and_kept(tmp_path: Path) -> None:
    info = toy_info()
    folder = write_set(tmp_path / "Toy" / "raw")
    pack(folder)
    assert get(info, tmp_path) == []
    assert "whole" in describe(info, tmp_path)
    (folder / NAMES[0]).write_bytes(b"damaged")
    (folder / f"{NAMES[0]}.gz").write_bytes(toy_archives()[NAMES[0]])
    assert NAMES[0] in get(info, tmp_path)
    assert (folder / f"{NAMES[0]}.gz").exists() and (folder / NAMES[0]).read_bytes() == FILES[
        NAMES[0]
    ]


def test_a_failed_get_keeps_what_is_whole_and_the_next_goes_on(
    mirror: Mirror, tmp_path: Path
) -> None:
    info, folder = toy_info(mirror.address), tmp_path / "Toy" / "raw"
    third = mirror.files.pop(f"{NAMES[2]}.gz")
    with pytest.raises(FewbitsError, match=f"{NAMES[2]}.gz: no mirror delivered it .*404"):
        get(info, tmp_path)
    assert held(folder) == {name: FILES[name] for name in NAMES[:2]}
    assert where(info, tmp_path) == f"2 of 4 files in {folder}"
    mirror.files[f"{NAMES[2]}.gz"] = third
    assert get(info, tmp_path) == NAMES[2:]


def test_wrong_bytes_never_get_the_final_name(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files[f"{NAMES[0]}.gz"] = gzip.compress(b"something else")
    with pytest.raises(FewbitsError, match="wrong checksum"):
        get(toy_info(mirror.address), tmp_path)
    assert held(tmp_path / "Toy" / "raw") == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(bytes(99)), "expected 100 bytes in it, got 99"),
        (gzip.compress(bytes(101)), "expected 100 bytes in it, got more"),
        (gzip.compress(bytes(10**7)), "expected 100 bytes in it, got more"),
        (gzip.compress(bytes(100))[:-9], "expected a whole gzip archive"),
        (b"not gzip", "expected a whole gzip archive"),
    ],
    # Archives hold the time: workers that collect in different seconds must agree on the names.
    ids=["short", "long", "bomb", "cut", "no gzip"],
)
def test_an_archive_with_anything_else_in_it_is_refused(
    tmp_path: Path, content: bytes, says: str
) -> None:
    archive, target = tmp_path / "file.gz", tmp_path / "file"
    archive.write_bytes(content)
    target.write_bytes(b"as it was")
    with pytest.raises(FewbitsError, match=says):
        fetching.unpack(archive, target, 100)
    assert held(tmp_path) == {"file.gz": content, "file": b"as it was"}


def test_a_full_disk_while_unpacking_leaves_no_half_file(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, the device that is always full")
    archive, target = tmp_path / "file.gz", tmp_path / "file"
    archive.write_bytes(gzip.compress(bytes(100)))
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(FewbitsError, match="the disk is full"):
        fetching.unpack(archive, target, 100)
    assert list(tmp_path.iterdir()) == [archive]


def test_too_little_space_is_said_before_anything_is_fetched(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewbits.data.disk.free_bytes", lambda _: 1000)
    with pytest.raises(FewbitsError, match="expected 0 MB of free disk"):
        get(toy_info(mirror.address), tmp_path)
    assert not mirror.asked


def test_digits_need_no_getting(tmp_path: Path) -> None:
    assert get(find_set("digits"), tmp_path) == []
    assert where(find_set("digits"), tmp_path) == "embedded"
    assert describe(find_set("digits"), tmp_path) == "whole, embedded"
    assert list(tmp_path.iterdir()) == []


def test_a_known_set_loads_with_its_own_sizes_and_names(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = toy_info(mirror.address)
    monkeypatch.setattr("fewbits.data.loading.find_set", lambda _: info)
    get(info, tmp_path)
    images = load("toy", tmp_path, "real")
    assert (images.train.count, images.validation.count, images.test.count) == (35, 5, 12)
    assert images.class_names == ("a", "b", "c")
