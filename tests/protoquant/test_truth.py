"""What is known of parts, and the measures that need it, on few drawn pictures."""

from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch

from fewbits.data import pictures
from fewbits.data.scenes import PARTS
from fewbits.protoquant import experiment
from fewbits.protoquant.measuring import Seen, purities
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.scores import Scored
from fewbits.protoquant.truth import Pixels, Points, truth_of


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Few birds and scenes; the folder that holds them."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pictures.DRAWN, "smoke", (3, 8, 4))
        patch.setitem(pictures.DRAWN_SCENES, "smoke", (16, 3, 2))
        yield folder


def test_a_cell_on_a_part_is_pure_of_it(drawn):
    known = pictures.load_pictures("scenes", drawn)
    truth = truth_of(known, known.test, 64)
    assert isinstance(truth, Pixels) and truth.side == 64
    part = int(truth.maps.flatten().long().bincount()[1:].argmax()) + 1
    shown = (truth.maps == part).flatten(1).any(1)
    maps = Pixels(truth.maps[shown])
    # The cell of a 64 x 64 grid in which most of the part's pixels lie around.
    around = torch.nn.functional.avg_pool2d((maps.maps == part).float(), 9, 1, 4)
    cells = around.flatten(1).argmax(1)[:, None]
    scores = torch.ones(len(cells), 1)
    found = maps.purity(scores, cells, (64, 64), len(cells))
    covered = (around.flatten(1).amax(1) >= 0.25).double().mean().item()
    assert found.share.item() == pytest.approx(covered)
    assert covered > 0 and found.part.item() == part - 1 < len(PARTS)


def test_birds_have_points_with_left_and_right_as_one(drawn):
    known = pictures.load_pictures("birds", drawn)
    truth = truth_of(known, known.test, 48)
    assert isinstance(truth, Points)
    assert truth.positions[truth.visible].min() >= 0
    assert truth.positions[truth.visible].max() <= 48
    assert len(truth.groups) < len(known.part_names)
    part = int(truth.visible.double().mean(0).argmax())
    places = (truth.positions[:, part] / 48 * 12).long().clamp(0, 11)
    cells = (places[:, 1] * 12 + places[:, 0])[:, None]
    found = truth.purity(torch.ones(len(cells), 1), cells, (12, 12), len(cells))
    assert found.share.item() == 1.0


@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (-1, 1)])
def test_parts_that_are_moved_by_a_tile_are_found_a_cell_further(drawn, down, right):
    birds, scenes = (pictures.load_pictures(name, drawn) for name in ("birds", "scenes"))
    for known, side in ((birds, 48), (scenes, 64)):
        truth, tile = truth_of(known, known.test, side), side // 8
        count = len(truth.visible if isinstance(truth, Points) else truth.maps)
        at = torch.randint(2, 6, (2, count, 20), generator=torch.Generator().manual_seed(0))
        scores = torch.rand(count, 20, generator=torch.Generator().manual_seed(1))
        before, after = (
            8 * y + x for y, x in (at, at + torch.tensor([down, right])[:, None, None])
        )
        own = truth.purity(scores, before, (8, 8), count).share
        assert torch.equal(
            truth.moved(float(tile * down), float(tile * right))
            .purity(scores, after, (8, 8), count)
            .share,
            own,
        )
        assert 0 < own.mean() < 1


@pytest.mark.parametrize(("shift", "centred"), [((-8.0, 4.0), 1.0), (None, None)])
def test_centred_purity_is_that_of_a_patch_moved_to_where_the_cell_looks(shift, centred):
    """The tile is 96 to 128 both ways; eight up and four to the right the part is in the patch."""
    count = 10
    parts = torch.tensor([[[130.0, 90.0]]]).expand(count, 1, 2)
    truth = Points(parts, torch.ones(count, 1, dtype=torch.bool), [[0]], 224)
    scored = Scored(torch.rand(count, 1), torch.full((count, 1), 24), (7, 7))
    seen = Mock(spec=Seen, truth=truth)
    found = Mock(spec=Explained, train=scored)
    found.head = Mock(weights=torch.ones(2, 1))
    told = purities(found, seen, seen, scored, shift, seed=0)
    assert (told["purity_test"], told["purity_train"]) == (0, 0)
    assert (told["purity_centred_test"], told["purity_centred_train"]) == (centred, centred)
    assert (told["purity_centred_chance"] is None) == (shift is None)


def test_a_set_without_parts_has_no_truth(drawn):
    known = pictures.load_pictures("birds", drawn)
    assert truth_of(replace(known, part_names=()), known.test, 48) is None


def test_annotated_parts_fill_the_whole_report(drawn, tmp_path):
    settings = experiment.Settings("birds", tune=1, codes=8, learn=1, per_class=2, side=48)
    report, _ = experiment.run(settings, drawn, tmp_path / "out")
    metrics = report.metrics
    for name in ("purity_train", "purity_test", "purity_chance", "consistency", "stability"):
        assert 0 <= metrics[name] <= 1
    assert metrics["field_shift"] == [0, 0], "this network's cells look at their tiles"
    for of in ("train", "test", "chance", "fixed_cells"):
        assert metrics[f"purity_centred_{of}"] == metrics[f"purity_{of}"]
    rivals = metrics["baselines"]
    for name in ("purity_test", "consistency", "stability", "stability_chance"):
        assert all(0 <= rival[name] <= 1 for rival in rivals.values())
    assert all(0 <= rivals["channels"][name] <= 100 for name in ("plc", "prc"))
