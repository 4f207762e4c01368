"""DrawDigit in a page and in a notebook: its numbers, its ink, its hands."""

import json
import re
import statistics
from copy import deepcopy

import numpy as np
import pytest
import torch
from digit_networks import (
    CLASSES,
    WIDTHS,
    compact_networks,
    digit_images,
    gradients,
    quantized_network,
    scribbles,
    tied_network,
)
from pages import bare
from reading import control, rgb, status
from reference import mnist_drawing

from fewbits.palette import DARK, LIGHT
from fewbits.widgets import DrawDigit
from fewbits.widgets.base import source
from fewbits.widgets.page_network import describe, exact_twin

IMAGES = torch.cat([digit_images(30), scribbles(30)])
STROKES = [[[8.0, 6.0], [19.5, 6.0], [12.0, 24.0]], [[10.0, 15.0], [18.0, 14.25]], [[25.0, 3.0]]]

MODULE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Arithmetic</title>
<link rel="icon" href="data:,"></head><body><script type="module">
%s
window.arithmetic = { makeNetwork, imageOf, makePainter };
</script></body></html>"""

READ = """() => ({
  numbers: Object.fromEntries([...document.querySelectorAll('[data-widget] output')]
    .map((o) => [o.dataset.value, Number(o.dataset.exact)])),
  image: Array.from(document.querySelector('[data-map=image]').values),
  gradient: Array.from(document.querySelector('[data-map=gradient]').values),
})"""


@pytest.fixture(scope="module")
def widget():
    return DrawDigit(compact_networks(), CLASSES, digit_images(6), bits="4")


@pytest.fixture
def arithmetic(visit, publish):
    """A page with the control's arithmetic and nothing to see."""
    scripts = ("network_numbers.js", "network_convolve.js", "network.js", "draw_digit_ink.js")
    page = visit(publish(MODULE % source("base.js", *scripts))).page
    page.wait_for_function("window.arithmetic")
    return page


@pytest.fixture
def one(show, widget):
    seen = show(widget)
    yield seen
    assert seen.strangers(seen.page.url) == seen.complaints == []


def read(seen):
    return seen.page.evaluate(READ)


def agrees(seen, widget, bits, target=None):
    """What the page shows is what Python computes from the page's own image; both returned."""
    shown = read(seen)
    image = torch.tensor(shown["image"], dtype=torch.float64).view(1, 28, 28) / 255
    logits = widget.logits(image, bits)
    for k, (logit, share) in enumerate(zip(logits, torch.softmax(logits, 0), strict=True)):
        assert shown["numbers"][f"logit-{k}"] == pytest.approx(float(logit), abs=1e-9)
        assert shown["numbers"][f"probability-{k}"] == pytest.approx(float(share), abs=1e-9)
    assert shown["numbers"]["predicted"] == int(logits.argmax())
    expected = widget.gradient(image, bits, target)
    got = torch.tensor(shown["gradient"], dtype=torch.float64).view(28, 28)
    assert (got - expected).abs().max() <= 1e-9 * expected.abs().max()
    assert shown["numbers"]["largest-gradient"] == pytest.approx(float(expected.abs().max()))
    for label in widget.networks:
        says = shown["numbers"][f"says-{label}"]
        assert says == int(widget.logits(image, label).argmax()), label
    return shown


def stroke(seen, *points, steps=4):
    """Draw with the mouse, points in pixels of the 28 x 28 field."""
    box = seen.page.locator(".fb-pad").bounding_box()
    spots = [
        (box["x"] + x / 28 * box["width"], box["y"] + y / 28 * box["height"]) for x, y in points
    ]
    seen.page.mouse.move(*spots[0])
    seen.page.mouse.down()
    for spot in spots[1:]:
        seen.page.mouse.move(*spot, steps=steps)
    seen.page.mouse.up()


# Arithmetic


RUN = """async ({ layers, images, targets }) => {
  const network = await arithmetic.makeNetwork(layers);
  return images.map((image, i) => {
    const logits = Array.from(network.logits(image));
    return { logits, gradient: Array.from(network.gradient(targets[i])) };
  });
}"""


