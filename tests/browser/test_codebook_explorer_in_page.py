"""CodebookExplorer in a page: scores after every move, cells, maps, patches, words."""

import itertools

import numpy as np
import pytest
from bird_samples import SPECIES, bird_pictures
from code_samples import GRID, explore_codes, galleries, trained
from reading import (
    agree,
    as_shown,
    chosen,
    control,
    held,
    numbers,
    pictures,
    pixels,
    rgb,
    status,
    text,
)

from fewbits.palette import DARK, LIGHT
from fewbits.widgets.codebook_explorer_numbers import look

HIGH, WIDE = GRID
SIZE = 512  # pixels of a canvas


@pytest.fixture
def made():
    return explore_codes(codes=7)


@pytest.fixture
def one(made, show):
    return show(made)


def canvas(seen, selector, place=0):
    return pixels(seen.page.locator(selector).nth(place))


def cell_of(shown, row, column, rim=12):
    """The pixels of a cell, without those near its lines."""
    high, wide = SIZE / HIGH, SIZE / WIDE
    rows = slice(round(row * high) + rim, round((row + 1) * high) - rim)
    return shown[rows, round(column * wide) + rim : round((column + 1) * wide) - rim]


def slide(seen, name, position):
    control(seen, name).evaluate(
        "(e, at) => { e.value = at; e.dispatchEvent(new Event('input', { bubbles: true })); }",
        position,
    )


def point(seen, name, row, column):
    """Click into a cell of a picture."""
    canvas = seen.page.locator(f"[data-canvas={name}]")
    box = canvas.bounding_box()
    at = {"x": box["width"] * (column + 0.5) / WIDE, "y": box["height"] * (row + 0.5) / HIGH}
    canvas.click(position=at)


# Numbers


@pytest.mark.parametrize("image", range(6))
def test_numbers_are_the_packages_at_every_choice(made, one, image):
    one.page.locator(f"[data-input=image][value='{image}']").check(force=True)
    made.image = image
    for place, codes in enumerate((4, 7, 12)):
        slide(one, "codes", place)
        made.codes = codes
        for position, temperature in ((0, 0.01), (13, 0.045), (40, 1.0)):
            slide(one, "temperature", position)
            made.temperature = temperature
            agree(one, made.numbers())
        for plain, name in itertools.product((True, False), ("Acorn_Jay", "")):
            control(one, "plain").set_checked(plain)
            control(one, "explained").select_option(name)
            made.plain, made.explained = plain, name
            agree(one, made.numbers())
        control(one, "code").select_option(str(codes - 1))
        made.code = codes - 1
        agree(one, made.numbers())
        shown = {name for name in numbers(one) if not name.startswith("logit-")}
        told = {name for name in as_shown(made.numbers()) if not name.startswith("logit-")}
        assert shown == told


def test_every_step_of_the_temperature_is_another(one):
    seen = set()
    for position in range(41):
        slide(one, "temperature", position)
        seen.add(numbers(one)["temperature"])
        assert held(one, "temperature") == str(position)
    assert len(seen) == 41
    assert (min(seen), max(seen)) == (0.01, 1)
    assert 0.1 in seen


def test_numbers_are_written_as_python_has_them(made, one):
    found = made.numbers()
    code = found["chosen"]
    for name in ("score", "weight", "part"):
        assert float(text(one, f"{name}-{code}")) == pytest.approx(
            found[f"{name}_{code}"], rel=5e-3
        )
    assert text(one, f"near-{code}") == f"{found[f'near_{code}']:.2f}"
    assert text(one, "share") == "100 %"
    assert text(one, "used") == f"{found['used']} of 7"
    assert text(one, "decided") == "Reed Lancer"
    assert text(one, "logit-0") == f"{found['logit_0']:.2f}"


# Choosing


def test_a_click_on_a_cell_chooses_its_code(made, one):
    nearest = look(made._stored, made.choice).nearest.view(GRID)
    for name, row, column in (("cells", 0, 0), ("map", 1, 3), ("cells", 2, 2)):
        point(one, name, row, column)
        assert numbers(one)["chosen"] == nearest[row, column]
        assert held(one, "code") == str(int(nearest[row, column]))


def test_keys_go_through_the_list_and_keep_the_focus(made, one):
    order = [row.get_attribute("value") for row in one.page.locator("[data-input=reason]").all()]
    for code in order[1:]:
        chosen(one, "reason").press("ArrowDown")
        pictures(one)
        assert one.page.evaluate("document.activeElement.value") == code
        assert numbers(one)["chosen"] == int(code)


