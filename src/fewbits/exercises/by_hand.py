"""Checks for the exercises of *PACT by hand*."""

from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import (
    Verdict,
    as_tensor,
    close,
    is_open,
    right,
    shown,
    unanswered,
    wrong,
)
from fewbits.pact.activations import lsq_quantize, pact_quantize

VALUES = torch.tensor([-2.0, -1.0, -0.3, 0.0, 0.4, 1.0, 1.5, 3.0])


def gradient_on_alpha(answer: object) -> Verdict:
    """Exercise 1: the gradient that reaches alpha = 1.5."""
    if is_open(answer):
        return unanswered("write one number, made of entries of g.")
    if close(answer, -1.5):
        return right("1.5 itself counts, so three values speak: 1.0 - 3.0 + 0.5 = -1.5.")
    if close(answer, -2.5):
        return wrong("you left out the value that equals alpha; the gradient is 1 for x >= alpha.")
    if close(answer, 3.0):
        return wrong("3 is how many values reach alpha; each brings its own gradient g with it.")
    if close(answer, 1.0):
        return wrong("1.0 is what goes back to the values inside; alpha hears those beyond it.")
    if close(answer, 0.0):
        return wrong("0.0 adds up all of g; only values at or beyond alpha reach it.")
    return wrong(f"expected one number near -1.5 made of entries of g, got {shown(answer)}.")


