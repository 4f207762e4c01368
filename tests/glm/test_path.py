"""The sparse path: optima by other hands, KKT conditions, screening, what is refused."""

import math
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import elastic_net as slow
from torch import Tensor

from fewbits import glm
from fewbits.errors import UsageError


def problem(
    seed: int = 0, images: int = 60, features: int = 7, classes: int = 3
) -> tuple[Tensor, Tensor]:
    """Features that tell something about the labels, some alike, on different scales; float64."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % classes
    means = torch.randn(classes, features, generator=generator, dtype=torch.float64)
    noise = torch.randn(images, features, generator=generator, dtype=torch.float64)
    table = means[labels] + 1.5 * noise
    table[:, 0] = table[:, 1] + 0.1 * table[:, 0]
    return table * torch.logspace(-2, 2, features, dtype=torch.float64), labels


def objective(path: glm.Path, place: int, table: Tensor, labels: Tensor, alpha: float, grouped):
    z, fit = path.standardization.apply(table), path.fits[place]
    strength = path.lambdas[place]
    return slow.objective(z, labels, fit.weights, fit.bias, strength, alpha, grouped).item()


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    classes=st.integers(2, 4),
    alpha=st.sampled_from([0.3, 0.8, 0.99, 1.0]),
    share=st.floats(0.01, 0.9),
)
def test_the_optimum_is_that_of_a_general_optimiser(seed, classes, alpha, share) -> None:
    table, labels = problem(seed, classes=classes)
    z, _ = glm.standardize(table)
    strength = share * glm.lambda_max(z, labels, classes, alpha)
    path = glm.fit_path(table, labels, classes, alpha, [strength], tolerance=1e-7)
    assert path.last.converged
    wanted = slow.optimum(z, labels, classes, strength, alpha)
    assert path.last.objective == pytest.approx(wanted, abs=1e-6)
    assert objective(path, 0, table, labels, alpha, False) == pytest.approx(path.last.objective)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.02])
def test_the_grouped_optimum_is_that_of_many_tiny_steps(share: float) -> None:
    table, labels = problem(3)
    z, _ = glm.standardize(table)
    strength = share * glm.lambda_max(z, labels, 3, 0.8, grouped=True)
    path = glm.fit_path(table, labels, 3, 0.8, [strength], grouped=True, tolerance=1e-7)
    wanted = slow.grouped_optimum(z, labels, 3, strength, 0.8, steps=4000)
    assert path.last.objective == pytest.approx(wanted, abs=1e-6)
    assert objective(path, 0, table, labels, 0.8, True) == pytest.approx(path.last.objective)


def test_scikit_learn_finds_the_same() -> None:
    from sklearn.linear_model import LogisticRegression

    table, labels = problem(5, images=120)
    z, _ = glm.standardize(table)
    strength = 0.05 * glm.lambda_max(z, labels, 3)
    path = glm.fit_path(table, labels, 3, 0.99, [strength], tolerance=1e-7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = LogisticRegression(
            solver="saga",
            l1_ratio=0.99,
            C=1 / (len(z) * strength),
            tol=1e-9,
            max_iter=20_000,
        ).fit(z.numpy(), labels.numpy())
    weights, bias = torch.from_numpy(theirs.coef_), torch.from_numpy(theirs.intercept_)
    wanted = slow.objective(z, labels, weights, bias, strength, 0.99).item()
    assert path.last.objective == pytest.approx(wanted, abs=1e-6)
    torch.testing.assert_close(path.last.weights, weights, atol=2e-3, rtol=0)


def test_glm_saga_is_never_ahead() -> None:
    """Its own stop, its own lambdas: ours are below or equal at each."""
    from glm_saga.elasticnet import IndexedTensorDataset, glm_saga
    from torch.utils.data import DataLoader

    table, labels = problem(7)
    z, _ = glm.standardize(table.float())
    linear = torch.nn.Linear(z.shape[1], 3)
    torch.nn.init.zeros_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    loader = DataLoader(IndexedTensorDataset(z, labels), batch_size=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = glm_saga(
            linear, loader, 0.05, 200, 0.99, k=5, n_classes=3, do_zero=False, val_loader=loader
        )["path"]
    lambdas = [float(step["lam"]) for step in theirs]
    assert lambdas[0] == pytest.approx(glm.lambda_max(z, labels, 3), rel=1e-4)
    ours = glm.fit_path(z, labels, 3, 0.99, lambdas, tolerance=1e-5)
    for fit, step in zip(ours.fits, theirs, strict=True):
        assert fit.objective <= step["loss"] + 1e-6


@pytest.mark.parametrize("grouped", [False, True])
def test_nothing_is_left_at_the_largest_lambda_and_something_below(grouped: bool) -> None:
    table, labels = problem(1)
    z, _ = glm.standardize(table)
    most = glm.lambda_max(z, labels, 3, 0.9, grouped)
    at, below = (
        glm.fit_path(table, labels, 3, 0.9, [most * part], grouped, 1e-7).last
        for part in (1.0, 0.98)
    )
    assert not at.weights.any() and at.steps == 0
    assert below.weights.any()
    torch.testing.assert_close(at.bias.softmax(0), torch.full((3,), 1 / 3).double())


@pytest.mark.parametrize("grouped", [False, True])
def test_every_condition_holds_at_every_lambda(grouped: bool) -> None:
    table, labels = problem(2, features=40)
    path = glm.fit_path(table, labels, 3, 0.95, 12, grouped, 1e-6)
    z = path.standardization.apply(table)
    for strength, fit in zip(path.lambdas, path.fits, strict=True):
        assert fit.converged and fit.residual <= 1.001e-6
        off = (z @ fit.weights.T + fit.bias).softmax(1)
        off -= torch.nn.functional.one_hot(labels, 3)
        pull = off.T @ z / len(z) + strength * 0.05 * fit.weights
        for j in range(40):
            column, weights, room = pull[:, j], fit.weights[:, j], 0.95 * strength + 2e-6
            if grouped:
                assert (weights != 0).all() or (weights == 0).all()
                assert column.norm() <= room
            else:
                assert (column.abs() <= room).all()
                on = weights != 0
                close = (column[on] + 0.95 * strength * weights[on].sign()).abs()
                assert (close <= 2e-6).all()


@pytest.mark.parametrize("grouped", [False, True])
def test_screening_changes_nothing(grouped: bool, monkeypatch) -> None:
    table, labels = problem(4, features=60, images=45)
    screened = glm.fit_path(table, labels, 3, 0.9, 8, grouped, 1e-7)
    seen = []
    whole = glm.path.fit
    monkeypatch.setattr(
        glm.path,
        "fit",
        lambda loss, *rest: seen.append(loss.features.shape[1]) or whole(loss, *rest),
    )
    glm.fit_path(table, labels, 3, 0.9, 8, grouped, 1e-7)
    assert min(seen) < 60, "the rule sets features aside"
    monkeypatch.setattr(glm.path, "fit", whole)
    for strength, fit in zip(screened.lambdas, screened.fits, strict=True):
        alone = glm.fit_path(table, labels, 3, 0.9, [strength], grouped, 1e-7).last
        assert fit.objective == pytest.approx(alone.objective, abs=1e-9)


def test_a_rule_that_is_wrong_is_mended(monkeypatch) -> None:
    """Were the strong rule to keep one feature only, the KKT check would bring everything back."""
    table, labels = problem(6)
    right = glm.fit_path(table, labels, 3, 0.9, 5, tolerance=1e-7)
    inner = glm.path._fit_screened
    monkeypatch.setattr(
        glm.path,
        "_fit_screened",
        lambda loss, penalty, layer, candidates, tolerance: inner(
            loss, penalty, layer, candidates & (candidates.cumsum(0) == 1), tolerance
        ),
    )
    mended = glm.fit_path(table, labels, 3, 0.9, 5, tolerance=1e-7)
    for one, other in zip(right.fits, mended.fits, strict=True):
        assert one.objective == pytest.approx(other.objective, abs=1e-9)
        assert other.converged


def test_constant_columns_stay_out_and_scales_do_not_matter() -> None:
    table, labels = problem(8)
    flat = torch.full((len(table), 1), 0.1, dtype=torch.float64)
    wider = torch.cat([table[:, :3], flat, table[:, 3:]], 1)
    plain = glm.fit_path(table, labels, 3, lambdas=4, tolerance=1e-7)
    path = glm.fit_path(wider, labels, 3, lambdas=4, tolerance=1e-7)
    assert path.standardization.constant.tolist() == [False] * 3 + [True] + [False] * 4
    assert not path.last.weights[:, 3].any()
    rest = [0, 1, 2, 4, 5, 6, 7]
    close = {"atol": 1e-3, "rtol": 1e-3}
    torch.testing.assert_close(path.last.weights[:, rest], plain.last.weights, **close)
    scaled = glm.fit_path(table * 1000, labels, 3, lambdas=4, tolerance=1e-7)
    torch.testing.assert_close(scaled.last.weights, plain.last.weights, **close)


def test_single_precision_comes_close_and_says_how_close() -> None:
    table, labels = problem(9, images=200)
    exact = glm.fit_path(table, labels, 3, lambdas=6, tolerance=1e-9)
    single = glm.fit_path(table.float(), labels, 3, 0.99, 6, False, 1e-5)
    for one, other in zip(exact.fits, single.fits, strict=True):
        assert other.converged
        assert other.objective == pytest.approx(one.objective, abs=1e-6)


def test_giving_up_is_told() -> None:
    table, labels = problem(10)
    loss = glm.Multinomial(glm.standardize(table)[0], labels, 3)
    early = glm.fit(loss, glm.ElasticNet(1e-3), tolerance=1e-9, most_steps=3)
    assert not early.converged and early.steps == 3 and early.residual > 1e-9


def test_a_looser_stop_is_farther_from_the_optimum_and_shows_other_weights() -> None:
    """What a reader sees of sparsity depends on where the solver stops."""
    table, labels = problem(11, images=90, features=30)
    loose, tight = (
        glm.fit_path(table, labels, 3, lambdas=20, tolerance=t).last for t in (3e-2, 1e-6)
    )
    assert loose.objective > tight.objective + 1e-3
    assert 1e-6 < loose.residual <= 3e-2
    assert not torch.equal(loose.weights != 0, tight.weights != 0)


def test_a_relative_stop_is_as_precise_for_weak_penalties_as_for_strong_ones() -> None:
    table, labels = problem(11, images=90, features=30)
    exact, absolute, relative = (
        glm.fit_path(table, labels, 3, lambdas=20, tolerance=stop, relative=share)
        for stop, share in ((1e-8, False), (1e-2, False), (1e-2, True))
    )
    assert absolute.lambdas[-1] < 1e-2, "the absolute one is above the weakest penalty itself"
    for strength, fit in zip(relative.lambdas, relative.fits, strict=True):
        assert fit.converged and fit.residual <= 1e-2 * strength
    used = [path.last.weights != 0 for path in (exact, absolute, relative)]
    wrong = [int((used[0] != other).sum()) for other in used[1:]]
    assert wrong[1] <= 3 and wrong[0] > 10 * wrong[1], wrong


def test_strengths_fall_evenly_on_a_log_scale() -> None:
    found = glm.lambdas_below(2.0, 4, 1e-3)
    assert found == pytest.approx((2.0, 0.2, 0.02, 0.002))


def test_the_prox_is_the_smallest_of_its_neighbourhood() -> None:
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    for penalty in (glm.ElasticNet(0.7, 0.6), glm.GroupElasticNet(0.7, 0.6)):
        near = penalty.prox(weights, 0.9)

        def cost(at: Tensor, penalty=penalty) -> float:
            return (at - weights).square().sum().item() / 2 + 0.9 * penalty.value(at)

        least = cost(near)
        for _ in range(200):
            step = 0.05 * torch.randn(3, 5, generator=generator, dtype=torch.float64)
            assert cost(near + step) >= least


def test_penalties_by_hand() -> None:
    weights = torch.tensor([[3.0, 0.0], [-4.0, 0.0]])
    assert glm.ElasticNet(2.0, 0.5).value(weights) == 2 * (0.5 * 7 + 0.25 * 25)
    assert glm.GroupElasticNet(2.0, 0.5).value(weights) == 2 * (0.5 * 5 + 0.25 * 25)
    assert glm.ElasticNet(1.0, 1.0).prox(weights, 1.0).tolist() == [[2, 0], [-3, 0]]
    grouped = glm.GroupElasticNet(1.0, 1.0).prox(weights, 1.0)
    torch.testing.assert_close(grouped, 0.8 * weights)
    # 0 is left where the slope is inside the penalty's reach, and only there.
    slope = torch.tensor([[-1.0, 0.9], [1.0, 0.0]])
    assert glm.ElasticNet(1.0, 1.0).violation(weights, slope) == 0
    slope[0, 1] = 1.25
    assert glm.ElasticNet(1.0, 1.0).violation(weights, slope) == 0.25


def test_each_fit_is_told_as_it_comes() -> None:
    told = []
    table, labels = problem(12)
    path = glm.fit_path(table, labels, 3, lambdas=3, on_fit=lambda *step: told.append(step))
    assert [(at, of) for at, of, _ in told] == [(1, 3), (2, 3), (3, 3)]
    assert [fit for *_, fit in told] == list(path.fits)


TABLE, LABELS = problem(0, 12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": TABLE[:1]}, "at least two images and one feature, got the shape (1, 7)"),
        ({"features": torch.ones(12, 2)}, "all 2 features are constant"),
        ({"features": TABLE * math.nan}, "feature 0 holds NaN or infinity"),
        ({"labels": LABELS[:5]}, "one label a row of the features, 12, got 5"),
        ({"labels": LABELS + 1}, "labels must be from 0 to 2, got 1 to 3"),
        ({"labels": LABELS - 1}, "labels must be from 0 to 2, got -1 to 1"),
        ({"labels": LABELS.clamp_max(1)}, "class 2 has no image"),
        ({"alpha": 0.0}, "alpha must be above 0 and at most 1, got 0"),
        ({"alpha": 1.5}, "alpha must be above 0 and at most 1, got 1.5"),
        ({"lambdas": 1}, "expected at least 2 lambdas"),
        ({"lambdas": [0.1, 0.2]}, "lambdas must fall and be at least one"),
        ({"lambdas": []}, "lambdas must fall and be at least one"),
        ({"lambdas": [0.1, -0.1]}, "lambda must be above 0, got -0.1"),
        ({"tolerance": 0.0}, "tolerance must be above 0, 1e-5 say, got 0"),
    ],
)
def test_bad_input_says_what_is_wrong(change: dict[str, object], message: str) -> None:
    given = {"features": TABLE, "labels": LABELS, "classes": 3, "alpha": 0.9, "lambdas": 3}
    with pytest.raises(UsageError, match=re.escape(message)):
        glm.fit_path(**(given | change))
