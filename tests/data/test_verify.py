"""Is it the published set? Any order of the right images is; one flipped bit is not."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toys import ToyInfo, draw_part, pack, toy_files, toy_info, write_part, write_set

from fewbits.data import describe
from fewbits.data.verify import NOTE, file_digest, fingerprint, read_known
from fewbits.errors import FewbitsError

INFO = toy_info()
WRONG_SUMS = {"train": 1, "test": 2}
NAMES = list(toy_files())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The toy set in its official layout; the data folder is two levels up."""
    return write_set(tmp_path / "Toy" / "raw")


def refusal(info: ToyInfo, folder: Path) -> str:
    with pytest.raises(FewbitsError) as caught:
        describe(info, folder.parents[1])
    assert "\n" not in str(caught.value)
    assert f"get it with: fewbits data get toy --data {folder.parents[1]}" in str(caught.value)
    return str(caught.value)


def test_the_official_files_are_whole(folder: Path) -> None:
    assert describe(INFO, folder.parents[1]) == f"whole, official order, {folder}"


def test_another_order_is_whole_too_and_is_called_so(folder: Path) -> None:
    images, labels = draw_part(40, 0)
    shuffle = np.random.default_rng(0).permutation(40)
    write_part(folder, "train", images[shuffle], labels[shuffle])
    said = describe(INFO, folder.parents[1])
    assert "train: same images, another order, test: official order" in said


def test_labels_that_changed_places_are_refused(folder: Path) -> None:
    images, labels = draw_part(40, 0)
    write_part(folder, "train", images, labels[::-1].copy())
    assert "train-labels-idx1-ubyte: its content was changed" in refusal(INFO, folder)


@given(name=st.sampled_from(NAMES), share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("known", ["with raw checksums", "without"])
def test_any_flipped_bit_is_found(
    folder: Path, known: str, name: str, share: float, bit: int
) -> None:
    info = toy_info(**({} if known == "with raw checksums" else {"raw_md5": {}}))
    path = folder / name
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[int(share * len(whole))] ^= 1 << bit
    path.write_bytes(flipped)
    assert name in refusal(info, folder)
    path.write_bytes(whole)
    assert "whole" in describe(info, folder.parents[1])


def test_the_damaged_file_is_named_with_both_checksums(folder: Path) -> None:
    path = folder / NAMES[2]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    message = refusal(INFO, folder)
    assert message.startswith(f"{path}: its content was changed or damaged")
    assert f"expected MD5 {INFO.raw_md5[NAMES[2]]}, got {file_digest(path, 'md5')}" in message


def test_a_label_out_of_range_is_named_with_its_place(folder: Path) -> None:
    images, labels = draw_part(12, 1)
    labels[7] = 200
    write_part(folder, "test", images, labels)
    assert "expected labels from 0 to 2, label 7 is 200" in refusal(INFO, folder)


def test_too_few_images_are_refused(folder: Path) -> None:
    write_part(folder, "train", *draw_part(39, 0))
    assert "expected 40 images, got 39" in refusal(INFO, folder)


def test_archives_with_the_published_checksum_are_whole_whatever_the_sum(folder: Path) -> None:
    info = toy_info(fingerprints=WRONG_SUMS, raw_md5={})
    assert "its content was changed" in refusal(info, folder)
    pack(folder)
    assert "whole" in describe(info, folder.parents[1])


def write_note(folder: Path, change: Callable[[dict], dict] = lambda note: note) -> None:
    note = {name: file_digest(folder / name, "sha256") for name in NAMES}
    (folder / NOTE).write_text(json.dumps(change({"set": "toy", "sha256": note})))


def test_files_noted_at_download_are_whole_whatever_the_sum(folder: Path) -> None:
    info = toy_info(fingerprints=WRONG_SUMS, raw_md5={})
    write_note(folder)
    assert "whole" in describe(info, folder.parents[1])
    content = bytearray((folder / NAMES[0]).read_bytes())
    content[-1] ^= 1
    (folder / NAMES[0]).write_bytes(content)
    assert NAMES[0] in refusal(info, folder)


@pytest.mark.parametrize("note", ["", "[]", '{"sha256": 3}', '{"sha256": []}', "\x00", "{"])
def test_a_broken_note_is_no_note(folder: Path, note: str) -> None:
    (folder / NOTE).write_text(note)
    assert "whole" in describe(INFO, folder.parents[1])
    refusal(toy_info(fingerprints=WRONG_SUMS, raw_md5={}), folder)


def test_a_fingerprint_ignores_order_and_nothing_else() -> None:
    digests = [bytes([i]) * 16 for i in range(1, 9)]
    assert fingerprint(digests) == fingerprint(digests[::-1])
    assert fingerprint(digests) != fingerprint(digests[1:])
    assert fingerprint([b"\xff" * 16] * 3) == 2**128 - 3


def test_reading_gives_the_part_in_the_order_of_its_files(folder: Path) -> None:
    part = read_known(INFO, "test", folder.parents[1])
    images, labels = draw_part(12, 1)
    assert (part.images == images).all() and (part.labels == labels).all()
