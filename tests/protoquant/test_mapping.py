import pytest
import torch
from part_toys import flat, spoken_maps

from fewbits.errors import UsageError
from fewbits.protoquant.mapping import KINDS, Mapping, between_classes, fit_mapping, whitening


@pytest.fixture(scope="module")
def sample():
    maps, labels = spoken_maps(60, 0)
    return flat(maps), labels.repeat_interleave(9)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_has_length_one(kind, sample):
    vectors, labels = sample
    mapping = fit_mapping(kind, vectors, labels)
    mapped = mapping(vectors)
    assert mapped.shape == (len(vectors), mapping.directions)
    torch.testing.assert_close(mapped.norm(dim=1), torch.ones(len(vectors)))


def test_nothing_is_done_or_the_mean_taken_off(sample):
    vectors, _ = sample
    cosine = torch.nn.functional.cosine_similarity
    one, other = vectors[:20], vectors[20:40]
    for kind, moved in (("none", torch.zeros(10)), ("centred", vectors.mean(0))):
        mapping = fit_mapping(kind, vectors)
        found = (mapping(one) * mapping(other)).sum(1)
        torch.testing.assert_close(found, cosine(one - moved, other - moved), atol=1e-5, rtol=1e-5)


def test_whitened_vectors_vary_alike_in_all_directions(sample):
    vectors, _ = sample
    basis = whitening(vectors, 4)
    spread = (vectors - vectors.mean(0)) @ basis
    torch.testing.assert_close(spread.T @ spread / len(spread), torch.eye(4), atol=1e-4, rtol=0)


def test_directions_in_which_nothing_varies_are_left_out(sample):
    vectors, _ = sample
    constant = torch.cat([vectors, torch.ones(len(vectors), 3)], 1)
    assert whitening(constant, 13).shape == (13, 10)


def test_class_directions_are_those_of_scikit_learn():
    """Without a ridge: one direction between two classes, whatever the features' units."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3000) % 3
    vectors = torch.randn(3000, 4, generator=generator) + torch.eye(4)[labels] * 6
    theirs = LinearDiscriminantAnalysis(solver="eigen", shrinkage=None).fit(vectors, labels)
    ours = between_classes(vectors, labels)
    assert ours.shape == (4, 2)
    plane = torch.from_numpy(theirs.scalings_[:, :2]).float()
    # Here within is nearly the identity, so the ridge changes lengths and not the plane.
    overlap = torch.linalg.svdvals(torch.linalg.qr(plane).Q.T @ torch.linalg.qr(ours).Q)
    assert overlap.min() > 0.999


def test_class_directions_tell_classes_apart_and_not_what_varies_within(sample):
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(400) % 2
    loud = 20 * torch.randn(400, 1, generator=generator)
    telling = (labels[:, None] * 2.0 - 1) + 0.3 * torch.randn(400, 1, generator=generator)
    vectors = torch.cat([loud, telling], 1)
    (direction,) = between_classes(vectors, labels).T
    assert (direction[1] / direction[0]).abs() > 1.0
    assert whitening(vectors, 1)[0].abs() > 10 * whitening(vectors, 1)[1].abs()


def test_mixed_is_both_side_by_side(sample):
    vectors, labels = sample
    parts = [fit_mapping(kind, vectors, labels)(vectors[:9]) for kind in ("whitened", "lda")]
    both = fit_mapping("mixed", vectors, labels)(vectors[:9])
    products = [part @ part.T for part in parts]
    expected = (products[0] + 0.49 * products[1]) / 1.49
    torch.testing.assert_close(both @ both.T, expected, atol=1e-5, rtol=1e-5)


def test_a_mapping_is_part_of_what_is_saved(sample):
    vectors, labels = sample
    mapping = fit_mapping("lda", vectors, labels)
    assert not list(mapping.parameters())
    assert {"mean", "basis0"} == set(mapping.state_dict())


def test_the_mean_itself_points_nowhere():
    mapping = Mapping("centred", torch.ones(3))
    assert mapping(torch.ones(1, 3)).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda v, y: fit_mapping("pca", v), "unknown mapping 'pca': expected one of none, cent"),
        (lambda v, y: fit_mapping("lda", v), "mapping lda needs the class of each vector"),
        (lambda v, y: fit_mapping("none", v[:1]), "at least 2 vectors, got 1"),
        (lambda v, y: fit_mapping("lda", v, y * 0), "at least 2 classes, got 1"),
        (lambda v, y: fit_mapping("lda", v, y[1:]), "a label for each of 540 vectors, got 539"),
        (lambda v, y: fit_mapping("whitened", v, directions=0), "at least 1, got 0"),
        (lambda v, y: fit_mapping("none", v * float("nan")), "must be finite"),
    ],
)
def test_what_cannot_be_fitted_is_told(ask, text, sample, unchecked):
    with pytest.raises(UsageError, match=text):
        ask(*sample)
