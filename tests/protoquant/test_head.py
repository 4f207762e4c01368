import pytest
import torch
from part_toys import CLASSES, OWN, WORDS, flat, spoken_maps, words

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import (
    HeadSettings,
    Linear,
    fit_linear,
    keep_strongest,
    spread_of,
)
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.scores import code_maps, score

SETTINGS = HeadSettings(epochs=30, batch_size=16, learning_rate=0.05)


@pytest.fixture(scope="module")
def scored():
    maps, labels = spoken_maps(80, 0)
    codebook = Codebook(words(), fit_mapping("none", flat(maps)))
    return score(lambda x: code_maps(codebook.cosines(x)), [maps]).scores, labels


@pytest.fixture(scope="module")
def head(scored):
    return fit_linear(*scored, CLASSES, SETTINGS, 0)


def test_a_readable_head_says_only_for(head, scored):
    assert (head.weights >= 0).all() and not head.bias.any()
    assert head.accuracy(*scored) == 1.0


def test_the_two_codes_a_class_shows_are_its_strongest(head):
    assert torch.equal(head.weights.topk(2).indices.sort().values, OWN)


def test_a_loss_that_falls(head):
    assert len(head.losses) == 30 and head.losses[-1] < head.losses[0] / 2


def test_a_decision_is_the_sum_of_its_contributions(head, scored):
    table, labels = scored
    parts = head.contributions(table, labels)
    assert (parts >= 0).all()
    own = head(table)[torch.arange(len(table)), labels]
    torch.testing.assert_close(parts.sum(1), own)


def test_the_optimum_is_scikit_learns():
    """A probe, trained long: logistic regression with the same price of squares."""
    from sklearn.linear_model import LogisticRegression

    generator = torch.Generator().manual_seed(0)
    table = torch.randn(200, 3, generator=generator)
    labels = (table @ torch.randn(3, 3, generator=generator)).argmax(1)
    table = table / spread_of(table)
    settings = HeadSettings(epochs=400, batch_size=200, learning_rate=0.05, decay=0.05)
    ours = fit_linear(table, labels, 3, settings, 0, readable=False)
    theirs = LogisticRegression(C=1 / (0.05 * 200), max_iter=1000, tol=1e-8).fit(table, labels)
    expected = torch.from_numpy(theirs.coef_).float()
    torch.testing.assert_close(ours.weights, expected, atol=5e-3, rtol=5e-3)


def test_a_readable_optimum_keeps_its_conditions():
    """Where a weight is above 0 the loss is flat; where it is 0 the loss would only rise."""
    generator = torch.Generator().manual_seed(1)
    table = torch.rand(120, 5, generator=generator)
    labels = (table[:, :3]).argmax(1)
    settings = HeadSettings(epochs=600, batch_size=120, learning_rate=0.05, decay=0.02)
    found = fit_linear(table, labels, 3, settings, 0)
    weights = found.weights.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(table / found.scale @ weights.T, labels)
    (loss + 0.01 * weights.square().sum()).backward()
    above = found.weights > 1e-3
    assert weights.grad[above].abs().max() < 2e-3
    assert weights.grad[~above].min() > -2e-3
    assert above.any() and not above.all()


@pytest.mark.parametrize("batch", [120, 20])
def test_a_price_on_size_is_what_a_weight_pays(batch):
    """At the optimum the data pull at each weight above 0 with the price, at no other with more."""
    generator = torch.Generator().manual_seed(1)
    table = torch.rand(120, 5, generator=generator)
    labels = table[:, :3].argmax(1)
    settings = HeadSettings(800, batch, learning_rate=0.02, decay=0.0, sparsity=0.03)
    found = fit_linear(table, labels, 3, settings, 0)
    weights = found.weights.clone().requires_grad_()
    torch.nn.functional.cross_entropy(table / found.scale @ weights.T, labels).backward()
    above = found.weights > 1e-2
    torch.testing.assert_close(
        -weights.grad[above], torch.full((int(above.sum()),), 0.03), atol=3e-3, rtol=0
    )
    assert (-weights.grad[~above]).max() < 0.033 and not above.all()


