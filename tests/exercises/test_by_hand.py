"""The usual wrong answers to *PACT by hand*, each told what is wrong with it."""

import pytest
import torch

from fewbits.exercises import by_hand as check
from fewbits.ops import round_ste

x = torch.tensor([-1.0, 0.2, 1.4, 1.5, 1.6, 4.0])
g = torch.tensor([0.5, -1.0, 2.0, 1.0, -3.0, 0.5])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (None, "Not answered yet"),
        (g[x >= 1.5].sum(), "Right"),
        (-1.5, "Right"),
        (g[x > 1.5].sum(), "the value that equals alpha"),
        ((x >= 1.5).sum(), "how many values"),
        (g[(x > 0) & (x < 1.5)].sum(), "goes back to the values inside"),
        (g.sum(), "adds up all of g"),
        ("three", "expected one number"),
    ],
)
def test_gradient_on_alpha(answer, told):
    verdict = check.gradient_on_alpha(answer)
    assert told in verdict.message
    assert bool(verdict) == (told == "Right")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, a: ..., "Not answered yet"),
        (lambda x, a: ((x + a).abs() - (x - a).abs()) / 2, "Right"),
        (lambda x, a: (x.abs() - (x - a).abs() + a) / 2, "PACT's own clip"),
        (lambda x, a: (x + a).abs() - (x - a).abs(), "twice too large"),
        (lambda x, a: ((x - a).abs() - (x + a).abs()) / 2, "upside down"),
        (lambda x, a: ((x + 1).abs() - (x - 1).abs()) / 2, "alpha stand in both"),
        (lambda x, a: x, "it gives"),
    ],
)
def test_symmetric_clip(answer, told):
    verdict = check.symmetric_clip(answer)
    assert told in verdict.message
    assert bool(verdict) == (told == "Right")


def beyond(x, alpha):
    return (alpha - x[x >= alpha]).sum()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, a, p: ..., "Not answered yet"),
        (lambda x, a, p: 2 * beyond(x, a) / x.numel() + 2 * p * a, "Right"),
        (lambda x, a, p: 2 * beyond(x, a) / x.numel(), "the penalty is missing"),
        (lambda x, a, p: 2 * beyond(x, a) / x.numel() + p * a, "2 alpha, not alpha"),
        (lambda x, a, p: 2 * beyond(x, a) + 2 * p * a, "takes its mean"),
        (lambda x, a, p: beyond(x, a) + 2 * p * a, "the mean is over all"),
        (lambda x, a, p: -2 * beyond(x, a) / x.numel() + 2 * p * a, "sign"),
        (lambda x, a, p: beyond(x, a) / x.numel() + 2 * p * a, "a factor of 2"),
        (lambda x, a, p: 7.0, "autograd finds"),
    ],
)
def test_pull_on_alpha(answer, told):
    verdict = check.pull_on_alpha(answer)
    assert told in verdict.message
    assert bool(verdict) == (told == "Right")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        ([1.0, 1.0, 0.99], "Right"),
        ([9.0, 9.0, 9.0], "where alpha ended"),
        ([-1.0, -1.0, -1.0], "start minus end"),
        ([1.0, 1.0], "three numbers"),
        ([0.001, 0.01, 0.1], "should have moved"),
    ],
)
def test_first_steps(answer, told):
    verdict = check.first_steps(answer)
    assert told in verdict.message
    assert bool(verdict) == (told == "Right")


def staircase(x, alpha, bits, rounded, outer=None):
    steps = 2**bits - 1
    scale = (alpha if outer is None else outer) / steps
    return rounded(torch.minimum(x.relu(), alpha) / scale) * scale


ONE = torch.tensor(1.0)


class Careless(torch.autograd.Function):
    """The right slopes, without the gradient that comes in."""

    @staticmethod
    def forward(ctx, x, alpha, bits):
        ctx.save_for_backward(x, alpha)
        ctx.bits = bits
        return staircase(x, alpha, bits, torch.round)

    @staticmethod
    def backward(ctx, grad):
        x, alpha = ctx.saved_tensors
        with torch.enable_grad():
            alpha = alpha.detach().requires_grad_()
            y = staircase(x, alpha, ctx.bits, round_ste).sum()
        return grad * 0, torch.autograd.grad(y, alpha)[0], None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, a, b: ..., "Not answered yet"),
        (lambda x, a, b: staircase(x, a, b, round_ste), "Right"),
        (lambda x, a, b: staircase(x, a, b, round_ste, a.detach()), "this is PACT's gradient"),
        (lambda x, a, b: torch.minimum(x.relu(), a), "clipped but not rounded"),
        (lambda x, a, b: staircase(x.detach(), a.detach(), b, torch.round), "no gradient leaves"),
        (lambda x, a, b: staircase(x, a.item() * ONE, b, round_ste), "no gradient reaches alpha"),
        (lambda x, a, b: Careless.apply(x, a, b), "the gradient that comes in"),
        (lambda x, a, b: staircase(x.detach(), a, b, round_ste), "alpha is right; x must get 1"),
        (lambda x, a, b: x * a, "the forward is not PACT's"),
        (lambda x, a, b: staircase(x, a, b, torch.round), "the gradient on alpha is"),
        (..., "Not answered yet"),
    ],
)
def test_listening_pact(answer, told):
    verdict = check.listening_pact(answer)
    assert told in verdict.message
    assert bool(verdict) == (told == "Right")