def test_a_chosen_code_that_is_not_listed_stands_beneath(made, one):
    listed = [row.get_attribute("value") for row in one.page.locator("[data-input=reason]").all()]
    other = next(str(code) for code in range(7) if str(code) not in listed)
    extra = one.page.locator(".ce-extra .ce-name")
    title = one.page.get_by_text("Chosen, and not among them")
    assert extra.count() == 0
    assert title.is_hidden()
    control(one, "code").select_option(other)
    assert extra.inner_text() == f"code {other}"
    assert title.is_visible()
    chosen(one, "reason").press("ArrowDown")  # around to the first
    assert numbers(one)["chosen"] == int(listed[0])
    assert one.page.evaluate("document.activeElement.value") == listed[0]
    assert extra.count() == 0


def test_another_codebook_lets_go_of_the_code(one):
    control(one, "code").select_option("6")
    chosen(one, "codes").press("ArrowRight")
    assert held(one, "code") == "-1"
    assert one.page.locator("[data-input=code] option").count() == 12 + 1


def test_codes_are_offered_with_the_cells_they_have_here(made, one):
    nearest = look(made._stored, made.choice).nearest.tolist()
    options = one.page.locator("[data-input=code] option").all_inner_texts()
    for code in range(7):
        count = nearest.count(code)
        assert options[code + 1] == f"code {code}" + (f", nearest in {count}" if count else "")


# Pictures


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_a_map_is_as_strong_as_its_values(made, show, theme, colours):
    made.temperature = 0.3
    seen = show(made, theme=theme)
    found = look(made._stored, made.choice)
    values = found.maps[found.chosen].numpy() / float(found.scores[found.chosen])
    shown, hue = canvas(seen, "[data-canvas=map]"), np.array(rgb(colours, "protoquant"))
    away = {}
    for row, column in np.ndindex(*GRID):
        cell = cell_of(shown, row, column)
        ground = (cell - 0.7 * values[row, column] * hue) / (1 - 0.7 * values[row, column])
        # grey for the most part: what is beneath has lost 7 tenths of its colour
        assert ground.min() > -30
        assert ground.max() < 285
        away[row, column] = abs(cell - hue).mean()
    assert min(away, key=away.get) == np.unravel_index(values.argmax(), GRID)


def test_the_maximum_is_framed(made, one):
    found = numbers(one)
    shown, ink = canvas(one, "[data-canvas=map]"), rgb(LIGHT, "ink")
    framed = []
    for row, column in np.ndindex(*GRID):
        high, wide = SIZE / HIGH, SIZE / WIDE
        top, middle = round(row * high) + 2, round((column + 0.5) * wide)
        framed.append(abs(shown[top, middle] - np.array(ink)).max() < 40)
    assert framed.index(True) == (found["row"] - 1) * WIDE + found["column"] - 1
    assert sum(framed) == 1


def test_lines_stand_between_cells_of_different_codes(made, one):
    control(one, "code").select_option("0")
    pictures(one)
    made.code = 0
    nearest = look(made._stored, made.choice).nearest.view(GRID).numpy()
    shown, ink, hue = (
        canvas(one, "[data-canvas=cells]"),
        rgb(LIGHT, "ink"),
        rgb(LIGHT, "protoquant"),
    )
    drawn = expected = 0
    for row, column in np.ndindex(HIGH, WIDE - 1):
        x, y = round((column + 1) * SIZE / WIDE), round((row + 0.25) * SIZE / HIGH)
        here = shown[y, x - 1 : x + 1]
        dark = min(abs(here - np.array(colour)).max(axis=1).min() for colour in (ink, hue)) < 40
        assert dark == (nearest[row, column] != nearest[row, column + 1]), (row, column)
        drawn += dark
        expected += nearest[row, column] != nearest[row, column + 1]
    assert drawn == expected > 0


def test_cells_of_the_chosen_code_are_tinted(made, one):
    nearest = look(made._stored, made.choice).nearest.view(GRID).numpy()
    hue, shown = np.array(rgb(LIGHT, "protoquant")), {}
    for code in np.unique(nearest):
        control(one, "code").select_option(str(code))
        pictures(one)
        shown[code] = canvas(one, "[data-canvas=cells]")
    for row, column in np.ndindex(*GRID):
        own = cell_of(shown[nearest[row, column]], row, column, rim=14)[:12]
        others = [shown[code] for code in shown if code != nearest[row, column]]
        for other in others:
            plain = cell_of(other, row, column, rim=14)[:12]
            assert abs(own - (0.65 * plain + 0.35 * hue)).max() <= 2


