"""How far codes fall when a picture is changed, and whether anything changed where they looked."""

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.metrics.parts import redrawn

# One picture of 4 x 4 pixels in 2 x 2 cells; the code scores upper right.
BEFORE = torch.tensor([[[[0.1, 0.9], [0.3, 0.2]]]])
AFTER = torch.tensor([[[[0.1, 0.4], [0.6, 0.2]]]])
PICTURE = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)


def test_by_hand():
    changed = PICTURE.clone()
    changed[0, 1, 2, 3] = 1  # lower right
    found = redrawn(BEFORE, AFTER, PICTURE, changed)
    assert found.fell.item() == pytest.approx(0.9 - 0.6)
    assert found.fell_there.item() == pytest.approx(0.9 - 0.4)
    assert found.untouched.item()


@pytest.mark.parametrize("pixel", [(0, 2), (0, 3), (1, 2), (1, 3)])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_each_pixel_of_the_place_counts_in_each_colour(pixel, channel):
    changed = PICTURE.clone()
    changed[0, channel, pixel[0], pixel[1]] = 1
    assert not redrawn(BEFORE, AFTER, PICTURE, changed).untouched.item()


def test_as_counted_picture_by_picture():
    generator = torch.Generator().manual_seed(0)
    before, after = torch.rand(2, 5, 3, 2, 4, generator=generator)
    pictures = torch.randint(0, 255, (5, 3, 6, 8), generator=generator).to(torch.uint8)
    changed = pictures.clone()
    changed[:, :, :3, :4] += 1
    found = redrawn(before, after, pictures, changed)
    for image in range(5):
        for code in range(3):
            place = int(before[image, code].argmax())
            row, column = divmod(place, 4)
            score = before[image, code].max()
            assert found.fell[image, code] == score - after[image, code].max()
            assert found.fell_there[image, code] == score - after[image, code, row, column]
            assert found.untouched[image, code] == (row == 1 or column >= 2)
    assert found.untouched.any() and not found.untouched.all()


def test_nothing_changed_is_nothing_fallen():
    found = redrawn(BEFORE, BEFORE, PICTURE, PICTURE)
    assert found.fell.item() == found.fell_there.item() == 0 and found.untouched.item()


@pytest.mark.parametrize(
    ("maps", "pictures", "told"),
    [
        ((BEFORE, AFTER[:, :, :1]), (PICTURE, PICTURE), "of the same shapes before and after"),
        ((BEFORE, AFTER), (PICTURE, PICTURE[..., :2]), "of the same shapes before and after"),
        ((BEFORE, AFTER), (PICTURE[:0], PICTURE[:0]), "1 pictures in 2 x 2 cells do not belong"),
        ((BEFORE, AFTER), (PICTURE[..., :3], PICTURE[..., :3]), "pictures of 4 x 3 pixels"),
    ],
)
def test_what_does_not_belong_together_is_refused(maps, pictures, told):
    with pytest.raises(UsageError, match=told):
        redrawn(*maps, *pictures)
