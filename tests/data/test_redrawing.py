"""A scene drawn once more is the same picture but for what was to be changed."""

import pytest
import torch

from fewbits.data.cub import read_folders, read_pixels
from fewbits.data.scenes import PARTS, make_scenes, part_maps, redraw
from fewbits.errors import UsageError


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return read_folders(make_scenes(tmp_path_factory.mktemp("scenes") / "set", 2, 1), name="scenes")


@pytest.fixture
def buses(known):
    return known.test.take([known.test.labels.tolist().index(known.class_names.index("bus"))])


def test_with_nothing_changed_each_pixel_is_that_of_the_set(known):
    few = known.test.take([0, 5, 9])
    assert torch.equal(redraw(few, 48), read_pixels(few, 48))


def test_what_is_left_out_changes_only_where_it_was(known, buses):
    own = part_maps(known, buses)[0] == 1 + PARTS.index("wheel")
    before, after = read_pixels(buses, 144)[0].int(), redraw(buses, 144, ["wheel"])[0].int()
    changed = (before != after).any(0)
    assert changed[own].double().mean() > 0.8
    # Light is modelled on the thing as a whole, so a few pixels beside it may change, too.
    assert (changed & ~own).double().mean() < 0.02


def test_another_backdrop_leaves_the_middle_of_the_thing(known, buses):
    parts = part_maps(known, buses)[0] > 0
    before, after = read_pixels(buses, 144)[0], redraw(buses, 144, other_backdrop=True)[0]
    assert (before != after).any(0).double().mean() > 0.3
    assert (before == after).all(0)[parts].double().mean() > 0.8


def test_a_strange_part_is_told(buses):
    with pytest.raises(UsageError, match="unknown part 'nose'"):
        redraw(buses, 32, ["nose"])
