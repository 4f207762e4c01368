"""ExplainBird in a page: PyTorch's logits after every change, its maps and evidence, its words."""

import itertools
from copy import deepcopy

import numpy as np
import pytest
import torch
from bird_samples import SPECIES, bird_network, bird_pictures, explain_birds
from reading import agree, as_shown, chosen, control, numbers, pictures, pixels, rgb, status, text

from fewbits.palette import DARK, LIGHT
from fewbits.training import to_float


@pytest.fixture
def made():
    return explain_birds()


@pytest.fixture
def one(made, show):
    return show(made)


def choose(seen, image, explained="", against=""):
    seen.page.locator(f"[data-input=image][value='{image}']").check(force=True)
    control(seen, "explained").select_option(explained)
    control(seen, "against").select_option(against)


def do(seen, feature, way):
    seen.page.locator(f"[data-input=change-{feature}][value={way}]").check()


def canvas(seen, selector, place=0):
    return pixels(seen.page.locator(selector).nth(place))


def tracked(widget, way, feature):
    """The same change in Python: what a drop or a flip does for the class decided."""
    rows = [SPECIES[widget.numbers()["decided"]], feature]
    widget.dropped = [n for n in widget.dropped if n != feature] + [feature] * (way == "drop")
    widget.flipped = [p for p in widget.flipped if p != rows] + [rows] * (way == "flip")


# Numbers


def test_every_number_of_every_picture_and_pair(one, made):
    for image, explained, against in itertools.product(range(6), ("", *SPECIES), ("", *SPECIES)):
        made.image, made.explained, made.against = image, explained, against
        choose(one, image, explained, against)
        agree(one, made.numbers())
        assert numbers(one).keys() == as_shown(made.numbers()).keys()


@torch.no_grad()
def test_logits_after_changes_are_pytorchs(one, made):
    images, network = to_float(bird_pictures().images), deepcopy(bird_network())
    weight = network.head.weight  # a buffer: what is done to it is done to the network
    first = weight.clone()
    for image, feature, way in (
        (0, 4, "drop"),
        (0, 7, "flip"),
        (1, 5, "flip"),  # of the same class as before
        (2, 2, "flip"),
        (3, 4, "keep"),  # dropped on another picture, for another class
        (4, 3, "drop"),
        (5, 4, "flip"),
    ):
        choose(one, image)
        do(one, feature, way)
        made.image = image
        tracked(made, way, feature)
        weight.copy_(first)
        for name, number in made.flipped:
            weight[SPECIES.index(name), number] *= -1
        weight[:, made.dropped] = 0
        expected, shown = network(images), numbers(one)
        for row, logit in enumerate(expected[image].tolist()):
            assert shown[f"logit-{row}"] == pytest.approx(logit, abs=1e-4)
        right = (expected.argmax(1) == bird_pictures().labels).sum()
        assert shown["right-now"] == right
        agree(one, made.numbers())
    assert made.dropped
    assert len(made.flipped) > 2
    control(one, "reset").click()
    for row, logit in enumerate(bird_network()(images)[5].tolist()):
        assert numbers(one)[f"logit-{row}"] == pytest.approx(logit, abs=1e-4)
    assert control(one, "reset").is_disabled()


def written(value):
    """With a sign and two decimals; what rounds to nothing has no sign."""
    size = f"{abs(value):.2f}"
    sign = "" if float(size) == 0 else "\N{MINUS SIGN}" if value < 0 else "+"
    return f"{sign}{size}"


def test_printed_digits_are_pythons(one, made):
    do(one, 4, "flip")
    tracked(made, "flip", 4)
    for name, value in made.numbers().items():
        shown = text(one, name.replace("_", "-"))
        if name.startswith(("value", "weight", "part", "at", "own", "other", "share", "bias")):
            assert shown == written(value), name
        elif name.startswith("logit_"):
            assert shown == f"{value:.2f}".replace("-", "\N{MINUS SIGN}"), name
    assert text(one, "reach") == f"{made.numbers()['reach']:.3g}"
    assert text(one, "difference") == written(made.numbers()["difference"])


def test_what_is_looked_at_stays_while_the_layer_changes(one):
    def standing():  # without what is decided, and the signs
        parts = ".eb-bars li > span", ".eb-name", ".eb-contrast tbody th"
        read = [one.page.locator(part).all_inner_texts() for part in parts]
        return [[name.split(" (")[0].lstrip("+\N{MINUS SIGN} ") for name in part] for part in read]

    before = standing()
    for feature in (4, 7, 5):
        do(one, feature, "flip")
    assert numbers(one)["decided-now"] != numbers(one)["decided"]
    assert standing() == before


def test_a_key_on_a_card_keeps_the_focus(one):
    chosen(one, "change-7").press("ArrowRight")
    pictures(one)
    assert one.page.evaluate("document.activeElement.value") == "drop"
    assert one.page.evaluate("document.activeElement.dataset.input") == "change-7"


# Pictures


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_a_map_is_as_strong_as_its_codes(made, show, theme, colours):
    seen = show(made, theme=theme)
    control(seen, "cover").press("End")
    pictures(seen)
    stored, (paper, hue) = made._stored, [np.array(rgb(colours, n)) for n in ("paper", "qsenn")]
    reach = made.numbers()["reach"]
    for place, feature in enumerate((4, 7, 5)):
        shown = canvas(seen, ".eb-map", place)
        for row, column in itertools.product(range(4), range(4)):
            cell = shown[24 * row : 24 * row + 24, 24 * column : 24 * column + 24]
            alpha = stored.map(0, feature)[row, column] / reach
            ground = (cell - alpha * hue) / (1 - alpha) if alpha < 0.8 else None
            if alpha == 1:
                assert abs(cell - hue).max() <= 1
            elif ground is not None:  # grey, over half of it paper
                grey = (ground - 0.55 * paper) / 0.45
                assert np.ptp(grey, axis=2).max() < 6 / 0.45 / (1 - alpha)
                assert grey.min() > -20
                assert grey.max() < 275
    assert max(stored.map(0, f).max() for f in (4, 7, 5)) == pytest.approx(reach)


