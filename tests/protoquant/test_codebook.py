import pytest
import torch
from part_toys import FEATURES, WORDS, flat, spoken_maps, words
from torch.nn.functional import cosine_similarity

from fewbits.errors import UsageError
from fewbits.protoquant import kmeans
from fewbits.protoquant.codebook import (
    Codebook,
    kmeans_codes,
    orthogonal_codes,
    random_codes,
)
from fewbits.protoquant.kmeans import nearest, spherical_kmeans
from fewbits.protoquant.mapping import fit_mapping


@pytest.fixture
def maps():
    return spoken_maps(40, 0)[0]


@pytest.fixture
def codebook(maps):
    return Codebook(words(), fit_mapping("none", flat(maps)))


def drawn(seed=0):
    return torch.Generator().manual_seed(seed)


def test_each_place_is_nearest_to_the_code_of_largest_cosine(codebook, maps):
    found = codebook.assign(flat(maps))
    for vector, code in zip(flat(maps)[:30], found, strict=False):
        by_hand = [cosine_similarity(vector, other, dim=0) for other in codebook.codes]
        assert int(torch.stack(by_hand).argmax()) == code
    cosines = codebook.cosines(maps)
    assert torch.equal(cosines.argmax(1).flatten(), found)
    assert cosines.abs().max() <= 1 + 1e-5


def test_few_at_a_time_changes_nothing(codebook, maps, monkeypatch):
    whole = nearest(codebook.mapping(flat(maps)), codebook.keys())
    monkeypatch.setattr(kmeans, "AT_ONCE", 7)
    assert all(map(torch.equal, whole, nearest(codebook.mapping(flat(maps)), codebook.keys())))


def test_quantising_twice_changes_nothing_more(codebook, maps):
    once, chosen = codebook.quantise(maps)
    again, still = codebook.quantise(once)
    assert torch.equal(once, again) and torch.equal(chosen, still)
    torch.testing.assert_close(once[0, :, 1, 2], codebook.codes[chosen[0, 1, 2]])


def test_the_gradient_reaches_chosen_codes_and_no_others(codebook, maps):
    made, chosen = codebook.quantise(maps[:2])
    made.sum().backward()
    counts = chosen.flatten().bincount(minlength=WORDS).float()
    torch.testing.assert_close(codebook.codes.grad, counts[:, None].expand(-1, FEATURES))


def test_usage_is_counted_while_training_and_saved(codebook, maps):
    codebook.eval().quantise(maps)
    assert not codebook.usage.any()
    _, chosen = codebook.train().quantise(maps[:4])
    assert torch.equal(codebook.usage, chosen.flatten().bincount(minlength=WORDS))
    assert set(codebook.dead().tolist()) == set(range(WORDS)) - set(chosen.unique().tolist())
    assert torch.equal(codebook.state_dict()["usage"], codebook.usage)
    codebook.forget_usage()
    assert len(codebook.dead()) == WORDS


def test_kmeans_finds_the_words(maps):
    """With twice as many groups as words: with as many it may miss one, as k-means does."""
    mapping = fit_mapping("none", flat(maps))
    codes = kmeans_codes(flat(maps), mapping, 2 * WORDS, drawn(3), rounds=20)
    closest = cosine_similarity(codes[:, None], words()[None], dim=2).max(0).values
    assert closest.min() > 0.99


def test_no_round_of_kmeans_makes_groups_looser(maps):
    vectors = torch.nn.functional.normalize(flat(maps), dim=1)

    def closeness(rounds):
        groups = spherical_kmeans(vectors, 5, drawn(1), rounds)
        sums = torch.zeros(5, FEATURES).index_add_(0, groups, vectors)
        return sums.norm(dim=1).sum().item()  # the sum of cosines with the own centre

    found = [closeness(rounds) for rounds in range(1, 8)]
    assert all(after >= before - 1e-3 for before, after in zip(found, found[1:], strict=False))


def test_no_group_of_kmeans_is_empty():
    twice = torch.nn.functional.normalize(torch.eye(3).repeat(4, 1), dim=1)
    groups = spherical_kmeans(twice, 10, drawn(), rounds=3)
    assert len(groups.unique()) == 10


def test_random_codes_have_the_vectors_mean_and_spread(maps):
    vectors = flat(maps) * torch.arange(1.0, 11.0) + 5
    codes = random_codes(vectors, 20_000, drawn())
    torch.testing.assert_close(codes.mean(0), vectors.mean(0), atol=0.3, rtol=0.05)
    torch.testing.assert_close(codes.std(0), vectors.std(0), atol=0.1, rtol=0.05)


@pytest.mark.parametrize("count", [4, 10, 25])
def test_orthogonal_codes_stand_at_right_angles(count):
    codes = orthogonal_codes(count, FEATURES, drawn())
    assert codes.shape == (count, FEATURES)
    for block in codes.split(FEATURES):
        torch.testing.assert_close(block @ block.T, torch.eye(len(block)), atol=1e-5, rtol=0)


def test_what_makes_no_codebook_is_told(maps):
    vectors = flat(maps)
    mapping = fit_mapping("none", vectors)
    for ask, text in (
        (lambda: Codebook(words()[:, :4], mapping), "codes of 4 features and a mapping of 10"),
        (lambda: Codebook(words()[:1], mapping), "at least 2 codes, got 1"),
        (lambda: Codebook(words() * float("nan"), mapping), "codes must be finite"),
        (lambda: kmeans_codes(vectors, mapping, 999, drawn()), "number of vectors, 360, got 999"),
        (lambda: spherical_kmeans(vectors, 3, drawn(), rounds=0), "rounds must be at least 1"),
        (lambda: orthogonal_codes(1, 4, drawn()), "at least 2 codes, got 1"),
    ):
        with pytest.raises(UsageError, match=text):
            ask()
