"""SaliencyCompare in a page: its numbers, its pictures, its words."""

import numpy as np
import pytest
import torch
from comparison_samples import METHODS, MODELS, comparison
from reading import as_shown, control, numbers, pictures, pixels, rgb, status, text

from fewbits.metrics.faithfulness import removal_ranks
from fewbits.palette import DARK, LIGHT
from fewbits.widgets import SaliencyCompare

# Every choice of `grid`, one after the other, by events on the inputs.
SWEEP = """(grid) => {
  const root = document.querySelector('[data-widget]');
  const put = (name, value) => {
    const inputs = [...root.querySelectorAll(`[data-input="${name}"]`)];
    if (name === 'image') { inputs[value].click(); return; }
    inputs[0].value = value;
    inputs[0].dispatchEvent(new Event(inputs[0].type === 'range' ? 'input' : 'change',
      { bubbles: true }));
  };
  return grid.map((choice) => {
    for (const [name, value] of Object.entries(choice)) put(name, value);
    return Object.fromEntries([...root.querySelectorAll('output')]
      .map((o) => [o.dataset.value, Number(o.dataset.exact)]));
  });
}"""


def flat_maps():
    given = comparison()
    for model in MODELS[2:]:
        given["maps"][model]["signed"] = torch.full((3, 28, 28), 2.0)
    return given


@pytest.fixture
def one(show):
    return show(SaliencyCompare(**comparison()))


def picture(seen, name):
    pictures(seen)
    return pixels(seen.page.locator(f'[data-picture="{name}"]'))


# Numbers


def check_sweep(seen, widget, grid):
    rows = seen.page.evaluate(SWEEP, grid)
    for choice, shown in zip(grid, rows, strict=True):
        for name, value in choice.items():
            places = {"share": 100, "removed": widget._loaded.steps}
            setattr(widget, name, value / places[name] if name in places else value)
        expected = as_shown(widget.numbers())
        shown_only = {k: v for k, v in expected.items() if k in shown}
        assert set(shown) == set(shown_only), choice
        assert set(expected) - set(shown) == {"pixels", "left-largest", "right-largest"}
        for name, value in shown_only.items():
            # Counts of pixels are up to 392 times a share that torch knows in single precision.
            near = 1e-4 if name in ("left-only", "right-only") else 1e-6
            assert shown[name] == pytest.approx(value, rel=1e-6, abs=near), (choice, name)


def test_every_number_is_python_s(one):
    grid = [
        {"image": i, "method": method, "left": left, "right": right, "share": k, "removed": r}
        for i in (0, 2)
        for method in METHODS
        for left, right in [(0, 1), (0, 3), (2, 3), (3, 3)]
        for left, right in [(MODELS[left], MODELS[right])]
        for k, r in [(1, 0), (10, 14), (37, 28)]
    ]
    check_sweep(one, SaliencyCompare(**comparison()), grid)


def test_every_share_and_every_step_is_python_s(one):
    grid = [{"method": "coarse", "right": "2 bits", "share": k} for k in range(1, 51)]
    grid += [{"method": "sparse", "right": "2 bits", "removed": r} for r in range(29)]
    check_sweep(one, SaliencyCompare(**comparison()), grid)


def test_steps_that_do_not_divide_the_pixels_are_python_s(show):
    seen = show(SaliencyCompare(**comparison(steps=9), removed=1 / 3))
    assert numbers(seen)["removed"] == round(784 / 3) / 784
    check_sweep(seen, SaliencyCompare(**comparison(steps=9)), [{"removed": r} for r in range(10)])


def test_maps_without_any_order_are_python_s(show):
    seen = show(SaliencyCompare(**flat_maps(), right="2 bits"))
    assert numbers(seen)["spearman"] == 0
    assert "The map of 2 bits is the same everywhere" in status(seen)
    grid = [{"left": left, "right": "2 bits"} for left in MODELS]
    check_sweep(seen, SaliencyCompare(**flat_maps()), grid)
    control(seen, "left").select_option("4 bits")
    assert numbers(seen)["spearman"] == 1
    assert "The map of 4 bits is the same everywhere" in status(seen)


# Pictures


def colour(name, theme=LIGHT):
    return np.array(rgb(theme, name))


def test_maps_share_one_scale_and_zero_is_paper(one):
    control(one, "method").select_option("sparse")
    control(one, "right").select_option("2 bits")
    image = comparison()["images"][0, 0].numpy()
    left, right = picture(one, "left"), picture(one, "right")
    for shown in (left, right):
        assert (shown[image == 0] == colour("paper")).all()
    widget = SaliencyCompare(**comparison(), method="sparse", right="2 bits")
    a, b = (widget._loaded.map(model, 1, 0).numpy() for model in (0, 3))
    largest = max(a.max(), b.max())
    assert one.page.locator(".sc-ends span").last.inner_text() == f"{largest:.3g}"
    far_end = (colour("pact") + colour("ink")) / 2
    for shown, values in ((left, a), (right, b)):
        strongest = shown.reshape(-1, 3)[values.argmax()]
        assert (np.abs(strongest - far_end).max() <= 1) == (values.max() == largest)
    control(one, "own").check()
    for side, values in (("left", a), ("right", b)):
        strongest = picture(one, side).reshape(-1, 3)[values.argmax()]
        assert np.abs(strongest - far_end).max() <= 1


