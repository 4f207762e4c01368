"""ClassEditor in a page: each kind of edit as Python makes it, undo, the log, buttons, words."""

import json

import pytest
from bird_samples import SPECIES
from code_samples import edit_class
from reading import agree, as_shown, control, held, numbers, pictures, status

from fewbits.protoquant.editing import Edit, read_log


@pytest.fixture
def made():
    return edit_class()


@pytest.fixture
def one(made, show):
    return show(made)


def press(seen, made, kind):
    """Press a button in the page, and make the same edit in Python."""
    code = made.numbers()["chosen"]
    label = SPECIES.index(made.edited) if kind in ("zero", "forbid") else None
    into = int(held(seen, "into")) if kind == "merge" else None
    control(seen, kind).click()
    made.edits = [*made.edits, Edit(kind, code, label, into)]


@pytest.mark.parametrize("kind", ["zero", "forbid", "silence", "remove", "merge"])
def test_each_edit_is_the_packages_in_every_picture_and_set(made, one, kind):
    press(one, made, kind)
    for test in ("every third", "all"):
        control(one, "test").select_option(test)
        made.test = test
        for image in range(4):
            control(one, "image").evaluate(
                "(e, at) => { e.value = at; e.dispatchEvent(new Event('input')); }", image
            )
            made.image = image
            for name in SPECIES:
                control(one, "edited").select_option(name)
                made.edited = name
                agree(one, made.numbers())
                assert as_shown(made.numbers()).keys() <= numbers(one).keys()


def test_one_edit_after_the_other_and_all_undone(made, one):
    fresh = numbers(one)
    for step, kind in enumerate(("forbid", "merge", "remove", "silence", "zero")):
        name = SPECIES[step % 3]
        control(one, "edited").select_option(name)
        made.edited = name
        press(one, made, kind)
        agree(one, made.numbers())
        assert numbers(one)["edits"] == step + 1
    control(one, "undo").click()
    made.edits = made.edits[:-1]
    agree(one, made.numbers())
    control(one, "reset").click()
    control(one, "edited").select_option(SPECIES[0])
    assert numbers(one) == fresh


def test_what_is_forbidden_does_not_come_back_by_merging(made, one):
    press(one, made, "forbid")
    first = made.edits[0]["code"]
    control(one, "into").select_option(str(first))
    made.into = first
    press(one, made, "merge")
    agree(one, made.numbers())
    assert numbers(one)[f"weight-{first}"] == 0


def test_the_log_in_the_page_is_pythons(made, one, tmp_path):
    for kind in ("zero", "merge", "remove"):
        press(one, made, kind)
    file = tmp_path / "log.json"
    file.write_text(control(one, "log").input_value())
    assert read_log(file) == made.log()
    assert json.loads(file.read_text()) == json.loads(made.log_text())


def test_a_class_without_pictures_has_no_share(show):
    import torch

    made = edit_class(sets={"two": torch.tensor([0, 1])}, edits=[Edit("silence", 2)])
    seen = show(made)
    agree(seen, made.numbers())
    assert '"before": [' in control(seen, "log").input_value()
    assert json.loads(control(seen, "log").input_value()) == json.loads(made.log_text())


def test_buttons_that_can_do_nothing_are_off(made, one):
    assert control(one, "undo").is_disabled()
    code = made.numbers()["chosen"]
    press(one, made, "remove")
    one.page.locator(f"[data-input=code][value='{code}']").check()
    for kind in ("zero", "forbid", "silence", "remove", "merge"):
        assert control(one, kind).is_disabled()
    assert control(one, "undo").is_enabled()


def test_the_last_code_cannot_be_removed(show):
    made = edit_class(edits=[Edit("remove", code) for code in range(6)], code=6)
    seen = show(made)
    assert control(seen, "remove").is_disabled()
    assert control(seen, "merge").is_disabled()
    agree(seen, made.numbers())


def test_what_an_edit_did_is_said(made, one):
    assert status(one).startswith("Nothing edited yet. The picture is called ")
    code = made.numbers()["chosen"]
    press(one, made, "forbid")
    assert status(one).startswith(f"Code {code} is forbidden to Reed Lancer. Of Reed Lancer, ")
    before, after = edit_class().numbers()["after"], made.numbers()["after"]
    tone = one.page.locator(".fb-status").get_attribute("data-tone")
    assert (tone == "wrong") == (after < before)
    row = one.page.locator(f".ed-row:has([value='{code}'])")
    assert "forbidden" in row.inner_text()


def test_an_edit_takes_well_under_50_milliseconds(made, one):
    took = one.page.evaluate(
        """async () => {
          const times = [];
          for (let k = 0; k < 5; k++) {
            const button = document.querySelector('[data-input=remove]'), start = performance.now();
            button.click();
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[2];
        }"""
    )
    pictures(one)
    assert took < 50
