import pytest
import torch
from budget_samples import COUNTS, SETTINGS, TESTED, budgets
from code_samples import InMemory, maps_and_labels, trained

from fewbits.errors import UsageError
from fewbits.protoquant import pipeline
from fewbits.protoquant.budgets import cut, fit_again, nearest_shares, try_budgets
from fewbits.protoquant.head import Linear
from fewbits.protoquant.scores import strongest
from fewbits.protoquant.vocabulary import ChannelVocabulary

MAPS, LABELS = maps_and_labels(60, 1)
WHOLE = trained()[2]

HEAD = Linear(
    torch.tensor([[3.0, 0.0, 1.0, 2.0], [0.5, 0.5, 0.5, 0.0], [0.0, 0.0, 0.0, 4.0]]),
    torch.zeros(3),
    torch.tensor([1.0, 2.0, 4.0, 8.0]),
)


def test_a_cut_keeps_the_strongest_as_they_were():
    found = cut(HEAD, 2)
    expected = [[3.0, 0.0, 0.0, 2.0], [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]]
    assert found.weights.tolist() == expected
    assert found.scale.equal(HEAD.scale)
    assert HEAD.weights[0, 2] == 1, "the head given stays as it was"
    assert cut(HEAD, 4).weights.equal(HEAD.weights)


def test_a_head_fitted_again_has_weights_only_where_it_was_cut_to():
    again = fit_again(WHOLE, LABELS, 2, SETTINGS, seed=0)
    kept = cut(WHOLE.head, 2).weights > 0
    assert not again.weights[~kept].any()
    assert (again.weights[kept] > 0).any()
    assert again.scale.equal(WHOLE.head.scale)
    cut_loss, again_loss = (
        torch.nn.functional.cross_entropy(head(WHOLE.train.scores), LABELS)
        for head in (cut(WHOLE.head, 2), again)
    )
    assert again_loss < cut_loss


def test_a_head_that_is_short_already_is_not_fitted_again():
    assert fit_again(WHOLE, LABELS, 12, SETTINGS, seed=0) is WHOLE.head


def test_usage_is_the_codebooks_own():
    codebook = WHOLE.vocabulary.codebook
    counts = pipeline.usage(codebook, InMemory(MAPS))
    shares = nearest_shares(WHOLE.vocabulary, InMemory(MAPS))
    torch.testing.assert_close(shares, counts.double() / counts.sum())


def test_usage_of_channels_counts_the_loudest():
    maps = torch.zeros(2, 3, 1, 2)
    maps[0, 2, 0, 0] = maps[0, 1, 0, 1] = maps[1, 2, 0, 1] = 5.0  # the fourth cell is all zeros
    shares = nearest_shares(ChannelVocabulary(torch.arange(3)), InMemory(maps))
    assert shares.tolist() == [0.25, 0.25, 0.5]


def test_every_count_has_a_head_and_unseen_pictures_are_scored():
    found = budgets(2)
    assert tuple(found.again) == COUNTS
    assert found.whole is WHOLE.head
    unseen, _ = maps_and_labels(TESTED, 2)
    scores = strongest(WHOLE.vocabulary.maps(unseen).detach()).scores
    torch.testing.assert_close(found.tested, scores)
    for count in COUNTS:
        assert ((found.again[count].weights > 0).sum(1) <= count).all()


def test_nothing_to_try_is_refused():
    with pytest.raises(UsageError, match="counts must name at least one number of codes a class"):
        try_budgets(WHOLE, InMemory(MAPS), InMemory(MAPS), LABELS, (), SETTINGS, 0)
    with pytest.raises(UsageError, match="codes a class must be at least 1, got 0"):
        try_budgets(WHOLE, InMemory(MAPS), InMemory(MAPS), LABELS, (0,), SETTINGS, 0)
    with pytest.raises(UsageError, match="feature maps of at least one picture, got none"):
        nearest_shares(WHOLE.vocabulary, InMemory(MAPS[:0]))
