"""Files that are no pictures: refused, or left out and named, and nobody else changes places."""

import shutil
from pathlib import Path

import pytest
from cub_toys import paste_toy, write_toy
from wordnet_toys import write_folders

from fewbits.data import pictures
from fewbits.data.cub import decodable
from fewbits.data.cub.imagefolder import some_pictures
from fewbits.errors import FewbitsError

WHOLE_HEADER = -1  # how much of a file is left: all but its pixels, or nothing that says its size


def break_it(path: Path, rest: int = 20) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: 2 * len(content) // 3 if rest == WHOLE_HEADER else rest])
    return path


def names(photos, without: set[Path] = frozenset()) -> list[str]:
    return [path.name for path in photos.paths if path not in without]


def test_others_stay_in_their_splits_and_places(tmp_path):
    root = write_folders(tmp_path / "set", train=10)
    whole = pictures.load_pictures(f"imagefolder:{root}", scale="real")
    bad = {break_it(path) for split in (whole.train, whole.validation, whole.test)
           for path in split.paths[:1]}  # fmt: skip
    with pytest.raises(FewbitsError, match="expected a picture, got a file that does not decode"):
        pictures.load_pictures(f"imagefolder:{root}", scale="real")
    found = pictures.load_pictures(f"imagefolder:{root}", scale="real", skip_broken=True)
    assert set(found.left_out) == bad
    assert all(str(path) in lost.why for path, lost in found.left_out.items())
    splits = [found.left_out[path].split for path in sorted(bad, key=order_in(whole))]
    assert splits == ["train", "validation", "test"]
    for part in ("train", "validation", "test"):
        before, after = getattr(whole, part), getattr(found, part)
        assert names(after) == names(before, bad) and after.count == before.count - 1
        assert after.sizes.tolist() == [[64, 64]] * after.count
        assert len(after.labels) == after.count
    assert whole.left_out == {}


def order_in(known):
    paths = known.train.paths + known.validation.paths + known.test.paths
    return paths.index


def test_few_pictures_go_without_those_only_that_they_would_have_had(tmp_path, monkeypatch):
    """Of eight a class two are read: with the first broken the second and third, not the fifth."""
    root = write_folders(tmp_path / "set", train=10)
    whole = pictures.load_pictures(f"imagefolder:{root}", scale="real").train
    own = [
        path for path, label in zip(whole.paths, whole.labels.tolist(), strict=True) if not label
    ]
    near, far = break_it(own[0]), break_it(own[4])
    monkeypatch.setitem(pictures.SMOKE_PHOTOS, "train", 6)
    few = pictures.load_pictures(f"imagefolder:{root}", scale="smoke", skip_broken=True)
    assert [path for path in few.train.paths if path in own] == own[1:3]
    assert set(few.left_out) == {near}
    every = pictures.load_pictures(f"imagefolder:{root}", scale="real", skip_broken=True)
    assert {path: lost.before for path, lost in every.left_out.items()} == {near: 0, far: 3}


def test_a_folder_called_like_a_picture_is_none(tmp_path):
    root = write_folders(tmp_path / "set")
    before = pictures.load_pictures(f"imagefolder:{root}", scale="real")
    next((root / "train").iterdir()).joinpath("notes.JPEG").mkdir()
    found = pictures.load_pictures(f"imagefolder:{root}", scale="real")
    assert found.train.paths == before.train.paths
    assert some_pictures(root, 100).count == len(list(root.rglob("*_*.JPEG")))


def test_a_link_to_a_picture_that_is_gone_is_named(tmp_path):
    root = write_folders(tmp_path / "set")
    next((root / "train").iterdir()).joinpath("gone.JPEG").symlink_to(tmp_path / "gone.JPEG")
    with pytest.raises(FewbitsError, match=r"gone\.JPEG: .*no such file"):
        pictures.load_pictures(f"imagefolder:{root}", scale="real")


def test_cub_goes_without_them_too_with_the_annotations_of_the_others(tmp_path):
    home = write_toy(tmp_path)
    whole = pictures.load_pictures("cub", home, "real")
    bad = {break_it(whole.train.paths[1]), break_it(whole.test.paths[0])}
    with pytest.raises(FewbitsError, match="does not decode"):
        pictures.load_pictures("cub", home, "real")
    found = pictures.load_pictures("cub", home, "real", skip_broken=True)
    assert set(found.left_out) == bad
    assert {lost.split for lost in found.left_out.values()} == {"train", "test"}
    for part in ("train", "validation", "test"):
        before, after = getattr(whole, part), getattr(found, part)
        kept = [place for place, path in enumerate(before.paths) if path not in bad]
        assert after.image_ids.tolist() == before.image_ids[kept].tolist()
        assert after.parts.tolist() == before.parts[kept].tolist()
        assert after.sizes.tolist() == before.sizes[kept].tolist()


def test_pasted_birds_go_without_theirs_and_without_cubs(tmp_path):
    home = write_toy(tmp_path)
    paste_toy(home)
    whole = pictures.load_pictures("travelingbirds", home, "real")
    cub = pictures.load_pictures("cub", home, "real")
    bad = {break_it(whole.train.paths[0]), break_it(cub.test.paths[0])}
    found = pictures.load_pictures("travelingbirds", home, "real", skip_broken=True)
    assert set(found.left_out) == bad
    assert sorted(lost.split for lost in found.left_out.values()) == ["test", "train"]
    assert names(found.train) == names(whole.train)[1:]
    assert names(found.test) == names(whole.test)[1:]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_whole_header_is_found_out_when_the_picture_is_decoded(tmp_path, workers):
    root = write_folders(tmp_path / "set")
    known = pictures.load_pictures(f"imagefolder:{root}", scale="real")
    bad = break_it(known.train.paths[2], WHOLE_HEADER)
    found = pictures.load_pictures(f"imagefolder:{root}", scale="real", skip_broken=True)
    assert found.left_out == {} and found.train.count == known.train.count
    with pytest.raises(FewbitsError, match=bad.name):
        pictures.with_pixels(found, 8)
    pixels = pictures.with_pixels(found, 8, workers, skip_broken=True)
    assert pixels.train.count == 8 and pixels.test.count == 6
    sound = decodable(found.train, workers)
    assert names(sound) == names(known.train, {bad})
    assert pixels.train.labels.tolist() == sound.labels.tolist()


def test_a_file_that_is_gone_is_named_as_well(tmp_path):
    home = write_toy(tmp_path)
    gone = pictures.load_pictures("cub", home, "real").train.paths[0]
    shutil.move(gone, tmp_path / "elsewhere.jpg")
    found = pictures.load_pictures("cub", home, "real", skip_broken=True)
    assert "no such file" in found.left_out[gone].why
