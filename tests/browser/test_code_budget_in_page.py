"""CodeBudget in a page: every number at every choice, the curve, the layer, the words."""

from dataclasses import replace

import pytest
import torch
from bird_samples import SPECIES
from budget_samples import COUNTS, budgets, code_budget
from reading import agree, as_shown, chosen, control, held, numbers, pictures, status, text


@pytest.fixture
def made():
    return code_budget()


@pytest.fixture
def one(made, show):
    return show(made)


def slide(seen, name, position):
    control(seen, name).evaluate(
        "(e, at) => { e.value = at; e.dispatchEvent(new Event('input', { bubbles: true })); }",
        position,
    )


def squares(seen):
    """How many weights are drawn in the layer."""
    pictures(seen)
    marks = seen.page.locator(".cb-whole path.protoquant-fill").get_attribute("d") or ""
    return marks.count("z")


@pytest.mark.parametrize("codes", ["twelve", "seven"])
@pytest.mark.parametrize("weights", ["again", "fitted"])
def test_numbers_are_the_packages_at_every_choice(made, one, codes, weights):
    control(one, "codes").select_option(codes)
    control(one, "weights").select_option(weights)
    made.codes, made.weights = codes, weights
    for place, count in enumerate(COUNTS):
        slide(one, "kept", place)
        made.kept = count
        for position in (0, 23, 50):
            slide(one, "least", position)
            made.least = position / 1000
            for name in (SPECIES[0], SPECIES[3]):
                one.page.locator(f"[data-input=row][value={name}]").check(force=True)
                made.row = name
                agree(one, made.numbers())
                assert set(numbers(one)) == set(as_shown(made.numbers()))
        slide(one, "least", 0)
        made.least = 0.0


def test_there_is_a_square_for_each_weight_that_is_left(made, one):
    for place, count in enumerate(COUNTS):
        slide(one, "kept", place)
        made.kept = count
        found = made.numbers()
        assert squares(one) == sum(found[f"codes_{row}"] for row in range(len(SPECIES)))
    slide(one, "least", 50)
    made.least = 0.05
    assert squares(one) == sum(made.numbers()[f"codes_{row}"] for row in range(len(SPECIES)))


def test_another_list_brings_its_own_layer(one):
    assert "12" in text(one, "used")
    control(one, "codes").select_option("seven")
    slide(one, "kept", len(COUNTS) - 1)
    assert text(one, "used") == "7 of 7"
    uses = int((budgets(1).whole.weights > 0).sum())
    assert squares(one) == uses


def test_a_pointer_chooses_the_nearest_length(one):
    curve = one.page.locator("svg.fb-reach").first
    box = curve.bounding_box()
    curve.click(position={"x": box["width"] * 0.12, "y": 60})
    assert (held(one, "kept"), text(one, "kept")) == ("0", "1")
    curve.click(position={"x": box["width"] * 0.97, "y": 60})
    assert text(one, "kept") == "12"


def test_the_dot_stands_at_the_accuracy(made, one):
    for place, count in enumerate(COUNTS):
        slide(one, "kept", place)
        pictures(one)
        made.kept = count
        frame = one.page.locator("svg.fb-reach clipPath rect").first
        top, tall = (float(frame.get_attribute(name)) for name in ("y", "height"))
        high = float(one.page.locator("circle.protoquant-mark").get_attribute("cy"))
        assert 1.03 * (1 - (high - top) / tall) == pytest.approx(
            made.numbers()["accuracy"], abs=0.005
        )


def test_accuracy_and_size_are_said_together(made, one):
    found = made.numbers()
    assert status(one) == (
        f"At most 5 codes a class, {found['used']} in all: {text(one, 'accuracy')} named rightly, "
        f"{text(one, 'whole')} by the whole head."
    )


def test_classes_with_the_same_codes_are_named(show):
    usage = torch.tensor([0.3, 0.001] * 3 + [0.1])  # every other code is rare
    made = code_budget({"seven": replace(budgets(1), usage=usage)}, kept=1)
    seen = show(made)
    assert made.numbers()["alike"] > 1
    assert " have the same codes: only weights tell them apart." in status(seen)
    marked = seen.page.locator(".cb-alike").count()
    assert marked == made.numbers()["alike"]
    slide(seen, "least", 50)
    made.least = 0.05
    assert made.numbers()["bare"] > 0
    assert "no code left and can hardly be named" in status(seen)


def test_classes_go_by_keys_and_their_codes_follow(one):
    chosen(one, "row").press("ArrowDown")
    pictures(one)
    assert held(one, "row") == SPECIES[1]
    assert one.page.locator(".cb-heading").inner_text() == (
        "The codes of Dune Runner, and their weights"
    )
    slide(one, "kept", len(COUNTS) - 1)
    listed = one.page.locator(".cb-codes li").count()
    rest = one.page.locator(".cb-codes + .cb-foot").inner_text()
    uses = int((budgets(2).whole.weights[1] > 0).sum())
    assert listed == min(uses, 8)
    assert rest == (f"and {uses - 8} more" if uses > 8 else "")


def test_what_silencing_does_is_said(one):
    said = one.page.locator(".fb-note").inner_text()
    assert "it keeps its share of the softmax" in said
    assert "40 test pictures" in said
