"""Files cut anywhere, headers with any byte, wrong shapes and counts: one line each."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from toys import draw_part, idx_bytes, pack, write_part, write_set

from fewbits import data
from fewbits.data import idx
from fewbits.errors import FewbitsError

NAMES = [file(part) for part in ("train", "test") for file in (idx.image_file, idx.label_file)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("idx"), 6, 4)


def refused(folder: Path, path: Path, content: bytes) -> str:
    """The message that ``load`` gives while ``path`` holds ``content``; the file is put back."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        with pytest.raises(FewbitsError) as caught:
            data.load(f"idx:{folder}")
    finally:
        path.write_bytes(before)
    message = str(caught.value)
    assert path.name in message and "\n" not in message
    assert caught.value.exit_code == 1
    return message


@given(name=st.sampled_from(NAMES), share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_refused(folder: Path, name: str, share: float) -> None:
    whole = (folder / name).read_bytes()
    message = refused(folder, folder / name, whole[: int(share * len(whole))])
    assert "truncated" in message


@given(name=st.sampled_from(NAMES), share=st.floats(0, 1, exclude_max=True))
def test_an_archive_cut_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, share: float
) -> None:
    packed = write_set(tmp_path_factory.mktemp("packed"), 6, 4)
    pack(packed)
    path = packed / f"{name}.gz"
    whole = path.read_bytes()
    message = refused(packed, path, whole[: int(share * len(whole))])
    assert "expected a whole gzip archive" in message or "truncated" in message


@given(name=st.sampled_from(NAMES), at=st.integers(0, 15), byte=st.integers(0, 255))
def test_a_header_with_a_wrong_byte_is_refused(folder: Path, name: str, at: int, byte: int) -> None:
    whole = bytearray((folder / name).read_bytes())
    assume(at < (16 if "images" in name else 8) and whole[at] != byte)
    whole[at] = byte
    refused(folder, folder / name, bytes(whole))


@given(content=st.binary(max_size=64), name=st.sampled_from(NAMES))
def test_any_short_bytes_are_refused(folder: Path, content: bytes, name: str) -> None:
    assume(content != (folder / name).read_bytes())
    refused(folder, folder / name, content)


def test_bytes_after_the_end_are_refused(folder: Path) -> None:
    path = folder / NAMES[0]
    assert "too long" in refused(folder, path, path.read_bytes() + b"\0")


def test_another_kind_of_file_is_refused(folder: Path) -> None:
    message = refused(folder, folder / NAMES[0], b"<html>not found, sorry</html>")
    assert "it begins 0x00000803" in message and "this one begins 0x3c68746d" in message


def test_images_of_another_size_are_refused(folder: Path) -> None:
    message = refused(folder, folder / NAMES[0], idx_bytes(np.zeros((6, 32, 30), np.uint8)))
    assert "expected images of 28 x 28 pixels, got 32 x 30; resize them" in message


def test_no_image_at_all_is_refused(folder: Path) -> None:
    message = refused(folder, folder / NAMES[2], idx_bytes(np.zeros((0, 28, 28), np.uint8)))
    assert "expected at least one image, got none" in message


def test_labels_and_images_must_be_as_many(folder: Path) -> None:
    message = refused(folder, folder / NAMES[1], idx_bytes(np.zeros(5, np.uint8)))
    assert "expected as many labels as train-images-idx3-ubyte has images, 6, got 5" in message


def test_packed_and_plain_files_give_the_same(tmp_path: Path) -> None:
    plain, packed = write_set(tmp_path / "plain"), write_set(tmp_path / "packed")
    pack(packed)
    ours, theirs = data.load(f"idx:{plain}"), data.load(f"idx:{packed}")
    assert ours.train.images.equal(theirs.train.images)
    assert ours.test.labels.equal(theirs.test.labels)


def test_an_archive_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    pack(write_set(tmp_path))
    path = tmp_path / f"{NAMES[0]}.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    refused(tmp_path, path, bytes(content))


def test_an_archive_unpacks_to_no_more_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "MAX_BYTES", 100_000)
    write_set(tmp_path)
    pack(tmp_path)
    bomb = gzip.compress(bytes(10_000_000))
    assert "expected at most 100,000 bytes" in refused(tmp_path, tmp_path / f"{NAMES[0]}.gz", bomb)


def test_missing_folders_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FewbitsError, match="nowhere: expected a folder with train-images"):
        data.load(f"idx:{tmp_path / 'nowhere'}")
    with pytest.raises(FewbitsError, match="train-images-idx3-ubyte.gz, but the folder is empty"):
        data.load(f"idx:{tmp_path}")
    write_part(tmp_path, "train", *draw_part(4, 0))
    with pytest.raises(FewbitsError, match="expected t10k-images-idx3-ubyte .* no such file"):
        data.load(f"idx:{tmp_path}")
    with pytest.raises(FewbitsError, match="but it is not a folder"):
        data.load(f"idx:{tmp_path / NAMES[0]}")