@pytest.mark.parametrize("name", ["compact", "classic"])
@pytest.mark.parametrize("bits", WIDTHS)
def test_many_drawings_give_pytorchs_numbers(arithmetic, name, bits):
    network = quantized_network(name, bits)
    twin, double = exact_twin(network, bits), deepcopy(network).double()
    with torch.no_grad():
        expected, exact = double(IMAGES), twin(IMAGES)
    targets = exact.argmax(1).tolist()
    images = (IMAGES * 255).round().int().flatten(1).tolist()
    rows = arithmetic.evaluate(
        RUN, {"layers": describe(twin), "images": images, "targets": targets}
    )
    logits = torch.tensor([row["logits"] for row in rows], dtype=torch.float64)
    assert (logits - exact).abs().max() < 1e-12
    assert (logits - expected).abs().max() < 1e-9
    maps = torch.tensor([row["gradient"] for row in rows], dtype=torch.float64).view(-1, 28, 28)
    apart = relative(maps, gradients(twin, IMAGES, targets))
    assert apart.max() < 1e-9
    own = relative(maps, gradients(double, IMAGES, targets))
    print(
        f"{name}, {bits} bits: logits within {(logits - expected).abs().max():.1e}, gradients "
        f"within {apart.max():.1e} of the twin's; the network's own differ by more than 1e-4 "
        f"(ties) in {int((own > 1e-4).sum())} of 60, at most {own.max():.2f}"
    )


def test_ties_go_to_the_even_level_in_the_page_too(arithmetic):
    layers = describe(exact_twin(tied_network(), "2"))
    asked = {"layers": layers, "images": [[255] * 784], "targets": [0]}
    (row,) = arithmetic.evaluate(RUN, asked)
    assert row["logits"] == pytest.approx([2.0, -1.75], abs=1e-12)
    assert row["gradient"] == pytest.approx([2 / 784] * 784)


def relative(got, expected):
    """The largest difference of each map, in units of the map's largest value."""
    return (got - expected).abs().amax((1, 2)) / expected.abs().amax((1, 2))


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("pen", [1, 2.2, 4])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_strokes_become_mnists_image(arithmetic, centre, pen, count):
    asked = {"strokes": STROKES[:count], "pen": pen, "centre": centre, "base": None}
    got = arithmetic.evaluate("(asked) => Array.from(arithmetic.imageOf(asked))", asked)
    slow = mnist_drawing.image(STROKES[:count], pen, centre)
    apart = np.abs(np.array(got).reshape(28, 28) - slow.astype(int))
    assert apart.max() <= 1, "a byte is rounded from single precision in one, double in the other"
    assert slow.max() > 200
    if centre:
        mass = slow / slow.sum()
        middle = (mass.sum(0) @ np.arange(28), mass.sum(1) @ np.arange(28))
        assert middle == pytest.approx((13.5, 13.5), abs=0.3)


PAINT = """(strokes) => {
  const paint = arithmetic.makePainter();
  const grow = [1, 2, 3].map((count) => strokes.slice(0, count));
  const steps = [[[strokes[0].slice(0, 2)], 2], ...grow.map((some) => [some, 2]), [grow[1], 2],
    [[], 2], [grow[2], 2], [grow[2], 3], [grow[0], 3]];
  const settings = steps.map(([some, pen]) => ({ strokes: some, pen, base: null, centre: true }));
  const both = (asked) => [arithmetic.imageOf({ ...asked, paint }), arithmetic.imageOf(asked)];
  return settings.map((asked) => both(asked).map((image) => Array.from(image)));
}"""


def test_ink_that_is_kept_is_the_same_as_fresh_ink(arithmetic):
    pairs = arithmetic.evaluate(PAINT, STROKES)
    assert all(kept == fresh for kept, fresh in pairs)
    assert len({tuple(fresh) for _, fresh in pairs}) == 7  # two of the nine come twice


def test_ink_on_a_ready_made_image_stays_where_it_was_drawn(arithmetic):
    base = (IMAGES[3] * 255).round().int().flatten().tolist()
    asked = {"strokes": STROKES[:1], "pen": 2, "centre": True, "base": base}
    got = arithmetic.evaluate("(asked) => Array.from(arithmetic.imageOf(asked))", asked)
    ink = mnist_drawing.image(STROKES[:1], 2, centre=False).flatten().astype(int)
    assert np.abs(np.array(got) - np.maximum(ink, base)).max() <= 1


# Hands


def test_drawing_changes_every_number(one, widget):
    before = agrees(one, widget, "4")
    control(one, "clear").click()
    blank = agrees(one, widget, "4")
    assert not any(blank["image"])
    assert "Nothing is drawn" in status(one)
    stroke(one, (8, 6), (20, 6), (12, 24))
    drawn = agrees(one, widget, "4")
    stroke(one, (10, 15), (18, 15))
    crossed = agrees(one, widget, "4")
    assert sum(crossed["image"]) > 0
    all_logits = [[s["numbers"][f"logit-{k}"] for k in range(10)] for s in (before, blank, drawn)]
    assert len(set(map(tuple, all_logits))) == 3
    control(one, "undo").click()
    assert read(one)["image"] == drawn["image"]
    control(one, "undo").click()
    assert control(one, "undo").is_disabled()
    assert not any(agrees(one, widget, "4")["image"])


