"""TernaryThreshold in a page: every number at every cut, its words, its pointer."""

import pytest
from path_samples import CLASSES, TIGHT, features_and_labels, paths
from reading import agree, control, held, numbers, status

from fewbits.widgets import TernaryThreshold
from fewbits.widgets.ternary_threshold import BIASES, SIZES


@pytest.fixture
def made():
    path = paths()[TIGHT]
    given = features_and_labels(seed=1)
    return TernaryThreshold(path.last, path.standardization, *given, CLASSES, kept=1)


@pytest.fixture
def one(made, show):
    return show(made)


def test_every_number_at_every_cut(one, made):
    most = int(control(one, "kept").get_attribute("max"))
    for sizes in SIZES:
        control(one, "sizes").select_option(sizes)
        for bias in BIASES:
            control(one, "bias").select_option(bias)
            control(one, "kept").press("Home")
            for kept in range(1, most + 1):
                made.kept, made.sizes, made.bias = kept, sizes, bias
                agree(one, made.numbers())
                control(one, "kept").press("ArrowRight")


def test_classes_that_cannot_be_told_apart_are_said(one):
    assert numbers(one)["alike"] == 3
    assert "3 of 4 classes have the same row as another" in status(one)
    control(one, "kept").press("End")
    assert numbers(one)["alike"] == 0
    assert "A class has" in status(one)


def test_a_pointer_moves_the_cut(one):
    picture = one.page.locator("svg.fb-reach").first
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.6, "y": 60})
    most = int(control(one, "kept").get_attribute("max"))
    assert 0.4 * most < int(held(one, "kept")) < 0.7 * most


def test_squares_are_as_many_as_weights_that_stay(one):
    for _ in range(3):
        control(one, "kept").press("ArrowRight")
        status(one)
        drawn = one.page.locator(".qsenn-fill, .wrong-solid").evaluate_all(
            "(all) => all.reduce((n, e) => n + (e.getAttribute('d').match(/z/g) ?? []).length, 0)"
        )
        assert drawn == numbers(one)["kept"]
