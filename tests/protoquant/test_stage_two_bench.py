"""Both epochs of the race end with the same head, and the numbers told follow from the times."""

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


def test_the_loop_ends_with_the_same_head(toy):
    looped, cached = toy.epoch_in_loop(), toy.epochs_cached(toy.scores(), 1)
    assert torch.equal(looped.weights, cached.weights)
    assert not torch.equal(cached.weights, toy.epochs_cached(toy.scores(), 2).weights)


def test_times_are_told_for_1000_pictures(monkeypatch):
    """With a clock that tells 3, 6 and 40 s for 6 pictures and 5 epochs of 4,098 rows."""
    told = {"scoring": 3.0, "in_loop": 6.0, "cached": 40.98}
    monkeypatch.setattr(bench, "median_seconds", lambda works, rounds, device: told)
    found = stage_two_epoch(6, "tiny", 32, 16)
    assert (found.scoring, found.in_loop) == (500.0, 1000.0)
    assert found.cached == pytest.approx(2.0)
    assert found.ratio == pytest.approx(500.0)


def test_a_whole_training_counts_the_scores_once():
    found = Epoch("tiny", 32, 16, 6, "cpu", scoring=10.0, in_loop=12.0, cached=0.05)
    assert found.whole_ratio == pytest.approx(EPOCHS * 12 / (10 + EPOCHS * 0.05))
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
