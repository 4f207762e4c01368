"""QuantizerPlayground in a page: its numbers, its words, its own keys."""

from dataclasses import asdict

import numpy as np
import pytest
from layer_samples import activations, weights
from reading import control, numbers, status, text
from reference import quantizer
from timing import median, watch

from fewbits.widgets import QuantizerPlayground

SAMPLES = {
    "activations": activations(),
    "weights": weights(),
    "by hand": [-2.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5, 2.5, 3.0, 5.0],
}
POSITIONS = (-12, -1, 0, 1, 40, 70, 90, 100, 104, 108, 113, 120)

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


@pytest.fixture
def one(show):
    return show(QuantizerPlayground(SAMPLES, alpha=4.0, bits=4))


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


def test_ties_go_to_the_even_level(show):
    # 0.5, 1.5, 2.5, 3.5 on the levels 0, 1, 2, 3 become 0, 2, 2, 3: torch.round's way.
    shown = numbers(show(QuantizerPlayground({"a": [0.5, 1.5, 2.5, 3.5]}, alpha=3, bits=2)))
    assert shown["alpha"] == 3
    slow = quantizer.measure(np.array([0.5, 1.5, 2.5, 3.5]), 3.0, 2, "pact")
    on_step = 2 / 4 * ((-0.5) * (-0.5) + 0.5 * 0.5 + (-0.5) * (-0.5) + (-0.5) * 3)
    by_hand = on_step / 3
    assert slow.gradient_lsq == pytest.approx(by_hand)
    assert shown["gradient-lsq"] == pytest.approx(by_hand)
    assert shown["levels"] == 3


def test_what_goes_wrong_at_zero_and_below_is_said(show):
    seen = show(QuantizerPlayground(SAMPLES, alpha=0))
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


def test_nothing_speaks_of_gradients_where_the_page_does_not(one, show):
    seen = show(QuantizerPlayground(SAMPLES, alpha=4.0, bits=4, gradients=False))
    everywhere = numbers(one)
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


# Hands


def test_keys_lower_alpha_and_jump_to_the_smallest_error(one):
    before = numbers(one)
    control(one, "alpha").press("ArrowLeft")
    assert numbers(one)["alpha"] < before["alpha"]
    assert numbers(one)["total"] != before["total"]
    control(one, "alpha").press("Home")
    assert numbers(one)["alpha"] < 0
    control(one, "jump").press("Enter")
    after = numbers(one)
    assert after["alpha"] == after["optimum"]
    assert after["total"] == after["smallest"]
    assert "smallest error" in status(one)


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


def test_first_sight_of_every_setting_takes_under_a_frame(one):
    # Each pair of sample and bits is swept over alpha once; this is that first time.
    watch(one)
    for sample in list(SAMPLES)[:2]:
        control(one, "sample").select_option(sample)
        for scheme in ("pact", "signed", "sawb"):
            control(one, "scheme").select_option(scheme)
            control(one, "bits").press("Home")
            for _ in range(7):
                control(one, "bits").press("ArrowRight")
    assert median(one, "first sweeps", least=36) < 16
