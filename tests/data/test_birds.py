"""The drawn birds: what is written is what was drawn, and what was drawn is as the table says."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fewbits.data.birds import (
    ATTRIBUTES,
    GROUPS,
    HABITATS,
    PARTS,
    SIDE,
    SPECIES,
    Drawing,
    choose_habitat,
    draw_bird,
    habitats_of,
    make_birds,
    writing,
)
from fewbits.data.birds.attributes import SEEN_ON, attribute_vector
from fewbits.data.birds.tables import HABITATS_FILE
from fewbits.data.birds.taking import Shot
from fewbits.data.birds.truth import Truth
from fewbits.data.cub import BirdSet, read_cub
from fewbits.data.drawing.curves import Frame, outline
from fewbits.errors import FewbitsError, UsageError

SMALL = {"classes": 3, "train_per_class": 3, "test_per_class": 2, "seed": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_birds(tmp_path_factory.mktemp("birds") / "birds", **SMALL)


@pytest.fixture(scope="module")
def birds(folder: Path) -> BirdSet:
    return read_cub(folder, validation=0, name="birds")


@pytest.fixture(scope="module")
def gallery() -> list[Drawing]:
    """A picture of each species."""
    return [draw_bird(species, 50 + species) for species in range(24)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its path in the folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_no_two_species_are_near_each_other() -> None:
    table = np.array([species.attributes for species in SPECIES])
    distance = (table[:, None] != table[None]).sum(axis=2) + 99 * np.eye(len(table), dtype=int)
    assert len(SPECIES) == 24 and distance.min() >= 4
    assert 25 <= len(ATTRIBUTES) <= 40
    assert table.sum(axis=0).min() >= 3, "each attribute is shared"
    assert len({species.name for species in SPECIES}) == 24
    assert Counter(species.habitat for species in SPECIES) == dict.fromkeys(HABITATS, 3)


def test_traits_that_make_no_bird() -> None:
    traits = dict(SPECIES[0].traits)
    with pytest.raises(UsageError, match="expected an attribute of the table, got has_size::huge"):
        attribute_vector(traits | {"has_size": "huge"})
    del traits["has_crown_color"]
    with pytest.raises(UsageError, match="a value for has_crown_color: one of black, blue, red"):
        attribute_vector(traits)


def test_what_is_written_is_what_was_drawn(birds: BirdSet, folder: Path) -> None:
    assert birds.class_names == tuple(species.name for species in SPECIES[:3])
    assert birds.part_names == PARTS and birds.attribute_names == ATTRIBUTES
    table = torch.tensor([species.attributes for species in SPECIES[:3]], dtype=torch.float32)
    assert birds.class_attributes is not None and birds.class_attributes.equal(table)
    seen = 0
    for part, count in (("train", 9), ("test", 6)):
        split = getattr(birds, part)
        habitats = habitats_of(birds, split)
        assert split.count == count and split.sizes.unique().tolist() == [SIDE]
        for i in range(0, count, 2):
            label, key = int(split.labels[i]), int(split.image_ids[i]) - 1
            assert key // 5 == label and (key % 5 < 3) == (part == "train")
            drawn = draw_bird(label, key % 5, seed=3)
            assert np.array_equal(np.asarray(Image.open(split.paths[i])), drawn.pixels)
            assert np.array_equal(np.asarray(Image.open(split.masks[i])), drawn.mask)
            assert split.boxes[i].tolist() == drawn.truth.box.tolist()
            torch.testing.assert_close(split.parts[i], torch.from_numpy(drawn.truth.parts).float())
            assert split.visible[i].tolist() == drawn.truth.visible.tolist()
            assert split.attributes[i].tolist() == drawn.truth.attributes.tolist()
            assert split.certainty[i].tolist() == drawn.truth.certainty.tolist()
            assert habitats[i] == drawn.habitat
            seen += 1
    assert seen == 5 + 3


def test_habitats_that_nobody_knows(birds: BirdSet, tmp_path: Path) -> None:
    elsewhere = replace(birds, folder=tmp_path)
    with pytest.raises(FewbitsError, match=r"FileNotFoundError\): only drawn birds know where"):
        habitats_of(elsewhere, birds.test)
    first = int(birds.test.image_ids[0])
    (tmp_path / HABITATS_FILE).write_text(f"{first} \n{first + 1} snow\n", encoding="utf-8")
    with pytest.raises(FewbitsError, match=f"got none for image {first}; delete"):
        habitats_of(elsewhere, birds.test)


def test_parts_lie_on_the_bird_and_what_is_hidden_is_not_seen(gallery: list[Drawing]) -> None:
    hidden: Counter[str] = Counter()
    for drawn, species in zip(gallery, SPECIES, strict=True):
        truth = drawn.truth
        for name, (x, y), seen in zip(PARTS, truth.parts, truth.visible, strict=True):
            hidden[name] += not seen
            if not seen:
                assert (x, y) == (0, 0)
                continue
            around = drawn.mask[max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
            assert around.max() >= 128, f"{species.name}: {name} beside the bird"
        for side in ("eye", "wing"):
            both = [truth.visible[PARTS.index(f"{which} {side}")] for which in ("left", "right")]
            assert sum(both) <= 1, "a bird is seen from one side"
    assert hidden["left eye"] + hidden["right eye"] >= 24
    assert 0 < hidden["tail"] + hidden["left leg"] + hidden["right leg"] < 36


def test_the_box_is_that_of_the_mask(gallery: list[Drawing]) -> None:
    for drawn in gallery:
        x, y, wide, high = drawn.truth.box.astype(int)
        inside = np.zeros_like(drawn.mask)
        inside[y : y + high, x : x + wide] = 1
        assert drawn.mask[inside == 0].max() < 64
        assert min(x, y) >= 0 and x + wide <= SIDE and y + high <= SIDE
        assert max(wide, high) > 0.5 * SIDE, "large enough to be read at 64 pixels"


def test_attributes_are_the_tables_where_they_can_be_seen(gallery: list[Drawing]) -> None:
    unseen = 0
    for drawn, species in zip(gallery, SPECIES, strict=True):
        for i, name in enumerate(ATTRIBUTES):
            parts = SEEN_ON.get(name.split("::")[0])
            can = not parts or any(drawn.truth.visible[PARTS.index(part)] for part in parts)
            assert drawn.truth.certainty[i] == (4 if can else 1)
            assert drawn.truth.attributes[i] == (species.attributes[i] and can)
            unseen += not can
    assert 0 < unseen < 0.1 * 24 * len(ATTRIBUTES)
    assert {part for parts in SEEN_ON.values() for part in parts} <= set(PARTS)
    assert set(GROUPS) - set(SEEN_ON) == {"has_shape"}


def test_a_picture_depends_on_its_numbers_alone() -> None:
    first, again, other = draw_bird(5, 2, 1), draw_bird(5, 2, 1), draw_bird(5, 2, 2)
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)


def test_two_workers_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert contents(make_birds(tmp_path / "again", **SMALL, workers=2)) == contents(folder)


def test_most_training_pictures_are_taken_at_home() -> None:
    places = [[choose_habitat(c, n) for n in range(80)] for c in range(24)]
    at_home = [sum(at == SPECIES[c].habitat for at in row) / 80 for c, row in enumerate(places)]
    assert at_home == [0.875] * 24
    away = [[choose_habitat(c, n, travelling=True) for n in range(80)] for c in range(24)]
    for c in range(24):
        assert SPECIES[c].habitat not in away[c]
        assert all(a != b for a, b in zip(places[c], away[c], strict=True))
        assert len(set(away[c])) >= 6


def test_travelling_moves_test_birds_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    home = contents(folder)
    away = contents(make_birds(tmp_path / "away", **SMALL, travelling=True))
    assert home.keys() == away.keys()
    differ = {name for name in home if home[name] != away[name]}
    tests = {f"images/{i:03d}.{s.name}/{s.name}_{n:04d}.png"
             for i, s in enumerate(SPECIES[:3], 1) for n in (4, 5)}  # fmt: skip
    assert differ == tests | {HABITATS_FILE, "birds.json"}
    for name in tests:
        pictures = [np.asarray(Image.open(root / name)).astype(int)
                    for root in (folder, tmp_path / "away")]  # fmt: skip
        mask = np.asarray(Image.open(folder / name.replace("images", "segmentations")))
        change = abs(pictures[0] - pictures[1]).max(axis=2)
        assert change[mask == 255].max() == 0, "the bird stays as it is"
        assert (change[mask == 0] > 8).mean() > 0.5, "its surroundings do not"


def test_a_finished_folder_is_used_again_and_another_refused(folder: Path) -> None:
    stamp = (folder / "images.txt").stat().st_mtime_ns
    assert make_birds(folder, **SMALL) == folder
    assert (folder / "images.txt").stat().st_mtime_ns == stamp
    with pytest.raises(FewbitsError, match="expected birds with seed 4, got some with seed 3; rem"):
        make_birds(folder, **SMALL | {"seed": 4})


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(FewbitsError, match="expected a new or empty folder, .* got something else"):
        make_birds(tmp_path, **SMALL)
    (tmp_path / "birds.json").write_text("[1]")
    with pytest.raises(FewbitsError, match="got some with classes None"):
        make_birds(tmp_path, **SMALL)
    assert (tmp_path / "thesis.tex").read_text() == "dear"


def test_a_killed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(root: Path, shot: Shot) -> Truth:
        if shot.n == 2:
            raise KeyboardInterrupt
        return take(root, shot)

    take = writing.take_shot
    monkeypatch.setattr(writing, "take_shot", killed)
    (tmp_path / "new").mkdir()  # an empty folder is as good as none
    with pytest.raises(KeyboardInterrupt):
        make_birds(tmp_path / "new", **SMALL)
    assert not list((tmp_path / "new").iterdir())
    assert not [path for path in tmp_path.iterdir() if path.is_dir() and path.name != "new"]
    # After a kill that no program can catch, a part lies beside; the next call clears it away.
    (tmp_path / ".new.part").mkdir()
    (tmp_path / ".new.part" / "images.txt").write_text("half")
    monkeypatch.setattr(writing, "take_shot", take)
    tiny = {"classes": 1, "train_per_class": 2, "test_per_class": 0}
    made = make_birds(tmp_path / "new", **tiny)
    assert json.loads((made / "birds.json").read_text())["classes"] == 1
    assert not (tmp_path / ".new.part").exists()
    assert read_cub(made).test.count == 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"classes": 25}, "expected classes from 1 to 24, got 25"),
        ({"train_per_class": 1}, "expected train_per_class from 2 to 10,000, got 1"),
        ({"test_per_class": -1}, "expected test_per_class from 0 to 10,000, got -1"),
        ({"seed": -1}, "expected seed from 0 to .*, got -1"),
        ({"workers": 0}, "expected at least 1 worker, got 0"),
    ],
)
def test_settings_out_of_range(tmp_path: Path, setting: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_birds(tmp_path / "birds", **setting)
    assert not list(tmp_path.iterdir())


def test_pictures_that_cannot_be_drawn() -> None:
    with pytest.raises(UsageError, match="expected a species from 0 to 23, got 24"):
        draw_bird(24, 0)
    with pytest.raises(UsageError, match="expected a picture and a seed from 0, got -1 and 0"):
        draw_bird(0, -1)
    with pytest.raises(UsageError, match="unknown habitat 'moon': expected meadow, woodland"):
        draw_bird(0, 0, habitat="moon")


def test_another_habitat_hides_nothing_else() -> None:
    here, there = draw_bird(7, 4, habitat="desert"), draw_bird(7, 4, habitat="snow")
    assert np.array_equal(here.mask, there.mask) and np.array_equal(
        here.truth.parts, there.truth.parts
    )
    assert np.array_equal(here.pixels[here.mask == 255], there.pixels[here.mask == 255])


def test_frames_checked_by_hand() -> None:
    level = Frame(np.array([10.0, 20.0]), np.array([2.0, 0.0]), np.array([0.0, 2.0]))
    quarter = level.inner(1.0, 0.0, np.pi / 2, scale=3.0)
    assert np.allclose(quarter.place(outline((1.0, 0.0), (0.0, 1.0))), [[12, 26], [6, 20]])
    back = level.inner(0.0, 0.0, mirrored=True)
    assert np.allclose(back.at(1.0, 1.0), [8, 22]) and back.unit == 2
