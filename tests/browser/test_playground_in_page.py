"""QuantizerPlayground alone in a page: its numbers, its keys, its looks."""

import re
import statistics
from dataclasses import asdict

import numpy as np
import pytest
from layer_samples import activations, weights
from reference import quantizer
from visiting import serving

from fewbits.palette import DARK, LIGHT
from fewbits.widgets import QuantizerPlayground

SAMPLES = {
    "activations": activations(),
    "weights": weights(),
    "by hand": [-2.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 2.5, 3.0, 5.0],
}
POSITIONS = (-12, -1, 0, 1, 40, 70, 90, 100, 104, 108, 113, 120)

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0; padding: 8px; font: 16px/1.5 sans-serif; }}</style></head>
<body><main><h1>A page</h1>{}</main></body></html>"""

READ = """() => Object.fromEntries([...document.querySelector('[data-widget]')
  .querySelectorAll('output')].map((o) => [o.dataset.value, Number(o.dataset.exact)]))"""

# Every sample, scheme, number of bits and slider position, by events on the inputs.
SWEEP = """(positions) => {
  const root = document.querySelector('[data-widget]');
  const input = (name) => root.querySelector(`[data-input="${name}"]`);
  const put = (name, value, event) => {
    input(name).value = value;
    input(name).dispatchEvent(new Event(event, { bubbles: true }));
  };
  const rows = [];
  for (const sample of [...input('sample').options].map((o) => o.value)) {
    put('sample', sample, 'change');
    for (const scheme of ['pact', 'signed', 'sawb']) {
      put('scheme', scheme, 'change');
      for (let bits = 1; bits <= 8; bits++) {
        put('bits', bits, 'input');
        for (const position of positions) {
          put('alpha', position, 'input');
          const numbers = Object.fromEntries([...root.querySelectorAll('output')]
            .map((o) => [o.dataset.value, o.dataset.exact]));
          rows.push({ sample, scheme, bits, position, numbers });
        }
      }
    }
  }
  return rows;
}"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")

    def write(name, *widgets):
        html = "".join(widget.html() for widget in widgets)
        (folder / name).write_text(PAGE.format(html), encoding="utf-8")

    first = QuantizerPlayground(SAMPLES, alpha=4.0, bits=4)
    write("one.html", first)
    write("two.html", first, QuantizerPlayground({"w": weights()}, bits=2, scheme="sawb"))
    write("ties.html", QuantizerPlayground({"a": [0.5, 1.5, 2.5, 3.5]}, alpha=3, bits=2))
    write("zero.html", QuantizerPlayground(SAMPLES, alpha=0))
    write("plain.html", QuantizerPlayground(SAMPLES, alpha=4.0, bits=4, gradients=False))
    write("rude.html", QuantizerPlayground({"</script><b>&": [1.0, 2.0]}, alpha=1.5))
    broken = PAGE.format(first.html())
    (folder / "cut.html").write_text(broken.replace('"samples":[', '"samples":[[,'))
    (folder / "empty.html").write_text(
        PAGE.format(first.html()).replace('"samples":[', '"samples":[],"rest":[')
    )
    (folder / "module.html").write_text(broken.replace("const control =", "const const ="))
    with serving(folder) as address:
        yield address, folder


@pytest.fixture
def one(origin, visit):
    return visit(f"{origin[0]}/one.html")


def numbers(seen):
    return seen.page.evaluate(READ)


def control(seen, name):
    return seen.page.locator(f"[data-input={name}]").first


def text(seen, name):
    return seen.page.locator(f"output[data-value={name}]").first.inner_text()


def status(seen):
    seen.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return seen.page.locator(".fb-status").first.inner_text()


# Numbers


