import pytest
import torch
from part_toys import GRID, WORDS, flat, spoken_maps, words

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.scores import code_maps, score, strongest


@pytest.fixture
def maps():
    return spoken_maps(24, 0)[0]


@pytest.fixture
def codebook(maps):
    return Codebook(words(), fit_mapping("centred", flat(maps))).eval()


def test_codes_share_each_place_among_them(codebook, maps):
    shares = code_maps(codebook.cosines(maps), 0.1)
    torch.testing.assert_close(shares.sum(1), torch.ones(24, GRID, GRID))
    assert torch.equal(shares.argmax(1), codebook.cosines(maps).argmax(1))


def test_without_temperature_cosines_stay(codebook, maps):
    cosines = codebook.cosines(maps)
    assert code_maps(cosines, None) is cosines


def test_a_low_temperature_chooses_and_a_high_one_does_not(codebook, maps):
    cosines = codebook.cosines(maps)
    assert code_maps(cosines, 1e-3).amax(1).min() > 0.99
    torch.testing.assert_close(
        code_maps(cosines, 1e4), torch.full_like(cosines, 1 / WORDS), atol=1e-3, rtol=0
    )


def test_the_lead_that_a_score_of_a_tenth_needs():
    """Stated in the docstring: 0.54 ahead of 2,047 equal others."""
    cosines = torch.zeros(1, 2048, 1, 1)
    for lead, enough in ((0.55, True), (0.53, False)):
        cosines[0, 0] = lead
        assert (code_maps(cosines, 0.1)[0, 0].item() >= 0.1) is enough


def test_the_strongest_place_counts_along_rows():
    maps = torch.zeros(1, 2, 2, 3)
    maps[0, 0, 1, 0], maps[0, 1, 0, 2] = 5, 7
    found = strongest(maps)
    assert found.scores.tolist() == [[5, 7]] and found.cells.tolist() == [[3, 2]]
    assert found.grid == (2, 3)


def maps_at(codebook, temperature=0.1):
    return lambda maps: code_maps(codebook.cosines(maps), temperature)


def test_batches_change_nothing(codebook, maps):
    whole = score(maps_at(codebook), [maps])
    parts = score(maps_at(codebook), maps.split(5))
    torch.testing.assert_close(whole.scores, parts.scores)
    assert torch.equal(whole.cells, parts.cells)
    by_hand = code_maps(codebook.cosines(maps), 0.1).amax((2, 3))
    torch.testing.assert_close(whole.scores, by_hand.detach())


def test_what_cannot_be_scored_is_told(codebook, maps):
    with pytest.raises(UsageError, match="temperature must be above 0, 0.1 say, .* got 0"):
        score(maps_at(codebook, 0.0), [maps])
    with pytest.raises(UsageError, match="at least one picture, got none"):
        score(maps_at(codebook), [])
    with pytest.raises(UsageError, match="feature maps hold NaN"):
        score(maps_at(codebook), [maps * float("nan")])
