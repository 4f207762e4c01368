"""What every control of the book keeps in a page without kernel, theme or network.

A new control joins in controls.py.
"""

import re

import pytest
from contract import Spoilt
from controls import CONTROLS, every_control
from pages import bare
from playwright.sync_api import expect
from reading import agree, chosen, looks, numbers, pictures, ready, rgb
from timing import median, watch

import fewbits.widgets
from fewbits.palette import THEMES

every_theme = pytest.mark.parametrize("theme", THEMES)


def test_no_control_of_the_package_is_left_out():
    assert sorted(sample.name for sample in CONTROLS) == sorted(fewbits.widgets.__all__)


@every_control
def test_numbers_are_pythons(sample, show):
    for widget in (sample.make(), sample.other()):
        agree(show(widget), sample.numbers(widget))


# Hands


@every_control
def test_tab_reaches_every_input_and_leads_out_again(sample, show):
    seen = show(sample.make())
    focused = """(() => {
      const element = document.activeElement;
      return element.closest('[data-widget]') && (element.dataset.input ?? 'nameless');
    })()"""
    for name in sample.inputs:
        if chosen(seen, name).is_enabled():
            seen.page.keyboard.press("Tab")
            assert seen.page.evaluate(focused) == name
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate(focused) is None


@every_control
def test_keys_move_what_is_seen(sample, show):
    seen = show(sample.make())
    for hand in sample.hands:
        before = looks(seen)
        chosen(seen, hand.input).press(hand.key)
        assert looks(seen) != before, hand


@every_control
def test_from_any_slider_to_the_numbers_takes_under_a_frame(sample, show):
    seen = show(sample.make())
    watch(seen)
    sliders = seen.page.locator("input[type=range]")
    for i in range(sliders.count()):
        name = sliders.nth(i).get_attribute("data-input")
        back_and_forth(sliders.nth(i), 60)
        assert median(seen, f"{sample.name}, {name}", least=50) < sample.patience


def back_and_forth(slider, count):
    """So many keys, each of which moves the slider by a step: down first, up from its end."""
    at, low, high, step = slider.evaluate("(e) => [e.value, e.min, e.max, e.step].map(Number)")
    down = at > low
    for _ in range(count):
        slider.press("ArrowLeft" if down else "ArrowRight")
        at += -step if down else step
        if not low + step / 2 < at < high - step / 2:
            down = not down


# Eyes and ears


@every_control
def test_every_input_has_a_name_and_every_number_too(sample, show):
    seen = show(sample.make())
    inputs = seen.page.locator("[data-widget] :is(input, select, textarea, button, a, [tabindex])")
    names = [inputs.nth(i).get_attribute("data-input") for i in range(inputs.count())]
    assert list(dict.fromkeys(names)) == list(sample.inputs)
    for i in range(inputs.count()):
        expect(inputs.nth(i)).to_have_accessible_name(re.compile(r"\w"))
    for name, label in sample.inputs.items():
        expect(chosen(seen, name)).to_have_accessible_name(label)
    assert "undefined" not in numbers(seen)
    assert seen.page.locator("output").count() == len(numbers(seen)) == sample.outputs


@every_control
def test_every_slider_says_its_number_as_it_is_written(sample, show):
    seen = show(sample.make())
    output = "(e) => e.closest('.fb-field').querySelector('output').innerText"
    sliders = {s.get_attribute("data-input"): s for s in seen.page.locator("[type=range]").all()}
    said = {name: slider.get_attribute("aria-valuetext") for name, slider in sliders.items()}
    written = {name: slider.evaluate(output) for name, slider in sliders.items()}
    assert said == written == sample.sliders


@every_control
def test_every_picture_has_a_description(sample, show):
    seen = show(sample.make())
    nameless = "(all) => all.filter((e) => !e.role || !e.ariaLabel).map((e) => e.outerHTML)"
    drawn = seen.page.locator("[data-widget] :is(svg, canvas):not([aria-hidden=true])")
    assert drawn.evaluate_all(nameless) == []
    assert drawn.count() == sample.drawings


@every_control
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_serious(sample, show, width):
    assert show(sample.make(), sample.other(), width=width).axe() == []


@every_control
def test_everything_can_be_read_in_the_dark(sample, show):
    """Colours differ between the themes, and between the widths nothing that has one."""
    assert show(sample.make(), sample.other(), theme="dark").axe("color-contrast") == []


@every_control
@every_theme
def test_colours_follow_the_theme(sample, show, theme):
    (other,) = THEMES.keys() - {theme}
    seen = show(sample.make(), theme=theme)
    assert worn(seen, sample) == due(sample, theme)
    seen.page.emulate_media(color_scheme=other)
    assert worn(seen, sample) == due(sample, other)
    # The book's own switch comes before what the system prefers.
    seen.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    assert worn(seen, sample) == due(sample, theme)