def test_numbers_move_while_the_pen_does(one):
    control(one, "clear").click()
    box = one.page.locator(".fb-pad").bounding_box()
    one.page.mouse.move(box["x"] + 60, box["y"] + 60)
    one.page.mouse.down()
    seen = []
    for k in range(4):
        one.page.mouse.move(box["x"] + 60 + 30 * k, box["y"] + 80 + 20 * k)
        one.page.wait_for_timeout(120)
        seen.append(read(one)["numbers"]["logit-0"])
    one.page.mouse.up()
    assert len(set(seen)) == 4


def test_every_network_and_every_class(one, widget):
    for bits in WIDTHS:
        one.page.locator(f"[data-input=bits][value='{bits}']").check()
        agrees(one, widget, bits)
    for name in CLASSES[:3]:
        control(one, "target").select_option(name)
        agrees(one, widget, "2", name)
        assert f"Gradient of logit {name}" in one.page.locator("[data-widget]").inner_text()
    one.page.locator(".fb-bar").nth(10).click()
    agrees(one, widget, "2", "9")
    control(one, "target").select_option("")
    agrees(one, widget, "2")
    for k in range(6):
        control(one, "drawing").select_option(str(k))
        shown = agrees(one, widget, "2")
        assert shown["image"] == (digit_images(6)[k] * 255).round().int().flatten().tolist()
    control(one, "drawing").select_option("")
    assert not any(read(one)["image"])


def test_pen_and_centring_change_the_image(one, widget):
    assert control(one, "centre").is_disabled(), "a ready-made image is as it is"
    control(one, "clear").click()
    stroke(one, (4, 4), (9, 4), (6, 12))
    centred = agrees(one, widget, "4")["image"]
    control(one, "centre").uncheck()
    corner = agrees(one, widget, "4")["image"]
    assert corner != centred
    assert sum(corner[28 * 16 :]) == 0
    control(one, "pen").press("End")
    thick = agrees(one, widget, "4")
    assert thick["numbers"]["pen"] == 4
    assert sum(thick["image"]) > 1.4 * sum(corner)


def test_keyboard_alone_draws(one, widget):
    control(one, "clear").focus()
    one.page.keyboard.press("Enter")
    control(one, "pad").focus()
    for key in ["ArrowLeft"] * 3 + [" "] + ["ArrowRight"] * 7 + ["ArrowDown"] * 9:
        one.page.keyboard.press(key)
    one.page.keyboard.press(" ")
    drawn = agrees(one, widget, "4")["image"]
    assert sum(drawn) > 0
    for key in ["ArrowLeft"] * 5:
        one.page.keyboard.press(key)
    assert read(one)["image"] == drawn, "the pen was up"
    one.page.keyboard.press(" ")
    one.page.keyboard.press("Tab")
    assert read(one)["image"] != drawn, "leaving the field ends the stroke, a dot here"
    assert one.page.evaluate("document.activeElement.dataset.input") == "clear"


def test_tab_reaches_everything(one):
    control(one, "clear").focus()
    one.page.keyboard.press("Enter")
    stroke(one, (8, 6), (20, 6))
    one.page.evaluate("document.activeElement.blur()")
    one.page.locator("[data-input=bits]:checked").focus()
    reached = []
    for _ in range(8):
        reached.append(one.page.evaluate("document.activeElement.dataset.input"))
        one.page.keyboard.press("Tab")
    assert reached == ["bits", "drawing", "target", "pad", "clear", "undo", "pen", "centre"]


