"""The drawn scenes: parts tell things apart, their maps are true, and each can be left out."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fewbits.data import pictures, scenes
from fewbits.data.pictures import load_pictures, with_pixels
from fewbits.data.scenes import PARTS, SIDE, THINGS, draw_scene, make_scenes, part_maps
from fewbits.data.scenes.things import BOX, EGG
from fewbits.errors import FewbitsError, UsageError

ALL = range(len(THINGS))


@pytest.fixture(scope="module")
def gallery() -> list[scenes.SceneDrawing]:
    """A picture of each thing."""
    return [draw_scene(thing, 30 + thing) for thing in ALL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("scenes") / "scenes", 3, 1, seed=3)


def test_parts_are_shared_and_tell_things_apart() -> None:
    for one, other in combinations(THINGS, 2):
        assert one.parts != other.parts and one.name < other.name
    for part in PARTS:
        holders = [thing for thing in THINGS if part in thing.parts]
        assert len(holders) >= 3, part
    assert all(2 <= len(thing.parts) <= 3 and thing.parts <= set(PARTS) for thing in THINGS)
    bodies = [thing.body for thing in THINGS]
    assert bodies.count(BOX) == bodies.count(EGG) == 8
    widely = [p for p in PARTS if len({t.body for t in THINGS if p in t.parts}) == 2]
    assert len(widely) >= 6, "most parts go with either body"


def test_each_thing_shows_its_parts_and_no_others(gallery) -> None:
    for thing, drawn in zip(THINGS, gallery, strict=True):
        assert drawn.pixels.shape == (SIDE, SIDE, 3) and drawn.parts.shape == (SIDE, SIDE)
        seen = {PARTS[number - 1] for number in np.unique(drawn.parts) if number}
        assert seen == thing.parts
        assert all((drawn.parts == 1 + PARTS.index(part)).sum() >= 60 for part in seen)
        assert drawn.cover[drawn.parts > 0].min() > 0, "a part is of the thing"


@pytest.mark.parametrize("n", range(12))
def test_nothing_reaches_over_the_edge(n: int) -> None:
    cover = draw_scene(n % len(THINGS), n, seed=5).cover
    edges = np.concatenate([cover[0], cover[-1], cover[:, 0], cover[:, -1]])
    assert edges.max() == 0


def test_a_part_left_out_changes_nothing_else(gallery) -> None:
    """Far from the part every pixel stays, on the part nearly every one changes."""
    for number, thing in enumerate(THINGS):
        whole = gallery[number]
        for part in thing.parts:
            less = draw_scene(number, 30 + number, without=[part])
            mark = 1 + PARTS.index(part)
            assert not (less.parts == mark).any()
            own = whole.parts == mark
            changed = (whole.pixels.astype(int) - less.pixels).any(axis=2)
            assert changed[own].mean() > 0.8, (thing.name, part)
            rows, columns = np.nonzero(own)
            near = np.zeros_like(own)
            reach = 14  # as far as a part's shading falls
            near[max(rows.min() - reach, 0) : rows.max() + reach,
                 max(columns.min() - reach, 0) : columns.max() + reach] = True  # fmt: skip
            assert (abs(whole.pixels.astype(int) - less.pixels)[~near] <= 2).all()
            assert ((less.parts == whole.parts) | own | (less.parts > 0)).all()


def test_another_backdrop_leaves_the_thing_alone() -> None:
    here, there = draw_scene(2, 7), draw_scene(2, 7, backdrop=8)
    change = abs(here.pixels.astype(int) - there.pixels).max(axis=2)
    assert change[here.cover == 255].max() == 0
    assert (change[here.cover == 0] > 3).mean() > 0.3
    assert np.array_equal(here.parts, there.parts)


def test_a_picture_depends_on_its_numbers_alone() -> None:
    one, again = draw_scene(3, 4, seed=1), draw_scene(3, 4, seed=1)
    assert np.array_equal(one.pixels, again.pixels)
    for other in (draw_scene(3, 5, seed=1), draw_scene(3, 4, seed=2), draw_scene(4, 4, seed=1)):
        assert not np.array_equal(one.pixels, other.pixels)


def test_colour_names_no_thing() -> None:
    """Of things by their bodies' paint alone no better guess can be made than by chance."""
    middles = {}
    for thing in (5, 7):  # two boxes with windows; the lower half is bare
        found = [draw_scene(thing, n) for n in range(24)]
        middles[thing] = np.stack(
            [one.pixels[(one.cover == 255) & (one.parts == 0)].mean(0) for one in found]
        )
    between = abs(middles[5].mean(0) - middles[7].mean(0)).max()
    within = np.concatenate(list(middles.values())).std(0).min()
    assert between < within