def test_every_number_over_a_grid_of_settings(one):
    rows = one.page.evaluate(SWEEP, POSITIONS)
    assert len(rows) == len(SAMPLES) * 3 * 8 * len(POSITIONS)
    optima = {}
    for row in rows:
        x = np.sort(np.asarray(SAMPLES[row["sample"]], dtype=np.float32)).ravel().astype(np.float64)
        scheme, bits, shown = row["scheme"], row["bits"], row["numbers"]
        top = 2 * float(np.abs(x).max())
        alpha = quantizer.alpha_at(row["position"], top)
        where = f"{row['sample']}, {scheme}, {bits} bits, alpha {alpha:.4g}"
        assert float(shown["alpha"]) == pytest.approx(alpha, rel=1e-12), where
        if alpha > 0:
            expected = asdict(quantizer.measure(x, alpha, bits, scheme))
            for name, value in expected.items():
                got = float(shown[name.replace("_", "-")])
                assert got == pytest.approx(value, rel=1e-6, abs=1e-15, nan_ok=True), (where, name)
        else:
            assert shown["total"] == shown["gradient-pact"] == "NaN", where
            assert float(shown["inside"]) == 0, where
        key = (row["sample"], scheme, bits)
        if key not in optima:
            optima[key] = quantizer.optimum(x, bits, scheme, top)
        best = float(shown["optimum"]), float(shown["smallest"])
        assert best == pytest.approx(optima[key], rel=1e-6, nan_ok=True), where
        assert float(shown["bytes"]) == -(-len(x) * bits // 8), where


def test_ties_go_to_the_even_level(origin, visit):
    # 0.5, 1.5, 2.5, 3.5 on the levels 0, 1, 2, 3 become 0, 2, 2, 3: torch.round's way.
    shown = numbers(visit(f"{origin[0]}/ties.html"))
    assert shown["alpha"] == 3
    slow = quantizer.measure(np.array([0.5, 1.5, 2.5, 3.5]), 3.0, 2, "pact")
    on_step = 2 / 4 * ((-0.5) * (-0.5) + 0.5 * 0.5 + (-0.5) * (-0.5) + (-0.5) * 3)
    by_hand = on_step / 3
    assert slow.gradient_lsq == pytest.approx(by_hand)
    assert shown["gradient-lsq"] == pytest.approx(by_hand)
    assert shown["levels"] == 3


def test_what_goes_wrong_at_zero_and_below_is_said(origin, visit):
    seen = visit(f"{origin[0]}/zero.html")
    assert "x / step divides by zero" in status(seen)
    assert text(seen, "total") == "none"
    control(seen, "alpha").press("ArrowLeft")
    assert numbers(seen)["alpha"] < 0
    assert "inside out" in status(seen)
    assert text(seen, "inside") == "0 %"


def test_a_stuck_alpha_is_said(one):
    control(one, "alpha").press("End")
    assert "stuck" in status(one)
    assert text(one, "gradient-pact") == "0, leaves it"


def test_nothing_speaks_of_gradients_where_the_page_does_not(origin, visit):
    seen = visit(f"{origin[0]}/plain.html")
    everywhere = numbers(visit(f"{origin[0]}/one.html"))
    gone = {"inside", "gradient-pact", "gradient-lsq"}
    assert numbers(seen) == {k: v for k, v in everywhere.items() if k not in gone}
    assert seen.page.locator("[data-widget] svg").count() == 3
    for key in ("End", "Home"):
        control(seen, "alpha").press(key)
        assert status(seen)
        root = seen.page.locator("[data-widget]")
        assert "gradient" not in root.inner_text().lower()
        assert root.locator("[aria-label*=radient]").count() == 0
    assert seen.axe() == []


def test_clipped_negatives_are_said(one):
    control(one, "sample").select_option("weights")
    control(one, "jump").click()
    assert "all negative values are clipped to 0" in status(one)
    assert "that such a range can reach" in status(one)
    control(one, "scheme").select_option("signed")
    control(one, "jump").click()
    assert "negative" not in status(one)
    assert "that this grid can reach" in status(one)


def test_one_level_is_said(one):
    control(one, "scheme").select_option("signed")
    control(one, "bits").press("Home")
    assert "1 level" in status(one)
    assert text(one, "levels") == "1 of 1"


# Hands and eyes


def test_keyboard_alone_reaches_and_moves_everything(one):
    reached = []
    for _ in range(5):
        one.page.keyboard.press("Tab")
        reached.append(one.page.evaluate("document.activeElement.dataset.input"))
    assert reached == ["sample", "scheme", "bits", "jump", "alpha"]

    before = numbers(one)
    one.page.keyboard.press("ArrowLeft")
    assert numbers(one)["alpha"] < before["alpha"]
    assert numbers(one)["total"] != before["total"]
    one.page.keyboard.press("Home")
    assert numbers(one)["alpha"] < 0
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("Enter")
    after = numbers(one)
    assert after["alpha"] == after["optimum"]
    assert after["total"] == after["smallest"]
    assert "smallest error" in status(one)
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("ArrowLeft")
    assert numbers(one)["bits"] == 3
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("ArrowDown")
    assert control(one, "scheme").input_value() == "signed"


def test_every_input_has_a_name_and_every_number_too(one):
    labels = one.page.evaluate(
        "[...document.querySelectorAll('input, select')].map((e) => e.labels[0]?.innerText)"
    )
    assert [label.split("\n")[0] for label in labels] == [
        "Values",
        "Range and levels",
        "bits",
        "alpha",
    ]
    assert one.page.get_by_role("slider", name="alpha").count() == 1
    assert one.page.get_by_role("slider", name="bits").get_attribute("aria-valuetext") == "4"
    shown = list(numbers(one))
    assert one.page.locator("output").count() == len(shown) >= 14
    assert "undefined" not in shown


def test_a_new_sample_keeps_alpha_at_its_place(one):
    before = control(one, "alpha").input_value()
    control(one, "sample").select_option("weights")
    assert control(one, "alpha").input_value() == before
    assert numbers(one)["alpha"] < 1


def test_pointer_on_the_error_curve_moves_alpha(one):
    picture = one.page.locator("svg.fb-reach").first
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.4, "y": 60})
    assert 0.05 < numbers(one)["alpha"] < 4


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_serious(origin, visit, theme, width):
    seen = visit(f"{origin[0]}/two.html", theme=theme, width=width)
    assert seen.axe() == []


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_colours_follow_the_theme(origin, visit, theme, colours):
    colour = "getComputedStyle(document.querySelector('[data-widget]')).backgroundColor"
    expected = tuple(int(colours["paper"][i : i + 2], 16) for i in (1, 3, 5))
    seen = visit(f"{origin[0]}/one.html", theme=theme)
    assert seen.page.evaluate(colour) == f"rgb{expected}"
    # The book's own switch comes before what the system prefers.
    other = "dark" if theme == "light" else "light"
    seen.page.evaluate(f"document.documentElement.dataset.theme = '{other}'")
    assert seen.page.evaluate(colour) != f"rgb{expected}"


