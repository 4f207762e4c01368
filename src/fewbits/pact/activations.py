"""Activation quantisers with a learned range: PACT (a clip) and LSQ (a step)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.ops import check_bits, check_clip


class _PACT(torch.autograd.Function):
    """Clip to [0, alpha], round to ``steps`` steps; gradients by the straight-through estimator."""

    @staticmethod
    def forward(ctx, x, alpha, steps):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x)
        ctx.alpha = alpha.item()
        return x.clamp(0, ctx.alpha).mul_(steps / ctx.alpha).round_().mul_(ctx.alpha / steps)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        (x,) = ctx.saved_tensors
        # hardtanh_backward keeps the gradient strictly between two bounds, in one pass.
        inside = torch.ops.aten.hardtanh_backward(grad, x, 0.0, ctx.alpha)
        alpha = torch.tensor(ctx.alpha, dtype=x.dtype)
        # threshold_backward keeps the gradient strictly above a bound; alpha itself counts too.
        below_alpha = torch.nextafter(alpha, torch.zeros_like(alpha)).item()
        at_or_beyond = torch.ops.aten.threshold_backward(grad, x, below_alpha)
        return inside, at_or_beyond.sum(), None


class _LSQ(torch.autograd.Function):
    """Round to whole steps between ``low`` and ``high``; the step learns from every element."""

    @staticmethod
    def forward(ctx, x, step, low, high):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x, step)
        ctx.range = (low, high)
        return x.mul(1 / step).round_().clamp_(low, high).mul_(step)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        x, step = ctx.saved_tensors
        low, high = ctx.range
        scaled = x / step
        per_element = torch.where(
            scaled <= low, low, torch.where(scaled >= high, high, torch.round(scaled) - scaled)
        )
        # LSQ section 2.2: damp the step's gradient, it is a sum over every element.
        damping = (x.numel() * max(high, 1)) ** -0.5
        inside = torch.where((scaled > low) & (scaled < high), grad, 0.0)
        return inside, (grad * per_element).sum() * damping, None, None


def pact_quantize(
    x: Float[Tensor, "*shape"], alpha: Float[Tensor, ""] | float, bits: int
) -> Float[Tensor, "*shape"]:
    """Clip ``x`` to [0, alpha], round to ``2**bits`` levels (PACT, arXiv 1805.06085, eq. 1-3).

    Gradients: with respect to ``x`` 1 inside (0, alpha) and 0 outside; with respect to
    ``alpha`` 1 for each element at or beyond alpha, 0 for the others, summed.

    Raises:
        UsageError: ``bits`` is not a whole number from 1 to 8, or ``alpha`` not above 0.
    """
    alpha = torch.as_tensor(alpha)
    check_clip(alpha.item())
    return _PACT.apply(x, alpha, 2 ** check_bits(bits) - 1)


def lsq_range(bits: int, signed: bool) -> tuple[int, int]:
    """Lowest and highest code of an LSQ quantiser: (-Q_N, Q_P) in the paper's words (section 2)."""
    if signed:
        return -(2 ** (check_bits(bits) - 1)), 2 ** (bits - 1) - 1
    return 0, 2 ** check_bits(bits) - 1


def lsq_quantize(
    x: Float[Tensor, "*shape"], step: Float[Tensor, ""] | float, bits: int, signed: bool = False
) -> Float[Tensor, "*shape"]:
    """Round ``x`` to whole multiples of a learned ``step`` (LSQ, arXiv 1902.08153, eq. 1-3).

    Gradient with respect to ``step``: round(x/step) - x/step in range, the end code outside,
    summed and divided by sqrt(elements * highest code) (section 2.2).

    Raises:
        UsageError: ``bits`` is not a whole number from 1 to 8, or ``step`` not above 0.
    """
    step = torch.as_tensor(step)
    check_clip(step.item(), "step")
    return _LSQ.apply(x, step, *lsq_range(bits, signed))


class PACT(nn.Module):
    """The activation that replaces a ReLU: a clip that is learned, then a few levels.

    Args:
        bits: 1 to 8.
        alpha: where the clip starts, above 0.
    """

    def __init__(self, bits: int, alpha: float) -> None:
        super().__init__()
        self.bits = check_bits(bits)
        self.alpha = nn.Parameter(torch.tensor(float(alpha)))
        check_clip(self.alpha.item())  # as 32 bits hold it: a huge number has become infinite

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Quantise activations of any shape."""
        return pact_quantize(x, self.alpha, self.bits)

    def extra_repr(self) -> str:
        """Show bits and the current clip in the network's printout."""
        return f"bits={self.bits}, alpha={self.alpha.item():.3g}"


class LSQ(PACT):
    """The same levels with LSQ's gradient: values inside the range speak too (arXiv 1902.08153).

    What is learned is still alpha; the step is alpha / (2**bits - 1). The paper learns the step
    and starts it at 2 E|x| / sqrt(2**bits - 1); here the caller says where alpha starts, so that
    PACT and LSQ can start from the same place and differ in nothing but the gradient.
    """

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Quantise activations of any shape."""
        check_clip(self.alpha.item())  # what training pushed below 0 is alpha, not the step
        return lsq_quantize(x, self.alpha / (2**self.bits - 1), self.bits)


NAMES = ("pact", "lsq")


def make_activation(name: str, bits: int, alpha: float) -> PACT:
    """Build the activation called ``name`` with its clip at ``alpha``.

    Raises:
        UsageError: no activation has that name, or ``bits`` or ``alpha`` is out of range.
    """
    match name:
        case "pact":
            return PACT(bits, alpha)
        case "lsq":
            return LSQ(bits, alpha)
    raise UsageError(f"unknown activation quantiser {name!r}: expected one of {', '.join(NAMES)}")
