"""TravelingBirds: CUB's annotations, other pictures, CUB's split."""

import re
import shutil
from pathlib import Path

import pytest
import torch
from cub_toys import IMAGES, paste_toy, write_toy
from PIL import Image

from fewbits.data import pictures
from fewbits.data.cub import read_pixels
from fewbits.errors import FewbitsError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    paste_toy(write_toy(tmp_path))
    return tmp_path


def test_pictures_are_pasted_ones_and_everything_else_is_cubs(home: Path) -> None:
    cub, pasted = (pictures.load_pictures(name, home, "real") for name in ("cub", "travelingbirds"))
    assert (pasted.name, pasted.folder) == ("travelingbirds", home / "CUB_fixed")
    assert pasted.class_names == cub.class_names and pasted.part_names == cub.part_names
    for part, brighter in (("train", 100), ("validation", 100), ("test", 150)):
        ours, theirs = getattr(pasted, part), getattr(cub, part)
        for name in ("labels", "image_ids", "sizes", "boxes", "parts", "visible", "attributes"):
            assert getattr(ours, name).equal(getattr(theirs, name)), name
        assert ours.masks == theirs.masks and ours.masks is not None
        greys = torch.tensor([IMAGES[key][4] for key in theirs.image_ids.tolist()])
        assert read_pixels(ours, 5)[:, 0, 2, 2].tolist() == (greys + brighter).tolist()
        folder = "test" if part == "test" else "train"
        assert {path.parents[1] for path in ours.paths} == {home / "CUB_fixed" / folder}
        assert [p.name for p in ours.paths] == [p.name for p in theirs.paths]


def test_drawn_birds_laid_out_like_it_read_the_same(tmp_path: Path, monkeypatch) -> None:
    """Birds as CUB, and the travelling ones as its pictures: that is the travelling set."""
    monkeypatch.setitem(pictures.DRAWN, "smoke", (3, 4, 2))
    home, away = (pictures.load_pictures(name, tmp_path) for name in ("birds", "birds-travelling"))
    shutil.copytree(home.folder, tmp_path / "CUB_200_2011")
    shutil.copytree(home.folder / "images", tmp_path / "CUB_fixed" / "train")
    shutil.copytree(away.folder / "images", tmp_path / "CUB_fixed" / "test")
    pasted = pictures.load_pictures("travelingbirds", tmp_path)
    ours, theirs = (pictures.with_pixels(birds, 32) for birds in (pasted, away))
    for part in ("train", "validation", "test"):
        assert getattr(ours, part).images.equal(getattr(theirs, part).images)
        assert getattr(pasted, part).parts.equal(getattr(away, part).parts)


def test_it_is_found_in_a_folder_of_its_name(home: Path) -> None:
    (home / "TravelingBirds").mkdir()
    (home / "CUB_fixed").rename(home / "TravelingBirds" / "CUB_fixed")
    found = pictures.load_pictures("travelingbirds", home)
    assert found.folder == home / "TravelingBirds" / "CUB_fixed" and found.test.count == 3


def broken(home: Path, how: str) -> None:
    one = home / "CUB_fixed" / "test" / "005.Bay_Wren" / "bird_15.jpg"
    match how:
        case "missing":
            one.unlink()
        case "no picture":
            one.write_text("text")
        case "another size":
            Image.new("RGB", (299, 299)).save(one)
        case "turned":
            Image.new("RGB", (16, 12)).save(one)
        case "no test":
            shutil.rmtree(home / "CUB_fixed" / "test")
        case "nothing":
            shutil.rmtree(home / "CUB_fixed")
        case "no CUB":
            shutil.rmtree(home / "CUB_200_2011")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", "CUB_fixed/test/005.Bay_Wren/bird_15.jpg: expected the picture that the set"),
        ("no picture", "bird_15.jpg: expected a picture, got a file that does not decode"),
        ("another size", "bird_15.jpg: expected 12 x 16 pixels as in CUB, where its box and parts"),
        ("turned", "were measured, got 16 x 12; take the pictures as they were published"),
        ("no test", "CUB_fixed: expected the folders train/ and test/ in it, got no test/"),
        ("nothing", "expected CUB_fixed in it, the pictures of TravelingBirds, got none; download"),
        ("no CUB", "CUB_200_2011 in it, got neither; get it with: fewbits data get cub --data"),
    ],
)  # fmt: skip
def test_what_is_broken_is_one_line(home: Path, how: str, said: str) -> None:
    broken(home, how)
    with pytest.raises(FewbitsError, match=re.escape(said)) as caught:
        pictures.load_pictures("travelingbirds", home)
    assert "\n" not in str(caught.value)


def test_a_picture_that_no_split_needs_may_be_missing(home: Path) -> None:
    """Every picture is in both folders; of each only one counts."""
    (home / "CUB_fixed" / "train" / "005.Bay_Wren" / "bird_15.jpg").unlink()
    (home / "CUB_fixed" / "test" / "005.Bay_Wren" / "bird_9.jpg").unlink()
    assert pictures.load_pictures("travelingbirds", home).train.count == 4
