"""Folders of photographs, and sets of pictures by name."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from cub_toys import write_toy
from PIL import Image

from fewbits.data import pictures
from fewbits.data.cub import read_folders
from fewbits.data.cub.cutting import path_digest
from fewbits.errors import FewbitsError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, count in (("train", 5), ("val", 2)):
        for kind, colour in (("ant", "red"), ("bee", "yellow"), ("cat", "blue")):
            place = tmp_path / "set" / part / kind
            place.mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (20 + i, 10), colour).save(place / f"{i}.png")
    (tmp_path / "set" / "train" / "ant" / "notes.txt").write_text("no picture")
    (tmp_path / "set" / "train" / "ant" / "._0.png").write_text("a Mac's note")
    return tmp_path / "set"


def test_classes_are_folders_and_validation_is_cut_from_train(folder):
    found = read_folders(folder, validation=0.2)
    assert found.class_names == ("ant", "bee", "cat")
    assert (found.train.count, found.validation.count, found.test.count) == (12, 3, 6)
    assert {path.parent.parent.name for path in found.test.paths} == {"val"}
    assert found.train.paths[0].parent.name == found.class_names[found.train.labels[0]]
    assert not set(found.train.paths) & set(found.validation.paths)
    assert found.test.boxes[0].tolist() == [0, 0, *found.test.sizes[0].tolist()]
    assert found.part_names == () and found.class_attributes is None


def test_validation_can_go_back_to_where_it_was_cut_from(folder):
    (folder / "train" / "ant" / "broken.png").write_text("no picture")
    found = read_folders(folder, validation=0.2, skip_broken=True)
    at, lost = next(iter(found.left_out.items()))
    found = replace(found, left_out={at: replace(lost, split="validation")})
    whole = found.without_validation()
    assert whole.train.paths == found.train.paths + found.validation.paths
    assert whole.train.labels.tolist() == [
        found.class_names.index(path.parent.name) for path in whole.train.paths
    ]
    assert (whole.train.count, whole.validation.count, whole.test.count) == (15, 0, 6)
    assert len(whole.train.boxes) == len(whole.train.parts) == 15
    assert [one.split for one in whole.left_out.values()] == ["train"]


def test_the_split_does_not_depend_on_where_the_folder_lies(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "elsewhere")
    names = [
        [f"{p.parent.name}/{p.name}" for p in read_folders(f).train.paths] for f in (folder, other)
    ]
    assert names[0] == names[1]


def test_names_need_not_be_utf_8(folder):
    """As old archives unpack; the split of well-named pictures stays as it was."""
    for part in ("train", "val"):
        (folder / part / "cat").rename(folder / part / os.fsdecode(b"M\xf6we"))
    found = read_folders(folder, validation=0.2)
    assert found.num_classes == 3 and found.train.count == 12
    assert path_digest(PurePosixPath("a/ä.png"), 1) != path_digest(PurePosixPath("a/\udce4"), 1)


def test_test_comes_before_val(folder):
    shutil.copytree(folder / "val", folder / "test")
    assert {path.parent.parent.name for path in read_folders(folder).test.paths} == {"test"}


def broken(folder: Path, how: str) -> None:
    match how:
        case "no test":
            shutil.rmtree(folder / "val")
        case "one class":
            for kind in ("ant", "bee"):
                shutil.rmtree(folder / "train" / kind)
        case "other classes":
            (folder / "val" / "cat").rename(folder / "val" / "dog")
        case "empty class":
            shutil.rmtree(folder / "train" / "bee")
            (folder / "train" / "bee").mkdir()
        case "empty test":
            for picture in (folder / "val").rglob("*.png"):
                picture.unlink()
        case "no picture":
            (folder / "val" / "bee" / "0.png").write_text("text")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("no test", "expected the folders train/ and test/ or val/"),
        ("one class", "expected at least two folders, one a class, got 1"),
        ("other classes", "only one has cat, dog"),
        ("empty class", "at least 2 training images of class bee"),
        ("empty test", "val: expected pictures to test with, got none that end in .jpg, .jpeg"),
        (
            "no picture",
            "0.png: expected a picture, got a file that does not decode (cannot identif",
        ),
    ],
)
def test_a_folder_that_is_no_set_is_refused(folder, how, message):
    broken(folder, how)
    with pytest.raises(FewbitsError, match=re.escape(message)):
        read_folders(folder)
    with pytest.raises(UsageError, match="expected a share of 0 to below 1"):
        read_folders(folder, validation=1)


def test_sets_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(pictures.DRAWN, "smoke", (3, 4, 2))
    birds = pictures.load_pictures("birds", tmp_path)
    away = pictures.load_pictures("birds-travelling", tmp_path)
    assert birds.num_classes == 3 and birds.test.count == 6
    assert birds.train.attributes is not None and birds.part_names
    looked_at = [pictures.with_pixels(found, 16) for found in (birds, away)]
    assert (looked_at[0].train.images == looked_at[1].train.images).all()
    assert (looked_at[0].test.images != looked_at[1].test.images).any()
    assert looked_at[0].train.images.shape[1:] == (3, 16, 16)
    assert pictures.load_pictures(f"imagefolder:{folder}").num_classes == 3
    assert pictures.load_pictures("cub", write_toy(tmp_path / "data")).num_classes == 3
    (tmp_path / "more").mkdir()
    write_toy(tmp_path / "more" / "cub100")
    assert pictures.load_pictures("cub", tmp_path / "more", "real").num_classes == 3


def test_smoke_takes_the_first_photographs_and_enough_of_each_class(folder, monkeypatch):
    monkeypatch.setattr(pictures, "SMOKE_PHOTOS", {"train": 5, "validation": 2, "test": 3})
    for i in range(40):  # one class far larger than the others
        shutil.copy(folder / "train" / "bee" / "0.png", folder / "train" / "bee" / f"more{i}.png")
    few = pictures.load_pictures(f"imagefolder:{folder}")
    whole = pictures.load_pictures(f"imagefolder:{folder}", scale="real")
    assert sorted(few.train.labels.tolist()) == [0, 0, 1, 1, 2, 2]
    for label in range(3):
        mine, all_of_it = (
            [
                p
                for p, one in zip(found.train.paths, found.train.labels, strict=True)
                if one == label
            ]
            for found in (few, whole)
        )
        assert mine == all_of_it[:2]
    assert sorted(few.test.labels.tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "scale", "message"),
    [
        ("birds", "paper", "unknown scale 'paper'"),
        (
            "bird",
            "smoke",
            "unknown set of pictures 'bird': expected birds, birds-travelling, scenes, cub",
        ),
        ("imagefolder:", "smoke", "imagefolder: needs a folder"),
    ],
)
def test_unknown_names_are_refused(name, scale, message, tmp_path):
    with pytest.raises(UsageError, match=re.escape(message)):
        pictures.load_pictures(name, tmp_path, scale)


def test_missing_cub_says_what_was_expected(tmp_path):
    with pytest.raises(FewbitsError, match=r"expected a folder with images.txt"):
        pictures.load_pictures("cub", tmp_path)


def test_an_empty_folder_hides_no_other(tmp_path):
    write_toy(tmp_path / "cub100")
    (tmp_path / "CUB_200_2011").mkdir()
    found = pictures.load_pictures("cub", tmp_path)
    assert found.folder == tmp_path / "cub100" / "CUB_200_2011" and found.num_classes == 3
