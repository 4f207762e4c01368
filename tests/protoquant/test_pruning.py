"""The least used codes go, by usage on the pictures that are given."""

import pytest
import torch
from part_toys import FEATURES, flat, spoken_maps, words

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.pipeline import prune, usage


class Held:
    """Maps in memory, read as a cache is."""

    def __init__(self, maps):
        self.maps = maps

    def batches(self, size):
        return self.maps.split(size)


@pytest.fixture
def cache():
    return Held(spoken_maps(40, 0)[0])


@pytest.fixture
def codebook(cache):
    """Six words that are said, and six directions that hardly anything is nearest to."""
    noise = torch.randn(6, FEATURES, generator=torch.Generator().manual_seed(5))
    away = noise - noise @ torch.linalg.pinv(words()) @ words()  # at right angles to all words
    return Codebook(torch.cat([away, words()]), fit_mapping("none", flat(cache.maps)))


def test_usage_counts_every_cell_once(codebook, cache):
    found = usage(codebook, cache)
    assert int(found.sum()) == 40 * 9
    assert torch.equal(found, codebook.assign(flat(cache.maps)).bincount(minlength=12))
    assert not codebook.usage.any(), "looking changes nothing"


@pytest.mark.parametrize("rounds", [1, 3])
def test_what_is_never_said_goes_first(codebook, cache, rounds):
    pruned = prune(codebook, cache, 6, rounds)
    torch.testing.assert_close(pruned.codes, words())
    assert torch.equal(pruned.usage, usage(pruned, cache))
    assert codebook.count == 12


def test_usage_is_counted_anew_in_each_round():
    """Of two codes alike each is half used; once one has gone the other is used by both halves."""
    one, other, third = torch.eye(3)
    vectors = torch.cat([one[None].repeat(4, 1), other[None].repeat(3, 1), third[None]])
    vectors = vectors + 0.3 * torch.tensor([[0.0, 0.0, 0.1], [0.0, 0.0, -0.1]]).repeat(4, 1)
    cache = Held(vectors.T[None, :, None])
    twins = torch.stack([one + 0.03 * third, one - 0.03 * third, other, third])
    codebook = Codebook(twins, fit_mapping("none", vectors))
    assert usage(codebook, cache).tolist() == [2, 2, 3, 1]
    slow = prune(codebook, cache, 2, rounds=2)
    assert torch.equal(slow.usage.sort().values, torch.tensor([3, 5]))


@pytest.mark.parametrize(("keep", "rounds"), [(1, 3), (13, 3), (6, 0)])
def test_what_cannot_be_kept_is_told(codebook, cache, keep, rounds):
    with pytest.raises(UsageError, match=f"2 to 12 codes in at least 1 round, got {keep} in"):
        prune(codebook, cache, keep, rounds)
