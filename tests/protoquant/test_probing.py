"""A patch over every cell: where it lies, what it does, and how far it reaches."""

import pytest
import torch

from fewbits import backbones
from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.features import MIRRORED, PLAIN, SplitPictures
from fewbits.protoquant.pipeline import freeze, look, see
from fewbits.protoquant.probing import probe, stamp, steps_between
from fewbits.protoquant.scores import strongest
from fewbits.protoquant.vocabulary import ChannelVocabulary

IMAGES = torch.randint(0, 256, (2, 3, 64, 64), generator=torch.Generator().manual_seed(0))
IMAGES = IMAGES.to(torch.uint8)
PATCH = torch.full((3, 8, 8), 255, dtype=torch.uint8)
FEW = ChannelVocabulary(torch.arange(5))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return freeze(backbones.earlier(backbones.build("tiny"), "11"))


def test_a_patch_covers_one_cell_and_nothing_else():
    before = IMAGES.clone()
    changed = stamp(IMAGES, PATCH, 10, (8, 8))  # second row, third column
    where = (changed != IMAGES).any(1)[0]
    assert changed[:, :, 8:16, 16:24].min() == 255
    where[8:16, 16:24] = False
    assert not where.any()
    assert torch.equal(IMAGES, before)


def test_steps_are_a_kings():
    steps = steps_between(torch.tensor([[0, 5]]), (3, 4))
    assert steps[0, 0].tolist() == [0, 1, 2, 3, 1, 1, 2, 3, 2, 2, 2, 3]
    assert steps[0, 1].tolist() == [1, 1, 1, 2, 1, 0, 1, 2, 1, 1, 1, 2]


def test_each_place_is_looked_at_once_more(network):
    found = probe(network, {"few": FEW}, IMAGES, PATCH)["few"]
    before = strongest(FEW.maps(see(network, IMAGES)))
    assert torch.equal(found.before, before.scores)
    assert torch.equal(found.cells, before.cells.long())
    for place in (0, 27, 63):
        maps = FEW.maps(see(network, stamp(IMAGES, PATCH, place, (8, 8))))
        assert torch.equal(found.after[place], maps.amax((2, 3)))
        for image in range(2):
            for code in range(5):
                there = maps[image, code].flatten()[found.cells[image, code]]
                assert found.there[place, image, code] == there
    assert (found.after >= found.there).all()


def test_beyond_its_field_a_cell_does_not_move_and_a_score_only_rises(network):
    """A cell of the third block sees 22 pixels: its own 8 and 7 to each side."""
    found = probe(network, {"few": FEW}, IMAGES, PATCH)["few"]
    away = found.away()
    assert found.reach() == 1
    assert torch.equal(found.there[away > 1], found.before.expand_as(away)[away > 1])
    assert (found.there != found.before)[away <= 1].double().mean() > 0.9
    assert (found.after >= found.before)[away > 1].all()


def test_the_last_block_reaches_further():
    torch.manual_seed(0)
    network = freeze(backbones.build("tiny"))
    assert probe(network, {"few": FEW}, IMAGES, PATCH)["few"].reach() == 3  # 54 pixels: 23 a side


@pytest.mark.parametrize(
    ("patch", "place", "told"),
    [
        (PATCH[:, :7], 0, "a patch of 8 x 8 pixels, as a cell, .* got 7 x 8 at 0"),
        (PATCH, 64, "at a place from 0 to 63, got 8 x 8 at 64"),
        (PATCH, -1, "at a place from 0 to 63, got 8 x 8 at -1"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch, place, told):
    with pytest.raises(UsageError, match=told):
        stamp(IMAGES, patch, place, (8, 8))


def test_one_look_keeps_several_views(network, tmp_path):
    pictures = SplitPictures(Split(IMAGES, torch.tensor([0, 1])))
    cache = look(network, pictures, tmp_path, views=(PLAIN, MIRRORED))
    for view, images in (("plain", IMAGES), ("mirrored", IMAGES.flip(3))):
        rows = cache.maps(view).rows([0, 1])
        torch.testing.assert_close(rows, see(network, images), rtol=1e-3, atol=1e-3)
