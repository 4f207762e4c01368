"""The usual wrong answers to *Does it hold?*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import holds as check


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((0.3, 0.7), "Right"),
        ((0.03, 0.07), "ends themselves"),
        ((0.7, 0.3), "smaller loss first"),
        ((0.5, 0.5), "not 0.5 and 0.5"),
    ],
)
def test_lost(answer, told):
    expect(check.lost(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((0, 0.2582), "Right"),
        ((0.1, 0.2582), "image by image"),
        ((0, 0), "keeps the error"),
        ((0, 0.2236), "n - 1"),
        ((0, 0.1826), "both, squares added"),
        ((0, 1), "not 1"),
    ],
)
def test_paired(answer, told):
    expect(check.paired(*answer), told)


def drawn(values, counts, generator, seeds=True, images=True, counted=True, divided=True):
    rows = torch.randint(3, (3,), generator=generator) if seeds else torch.arange(3)
    columns = torch.randint(50, (50,), generator=generator) if images else torch.arange(50)
    picked, use = values[rows][:, columns], counts[rows][:, columns]
    if not counted:
        return picked.mean()
    return picked[use].mean() if divided else torch.where(use, picked, 0).mean()


def images_anew_for_each_seed(values, counts, generator):
    rows = torch.randint(3, (3,), generator=generator)
    columns = torch.randint(50, (3, 50), generator=generator)
    picked, use = (table[rows[:, None], columns] for table in (values, counts))
    return picked[use].mean()


def mean_of_means(values, counts, generator):
    """Each seed counts the same, as in the package: right as well."""
    rows = torch.randint(3, (3,), generator=generator)
    columns = torch.randint(50, (50,), generator=generator)
    pairs = [(values[row][columns], counts[row][columns]) for row in rows.tolist()]
    return torch.stack([picked[use].mean() for picked, use in pairs]).mean()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "Right"),
        ({"counted": False}, "does not count"),
        ({"divided": False}, "too low"),
        ({"seeds": False}, "three *seeds* are drawn"),
        ({"images": False}, "the *images* are drawn anew"),
        ({"seeds": False, "images": False}, "never moves"),
    ],
)
def test_drawn_where_right(changed, told):
    expect(check.drawn_where_right(lambda *given: drawn(*given, **changed)), told)


def test_draws_of_another_kind():
    expect(check.drawn_where_right(images_anew_for_each_seed), "one draw serves all rows")
    expect(check.drawn_where_right(mean_of_means), "Right")


def test_a_draw_that_is_not_there_or_lies_elsewhere():
    expect(check.drawn_where_right(lambda *_: ...), "Not answered")
    expect(check.drawn_where_right(lambda *given: 2 * drawn(*given)), "the means lie around")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda s, n: ..., "Not answered"),
        (lambda s, n: 0.05**2 / s + 0.2**2 / n + 0.1**2 / (s * n), "Right"),
        (lambda s, n: (0.05**2 + 0.2**2 + 0.1**2) / (s * n), "all nine hundred"),
        (lambda s, n: 0.05**2 / s + (0.2**2 + 0.1**2) / (s * n), "share the images"),
        (lambda s, n: 0.05 / s + 0.2 / n + 0.1 / (s * n), "variances add"),
        (lambda s, n: 0.05**2 / s + 0.2**2 / n, "should be"),
    ],
)
def test_variance(answer, told):
    expect(check.variance(answer), told)


def test_what_is_said_of_more_images_and_more_seeds():
    def of(seeds, images):
        return 0.05**2 / seeds + 0.2**2 / images + 0.1**2 / (seeds * images)

    assert 1 - of(3, 10_000) / of(3, 300) == pytest.approx(1 / 7, abs=0.02)
    assert 0.5 < 1 - of(10, 300) / of(3, 300) < 0.7


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((144 / 784, 144 / 784), "Right"),
        ((0.5, 0.5), "count pixels"),
        ((12 / 28, 12 / 28), "that is a side"),
        ((0.3, 144 / 784), "as much inside"),
        ((144 / 784, 0.3), "hits the box"),
    ],
)
def test_chance(answer, told):
    expect(check.chance(*answer), told)


def test_the_solutions_that_fold_out_are_right():
    given = {"torch": torch, "check": check}
    found = [verdict(source, dict(given)) for source in solutions("pact/does_it_hold")]
    assert len(found) == 5
    assert all(found), found
