"""Prototypes learned so that two views agree: losses by hand, and what learning does to them."""

import math

import pytest
import torch
from part_toys import FEATURES, spoken_maps

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.aligned import (
    AlignedVocabulary,
    AlignSettings,
    alignment_loss,
    learn_aligned,
    mirrored_back,
    presence_loss,
)
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import Mapping
from fewbits.protoquant.scores import strongest
from fewbits.protoquant.vocabulary import ChannelVocabulary, CodeVocabulary, Vocabulary

# One picture, one row of two places, two prototypes.
ONE = torch.tensor([[[[0.8, 0.5]], [[0.2, 0.5]]]])
OTHER = torch.tensor([[[[0.6, 0.1]], [[0.4, 0.9]]]])

MAPS, _ = spoken_maps(40, seed=0, noise=0.3)
VIEW = MAPS + 0.3 * torch.randn(MAPS.shape, generator=torch.Generator().manual_seed(1))


def read(rows):
    return MAPS[rows]


def read_view(rows):
    return VIEW[rows]


def learn(seed=0, **settings):
    return learn_aligned(read, read_view, len(MAPS), 6, AlignSettings(**settings), seed)


def test_alignment_by_hand():
    by_hand = -(math.log(0.8 * 0.6 + 0.2 * 0.4) + math.log(0.5 * 0.1 + 0.5 * 0.9)) / 2
    assert alignment_loss(ONE, OTHER).item() == pytest.approx(by_hand)
    assert alignment_loss(OTHER, ONE).item() == pytest.approx(by_hand)


def test_undecided_views_are_not_aligned_however_equal():
    half = torch.full((1, 2, 1, 2), 0.5)
    assert alignment_loss(half, half).item() == pytest.approx(math.log(2))
    sure = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    assert alignment_loss(sure, sure).item() == 0
    assert alignment_loss(sure, 1 - sure).isfinite()


def test_presence_by_hand():
    both = torch.cat([ONE, OTHER])  # largest of the first 0.8 and 0.6, of the second 0.5 and 0.9
    by_hand = -(math.log(math.tanh(1.4)) + math.log(math.tanh(1.4))) / 2
    assert presence_loss(both).item() == pytest.approx(by_hand, abs=1e-6)
    alone = -(math.log(math.tanh(0.8)) + math.log(math.tanh(0.5))) / 2
    assert presence_loss(ONE).item() == pytest.approx(alone, abs=1e-6)


def test_a_prototype_that_is_nowhere_costs_most():
    gone = torch.tensor([[[[1.0, 1.0]], [[0.0, 0.0]]]])
    assert presence_loss(gone) > 5 > presence_loss(ONE)


def test_the_gradient_is_the_slope_of_the_losses():
    draw = torch.Generator().manual_seed(0)
    weights = torch.randn(3, 4, generator=draw).double().requires_grad_()
    bias = torch.randn(3, generator=draw).double().requires_grad_()
    maps = torch.randn(2, 2, 4, 2, 2, generator=draw).double()

    def loss(weights, bias):
        shares = [AlignedVocabulary(weights, bias).maps(view) for view in maps]
        return alignment_loss(*shares) + presence_loss(shares[0])

    assert torch.autograd.gradcheck(loss, (weights, bias))


def test_maps_are_a_convolution_and_a_softmax():
    draw = torch.Generator().manual_seed(0)
    words = AlignedVocabulary(
        torch.randn(3, FEATURES, generator=draw), torch.randn(3, generator=draw)
    )
    assert isinstance(words, Vocabulary)
    slow = torch.nn.functional.conv2d(MAPS, words.weights[..., None, None], words.bias).softmax(1)
    torch.testing.assert_close(words.maps(MAPS), slow)
    kept = words.only(torch.tensor([2, 0]))
    assert (words.count, kept.count) == (3, 2)
    torch.testing.assert_close(kept.maps(MAPS), (slow / slow[:, [2, 0]].sum(1, True))[:, [2, 0]])


def test_learning_aligns_and_leaves_nobody_out():
    found = learn(epochs=30, learning_rate=0.05)
    assert len(found.alignment) == len(found.presence) == 30
    assert found.alignment[-1] < 0.25 * found.alignment[0]
    scores = strongest(found.vocabulary.maps(MAPS)).scores
    assert (scores.amax(0) > 0.9).all()  # each of six prototypes has a place to itself
    assert len(found.vocabulary.maps(MAPS).argmax(1).unique()) == 6


def test_without_the_second_loss_prototypes_die():
    alone = learn(epochs=30, learning_rate=0.05, presence=0.0).vocabulary.maps(MAPS)
    assert len(alone.argmax(1).unique()) < 6


def test_the_same_seed_learns_the_same_and_another_does_not():
    one, again, other = (learn(seed, epochs=2).vocabulary for seed in (0, 0, 1))
    assert torch.equal(one.weights, again.weights) and torch.equal(one.bias, again.bias)
    assert not torch.allclose(one.weights, other.weights)
    assert not one.weights.requires_grad and one.weights.is_leaf


def test_mirrored_maps_are_mirrored_back():
    assert torch.equal(mirrored_back(lambda rows: MAPS[rows].flip(3))([3, 1]), MAPS[[3, 1]])
    assert not torch.equal(mirrored_back(read)([3, 1]), MAPS[[3, 1]])


def test_epochs_are_told():
    told = []
    learn_aligned(
        read, read_view, 40, 3, AlignSettings(epochs=2), 0, lambda *given: told.append(given)
    )
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 1}, "at least 2 prototypes, which share each place, got 1"),
        ({"pictures": 0}, "at least 1 epoch and 1 picture, got 10 and 0"),
        ({"settings": AlignSettings(epochs=0)}, "at least 1 epoch and 1 picture, got 0 and 40"),
        ({"other": lambda rows: VIEW[rows][..., :2]}, "both views must give maps of one shape"),
    ],
)
def test_what_cannot_be_learned_is_refused(change, message):
    given = {"one": read, "other": read_view, "pictures": 40, "count": 6}
    with pytest.raises(UsageError, match=message):
        learn_aligned(**(given | {"settings": AlignSettings(), "seed": 0} | change))


def test_a_loss_that_is_no_number_is_told():
    with pytest.raises(FewbitsError, match="became NaN in epoch 1: lower the learning rate"):
        learn_aligned(read, lambda rows: VIEW[rows] * torch.nan, 40, 3, AlignSettings(), 0)


@pytest.mark.parametrize(
    "words",
    [
        AlignedVocabulary(torch.randn(4, 5), torch.randn(4)),
        ChannelVocabulary(torch.tensor([3, 1])),
        CodeVocabulary(Codebook(torch.randn(4, 5), Mapping("none", torch.zeros(5))), 0.1),
    ],
    ids=["aligned", "channels", "codes"],
)
def test_words_on_a_device_are_the_same_words(words):
    maps = torch.rand(2, 5, 3, 3)
    here = words.to(torch.device("cpu"))
    assert here.count == words.count and torch.equal(here.maps(maps), words.maps(maps))
    there = words.to(torch.device("meta"))  # a device without numbers, which any machine has
    assert there.maps(maps.to("meta")).device.type == "meta"
    assert words.maps(maps).device.type == "cpu", "the words themselves stay where they were"
