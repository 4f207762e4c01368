"""IterationStepper in a page: every number at every moment, its words, its pointer, its frames."""

import pytest
from path_samples import CLASSES
from reading import agree, control, held, numbers, status
from step_samples import PASSES, steps

from fewbits.widgets import IterationStepper


@pytest.fixture
def made():
    return IterationStepper(*steps(), CLASSES)


@pytest.fixture
def one(made, show):
    return show(made)


def test_every_number_at_every_moment(one, made):
    for feature in range(9):
        control(one, "feature").select_option(str(feature))
        control(one, "moment").press("Home")
        for moment in range(3 * PASSES):
            made.moment, made.feature = moment, feature
            agree(one, made.numbers())
            control(one, "moment").press("ArrowRight")


def test_each_step_is_told_in_words(one):
    told = []
    for _ in range(6):
        told.append(status(one))
        control(one, "moment").press("ArrowRight")
    assert told[0].startswith("The first sparse fit: ")
    assert told[1].startswith("Rounded to plus, minus and nothing. ")
    assert told[2].startswith("The layer stays, the features were trained")
    assert told[3].startswith("Fitted again to the features as they are now: ")
    assert len(set(told)) == 6


def test_a_pointer_chooses_a_moment(one):
    picture = one.page.locator("svg.fb-reach").first
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.97, "y": 60})
    assert held(one, "moment") == "8"


def test_frames_are_as_many_as_places_that_changed(one):
    for _ in range(3 * PASSES):
        status(one)
        frames = one.page.locator(".fb-whole path.ink-line").get_attribute("d") or ""
        assert frames.count("z") == numbers(one)["changed"]
        control(one, "moment").press("ArrowRight")
    assert numbers(one)["changed"] > 0
