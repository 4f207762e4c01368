import base64
import io

import numpy as np
import pytest
import torch
from bird_samples import bird_pictures
from PIL import Image

from fewbits.errors import UsageError
from fewbits.widgets.feature_evidence import find_evidence
from fewbits.widgets.picture_sheet import COLUMNS, check_pictures, make_sheet, picture_url, shrink


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("count", [1, COLUMNS, COLUMNS + 3])
def test_a_sheet_holds_every_picture_in_its_place(count):
    pixels = shrink(bird_pictures(count, side=64).images, 64)
    sheet = make_sheet(pixels)
    whole = opened(sheet.data.tobytes())
    assert whole.shape == (-(-count // COLUMNS) * 64, COLUMNS * 64, 3)
    for place, picture in enumerate(pixels):
        top, left = place // COLUMNS * 64, place % COLUMNS * 64
        tile = whole[top : top + 64, left : left + 64]
        assert abs(tile - picture).mean() < 4
    assert sheet.shape() == {"side": 64, "count": count, "columns": COLUMNS}


def test_pictures_of_the_wanted_size_stay_as_they_are():
    images = bird_pictures(2, side=64).images
    assert (shrink(images, 64) == images.permute(0, 2, 3, 1).numpy()).all()


def test_smaller_pictures_keep_their_colours():
    images = torch.full((1, 3, 64, 64), 200, dtype=torch.uint8)
    images[:, 1] = 40
    assert (shrink(images, 48) == np.array([200, 40, 200])).all()


def test_a_picture_is_its_own_address():
    pixels = shrink(bird_pictures(1).images, 64)[0]
    kind, data = picture_url(pixels).split(",")
    assert kind == "data:image/webp;base64"
    assert abs(opened(base64.b64decode(data)) - pixels).mean() < 4


@pytest.mark.parametrize("shape", [(0, 3, 8, 8), (2, 1, 8, 8), (2, 3, 8, 9)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(UsageError, match="birds must be"):
        check_pictures(torch.zeros(shape, dtype=torch.uint8), "birds")


def test_evidence_by_hand():
    values = torch.tensor([[0.0, 2.0], [3.0, 2.0], [1.0, -1.0], [3.0, 0.5]])
    pictures = bird_pictures(4, classes=4)
    found = find_evidence(values, pictures, count=2, side=16)
    assert found.labels[found.tiles].tolist() == [[1, 3], [0, 1]]  # of equal ones the first
    assert found.values.tolist() == [[3.0, 3.0], [2.0, 2.0]]
    assert found.sheet.count == 3  # picture 2 raises nothing
    whole = opened(found.sheet.data.tobytes())
    for tile, label in enumerate(found.labels):
        shown = whole[:16, 16 * tile : 16 * tile + 16]
        given = pictures.images[int(label)].permute(1, 2, 0).numpy().astype(int)
        others = [abs(shown - pictures.images[k].permute(1, 2, 0).numpy()).mean() for k in range(4)]
        assert abs(shown - given).mean() == min(others)