def test_a_finger_draws_and_the_page_stays(publish, chromium, widget):
    context = chromium.new_context(viewport={"width": 360, "height": 700}, has_touch=True)
    page = context.new_page()
    page.goto(publish(bare(widget)))
    page.wait_for_selector(".fb-pad")
    page.locator("[data-input=clear]").tap()
    page.locator(".fb-pad").scroll_into_view_if_needed()
    box = page.locator(".fb-pad").bounding_box()
    before = page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    spots = [{"x": box["x"] + 100, "y": box["y"] + 40 + 15 * k} for k in range(10)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": spots[:1]})
    for spot in spots[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [spot]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("document.querySelector('[data-map=image]').values.some((v) => v > 200)")
    image = page.evaluate(READ)["image"]
    assert sum(image) > 255 * 20
    assert page.evaluate("scrollY") == before
    context.close()


def test_the_sentence_tells_who_disagrees(one, widget):
    said = set()
    for k in range(6):
        control(one, "drawing").select_option(str(k))
        answers = {bits: widget.logits(digit_images(6)[k], bits) for bits in WIDTHS}
        best = {bits: int(logits.argmax()) for bits, logits in answers.items()}
        for bits in WIDTHS:
            one.page.locator(f"[data-input=bits][value='{bits}']").check()
            sure = float(torch.softmax(answers[bits], 0).max()) >= 0.7
            line = status(one)
            said.add(line)
            verb = "reads" if sure else "hesitates between"
            assert line.startswith(f"The {bits}-bit network {verb} {best[bits]} ("), line
            for other in WIDTHS:
                opposed = f"the {other}-bit network says {best[other]}" in line
                assert opposed == (best[other] != best[bits]), line
    assert len(said) > 6


# Looks


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_ink_follows_the_theme(show, widget, theme, colours):
    seen = show(widget, theme=theme)
    stroke(seen, (8, 6), (20, 6))
    for part in (".fb-strokes path", "[data-map=image] path"):
        colour = f"getComputedStyle(document.querySelector('{part}')).stroke"
        assert seen.page.evaluate(colour) == f"rgb{rgb(colours, 'ink')}"


def test_every_network_is_named_by_its_label(one):
    radios = one.page.locator("[data-input=bits]").all()
    labels = [radio.evaluate("(e) => e.labels[0].innerText") for radio in radios]
    assert [label[0] for label in labels] == ["8", "4", "2"]


def test_without_ready_made_drawings_the_field_is_empty(show):
    seen = show(DrawDigit({"two": compact_networks()["2"]}, CLASSES))
    assert control(seen, "drawing").count() == 0
    assert "Nothing is drawn, and still the network \u201ctwo\u201d answers" in status(seen)
    assert seen.page.locator(".fb-hint").is_visible()
    stroke(seen, (8, 6), (20, 6), (12, 24))
    assert seen.page.locator(".fb-hint").is_hidden()
    assert re.match("The network \u201ctwo\u201d (reads|hesitates)", status(seen))
    assert "agree" not in status(seen)


# A notebook


@pytest.fixture
def live(notebook, widget):
    return notebook(widget)


def test_python_moves_the_view(live, widget):
    agrees(live, widget, "4")
    assert live.page.evaluate("model.saved") == []
    text = json.loads(json.dumps(DrawDigit.image.metadata["to_json"](IMAGES[40], None)))
    live.page.evaluate("(text) => model.set('image', text)", text)
    assert read(live)["image"] == (IMAGES[40] * 255).round().int().flatten().tolist()
    assert control(live, "drawing").input_value() == ""
    live.page.evaluate("model.set('bits', '2')")
    agrees(live, widget, "2")
    live.page.evaluate("model.set('target', '7')")
    agrees(live, widget, "2", "7")
    assert control(live, "target").input_value() == "7"
    live.page.evaluate("model.set('centre', false)")
    assert not control(live, "centre").is_checked()
    assert live.page.evaluate("model.saved") == [], "what Python sent must not come back"


def test_a_stroke_reaches_python_when_it_ends(live, widget):
    control(live, "clear").click()
    live.page.evaluate("model.saved.length = 0")
    stroke(live, (8, 6), (20, 6), (12, 24), steps=10)
    saved = live.page.evaluate("model.saved")
    assert [list(change) for change in saved] == [["image"]], "once, not at every move"
    shown = read(live)
    follower = DrawDigit(compact_networks(), CLASSES, digit_images(6), bits="4")
    follower.set_state(saved[0])
    assert (follower.image * 255).round().int().flatten().tolist() == shown["image"]
    best = int(follower.logits(follower.image, "4").argmax())
    assert best == shown["numbers"]["predicted"]
    live.page.locator("[data-input=bits][value='2']").check()
    control(live, "target").select_option("3")
    control(live, "centre").uncheck()
    saved = live.page.evaluate("model.saved")[1:]
    assert saved[:2] == [{"bits": "2"}, {"target": "3"}]
    assert {name for change in saved[2:] for name in change} == {"centre", "image"}
    for change in saved:
        follower.set_state(change)
    assert (follower.bits, follower.target, follower.centre) == ("2", "3", False)


# Speed

TIME = """() => {
  window.times = [];
  const root = document.querySelector('[data-widget]'), pad = root.querySelector('.fb-pad');
  let moved = null;
  pad.addEventListener('pointermove', (e) => { if (e.buttons) moved ??= performance.now(); }, true);
  new MutationObserver(() => {
    if (moved !== null) { window.times.push(performance.now() - moved); moved = null; }
  }).observe(root.querySelector('output[data-value=largest-gradient]'), { childList: true });
}"""


def test_stroke_to_logits_and_map(one):
    # 50 ms is the aim; the limit leaves room for a machine that does other work as well.
    control(one, "clear").click()
    one.page.evaluate(TIME)
    for k in range(4):
        stroke(one, (6, 5 + 4 * k), (22, 7 + 4 * k), (10, 12 + 4 * k), steps=12)
    times = one.page.evaluate("window.times")
    assert len(times) >= 20
    print(f"stroke to numbers and map: median {statistics.median(times):.1f} ms of {len(times)}")
    assert statistics.median(times) < 150, sorted(times)
