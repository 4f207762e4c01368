"""Weight quantisers: DoReFa, SAWB and LSQ. Each turns real weights into whole-number codes."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.ops import check_bits
from fewbits.pact.activations import lsq_quantize, lsq_range

# SAWB, arXiv 1807.06964: clip = c1 sqrt(E[w^2]) + c2 E|w|, fitted for these widths.
# One bit needs no fit: E|w| is the best scale for two levels (arXiv 1603.05279, eq. 6).
SAWB_COEFFICIENTS = {1: (0.0, 1.0), 2: (3.12, -2.064), 3: (7.509, -6.892), 4: (12.68, -12.80)}


@dataclass(frozen=True)
class Grid:
    """Weights as codes on an evenly spaced grid: value = step * (code - zero).

    Attributes:
        codes: whole numbers from 0 to ``levels - 1``, in the weights' shape.
        step: distance between neighbouring levels.
        zero: the code of the value 0; a half when 0 lies between two levels.
        levels: how many values the grid has.
    """

    codes: Int[Tensor, "*shape"]
    step: Float[Tensor, ""]
    zero: float
    levels: int

    def values(self) -> Float[Tensor, "*shape"]:
        """The quantised weights as real numbers."""
        return self.step * (self.codes - self.zero)

    def integers(self) -> tuple[Int[Tensor, "*shape"], Float[Tensor, ""]]:
        """Signed whole numbers and the scale that turns them into the weights.

        A grid without a zero has its 0 half-way between two codes; doubled, all codes are whole.
        """
        if self.zero % 1:
            return 2 * self.codes - round(2 * self.zero), self.step / 2
        return self.codes - round(self.zero), self.step


class _StraightThrough(torch.autograd.Function):
    """Go forward with ``quantized``, back as if it had been ``weights``."""

    @staticmethod
    def forward(ctx, weights, quantized):  # type: ignore[no-untyped-def]
        return quantized

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        return grad, None


@dataclass(frozen=True)
class Spacing:
    """An evenly spaced grid around 0, before any weight is put on it."""

    step: Float[Tensor, ""]
    levels: int

    @property
    def zero(self) -> float:
        """The code of the value 0, a half when 0 lies between two levels."""
        return (self.levels - 1) / 2

    def codes(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The nearest code of each weight, still as floating-point numbers."""
        return (weights / self.step).add_(self.zero).round_().clamp_(0, self.levels - 1)

    def values(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The nearest value of each weight: what ``Grid.values`` gives, without the integers."""
        return self.codes(weights).sub_(self.zero).mul_(self.step)

    def grid(self, weights: Float[Tensor, "*shape"]) -> Grid:
        """The weights as whole-number codes."""
        return Grid(self.codes(weights).to(torch.int64), self.step, self.zero, self.levels)


def symmetric_spacing(clip: Float[Tensor, ""], levels: int) -> Spacing:
    """``levels`` evenly spaced values from -clip to clip."""
    return Spacing(2 * clip / (levels - 1), levels)


def largest_magnitude(weights: Float[Tensor, "*shape"]) -> Float[Tensor, ""]:
    """The largest |w|, kept above 0 so that a layer of zeros still has a grid."""
    return weights.abs().max().clamp_min(torch.finfo(weights.dtype).tiny)


def sawb_clip(weights: Float[Tensor, "*shape"], bits: int) -> Float[Tensor, ""]:
    """SAWB's clip for ``bits`` bits (arXiv 1807.06964, section 3.2); max |w| above 4 bits.

    Falls back to max |w| where the fitted formula is not above 0 (weights of nearly one size).
    """
    largest = largest_magnitude(weights)
    if bits not in SAWB_COEFFICIENTS:
        return largest
    c1, c2 = SAWB_COEFFICIENTS[bits]
    clip = c1 * weights.square().mean().sqrt() + c2 * weights.abs().mean()
    return torch.where(clip > 0, clip, largest)


class SAWB(nn.Module):
    """Statistics-aware weight binning: the clip follows from two moments of the weights.

    Up to 4 bits ``2**bits`` levels, none of them 0; above, where the paper fits no clip,
    ``2**bits - 1`` levels from -max|w| to max|w|, one of them 0.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = check_bits(bits)

    def spacing(self, weights: Float[Tensor, "*shape"]) -> Spacing:
        """The grid that these weights ask for."""
        levels = 2**self.bits if self.bits in SAWB_COEFFICIENTS else 2**self.bits - 1
        return symmetric_spacing(sawb_clip(weights.detach(), self.bits), levels)

    def grid(self, weights: Float[Tensor, "*shape"]) -> Grid:
        """Codes for these weights."""
        return self.spacing(weights).grid(weights.detach())

    def forward(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Quantised weights; the gradient passes straight through."""
        return _StraightThrough.apply(weights, self.spacing(weights).values(weights.detach()))


class DoReFa(nn.Module):
    """DoReFa's weights: squeezed by tanh, then ``2**bits`` levels (arXiv 1606.06160, eq. 9).

    The paper's levels span [-1, 1] whatever the weights were. Here they are scaled by
    max|w|, so that a layer without batch norm behind it keeps its size.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = check_bits(bits)

    def squeeze(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The weights bent by tanh, their largest magnitude kept."""
        largest = largest_magnitude(weights.detach())
        return torch.tanh(weights) * (largest / torch.tanh(largest))

    def spacing(self, weights: Float[Tensor, "*shape"]) -> Spacing:
        """The grid that these weights ask for."""
        return symmetric_spacing(largest_magnitude(weights.detach()), 2**self.bits)

    def grid(self, weights: Float[Tensor, "*shape"]) -> Grid:
        """Codes for these weights."""
        return self.spacing(weights).grid(self.squeeze(weights.detach()))

    def forward(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Quantised weights; the gradient passes through the rounding and is bent by tanh."""
        squeezed = self.squeeze(weights)
        return _StraightThrough.apply(squeezed, self.spacing(weights).values(squeezed.detach()))


class LSQWeights(nn.Module):
    """LSQ's weights: signed whole multiples of one learned step a layer (arXiv 1902.08153).

    What is learned is the step's logarithm. Adam moves every parameter by about the learning rate,
    and that is more than a whole step of an 8-bit layer: learned itself, it would cross 0.
    """

    def __init__(self, bits: int, weights: Float[Tensor, "*shape"]) -> None:
        super().__init__()
        self.bits = check_bits(bits)
        if bits < 2:
            raise UsageError(
                "LSQ weights need at least 2 bits: with 1 bit the signed codes are -1 and 0, "
                "so no weight could be positive. Use SAWB or DoReFa for 1 bit."
            )
        # LSQ section 2.1: the step starts at 2 E|w| / sqrt(Q_P).
        start = 2 * weights.detach().abs().mean() / (2 ** (bits - 1) - 1) ** 0.5
        self.log_step = nn.Parameter(start.clamp_min(torch.finfo(weights.dtype).tiny).log())

    @property
    def step(self) -> Float[Tensor, ""]:
        """Distance between neighbouring levels, always above 0."""
        return self.log_step.exp()

    def grid(self, weights: Float[Tensor, "*shape"]) -> Grid:
        """Codes for these weights."""
        low, high = lsq_range(self.bits, signed=True)
        step = self.step.detach()
        # As the fused kernel does it: multiply by the reciprocal, then round.
        codes = torch.round(weights.detach() * (1 / step)).clamp(low, high).to(torch.int64)
        return Grid(codes - low, step, float(-low), high - low + 1)

    def forward(self, weights: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Quantised weights, with LSQ's gradient on the step."""
        return lsq_quantize(weights, self.step, self.bits, signed=True)


WeightQuantizer = SAWB | DoReFa | LSQWeights
NAMES = ("sawb", "dorefa", "lsq")


def make_quantizer(name: str, bits: int, weights: Float[Tensor, "*shape"]) -> WeightQuantizer:
    """Build the weight quantiser called ``name`` for a layer with these weights.

    Raises:
        UsageError: no quantiser has that name.
    """
    match name:
        case "sawb":
            return SAWB(bits)
        case "dorefa":
            return DoReFa(bits)
        case "lsq":
            return LSQWeights(bits, weights)
    raise UsageError(f"unknown weight quantiser {name!r}: expected one of {', '.join(NAMES)}")
