"""Pictures of every kind: turned as a viewer turns them, 16 bits, palettes, transparency."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from fewbits.data.cub import read_folders, read_pixels
from fewbits.data.cub.opening import ORIENTATION, open_picture, picture_size
from fewbits.errors import FewbitsError

SIXTEEN = np.array([[0, 255, 256, 32768, 65279, 65280, 65535]], dtype=np.uint16)


def corners(path: Path, orientation: int) -> None:
    """6 x 4 pixels, one corner white, stored with an orientation."""
    pixels = np.full((4, 6, 3), 40, np.uint8)
    pixels[0, 0] = 255
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(pixels).save(path, exif=exif, **({"quality": 100} if "j" in path.name else {}))


# EXIF: which way row 0 and column 0 of what is stored lie; so where its first pixel is shown.
SHOWN = {
    1: (0, 0),
    2: (0, -1),
    3: (-1, -1),
    4: (-1, 0),
    5: (0, 0),
    6: (0, -1),
    7: (-1, -1),
    8: (-1, 0),
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_pictures_are_turned_as_a_viewer_turns_them(tmp_path, orientation, ending):
    path = tmp_path / f"one.{ending}"
    corners(path, orientation)
    found = open_picture(path, upright=True)
    assert found.size == picture_size(path, upright=True) == ((6, 4) if orientation < 5 else (4, 6))
    grey = np.asarray(found).astype(int).sum(2)
    where = np.unravel_index(grey.argmax(), grey.shape)
    assert where == tuple(s % n for s, n in zip(SHOWN[orientation], grey.shape, strict=True))
    with Image.open(path) as file:
        viewed = ImageOps.exif_transpose(file).convert("RGB")
    assert np.array_equal(np.asarray(found), np.asarray(viewed))


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_pictures_whose_annotations_were_measured_as_stored_stay_so(tmp_path, ending):
    path = tmp_path / f"one.{ending}"
    corners(path, 6)
    assert open_picture(path).size == picture_size(path) == (6, 4)


def test_an_orientation_that_is_none_turns_nothing(tmp_path):
    corners(tmp_path / "one.png", 9)
    assert open_picture(tmp_path / "one.png", upright=True).size == (6, 4)


def folder_of(tmp_path: Path, name: str, save) -> Path:  # noqa: ANN001
    """A set of two classes whose every picture is what ``save`` writes."""
    for place in (
        "train/ant/a",
        "train/ant/b",
        "train/bee/a",
        "train/bee/b",
        "val/ant/a",
        "val/bee/a",
    ):
        path = tmp_path / "set" / f"{place}{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path)
    return tmp_path / "set"


def test_folders_hold_pictures_as_they_are_looked_at(tmp_path):
    birds = read_folders(folder_of(tmp_path, ".jpg", lambda path: corners(path, 6)))
    assert birds.test.upright and birds.test.take([1]).upright
    assert birds.test.sizes.tolist() == [[4, 6], [4, 6]]
    assert birds.test.boxes.tolist() == [[0, 0, 4, 6]] * 2
    pixels = read_pixels(birds.test, 6)
    assert (pixels[0, 0] > 200).nonzero()[:, 0].unique().tolist() == [0], "the corner is on top"
    assert pixels[0, 0, 0, 5] > 200 > pixels[0, 0, 0, 0]


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_sixteen_bits_of_grey_keep_their_upper_eight(tmp_path, ending):
    path = tmp_path / f"one.{ending}"
    Image.fromarray(SIXTEEN).save(path)
    expected = [[0, 0, 1, 128, 254, 255, 255]]
    assert np.asarray(open_picture(path, "L")).tolist() == expected
    assert np.asarray(open_picture(path))[..., 1].tolist() == expected


def test_what_is_transparent_lies_on_white(tmp_path):
    path = tmp_path / "one.png"
    red = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [200, 0, 0, 51]]], np.uint8)
    Image.fromarray(red).save(path)
    # 51 is a fifth: 0.2 * 200 + 0.8 * 255 = 244, 0.8 * 255 = 204
    assert np.asarray(open_picture(path)).tolist() == [[[200, 0, 0], [255] * 3, [244, 204, 204]]]
    grey = np.array([[[100, 255], [100, 0]]], np.uint8)
    Image.fromarray(grey, "LA").save(path)
    assert np.asarray(open_picture(path)).tolist() == [[[100] * 3, [255] * 3]]
    assert np.asarray(open_picture(path, "L")).tolist() == [[100, 100]], "a mask is no picture"


@pytest.mark.parametrize("clear", [None, 1])
def test_a_palette_becomes_its_colours(tmp_path, clear):
    picture = Image.new("P", (3, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    picture.putdata([0, 1, 2])
    picture.save(tmp_path / "one.png", **({} if clear is None else {"transparency": clear}))
    middle = [40, 50, 60] if clear is None else [255] * 3
    found = np.asarray(open_picture(tmp_path / "one.png")).tolist()
    assert found == [[[10, 20, 30], middle, [70, 80, 90]]]


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_numbers_without_a_white_are_refused(tmp_path, kind):
    path = tmp_path / "one.tif"
    Image.fromarray(SIXTEEN.astype(kind)).save(path)
    said = "one.tif: expected a picture of 8 or 16 bits a channel, got one of 32"
    with pytest.raises(FewbitsError, match=re.escape(said)):
        open_picture(path)


GREEDY = """
import re, sys
from pathlib import Path
from fewbits.data.cub import read_folders, read_pixels

def most():
    # not getrusage's ru_maxrss, which a process inherits from the one that started it
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024

train = read_folders(sys.argv[1], validation=0).train
read_pixels(train.take([0]), 640)
before, many = most(), train.take([0] * 100)
pixels = read_pixels(many, 640)
assert pixels.is_contiguous()
print((most() - before) / pixels.numel())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_reading_takes_no_second_copy(tmp_path):
    folder = folder_of(tmp_path, ".png", Image.new("RGB", (30, 20), (1, 2, 3)).save)
    found = subprocess.run(
        [sys.executable, "-c", GREEDY, folder], check=True, capture_output=True, text=True
    )
    assert 0.5 < float(found.stdout) < 1.3


def test_workers_read_the_same(tmp_path):
    birds = read_folders(folder_of(tmp_path, ".png", lambda path: corners(path, 8)))
    assert torch.equal(read_pixels(birds.train, 5), read_pixels(birds.train, 5, workers=2))
