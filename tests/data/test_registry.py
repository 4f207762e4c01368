"""What is known of the sets, and in which folder they are looked for."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fewbits.data import SETS, data_folder, find_set, folders, idx, named_folder

DOWNLOADED = [info for info in SETS.values() if not info.embedded]


@pytest.mark.parametrize("info", DOWNLOADED, ids=lambda info: info.name)
def test_every_file_has_a_checksum_a_size_and_two_mirrors(info) -> None:  # noqa: ANN001
    names = {file(part) for part in idx.PARTS for file in (idx.image_file, idx.label_file)}
    assert set(info.archive_md5()) == set(info.archive_bytes) == names
    assert all(len(md5) == 32 and int(md5, 16) for md5 in info.archive_md5().values())
    assert set(info.raw_md5) in (set(), names)
    mirrors = info.mirrors()
    assert len({urlsplit(mirror).netloc for mirror in mirrors}) >= 2
    assert mirrors[0].startswith("https://") and all(m.endswith("/") for m in mirrors)
    assert len(info.class_names()) == info.classes
    assert set(info.fingerprints) == set(info.first_labels) == set(idx.PARTS)
    assert info.licence and info.source


def test_downloads_are_as_large_as_the_reader_is_told() -> None:
    assert find_set("mnist").download_bytes == 11_594_722
    assert find_set("fashion-mnist").download_bytes == 30_878_645
    assert find_set("digits").download_bytes == 0


def test_the_folder_in_the_call_wins_then_the_variable_then_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWBITS_DATA", str(tmp_path / "variable"))
    assert data_folder(tmp_path / "call") == tmp_path / "call"
    assert data_folder(None) == named_folder(None) == tmp_path / "variable"
    monkeypatch.setenv("FEWBITS_DATA", "")
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    assert data_folder(None) == tmp_path / "fewbits" / "data"
    assert named_folder(None) is None


def test_a_set_lies_where_torchvision_lays_it() -> None:
    from torchvision import datasets

    for info, theirs in zip(DOWNLOADED, (datasets.MNIST, datasets.FashionMNIST), strict=True):
        ours = theirs.__new__(theirs)
        ours.root = "DIR"
        assert folders.raw_folder(info, "DIR") == Path(ours.raw_folder)
