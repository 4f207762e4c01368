import json
import re

import numpy as np
import pytest
import torch
from layer_samples import activations, weights
from reference import quantizer

from fewbits.errors import UsageError
from fewbits.ops import split_error
from fewbits.pact.activations import lsq_quantize, pact_quantize
from fewbits.pact.weights import sawb_clip, symmetric_spacing
from fewbits.widgets import QuantizerPlayground
from fewbits.widgets.quantizer_playground import MOST_VALUES, check_values, thin
from fewbits.widgets.quantizer_still import total_error


def playground(**settings):
    return QuantizerPlayground(**{"samples": {"a": activations(100)}, **settings})


def test_traits_follow_the_call():
    widget = QuantizerPlayground(
        {"a": activations(), "w": weights()}, alpha=2.5, bits=3, scheme="signed", sample="w"
    )
    assert (widget.sample, widget.alpha, widget.bits, widget.scheme) == ("w", 2.5, 3, "signed")


def test_alpha_starts_at_the_largest_magnitude():
    assert playground(samples={"w": [-3.0, 1.0]}).alpha == 3.0


@pytest.mark.parametrize("alpha", [0.0, -0.5])
def test_alpha_may_be_where_it_breaks(alpha):
    assert playground(alpha=alpha).alpha == alpha


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samples": {}}, "needs at least one sample"),
        ({"samples": {"a": []}}, "sample 'a' is empty: give it at least one value"),
        ({"samples": {"a": [1.0, float("nan")]}}, "'a' must be finite, but 1 of its 2 values"),
        ({"samples": {"a": [float("inf")]}}, "NaN or infinite: find where they come from"),
        ({"samples": {"a": torch.zeros(4)}}, "all zeros: there is no range to choose"),
        ({"bits": 0}, "bits must be from 1 to 8, got 0"),
        ({"bits": 9}, "bits must be from 1 to 8, got 9"),
        ({"alpha": float("nan")}, "alpha must be a finite number, got nan"),
        ({"alpha": float("inf")}, "alpha must be a finite number, got inf"),
        ({"scheme": "int8"}, "scheme must be one of pact, signed, sawb, got 'int8'"),
        ({"sample": "b"}, "sample must be one of a, got 'b'"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        playground(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bits", 9),
        ("bits", 2.5),
        ("bits", "four"),
        ("alpha", float("nan")),
        ("scheme", "x"),
        ("sample", "x"),
    ],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    widget = playground()
    before = getattr(widget, name)
    with pytest.raises(UsageError, match=name):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_what_the_front_end_sends_arrives():
    widget = playground()
    widget.set_state({"alpha": 0.25, "bits": 2})
    assert (widget.alpha, widget.bits) == (0.25, 2)


def test_few_values_are_kept_as_they_are():
    values = activations(50)
    assert thin(check_values(values, "a")).tolist() == sorted(values.tolist())


def test_many_values_are_thinned_without_moving_their_means():
    flat = check_values(activations(200_000), "a")
    few = thin(flat)
    assert few.size == MOST_VALUES
    assert few.mean() == pytest.approx(flat.mean(), rel=2e-3)
    assert np.square(few).mean() == pytest.approx(np.square(flat).mean(), rel=5e-3)


def test_the_page_knows_what_was_thinned():
    values = activations(10_000)
    (entry,) = QuantizerPlayground({"a": values}, bits=2).state()["samples"]
    assert entry["count"] == 10_000
    assert entry["high"] == values.max().item()
    assert entry["top"] == pytest.approx(2 * values.max().item())
    assert entry["sawb"] == pytest.approx([sawb_clip(values, k).item() for k in (1, 2, 3, 4)])


def test_the_slider_reaches_a_far_alpha():
    (entry,) = playground(alpha=1000.0).state()["samples"]
    assert entry["top"] == 1000.0


def test_gradients_and_gpus_are_left_behind():
    grown = weights().requires_grad_()
    QuantizerPlayground({"w": grown})
    assert grown.grad is None


def test_size_of_two_full_samples_in_a_page():
    full = {f"sample {i}": activations(100_000) for i in range(2)}
    size = len(QuantizerPlayground(full).html().encode())
    assert size < 150_000, f"{size} bytes: a third of this is code, keep it small"


def test_gradients_are_shown_unless_the_page_has_not_spoken_of_them():
    assert playground().state()["gradients"] is True
    assert playground(gradients=False).state()["gradients"] is False


def test_state_is_json():
    json.dumps(playground().state(), allow_nan=False)


@pytest.mark.parametrize("scheme", ["pact", "signed", "sawb"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_still_picture_marks_the_optimum(scheme, bits):
    still = QuantizerPlayground({"a < b": activations()}, bits=bits, scheme=scheme).still()
    assert still.count('role="img"') == 2
    assert "a &lt; b" in still
    assert "nan" not in still
    found = re.search(r"Total error: smallest, (\S+), at alpha = ([\d.e+-]+)", still)
    x = np.float64(activations().numpy())
    best = quantizer.optimum(x, bits, scheme, 2 * x.max())[1]
    assert float(found.group(1)) == pytest.approx(best, rel=0.05)


def test_still_picture_where_alpha_breaks():
    assert "nan" not in playground(alpha=0.0).still()


# The slow reference against what the chapters use.


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("alpha", [0.3, 1.7, 9.0])
class TestReferenceAgrees:
    def x(self):
        return torch.cat([activations(), weights().flatten()]).double()

    def test_with_split_error(self, alpha, bits):
        slow = quantizer.measure(self.x().numpy(), alpha, bits, "pact")
        assert split_error(self.x(), alpha, bits) == pytest.approx(
            (slow.clipping, slow.rounding), rel=1e-5
        )

    def test_with_pact_by_autograd(self, alpha, bits):
        clip = torch.tensor(alpha, dtype=torch.float64, requires_grad=True)
        (pact_quantize(self.x(), clip, bits) - self.x()).square().mean().backward()
        slow = quantizer.measure(self.x().numpy(), alpha, bits, "pact")
        assert clip.grad.item() == pytest.approx(slow.gradient_pact, rel=1e-6, abs=1e-9)

    def test_with_lsq_by_autograd(self, alpha, bits):
        high = 2**bits - 1
        step = torch.tensor(alpha / high, dtype=torch.float64, requires_grad=True)
        (lsq_quantize(self.x(), step, bits) - self.x()).square().mean().backward()
        damping = (self.x().numel() * high) ** -0.5
        slow = quantizer.measure(self.x().numpy(), alpha, bits, "pact")
        on_alpha = step.grad.item() / damping / high
        assert on_alpha == pytest.approx(slow.gradient_lsq, rel=1e-6, abs=1e-9)

    @pytest.mark.parametrize(("scheme", "missing"), [("signed", 1), ("sawb", 0)])
    def test_with_symmetric_spacing(self, alpha, bits, scheme, missing):
        slow = quantizer.measure(self.x().numpy(), alpha, bits, scheme).total
        assert total_error(self.x().numpy(), alpha, bits, scheme) == pytest.approx(slow, rel=1e-6)
        if 2**bits - missing > 1:
            spacing = symmetric_spacing(torch.tensor(alpha, dtype=torch.float64), 2**bits - missing)
            fast = (spacing.values(self.x()) - self.x()).square().mean().item()
            assert fast == pytest.approx(slow, rel=1e-6)