def symmetric_clip(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 2: a clip to [-alpha, alpha] made of absolute values."""
    alpha = torch.tensor(1.0)
    found = answer(VALUES, alpha)
    if is_open(found):
        return unanswered("one kink at -alpha, one at +alpha.")
    if close(found, VALUES.clamp(-1, 1)):
        if not close(answer(VALUES, alpha * 2), VALUES.clamp(-2, 2)):
            return wrong("right for alpha = 1 only: does alpha stand in both terms?")
        return right("two kinks, one at each end, and no branch.")
    if close(found, VALUES.clamp(0, 1)):
        return wrong("this is PACT's own clip, from 0 to alpha; the lower kink belongs at -alpha.")
    if close(found, 2 * VALUES.clamp(-1, 1)):
        return wrong("twice too large: each absolute value changes the slope by 2.")
    if close(found, -VALUES.clamp(-1, 1)):
        return wrong("upside down: swap the two absolute values.")
    return wrong(f"at x = {VALUES.tolist()} and alpha = 1 it gives {_show(found)}.")


def pull_on_alpha(answer: Callable[[Tensor, float, float], Tensor]) -> Verdict:
    """Exercise 3: the gradient of mean squared error plus penalty, on alpha."""
    found = answer(VALUES, 1.2, 0.1)
    if is_open(found):
        return unanswered("the sum over the values beyond alpha, plus the penalty's slope.")
    alpha = torch.tensor(1.2, requires_grad=True)
    loss = (pact_quantize(VALUES, alpha, 2) - VALUES).square().mean() + 0.1 * alpha**2
    loss.backward()
    assert alpha.grad is not None
    expected = alpha.grad.item()
    if close(found, expected):
        return right(
            "beyond alpha the output is alpha whatever the level count, so rounding cannot enter."
        )
    if close(found, expected - 0.24):
        return wrong("the pull of the clipped values is right; the penalty is missing.")
    if close(found, expected - 0.12):
        return wrong("the slope of alpha^2 is 2 alpha, not alpha.")
    clipped = expected - 0.24
    if close(found, clipped * len(VALUES) + 0.24):
        return wrong("you summed the squared error; the loss takes its mean over all values.")
    if close(found, clipped * len(VALUES) / 2 + 0.24):
        return wrong("you divided by the number of clipped values; the mean is over all of them.")
    if close(found, -clipped + 0.24):
        return wrong("sign: clipped values lie above alpha, so (alpha - x) is negative.")
    if close(found, clipped / 2 + 0.24):
        return wrong("the slope of a square has a factor of 2: (alpha - x) counts twice.")
    return wrong(f"autograd finds {expected:.4f} on a test case, your formula {_show(found)}.")


def first_steps(answer: object) -> Verdict:
    """Exercise 4: how far 20 steps of Adam move a stuck alpha, for three penalties."""
    if is_open(answer):
        return unanswered("run the three and subtract the last entry of each path from 10.")
    found = as_tensor(answer)
    if found is None or found.shape != (3,):
        return wrong("expected three numbers, the smallest penalty first.")
    if close(found, torch.ones(3), tolerance=0.05):
        return right(
            "all three moved by 1.0, twenty times the learning rate: Adam divides a lone gradient "
            "by its own size, so the penalty's weight cancels."
        )
    if close(found, torch.full((3,), 9.0), tolerance=0.05):
        return wrong("9.0 is where alpha ended; how far did it move from 10?")
    if close(found, -torch.ones(3), tolerance=0.05):
        return wrong("alpha went down: start minus end is a positive number.")
    return wrong(
        f"each should have moved by about 20 x 0.05, got {_show(found)}. 20 steps, lr 0.05?"
    )


def listening_pact(answer: object) -> Verdict:
    """Exercise 5: PACT's forward with LSQ's gradient, as a function of (x, alpha, bits)."""
    if is_open(answer) or not callable(answer):
        return unanswered("write forward and backward, then hand over the class's `apply`.")
    x, alpha = VALUES.clone().requires_grad_(), torch.tensor(1.2, requires_grad=True)
    found = answer(x, alpha, 2)
    if is_open(found):
        return unanswered("write what forward returns.")
    if not close(found, pact_quantize(VALUES, 1.2, 2)):
        if close(found, VALUES.clamp(0, 1.2)):
            return wrong("the values are clipped but not rounded.")
        return wrong(f"the forward is not PACT's: {_show(found)}.")
    if not found.requires_grad:
        return wrong("no gradient leaves it: torch.round and alpha.item() stop autograd.")
    # Weights for the outputs, so that a backward that forgets what comes in is found out.
    incoming = torch.linspace(0.5, 2.0, len(VALUES))
    slopes: tuple[Tensor | None, ...] = torch.autograd.grad(
        found, (x, alpha), incoming, allow_unused=True
    )
    for_x, for_alpha = slopes
    if for_alpha is None:
        return wrong("no gradient reaches alpha: clamp(0, alpha.item()) hides it from autograd.")
    expected_x, expected, pact = _gradients(incoming)
    if close(for_alpha, pact):
        return wrong("this is PACT's gradient on alpha: the values inside must speak as well.")
    if close(for_alpha, _gradients(torch.ones_like(incoming))[1]):
        return wrong("backward must multiply by the gradient that comes in, `grad`.")
    if not close(for_alpha, expected):
        return wrong(f"the gradient on alpha is {for_alpha:.4f}, LSQ's is {expected:.4f}.")
    if for_x is None or not close(for_x, expected_x):
        return wrong("alpha is right; x must get 1 inside the range and 0 outside, times `grad`.")
    return right("the same as LSQ for the step, divided by the number of steps.")


def _gradients(incoming: Tensor, bits: int = 2) -> tuple[Tensor, float, float]:
    """For these gradients on the outputs: x's, alpha's with LSQ's term, alpha's in PACT."""
    steps = 2**bits - 1
    x, alpha = VALUES.clone().requires_grad_(), torch.tensor(1.2, requires_grad=True)
    for_x, for_alpha = torch.autograd.grad(pact_quantize(x, alpha, bits), (x, alpha), incoming)
    step = torch.tensor(1.2 / steps, requires_grad=True)
    (for_step,) = torch.autograd.grad(lsq_quantize(VALUES, step, bits), step, incoming)
    damping = (VALUES.numel() * steps) ** 0.5
    return for_x, for_step.item() * damping / steps, for_alpha.item()


def _show(found: object) -> str:
    tensor = as_tensor(found)
    if tensor is None:
        return repr(found)
    numbers = [round(v, 4) for v in tensor.flatten().tolist()]
    return str(numbers[0] if len(numbers) == 1 else numbers)
