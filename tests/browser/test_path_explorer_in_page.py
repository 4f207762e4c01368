"""PathExplorer in a page: every number at every stop and strength, its words, its pointer."""

import pytest
from path_samples import CLASSES, LOOSE, TIGHT, features_and_labels, paths
from reading import agree, control, held, numbers, pictures, status

from fewbits import glm
from fewbits.widgets import PathExplorer


@pytest.fixture
def made():
    return PathExplorer(paths(), *features_and_labels(seed=1), CLASSES)


@pytest.fixture
def one(made, show):
    return show(made)


def test_every_number_at_every_stop_and_strength(one, made):
    for tolerance in (LOOSE, TIGHT):
        made.tolerance = tolerance
        control(one, "tolerance").select_option(index=made.cargo["tolerances"].index(tolerance))
        control(one, "place").press("Home")
        for place, row in zip(range(12), CLASSES * 3, strict=True):
            made.place, made.row = place, row
            control(one, "row").select_option(row)
            agree(one, made.numbers())
            control(one, "place").press("ArrowRight")


def test_an_early_stop_is_said(one, made):
    assert "than it should" not in status(one)
    strict = numbers(one)["nonzeros"]
    control(one, "tolerance").select_option(index=0)
    pictures(one)
    more = numbers(one)["nonzeros"] - strict
    word = "more" if more > 0 else "fewer"
    assert f"the fit has {abs(more):.0f} weights {word} than it should" in status(one)


def test_a_solver_that_never_moved_is_said(show):
    given, labels = features_and_labels()
    at = paths()[TIGHT].lambdas
    still = glm.fit_path(given, labels, len(CLASSES), lambdas=at, tolerance=10.0)
    made = PathExplorer({**paths(), 10.0: still}, given, labels, CLASSES, tolerance=10.0)
    assert status(show(made)) == "The solver stopped before any weight left 0."


def test_a_fit_that_gave_up_is_said(show):
    """The loose path under the tight one's name, alone and as what another is compared with."""
    loose, given = paths()[LOOSE], features_and_labels(seed=1)
    alone = show(PathExplorer({TIGHT: loose}, *given, CLASSES, place=6))
    found = f"{loose.fits[6].residual:.2g}, not 1e\N{MINUS SIGN}6"
    assert f"gave up at a residual of {found}: this layer is not finished." in status(alone)
    both = show(PathExplorer({TIGHT: loose, LOOSE: loose}, *given, CLASSES, tolerance=LOOSE))
    assert "gave up" not in status(both) and "than it should" not in status(both)


def test_of_many_pictures_each_class_gets_its_share(show):
    many = features_and_labels(4000, 2)
    one = show(PathExplorer(paths(), *many, CLASSES))
    note = one.page.locator(".fb-note").inner_text()
    assert "1,666 of 4,000 pictures, each class its share: more would make" in note


def test_no_weight_at_all_is_said(one):
    control(one, "place").press("Home")
    assert "no weight leaves 0" in status(one)
    assert numbers(one)["nonzeros"] == 0


def test_a_pointer_on_a_curve_moves_lambda(one):
    picture = one.page.locator("svg.fb-reach").first
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.5, "y": 60})
    assert 2 < int(held(one, "place")) < 9


def test_squares_are_as_many_as_weights(one):
    for _ in range(3):
        pictures(one)
        drawn = one.page.locator(".qsenn-fill, .wrong-solid").evaluate_all(
            "(all) => all.reduce((n, e) => n + (e.getAttribute('d').match(/z/g) ?? []).length, 0)"
        )
        assert drawn == numbers(one)["nonzeros"]
        control(one, "place").press("ArrowLeft")
