"""Prototypes that are patches, that learn, and that are put back, on maps of known words."""

import pytest
import torch
from part_toys import CLASSES, FEATURES, flat, spoken_maps, words
from torch.nn.functional import cosine_similarity

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.prototypes import (
    FreeSettings,
    adds_most,
    learn_freely,
    project,
    vectors_at,
)


class Held:
    """Maps in memory, read as a cache is."""

    def __init__(self, maps):
        self.maps = maps

    def rows(self, indices):
        return self.maps[indices]

    def batches(self, size):
        return self.maps.split(size)


@pytest.fixture
def maps():
    return spoken_maps(60, 0, noise=0.4)


@pytest.fixture
def codebook(maps):
    noise = torch.randn(5, FEATURES, generator=torch.Generator().manual_seed(3))
    return Codebook(noise, fit_mapping("centred", flat(maps[0]))).eval()


def head_over(codebook, maps, labels):
    with torch.no_grad():
        scores = codebook.cosines(maps).amax((2, 3))
    return fit_linear(scores, labels, CLASSES, HeadSettings(epochs=5), 0)


def test_vectors_are_those_at_the_places(maps):
    images, cells = torch.tensor([3, 0, 59]), torch.tensor([4, 8, 1])
    found = vectors_at(Held(maps[0]), images, cells)
    expected = [maps[0][i, :, c // 3, c % 3] for i, c in zip([3, 0, 59], [4, 8, 1], strict=True)]
    assert torch.equal(found, torch.stack(expected))


def test_what_adds_most_is_weight_times_what_is_above_usual():
    """By hand: the first picture is of class 0, the second of class 1."""
    weights = torch.tensor([[4.0, 2.0, 0.0], [0.0, 1.0, 6.0]])
    head = Linear(weights, torch.zeros(2), torch.tensor([1.0, 1.0, 2.0]))
    scores, usual = torch.tensor([[0.9, 0.8, 0.1], [0.1, 0.9, 0.6]]), torch.tensor([0.8, 0.2, 0.5])
    # Class 0: 0.4, 1.2, 0; class 1: 0, 0.7, 0.3 (a weight of 6 over a spread of 2).
    assert head(scores).argmax(1).tolist() == [0, 1]
    assert adds_most(head, scores, usual, 2).tolist() == [[1, 0], [1, 2]]
    assert adds_most(head, scores, torch.zeros(3), 1).tolist() == [[0], [2]]


@pytest.mark.parametrize("count", [0, 4])
def test_more_prototypes_than_there_are_cannot_add_most(count):
    head = Linear(torch.ones(2, 3), torch.zeros(2), torch.ones(3))
    with pytest.raises(UsageError, match=f"expected 1 to 3 prototypes a picture, got {count}"):
        adds_most(head, torch.rand(5, 3), torch.zeros(3), count)


def test_projection_is_a_plain_search(maps, codebook):
    vectors, mean = flat(maps[0]), codebook.mapping.mean
    found = project(codebook, Held(maps[0]))
    for code, put in zip(codebook.codes.detach(), found.codes.detach(), strict=True):
        cosines = cosine_similarity(vectors - mean, (code - mean)[None], dim=1)
        assert torch.equal(put, vectors[cosines.argmax()])


def test_projecting_twice_changes_nothing_more(maps, codebook):
    once = project(codebook, Held(maps[0]))
    assert torch.equal(project(once, Held(maps[0])).codes, once.codes)


def test_learning_lowers_the_loss_and_leaves_the_patches(maps, codebook):
    held, labels = maps
    start = project(codebook, Held(held))
    head = head_over(start, held, labels)
    before = start.codes.clone()
    steps = learn_freely(start, head, held, labels, FreeSettings(epochs=30), 0)

    def nearest(snapshot):
        with torch.no_grad():
            return snapshot.codebook.cosines(held).amax((0, 2, 3)).mean().item()

    assert len(steps) == 31 and torch.equal(start.codes, before)
    assert steps[-1].loss < 0.5 * steps[1].loss
    assert nearest(steps[0]) == pytest.approx(1) and nearest(steps[-1]) < 0.98
    assert steps[-1].head.accuracy(steps[-1].scores(held), labels) > 0.9
    assert min(step.head.weights.min().item() for step in steps) >= 0


def test_the_first_step_is_adams_on_the_gradient_of_the_largest_cosine(maps, codebook):
    """One batch, one epoch, against the loss written out picture by picture."""
    held, labels = maps
    head = head_over(codebook, held, labels)
    settings = FreeSettings(epochs=1, batch_size=60, learning_rate=0.01)
    _, step = learn_freely(codebook, head, held, labels, settings, 0)
    codes = codebook.codes.detach().clone().requires_grad_()
    mean, losses = codebook.mapping.mean, []
    for one, label in zip(held, labels, strict=True):
        cells = one.flatten(1).T - mean
        scores = cosine_similarity(cells[:, None], (codes - mean)[None], dim=2).max(0).values
        logits = (scores / head.scale * head.weights).sum(1)
        losses.append(logits.logsumexp(0) - logits[label])
    loss = torch.stack(losses).mean()
    (slope,) = torch.autograd.grad(loss, codes)
    expected = codes.detach() - 0.01 * slope / (slope.abs() + 1e-8)
    assert step.loss == pytest.approx(loss.item(), rel=1e-5)
    torch.testing.assert_close(step.codebook.codes, expected, atol=2e-4, rtol=0)


def test_what_cannot_be_learned_is_told(maps, codebook):
    held, labels = maps
    head = head_over(codebook, held, labels)
    with pytest.raises(UsageError, match="at least 1 epoch and 1 picture, got 0 and 60"):
        learn_freely(codebook, head, held, labels, FreeSettings(epochs=0), 0)
    spoilt = held.clone()
    spoilt[0] = torch.nan
    with pytest.raises(FewbitsError, match="the loss became NaN in epoch 1"):
        learn_freely(codebook, head, spoilt, labels, FreeSettings(epochs=1), 0)


def test_words_are_their_own_nearest(maps):
    clean, _ = spoken_maps(20, 1, noise=0.0)
    codebook = Codebook(words(), fit_mapping("none", flat(clean)))
    torch.testing.assert_close(project(codebook, Held(clean)).codes.detach(), words())
