"""Both epochs of the race take the same steps of the head; what is told follows from the times."""

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.protoquant.benches import stage_two as bench
from fewbits.protoquant.benches.stage_two import EPOCHS, Epoch, draw_toy, stage_two_epoch


@pytest.fixture(scope="module")
def toy():
    return draw_toy(6, "tiny", 32, 16, "cpu")


def test_scores_are_those_of_the_backbone_and_the_codes(toy, monkeypatch):
    whole = toy.vocabulary.maps(toy.backbone(toy.pixels)).flatten(2).amax(2)
    monkeypatch.setattr(bench, "BATCH", 4)
    torch.testing.assert_close(toy.scores(), whole)


def test_epochs_are_steps_of_the_head(toy):
    once, twice = (toy.epochs(toy.scores(), number) for number in (1, 2))
    assert not torch.equal(once.weights, twice.weights)


def test_a_vision_transformer_is_built_for_the_side():
    toy = draw_toy(2, "vit_b_32", 64, 16, "cpu")
    assert toy.scores().shape == (2, 16)


def test_times_are_told_for_1000_pictures(monkeypatch):
    """With a clock that tells 3 and 40.98 s for 6 pictures and 5 epochs of 4,098 rows."""
    told = {"scoring": 3.0, "cached": 40.98}
    monkeypatch.setattr(bench, "median_seconds", lambda works, rounds, device: told)
    found = stage_two_epoch(6, "tiny", 32, 16)
    assert found.scoring == 500.0
    assert found.cached == pytest.approx(2.0)
    assert found.ratio == pytest.approx(251.0)


def test_a_head_that_costs_much_costs_both_sides_as_much():
    """Where the backbone is free there is nothing to win, however dear a step or a fit is."""
    for cached in (0.05, 500.0):
        free = Epoch("tiny", 32, 16, 6, "cpu", scoring=0.0, cached=cached)
        assert free.ratio == free.whole_ratio == 1


def test_a_whole_training_counts_the_scores_once():
    found = Epoch("tiny", 32, 16, 6, "cpu", scoring=11.95, cached=0.05)
    assert found.whole_ratio == pytest.approx(EPOCHS * 12 / (11.95 + EPOCHS * 0.05))
    assert found.line() == (
        "stage 2, an epoch of 1,000 pictures on cpu beside tiny in the loop: 0.0500 s, 12.00 s, "
        "240.0 x"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((1, "tiny", 32, 16), "at least 2 pictures, got 1"),
        ((4, "tinny", 32, 16), "no backbone is called 'tinny'"),
        ((4, "tiny", 2, 16), "--side 2: tiny cannot see pictures of this size"),
        ((4, "tiny", 32, 1), "at least 2 codes, got 1"),
    ],
)
def test_bad_input_is_told(asked, said):
    with pytest.raises(UsageError, match=said):
        draw_toy(*asked, "cpu")