def test_what_is_written_is_what_was_drawn(folder: Path) -> None:
    known = scenes_of(folder)
    assert known.class_names == tuple(thing.name for thing in THINGS)
    assert known.train.count + known.validation.count == 3 * 16 and known.test.count == 16
    maps = part_maps(known, known.test)
    for place in (0, 9):
        drawn = draw_scene(int(known.test.labels[place]), 3, seed=3)
        with Image.open(known.test.paths[place]) as picture:
            assert np.array_equal(np.array(picture), drawn.pixels)
        assert np.array_equal(maps[place].numpy(), drawn.parts)


def scenes_of(folder: Path):
    return pictures.read_folders(folder, name="scenes")


def test_maps_that_are_missing_or_damaged(folder: Path, tmp_path: Path) -> None:
    known = scenes_of(make_scenes(tmp_path / "s", 2, 1))
    victim = tmp_path / "s" / "parts" / "test" / "bat" / "00002.png"
    Image.fromarray(np.full((SIDE, SIDE), 99, np.uint8)).save(victim)
    with pytest.raises(FewbitsError, match="00002.png: expected numbers from 0 to 10, got other"):
        part_maps(known, known.test)
    victim.unlink()
    with pytest.raises(FewbitsError, match="00002.png cannot be read .* only drawn scenes know"):
        part_maps(known, known.test)


def test_two_workers_write_the_same(folder: Path, tmp_path: Path) -> None:
    other = make_scenes(tmp_path / "two", 3, 1, seed=3, workers=2)
    for path in sorted(folder.rglob("*.png")):
        assert path.read_bytes() == (other / path.relative_to(folder)).read_bytes()
    with pytest.raises(
        FewbitsError, match="expected scenes with seed 4, got some with seed 3; rem"
    ):
        make_scenes(folder, 3, 1, seed=4)


def test_the_set_is_known_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pictures.DRAWN_SCENES, "smoke", (16, 2, 1))
    known = load_pictures("scenes", tmp_path)
    images = with_pixels(known, 64)
    assert images.num_classes == 16 and images.test.images.shape == (16, 3, 64, 64)
    assert images.test.images.dtype == torch.uint8
    assert (tmp_path / "scenes-16x2+1").is_dir()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw_scene(16, 0), "expected a thing from 0 to 15, got 16"),
        (lambda: draw_scene(0, -1), "expected pictures and a seed from 0, got -1, None and 0"),
        (lambda: draw_scene(0, 1, backdrop=-2), "from 0, got 1, -2 and 0"),
        (lambda: draw_scene(0, 1, without=["door"]), "unknown part 'door': expected some of wheel"),
        (lambda: make_scenes("x", 1), "expected train_per_class from 2 to 10,000, got 1"),
        (lambda: make_scenes("x", 2, 0), "expected test_per_class from 1 to 10,000, got 0"),
        (lambda: make_scenes("x", seed=-1), "expected seed from 0 to"),
        (lambda: make_scenes("x", workers=0), "expected at least 1 worker, got 0"),
    ],
)
def test_what_cannot_be_drawn(call, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call()