def test_a_map_below_zero_has_the_other_colour(show):
    made = explain_birds(bird_network(signed=True), cover=1.0)
    seen = show(made)
    stored, found = made._stored, made.numbers()
    features = sorted(int(name[5:]) for name in found if name.startswith("part_"))
    by_name = {f: seen.page.locator(f"[data-map='{f}']") for f in features}
    low = min(features, key=lambda f: stored.map(0, f).min())
    row, column = np.unravel_index(stored.map(0, low).argmin(), (4, 4))
    shown = pixels(by_name[low])[24 * row + 12, 24 * column + 12]
    strength = abs(stored.map(0, low)).max() / found["reach"]
    assert strength > 0.5
    red, _, blue = shown
    assert red > blue + 40
    assert (
        seen.page.locator(".eb-scale")
        .get_attribute("aria-label")
        .startswith("Colours of the maps, from \N{MINUS SIGN}")
    )


def test_an_uncovered_map_is_the_picture(one):
    control(one, "cover").press("Home")
    pictures(one)
    given = np.repeat(np.repeat(canvas(one, ".eb-picture"), 3, axis=0), 3, axis=1)
    shown = canvas(one, ".eb-map")
    there = shown[::12, ::12], given[::24, ::24]
    assert abs(there[0] - there[1]).mean() < 6


def test_pictures_and_evidence_are_the_ones_given(one, made):
    assert abs(canvas(one, ".eb-picture") - made._pixels[0]).mean() < 5
    for image in range(6):
        assert abs(canvas(one, ".fb-strip canvas", image) - made._pixels[image]).mean() < 5
    training = bird_pictures(20, seed=1)
    with torch.no_grad():
        found = bird_network().maps(to_float(training.images)).mean((2, 3))
    for place, feature in enumerate((4, 7, 5)):
        best = found[:, feature].argsort(descending=True)[:3].tolist()
        for rank, picture in enumerate(best):
            tile = canvas(one, ".eb-tiles canvas", 3 * place + rank)[1::3, 1::3]
            distances = [
                abs(tile - other.permute(1, 2, 0).numpy()).mean() for other in training.images
            ]
            assert np.argmin(distances) == picture
            label = one.page.locator(".eb-tiles canvas").nth(3 * place + rank)
            name = SPECIES[training.labels[picture]].replace("_", " ")
            assert label.get_attribute("aria-label").startswith(f"{name}, value ")


def test_bars_and_ticks_stand_at_the_logits(one):
    do(one, 4, "flip")
    pictures(one)
    found = numbers(one)
    read = "(e, names) => names.map((name) => parseFloat(e.getAttribute(name)))"
    bars = {}
    for row in one.page.locator(".eb-bars li").all():
        name = row.locator("output").get_attribute("data-value")
        start, width = row.locator("rect").evaluate(read, ["x", "width"])
        zero = row.locator(".faint-line").evaluate(read, ["x1"])[0]
        end = start + width if found[name] > 0 else start
        assert (start if found[name] > 0 else start + width) == pytest.approx(zero, abs=0.11)
        bars[name] = end - zero
    unit = max(bars.values(), key=abs) / max((found[n] for n in bars), key=abs)
    for name, length in bars.items():
        assert length == pytest.approx(unit * found[name], abs=0.3)
    seen = [t.get_attribute("visibility") for t in one.page.locator(".eb-bars .ink-line").all()]
    assert seen.count("visible") == 1  # flipped for one class


# Words


def test_what_changes_do_is_said(one):
    assert status(one).startswith("The network says Winter Kite, wrongly: it is Reed Lancer, ")
    do(one, 7, "drop")
    assert status(one).startswith("With 1 change it ")
    do(one, 4, "flip")
    now = SPECIES[int(numbers(one)["decided-now"])].replace("_", " ")
    assert status(one).startswith(f"With 2 changes it says {now} instead of Winter Kite, ")
    choose(one, 4)
    assert "rightly" in status(one)
    told = one.page.locator(".eb-below .fb-foot")
    assert told.inner_text() == "feature 7 dropped; feature 4 flipped for Winter Kite"
    control(one, "reset").click()
    assert told.inner_text() == ""


def test_a_class_against_itself_is_said(one):
    choose(one, 0, "Acorn_Jay", "Acorn_Jay")
    assert status(one) == "Acorn Jay on both sides: choose another class to set against it."
    assert numbers(one)["difference"] == 0


def test_pictures_named_wrongly_are_underlined(one, made):
    def marked():
        labels = one.page.locator(".fb-strip label").all()
        return ["fb-marked" in (label.get_attribute("class") or "") for label in labels]

    with torch.no_grad():
        decided = bird_network()(to_float(bird_pictures().images)).argmax(1)
    assert marked() == (decided != bird_pictures().labels).tolist()
    assert not all(marked())
    choose(one, 4)
    for feature in (3, 4, 5):
        do(one, feature, "flip")
    assert marked()[4]


def test_names_of_features_are_shown(show):
    names = [f"name of {n}" if n % 2 else None for n in range(8)]
    seen = show(explain_birds(names=names))
    shown = seen.page.locator(".eb-name").all_inner_texts()
    assert [name[2:] for name in shown] == ["feature 4", "name of 7 (7)", "name of 5 (5)"]
