"""PerturbationProbe in a page: scores with the patch at every place, the pictures, the words."""

import numpy as np
import pytest
from bird_samples import SPECIES
from probe_samples import FAR, NEAR, perturb
from reading import agree, as_shown, control, held, numbers, pictures, pixels, rgb, status, text

from fewbits.palette import LIGHT

CELL = 128  # pixels of a canvas' cell


@pytest.fixture
def made():
    return perturb(row=1, column=2)


@pytest.fixture
def one(made, show):
    return show(made)


def canvas(seen, name):
    pictures(seen)
    return pixels(seen.page.locator(f"[data-canvas={name}]"))


def slide(seen, name, position):
    control(seen, name).evaluate(
        "(e, at) => { e.value = at; e.dispatchEvent(new Event('input', { bubbles: true })); }",
        position,
    )


@pytest.mark.parametrize("image", range(3))
def test_numbers_are_pythons_at_every_place(made, one, image):
    one.page.locator(f"[data-input=image][value='{image}']").check(force=True)
    made.image = image
    for patch in ("noise", "white"):
        control(one, "patch").select_option(patch)
        made.patch = patch
        for place in range(16):
            slide(one, "row", place // 4)
            slide(one, "column", place % 4)
            made.row, made.column = divmod(place, 4)
            agree(one, made.numbers())
    control(one, "left").select_option(FAR)
    made.left = FAR
    for code in range(5):
        control(one, "left_code").select_option(str(code))
        made.left_code = code
        agree(one, made.numbers())
    assert set(numbers(one)) == set(as_shown(made.numbers()))


def test_numbers_are_written_as_python_has_them(made, one):
    found = made.numbers()
    code = found["left_chosen"]
    assert text(one, f"left-from-{code}") == f"{found[f'left_from_{code}']:.2f}"
    assert text(one, f"left-away-{code}") == str(found[f"left_away_{code}"])
    assert text(one, "left-decided") == SPECIES[found["left_decided"]].replace("_", " ")
    assert text(one, "row") == "2"


def test_a_pointer_moves_the_patch_on_any_picture(one):
    for name, row, column in (("ground", 0, 3), ("left-map", 2, 1), ("right-map", 3, 0)):
        canvas = one.page.locator(f"[data-canvas={name}]")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        one.page.mouse.move(box["x"] + 2, box["y"] + 2)
        one.page.mouse.down()
        at = [box[side] * (place + 0.5) / 4 for side, place in (("width", column), ("height", row))]
        one.page.mouse.move(box["x"] + at[0], box["y"] + at[1], steps=3)
        one.page.mouse.up()
        assert (held(one, "row"), held(one, "column")) == (str(row), str(column))


def test_the_patch_lies_where_it_is_said(one):
    before = canvas(one, "ground")
    assert (before[CELL + 20 : 2 * CELL - 20, 2 * CELL + 20 : 3 * CELL - 20] == 255).all()
    slide(one, "column", 0)
    after = canvas(one, "ground")
    assert (after[CELL + 20 : 2 * CELL - 20, 20 : CELL - 20] == 255).all()
    assert (after[CELL + 20 : 2 * CELL - 20, 2 * CELL + 20 : 3 * CELL - 20] < 255).any()


def test_a_map_is_as_strong_as_the_change(made, one):
    control(one, "left_code").select_option("3")
    made.left_code = 3
    shown, model = canvas(one, "left-map"), made._models[NEAR]
    change = model.changed[0, 0, 3] / 1000
    reach, tints = max(0.05, abs(change).max()), {}
    for place in range(16):
        top, left = place // 4 * CELL, place % 4 * CELL
        inner = shown[top + 24 : top + CELL - 24, left + 24 : left + CELL - 24]
        tints[place] = np.ptp(inner.mean((0, 1)))  # grey without a change
    loud = [place for place in range(16) if abs(change[place]) > 0.5 * reach]
    quiet = [place for place in range(16) if change[place] == 0]
    assert min(tints[place] for place in loud) > max(tints[place] for place in quiet)


def test_a_dot_for_every_place(made, one):
    pictures(one)
    dots = one.page.locator("[aria-label='left model'] .pp-dot").all()
    heights = [float(dot.get_attribute("cy")) for dot in dots]
    change = made._models[NEAR].changed[0, 0, made.numbers()["left_chosen"]]
    assert len(dots) == 16
    for value in np.unique(change):
        rows = {height for height, own in zip(heights, change, strict=True) if own == value}
        assert len(rows) == 1
    order = np.argsort(change, kind="stable")
    assert (np.diff(np.array(heights)[order]) <= 0).all()  # up is more


def test_another_model_lets_go_of_the_code(one):
    control(one, "left_code").select_option("6")
    control(one, "left").select_option(FAR)
    assert held(one, "left_code") == "-1"
    assert one.page.locator("[data-input=left_code] option").count() == 5 + 1


def test_what_is_seen_is_said(made, one):
    found = made.numbers()
    code = found["left_chosen"]
    said = status(one)
    assert said.startswith(f"A Reed Lancer. near-sighted: code {code} is ")
    assert f"{found[f'left_away_{code}']} cells away, beyond its reach, and changes by" in said
    row, column = divmod(int(made._models[NEAR].cells[0, code]), 4)
    slide(one, "row", row)
    slide(one, "column", column)
    assert f"near-sighted: code {code} is 0 cells away, within its reach" in status(one)


def test_a_decision_that_changes_is_marked(made, one):
    changed = 0
    for place in range(16):
        slide(one, "row", place // 4)
        slide(one, "column", place % 4)
        made.row, made.column = divmod(place, 4)
        found = made.numbers()
        flips = any(found[f"{side}_now"] != found[f"{side}_decided"] for side in ("left", "right"))
        status(one)
        tone = one.page.locator(".fb-status").get_attribute("data-tone")
        assert tone == ("wrong" if flips else "plain")
        changed += flips
    assert 0 < changed < 16


def test_falls_and_rises_have_their_colours(made, one):
    found = made.numbers()
    colours = {
        kind: one.page.locator(f"[aria-label='left model'] .{kind}").first.evaluate(
            "(e) => getComputedStyle(e).fill"
        )
        for kind in ("protoquant-fill", "wrong-solid")
    }
    assert colours == {
        "protoquant-fill": f"rgb{rgb(LIGHT, 'protoquant')}",
        "wrong-solid": f"rgb{rgb(LIGHT, 'wrong')}",
    }
    kinds = {found[k] < found[k.replace("_to_", "_from_")] for k in found if "left_to" in k}
    assert kinds == {True, False}
