"""PACT and LSQ on activations: the papers' formulas, laws, autograd and PyTorch as oracles."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import pact as slow
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.pact.activations import (
    LSQ,
    PACT,
    lsq_quantize,
    lsq_range,
    make_activation,
    pact_quantize,
)

numbers = st.floats(-20, 20, allow_nan=False)
many_numbers = st.lists(numbers, min_size=1, max_size=12)
alphas = st.floats(0.01, 15)
all_bits = st.integers(1, 8)


def doubles(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def without_ties(xs: list[float], step: float) -> list[float]:
    """Those numbers that two ways of computing round to the same level."""
    kept = [x for x in xs if slow.tie_distance(x / step) > 1e-6]
    assume(kept)
    return kept


def without_ends(xs: list[float], alpha: float) -> list[float]:
    """Those numbers where clipping has one slope."""
    kept = [x for x in xs if min(abs(x), abs(x - alpha)) > 1e-6]
    assume(kept)
    return kept


def test_three_numbers_by_hand() -> None:
    x = torch.tensor([-0.5, 0.8, 3.0], requires_grad=True)
    alpha = torch.tensor(2.0, requires_grad=True)
    y = pact_quantize(x, alpha, bits=2)
    torch.testing.assert_close(y, torch.tensor([0.0, 2 / 3, 2.0]))
    y.backward(torch.tensor([10.0, 20.0, 40.0]))
    assert x.grad.tolist() == [0, 20, 0]
    assert alpha.grad.item() == 40


@given(many_numbers, alphas, all_bits)
def test_pact_is_the_papers(xs: list[float], alpha: float, bits: int) -> None:
    xs = without_ties(xs, alpha / (2**bits - 1))
    y = pact_quantize(doubles(xs), doubles(alpha), bits)
    expected = torch.tensor([slow.pact(x, alpha, bits) for x in xs], dtype=torch.float64)
    torch.testing.assert_close(y, expected, rtol=1e-9, atol=1e-9)


@given(st.data(), many_numbers, alphas, all_bits)
def test_pact_gradients_are_the_papers(
    data: st.DataObject, xs: list[float], alpha: float, bits: int
) -> None:
    xs = [*xs, 0.0, alpha, math.nextafter(alpha, 0), math.nextafter(0, 1)]
    upstream = data.draw(st.lists(numbers, min_size=len(xs), max_size=len(xs)))
    x, a = doubles(xs), doubles(alpha)
    pact_quantize(x, a, bits).backward(torch.tensor(upstream, dtype=torch.float64))
    to_x, to_alpha = slow.pact_gradients(xs, alpha, upstream)
    assert x.grad.tolist() == to_x
    assert a.grad.item() == pytest.approx(to_alpha, rel=1e-9, abs=1e-9)


def test_exactly_at_both_ends() -> None:
    x = torch.tensor([0.0, -0.0, 1.5, math.inf, -math.inf], requires_grad=True)
    alpha = torch.tensor(1.5, requires_grad=True)
    y = pact_quantize(x, alpha, 4)
    assert y.tolist() == [0, 0, 1.5, 1.5, 0]
    y.backward(torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0]))
    assert x.grad.tolist() == [0, 0, 0, 0, 0]
    assert alpha.grad.item() == 12, "alpha itself and everything beyond"


@given(many_numbers, alphas)
def test_the_papers_form_and_its_autograd(xs: list[float], alpha: float) -> None:
    """Without rounding, (|x| - |x - a| + a) / 2 has the very gradients that PACT uses."""
    xs = without_ends(xs, alpha)
    x, a = doubles(xs), doubles(alpha)
    clipped = (x.abs() - (x - a).abs() + a) / 2
    torch.testing.assert_close(clipped, x.clamp(0, alpha), rtol=1e-9, atol=1e-9)
    by_autograd = torch.autograd.grad(clipped.sum(), (x, a))
    ours = torch.autograd.grad(pact_quantize(x, a, 3).sum(), (x, a))
    for expected, found in zip(by_autograd, ours, strict=True):
        torch.testing.assert_close(found, expected)


@given(many_numbers, alphas, all_bits)
def test_laws_of_pact(xs: list[float], alpha: float, bits: int) -> None:
    x = torch.tensor(sorted(xs), dtype=torch.float64)
    y = pact_quantize(x, doubles(alpha), bits)
    step = alpha / (2**bits - 1)
    assert len(y.unique()) <= 2**bits
    assert bool((y.diff() >= 0).all()), "monotone"
    torch.testing.assert_close(pact_quantize(y, doubles(alpha), bits), y, rtol=0, atol=1e-12)
    inside = (x >= 0) & (x <= alpha)
    assert bool(((y - x).abs()[inside] <= step * (0.5 + 1e-9)).all())
    assert y.min() >= 0 and y.max() <= alpha * (1 + 1e-12)
    assert torch.equal(pact_quantize(4 * x, doubles(4 * alpha), bits), 4 * y), "scale"


@pytest.mark.parametrize("bits", range(1, 9))
def test_forward_agrees_with_pytorch(bits: int) -> None:
    x = torch.linspace(-1, 2.5, 3000)
    step = 1.7 / (2**bits - 1)
    expected = torch.fake_quantize_per_tensor_affine(x, step, 0, 0, 2**bits - 1)
    found = pact_quantize(x, 1.7, bits)
    torch.testing.assert_close(found, expected)
    assert len(found.unique()) == 2**bits


@given(many_numbers, alphas, all_bits, st.booleans())
def test_lsq_is_the_papers(xs: list[float], step: float, bits: int, signed: bool) -> None:
    low, high = lsq_range(bits, signed)
    assert (low, high) == (
        (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    )
    assume(high > 0)
    xs = without_ties(xs, step)
    v, s = doubles(xs), doubles(step)
    y = lsq_quantize(v, s, bits, signed)
    expected = [slow.lsq(x, step, -low, high) for x in xs]
    torch.testing.assert_close(y, torch.tensor(expected, dtype=torch.float64))
    upstream = [math.cos(i) for i in range(len(xs))]
    y.backward(torch.tensor(upstream, dtype=torch.float64))
    to_v, to_s = slow.lsq_gradients(xs, step, -low, high, upstream)
    assert v.grad.tolist() == to_v
    assert s.grad.item() == pytest.approx(to_s, rel=1e-6, abs=1e-9)


def test_lsq_by_hand() -> None:
    # Step 0.5, codes -2..1: -3 lies below, 2 above; 0.3 is 0.6 steps, 1 is 0.4 steps too many.
    v = torch.tensor([-3.0, 0.3, 2.0], requires_grad=True)
    s = torch.tensor(0.5, requires_grad=True)
    y = lsq_quantize(v, s, bits=2, signed=True)
    assert y.tolist() == [-1.0, 0.5, 0.5]
    y.sum().backward()
    assert v.grad.tolist() == [0, 1, 0]
    assert s.grad.item() == pytest.approx((-2 + 0.4 + 1) / math.sqrt(3 * 1))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_lsq_agrees_with_pytorch(bits: int, signed: bool) -> None:
    low, high = lsq_range(bits, signed)
    places = torch.randn(500, generator=torch.Generator().manual_seed(bits)) * high
    # Within half a step beyond the ends PyTorch goes by the rounded code, LSQ by the value itself.
    edge = ((places >= high) & (places < high + 0.5)) | ((places <= low) & (places > low - 0.5))
    start = places[~edge] * (1.9 / high)
    upstream = torch.randn(len(start), generator=torch.Generator().manual_seed(99))
    found, expected = [], []
    for into in (found, expected):
        v = start.clone().requires_grad_()
        s = torch.tensor([1.9 / high], requires_grad=True)
        if into is found:
            y = lsq_quantize(v, s[0], bits, signed)
        else:
            y = torch._fake_quantize_learnable_per_tensor_affine(
                v, s, torch.zeros(1), low, high, (len(start) * high) ** -0.5
            )
        y.backward(upstream)
        into += [y.detach(), v.grad, s.grad]
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours.squeeze(), theirs.squeeze(), rtol=1e-4, atol=1e-5)
    assert 0 < int((found[1] == 0).sum()) < len(start), "some are clipped, some are not"


@given(many_numbers, alphas, all_bits)
def test_pact_is_lsq_without_the_in_range_term(xs: list[float], alpha: float, bits: int) -> None:
    steps = 2**bits - 1
    step = alpha / steps
    xs = without_ends(without_ties(xs, step), alpha)
    x1, a, x2, s = doubles(xs), doubles(alpha), doubles(xs), doubles(step)
    y1, y2 = pact_quantize(x1, a, bits), lsq_quantize(x2, s, bits)
    torch.testing.assert_close(y1, y2, rtol=1e-9, atol=1e-9)
    y1.sum().backward()
    y2.sum().backward()
    assert torch.equal(x1.grad, x2.grad)
    undamped = s.grad.item() * (len(xs) * steps) ** 0.5
    in_range = sum(round(x / step) - x / step for x in xs if 0 < x < alpha)
    # d step / d alpha is 1 / steps.
    assert a.grad.item() == pytest.approx((undamped - in_range) / steps, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("bits", [-1, 0, 9])
def test_bits_out_of_range(bits: int) -> None:
    for quantize in (pact_quantize, lsq_quantize):
        with pytest.raises(UsageError, match=f"bits must be from 1 to 8, got {bits}"):
            quantize(torch.ones(1), 1.0, bits)
    with pytest.raises(UsageError, match=f"bits must be from 1 to 8, got {bits}"):
        PACT(bits, 1.0)


@pytest.mark.parametrize("alpha", [0.0, -0.5, math.nan])
def test_a_range_without_values(alpha: float) -> None:
    x = torch.ones(1)
    with pytest.raises(UsageError, match="alpha must be a finite number above 0"):
        pact_quantize(x, alpha, 4)
    with pytest.raises(UsageError, match="alpha must be a finite number above 0"):
        PACT(4, alpha)
    with pytest.raises(UsageError, match="step must be a finite number above 0"):
        lsq_quantize(x, alpha, 4)


def test_the_module_learns_its_alpha_and_touches_nothing_else() -> None:
    layer = PACT(bits=2, alpha=1.0)
    x = torch.tensor([[0.4, 5.0]])
    before = x.clone()
    y = layer(x)
    torch.testing.assert_close(y, torch.tensor([[1 / 3, 1.0]]))
    y.sum().backward()
    assert layer.alpha.grad.item() == 1
    assert torch.equal(x, before)
    assert str(layer) == "PACT(bits=2, alpha=1)"
    assert [name for name, _ in layer.named_parameters()] == ["alpha"]


def test_lsq_as_a_layer_by_hand() -> None:
    # Two bits, alpha 3: the levels 0, 1, 2, 3. -1 says nothing; 0.4 is 0.4 steps above its level,
    # 1.8 is 0.2 below; 5 lies beyond and says 3. One step is alpha / 3.
    layer = LSQ(bits=2, alpha=3.0)
    x = torch.tensor([-1.0, 0.4, 1.8, 5.0], requires_grad=True)
    y = layer(x)
    assert y.tolist() == [0, 0, 2, 3]
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]
    to_step = (-0.4 + 0.2 + 3) / math.sqrt(4 * 3)
    assert layer.alpha.grad.item() == pytest.approx(to_step / 3)
    assert str(layer) == "LSQ(bits=2, alpha=3)"
    assert isinstance(layer, PACT)


@given(many_numbers, alphas, all_bits)
def test_lsq_has_pacts_levels_and_its_own_gradient(
    xs: list[float], alpha: float, bits: int
) -> None:
    steps = 2**bits - 1
    pact, lsq = (kind(bits, alpha).double() for kind in (PACT, LSQ))
    exact = lsq.alpha.item()
    xs = without_ends(without_ties(xs, exact / steps), exact)
    x = torch.tensor(xs, dtype=torch.float64)
    torch.testing.assert_close(lsq(x), pact(x), rtol=1e-9, atol=1e-9)
    upstream = [math.sin(3 * i + 1) for i in range(len(xs))]
    lsq(x).backward(torch.tensor(upstream, dtype=torch.float64))
    _, to_step = slow.lsq_gradients(xs, exact / steps, 0, steps, upstream)
    assert lsq.alpha.grad.item() == pytest.approx(to_step / steps, rel=1e-6, abs=1e-9)


def test_a_clip_that_nothing_reaches_still_learns_with_lsq() -> None:
    x = torch.rand(200, generator=torch.Generator().manual_seed(0))
    gradients = {}
    for kind in (PACT, LSQ):
        layer = kind(2, 10.0)
        (layer(x) - x).square().mean().backward()
        gradients[kind] = layer.alpha.grad.item()
    assert gradients[PACT] == 0 and gradients[LSQ] > 0, "stuck, and pulled in"


def test_adam_does_not_push_lsq_below_0() -> None:
    """A fine-tuning's rate, an alpha of about 1, a noisy gradient: it settles where it fits."""
    generator = torch.Generator().manual_seed(0)
    layer = LSQ(2, 1.0)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=2e-3, weight_decay=0)
    for _ in range(800):
        x = torch.randn(64, generator=generator) * 0.1
        optimizer.zero_grad()
        (layer(x) - x.relu()).square().mean().backward()
        optimizer.step()
    assert 0.1 < layer.alpha.item() < 0.3


def test_lsq_pushed_below_0_says_what_left_its_range() -> None:
    layer = LSQ(4, 1.0)
    with torch.no_grad():
        layer.alpha.fill_(-0.25)
    with pytest.raises(UsageError, match="alpha must be a finite number above 0, got -0.25"):
        layer(torch.ones(2))


def test_activations_by_their_names() -> None:
    made = [make_activation(name, 4, 1.5) for name in ("pact", "lsq")]
    assert [type(layer) for layer in made] == [PACT, LSQ]
    assert [(layer.bits, layer.alpha.item()) for layer in made] == [(4, 1.5)] * 2
    with pytest.raises(UsageError, match="unknown activation quantiser 'LSQ': expected one of pac"):
        make_activation("LSQ", 4, 1.5)


def test_nan_stays_nan() -> None:
    assert pact_quantize(torch.tensor([math.nan]), 1.0, 4).isnan().all()