def test_fits_a_phone(origin, visit):
    seen = visit(f"{origin[0]}/two.html", width=360)
    assert seen.overhang() <= 0
    seen.page.set_viewport_size({"width": 1000, "height": 900})
    seen.page.set_viewport_size({"width": 320, "height": 900})
    assert seen.overhang() <= 0


# The page around it


def test_nothing_is_fetched_and_nothing_complains(origin, visit):
    seen = visit(f"{origin[0]}/two.html", settled=True)
    control(seen, "alpha").press("ArrowRight")
    assert [url for url in seen.requests if not url.startswith("data:")] == [
        f"{origin[0]}/two.html"
    ]
    assert seen.complaints == []


def test_two_on_a_page_do_not_touch(origin, visit):
    seen = visit(f"{origin[0]}/two.html")
    assert seen.page.locator("[data-widget=QuantizerPlayground]").count() == 2
    second = seen.page.locator("[data-widget]").nth(1).locator("output")
    before = second.all_inner_texts()
    control(seen, "alpha").press("ArrowLeft")
    control(seen, "bits").press("ArrowLeft")
    assert second.all_inner_texts() == before


def test_opens_from_a_file(origin, visit):
    seen = visit((origin[1] / "one.html").as_uri())
    before = numbers(seen)
    control(seen, "alpha").press("ArrowLeft")
    assert numbers(seen)["total"] != before["total"]
    assert seen.complaints == []


def test_without_javascript_there_is_a_picture(origin, visit):
    seen = visit(f"{origin[0]}/one.html", javascript=False)
    pictures = seen.page.locator("[data-widget] noscript svg[role=img]")
    assert pictures.count() == 2
    assert pictures.first.is_visible()
    assert "Histogram of activations" in pictures.first.get_attribute("aria-label")
    assert seen.page.locator(".fb-late").is_hidden()


def test_a_name_cannot_break_the_page(origin, visit):
    seen = visit(f"{origin[0]}/rude.html")
    assert control(seen, "sample").input_value() == "</script><b>&"
    assert seen.page.locator("b").count() == 0
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("cut.html", "QuantizerPlayground stopped: .*JSON"),
        ("empty.html", "QuantizerPlayground stopped: no sample arrived"),
    ],
)
def test_a_broken_state_leaves_a_line(origin, visit, page, message):
    seen = visit(f"{origin[0]}/{page}")
    alert = seen.page.get_by_role("alert")
    alert.wait_for()
    assert re.search(message, alert.inner_text())


def test_a_broken_module_leaves_a_line(origin, visit):
    seen = visit(f"{origin[0]}/module.html")
    late = seen.page.locator(".fb-late")
    assert late.is_hidden()
    late.wait_for(state="visible")
    assert "has not started" in late.inner_text()


# Speed

TIME = """(name) => {
  window.times = [];
  const root = document.querySelector('[data-widget]');
  let moved = null;
  root.addEventListener('input', (event) => { moved = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (moved !== null) { window.times.push(performance.now() - moved); moved = null; }
  }).observe(root.querySelector('output[data-value=total]'), { childList: true });
}"""


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("alpha", ["ArrowLeft"] * 40 + ["ArrowRight"] * 20),
        ("bits", ["ArrowLeft", "ArrowRight"] * 30),
    ],
)
def test_slider_to_numbers_takes_under_a_frame(one, name, keys):
    one.page.evaluate(TIME)
    control(one, name).focus()
    for key in keys:
        one.page.keyboard.press(key)
    times = one.page.evaluate("window.times")
    assert len(times) >= 50
    assert statistics.median(times) < 16, sorted(times)
    print(f"{name}: median {statistics.median(times):.2f} ms, slowest {max(times):.1f} ms")


def test_first_sight_of_every_setting_takes_under_a_frame(one):
    # Each pair of sample and bits is swept over alpha once; this is that first time.
    one.page.evaluate(TIME)
    for sample in list(SAMPLES)[:2]:
        control(one, "sample").select_option(sample)
        for scheme in ("pact", "signed", "sawb"):
            control(one, "scheme").select_option(scheme)
            control(one, "bits").press("Home")
            for _ in range(7):
                control(one, "bits").press("ArrowRight")
    times = one.page.evaluate("window.times")
    assert len(times) >= 36
    print(f"first sweeps: median {statistics.median(times):.2f} ms, slowest {max(times):.1f} ms")
    assert statistics.median(times) < 16, sorted(times)