def test_signs_have_two_colours(one):
    widget = SaliencyCompare(**comparison(), method="signed")
    a, b = (widget._loaded.map(model, 0, 0).numpy() for model in (0, 1))
    shown, apart = picture(one, "left"), picture(one, "difference")
    strong = np.abs(a) > 0.05 * np.abs(a).max()
    blue = shown[..., 2].astype(int) > shown[..., 0]
    assert (blue == (a > 0))[strong].all()
    wide = np.abs(a - b) > 0.05 * max(np.abs(a).max(), np.abs(b).max())
    assert ((apart[..., 2] > apart[..., 0]) == (a > b))[wide].all()


def test_masks_are_three_colours(one):
    control(one, "right").select_option("2 bits")
    widget = SaliencyCompare(**comparison())
    a, b = (widget._loaded.map(model, 0, 0).numpy() for model in (0, 3))
    tops = [m >= np.sort(m.ravel())[-78] for m in (a, b)]
    shown = picture(one, "masks").astype(int)
    red, blue, spread = shown[..., 0], shown[..., 2], np.ptp(shown, axis=2)
    assert (((blue - red > 60) & (spread > 60)) == (tops[0] & ~tops[1])).mean() > 0.995
    assert ((red - blue > 60) == (tops[1] & ~tops[0])).mean() > 0.995
    assert ((shown.sum(2) < 200) == (tops[0] & tops[1])).mean() > 0.995


def test_removed_pixels_are_blanked_in_the_order_of_deletion(one):
    given = comparison()
    control(one, "method").select_option("coarse")
    control(one, "removed").focus()
    for _ in range(7):
        one.page.keyboard.press("ArrowRight")
    for side, model in (("left-cut", 0), ("right-cut", 1)):
        ranks = removal_ranks(given["maps"][MODELS[model]]["coarse"])[0].numpy()
        shown = picture(one, side).astype(int)
        tinted = np.ptp(shown, axis=2) > 30  # the ink and the paper are nearly grey
        assert (tinted == (ranks < 7 * 28)).all()


def test_a_dot_moves_along_each_curve(one):
    dots = one.page.locator("circle")
    before = [dots.nth(i).get_attribute("cx") for i in range(2)]
    control(one, "removed").press("End")
    pictures(one)
    after = [dots.nth(i).get_attribute("cx") for i in range(2)]
    assert all(float(b) < float(a) for b, a in zip(before, after, strict=True))
    assert numbers(one)["removed"] == 1
    path = one.page.locator(".sc-left-line").get_attribute("d")
    last = path.split("L")[-1].split()
    assert float(last[0]) == pytest.approx(float(after[0]), abs=0.1)
    assert float(last[1]) == pytest.approx(float(dots.first.get_attribute("cy")), abs=0.1)


# Words


def test_a_wrong_answer_is_said_in_words_and_colour(one):
    control(one, "right").select_option("2 bits")
    label = comparison()["labels"][0].item()
    assert text(one, "left-prediction") == str(label)
    assert text(one, "right-prediction") == f"{(label + 1) % 10}, wrong"
    worn = "getComputedStyle(document.querySelector('output[data-value=right-prediction]')).color"
    assert one.page.evaluate(worn) == f"rgb{tuple(colour('wrong').tolist())}"
    assert "give different answers here" in status(one)
    assert (
        "one of the two models is wrong" in one.page.locator(".fb-strip label").first.inner_text()
    )
    assert one.page.locator(".fb-strip .fb-marked").count() == 1


def test_the_sentence_compares_with_the_seeds(one):
    assert "differ by their seed alone" in status(one)
    control(one, "right").select_option("2 bits")
    assert "They differ more than seeds do" in status(one)
    control(one, "right").select_option(MODELS[0])
    assert "Left and right are the same model" in status(one)
    control(one, "method").select_option("weak")
    control(one, "right").select_option("2 bits")
    assert "times weaker: give each map its own scale" in status(one)
    control(one, "own").check()
    assert "weaker" not in status(one)


def test_without_seeds_chance_is_the_measure(show):
    seen = show(SaliencyCompare(**comparison(1, MODELS[2:], METHODS[:1])))
    assert "chance: 10" in status(seen)
    assert seen.page.locator("output[data-value^=seeds]").count() == 0


# Hands and eyes


def test_space_gives_each_map_its_own_scale(one):
    control(one, "own").press("Space")
    assert control(one, "own").is_checked()
    assert one.page.locator(".sc-ends span").last.inner_text() == "its largest"


def test_every_image_has_a_name(one):
    images = one.page.locator("[data-input=image]").all()
    labels = [image.evaluate("(e) => e.labels[0].innerText.trim()") for image in images]
    assert [label.split(": ")[0] for label in labels] == ["1", "2", "3"]


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_pictures_follow_the_theme(show, theme, colours):
    seen = show(SaliencyCompare(**comparison()), theme=theme)
    corner = (0, 0)
    assert (picture(seen, "source")[corner] == colour("paper", colours)).all()
    # The book's own switch comes before what the system prefers.
    other, others = ("dark", DARK) if theme == "light" else ("light", LIGHT)
    seen.page.evaluate(f"document.documentElement.dataset.theme = '{other}'")
    pictures(seen)
    assert (picture(seen, "source")[corner] == colour("paper", others)).all()


def test_pictures_follow_the_system(one):
    one.page.emulate_media(color_scheme="dark")
    pictures(one)
    assert (picture(one, "source")[0, 0] == colour("paper", DARK)).all()