def worn(seen, sample):
    """The colours of the ground, the words and the mark."""
    colour, root = "(e, name) => getComputedStyle(e)[name]", seen.page.locator("[data-widget]")
    mark = seen.page.locator(sample.mark.selector).first.evaluate(colour, sample.mark.property)
    return [root.evaluate(colour, "backgroundColor"), root.evaluate(colour, "color"), mark]


def due(sample, theme):
    """What these colours are in the palette."""
    return [f"rgb{rgb(THEMES[theme], name)}" for name in ("paper", "ink", sample.mark.colour)]


@every_control
def test_fits_a_phone(sample, show):
    seen = show(sample.make(), sample.other(), width=360)
    # What is a pixel wide is there for ears only.
    wide = """[...document.querySelectorAll('[data-widget] *')].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width > 1 && box.right > innerWidth - 20;
    }).map((e) => e.outerHTML.slice(0, 120))"""
    for width in (360, 1000, 320, 316):  # in the book a control is 300 pixels wide on a phone
        seen.page.set_viewport_size({"width": width, "height": 900})
        pictures(seen)
        assert seen.overhang() <= 0
        assert seen.page.evaluate(wide) == []


# The page around it


@every_control
def test_nothing_is_fetched_and_nothing_complains(sample, show):
    seen = show(sample.make(), sample.other(), settled=True)
    for hand in sample.hands:
        chosen(seen, hand.input).press(hand.key)
    pictures(seen)
    assert [url for url in seen.requests if not url.startswith("data:")] == [seen.page.url]
    assert seen.complaints == []


@every_control
def test_two_on_a_page_do_not_touch(sample, show):
    seen = show(sample.make(), sample.other())
    first, second = seen.page.locator(f"[data-widget={sample.name}]").all()
    before = [root.inner_html() for root in (first, second)]
    for hand in sample.hands:
        chosen(seen, hand.input).press(hand.key)
    pictures(seen)
    moved = first.inner_html()
    assert moved != before[0]
    assert second.inner_html() == before[1]
    second.locator("input[type=range]").first.press("ArrowLeft")
    pictures(seen)
    assert first.inner_html() == moved
    assert second.inner_html() != before[1]


@every_control
def test_opens_from_a_file(sample, visit, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(bare(sample.make()), encoding="utf-8")
    seen = ready(visit(path.as_uri()))
    before = numbers(seen)
    chosen(seen, sample.hands[0].input).press(sample.hands[0].key)
    assert numbers(seen) != before
    assert seen.complaints == []


@every_control
def test_without_javascript_there_are_pictures(sample, visit, publish):
    seen = visit(publish(bare(sample.make())), javascript=False)
    drawn = seen.page.locator("[data-widget] noscript svg[role=img]").all()
    assert all(picture.is_visible() for picture in drawn)
    said = [picture.get_attribute("aria-label") for picture in drawn]
    assert all(map(str.startswith, said, sample.pictures)), said
    assert len(said) == len(sample.pictures)
    assert seen.page.locator(".fb-late").is_hidden()


@every_control
def test_a_name_cannot_break_the_page(sample, visit, publish):
    rude = "</script><mark>&"
    url = publish(bare(sample.named(rude)))
    seen = ready(visit(url))
    for name in sample.named_inputs:
        assert chosen(seen, name).input_value() == rude
    assert seen.page.locator("mark").count() == 0
    assert seen.complaints == []
    assert visit(url, javascript=False).page.locator("mark").count() == 0


# What goes wrong


def cut(html):
    """The page with the first half of its state."""
    start = html.index('<script type="application/json">')
    end = html.index("</script>", start)
    return html[: (start + end) // 2] + html[end:]


@pytest.mark.parametrize(
    ("sample", "spoilt"),
    [
        pytest.param(sample, spoilt, id=f"{sample.name}-{spoilt.says}")
        for sample in CONTROLS
        for spoilt in (Spoilt(cut, ".*JSON"), *sample.spoilt)
    ],
)
def test_a_broken_state_leaves_a_line(sample, spoilt, visit, publish):
    seen = visit(publish(spoilt.spoil(bare(sample.make()))))
    alert = seen.page.get_by_role("alert")
    alert.wait_for()
    assert re.match(f"{sample.name} stopped: {spoilt.says}", alert.inner_text())
    assert alert.inner_text().endswith(" Reload the page, or run its cell in a notebook.")
    assert seen.page.locator("[data-widget] > *").count() == 1
    assert seen.complaints == []


@every_control
def test_a_broken_module_leaves_a_line(sample, visit, publish):
    html = bare(sample.make()).replace("const control =", "const const =")
    late = visit(publish(html)).page.locator(".fb-late")
    assert late.is_hidden()
    late.evaluate("(e) => e.getAnimations().forEach((wait) => wait.finish())")  # three seconds
    late.wait_for(state="visible")
    assert "has not started" in late.inner_text()