def test_without_a_map_it_is_the_picture_given(made, one):
    """Between lines and numbers the first picture shows what it was given."""
    assert abs(canvas(one, ".fb-strip canvas") - made._pixels[0]).mean() < 6
    large = np.repeat(np.repeat(made._pixels[0], 8, axis=0), 8, axis=1)
    nearest = look(made._stored, made.choice).nearest.view(GRID).numpy()
    cells, own = canvas(one, "[data-canvas=cells]"), numbers(one)["chosen"]
    for row, column in np.ndindex(*GRID):
        if nearest[row, column] != own:
            shown = cell_of(cells, row, column, rim=16)[:12]
            assert abs(shown - cell_of(large, row, column, rim=16)[:12]).mean() < 8


def test_patches_are_those_of_the_gallery(show):
    shelves = galleries(trained(), field=12)  # colours of smaller ones run into each other
    one, gallery = show(explore_codes(codes=7, galleries=shelves)), shelves[1]
    every = gallery.pixels.flatten(0, 1).permute(0, 2, 3, 1).numpy().astype(int)
    for place, row in enumerate(one.page.locator(".ce-row").all()):
        code = int(row.locator("input").get_attribute("value"))
        for rank in range(3):
            tile = canvas(one, ".ce-tile canvas", 3 * place + rank)
            nearest = every[np.argmin(abs(tile - every).mean((1, 2, 3)))]
            assert (nearest == every[3 * code + rank]).all()
            label = row.locator("canvas").nth(rank).get_attribute("aria-label")
            near = f"{float(gallery.cosines[code, rank]):.2f}"
            assert label == f"Code {code}, nearest patch {rank + 1} of 3 in training, cosine {near}"


def test_below_0_a_map_has_the_other_colour(made, show):
    made.plain = True
    seen = show(made)
    found = look(made._stored, made.choice)
    values = found.maps[found.chosen].numpy()
    shown = canvas(seen, "[data-canvas=map]")
    low = np.unravel_index(values.argmin(), GRID)
    red, _, blue = cell_of(shown, *low).reshape(-1, 3).mean(0)
    assert values.min() < -0.2
    assert red > blue + 20
    assert seen.page.get_by_text("below 0").is_visible()
    control(seen, "plain").uncheck()
    assert seen.page.get_by_text("below 0").is_hidden()


# Words


def test_what_is_seen_is_said(made, one):
    assert status(one) == (
        "Told in 4 of 7 codes. The head says Reed Lancer, rightly; 4 codes make 100 % of its logit."
    )
    one.page.locator("[data-input=image][value='4']").check(force=True)
    assert "The head says Reed Lancer, wrongly: it is Tide Plover; " in status(one)
    assert one.page.locator(".fb-status").get_attribute("data-tone") == "wrong"
    control(one, "explained").select_option("Acorn_Jay")
    assert status(one).endswith(" of the logit of Acorn Jay.")


def test_that_the_head_does_not_move_is_said(one):
    said = one.page.locator(".ce-plain .fb-foot")
    assert said.inner_text() == "head fitted at 0.1"
    slide(one, "temperature", 26)
    assert said.inner_text() == "head fitted at 0.1, scores at 0.2: the head has not moved"
    control(one, "plain").check()
    assert (
        said.inner_text() == "head fitted at 0.1, scores at plain cosines: the head has not moved"
    )
    assert control(one, "temperature").is_disabled()


def test_pictures_named_wrongly_are_underlined(made, one):
    labels = one.page.locator(".fb-strip label").all()
    marked = ["fb-marked" in (label.get_attribute("class") or "") for label in labels]
    wrong = []
    for image in range(6):
        made.image = image
        wrong.append(made.numbers()["decided"] != made.numbers()["label"])
    assert marked == wrong
    assert any(wrong)


def test_pictures_are_described(made, one):
    cells = one.page.locator("[data-canvas=cells]").get_attribute("aria-label")
    found = look(made._stored, made.choice)
    counts = {code: found.nearest.tolist().count(code) for code in found.nearest.tolist()}
    told = ", ".join(
        f"code {c} in {n}" for c, n in sorted(counts.items(), key=lambda i: (-i[1], i[0]))
    )
    assert cells == (
        f"The picture, Reed Lancer, each cell with the number of its nearest code: {told}"
    )
    where = one.page.locator("[data-canvas=map]").get_attribute("aria-label")
    row, column = numbers(one)["row"], numbers(one)["column"]
    assert where.endswith(f"most of it in row {row:.0f}, column {column:.0f}")


def test_one_codebook_alone_has_no_slider_to_move(show):
    seen = show(explore_codes(trained((5,))))
    assert control(seen, "codes").is_disabled()
    assert text(seen, "codes") == "5"
    assert len(SPECIES) == seen.page.locator(".ce-bars li").count()
    assert seen.page.locator(".fb-strip label").count() == len(bird_pictures().labels)