def test_what_is_not_allowed_stays_nothing(scored):
    table, labels = scored
    allowed = torch.rand(CLASSES, WORDS, generator=torch.Generator().manual_seed(2)) < 0.6
    allowed[:, 0] = True
    found = fit_linear(table, labels, CLASSES, SETTINGS, 0, allowed=allowed)
    assert not found.weights[~allowed].any() and found.weights[allowed].any()


def test_a_price_on_size_empties_a_head_but_can_be_paid_back(scored):
    words, labels = scored
    noise = torch.rand(len(words), 12, generator=torch.Generator().manual_seed(3))
    table = torch.cat([words, noise], 1)
    priced = HeadSettings(epochs=30, batch_size=16, learning_rate=0.05, sparsity=0.05)
    sparse = fit_linear(table, labels, CLASSES, priced, 0)
    free = fit_linear(table, labels, CLASSES, SETTINGS, 0)
    assert (sparse.weights > 0).sum() < (free.weights > 0).sum()
    none = Linear(torch.zeros_like(sparse.weights), sparse.bias, sparse.scale)
    again = fit_linear(table, labels, CLASSES, priced, 0, start=none)
    assert (again.weights > 0).any(), "weights at 0 are not dead"
    assert again.accuracy(table, labels) > 0.9


def test_a_column_that_never_varies_divides_by_one():
    table = torch.cat([torch.ones(10, 1), torch.arange(10.0)[:, None]], 1)
    assert spread_of(table)[0] == 1
    assert fit_linear(table, torch.arange(10) % 2, 2, SETTINGS, 0).weights.isfinite().all()


def test_a_column_that_varies_by_rounding_only_is_not_made_loud():
    torch.manual_seed(0)
    table = torch.rand(40, 3)
    table[:, 0] = 1 - 6e-8 * (torch.rand(40) > 0.5)  # what a softmax of 1 looks like in 32 bits
    assert 0 < table[:, 0].std() < 1e-6
    assert spread_of(table)[0] == 1
    torch.testing.assert_close(spread_of(table)[1:], table[:, 1:].std(0))
    assert spread_of(1e-4 * table)[1] < 1, "small scores are no rounding"
    assert fit_linear(table, torch.arange(40) % 2, 2, SETTINGS, 0).losses[0] < 2


def test_the_strongest_are_kept_and_a_zero_only_where_there_is_nothing_else():
    weights = torch.tensor([[3.0, 0.0, 2.0, 1.0], [0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    kept = keep_strongest(Linear(weights, torch.zeros(3), torch.ones(4)), 2)
    assert kept.int().tolist() == [[1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]


def test_the_same_seed_gives_the_same_head(scored, head):
    again = fit_linear(*scored, CLASSES, SETTINGS, 0)
    assert torch.equal(again.weights, head.weights)
    assert not torch.equal(fit_linear(*scored, CLASSES, SETTINGS, 1).weights, head.weights)


def test_what_cannot_be_fitted_is_told(scored, head, unchecked):
    table, labels = scored
    bare = torch.ones(CLASSES, WORDS, dtype=torch.bool)
    bare[2] = False
    for ask, text in (
        (lambda: fit_linear(table[1:], labels, 4, SETTINGS, 0), "each of 79 images, got 80"),
        (lambda: fit_linear(table, labels, 3, SETTINGS, 0), "from 0 to 2, got 0 to 3"),
        (lambda: fit_linear(table * float("inf"), labels, 4, SETTINGS, 0), "must be finite"),
        (
            lambda: fit_linear(table, labels, 4, SETTINGS, 0, allowed=bare[:, 1:]),
            "4 classes x 6 columns, got 4 x 5",
        ),
        (
            lambda: fit_linear(table, labels, 4, SETTINGS, 0, allowed=bare),
            "class 2 has no weight left",
        ),
        (lambda: keep_strongest(head, 0), "codes a class must be at least 1, got 0"),
    ):
        with pytest.raises(UsageError, match=text):
            ask()
