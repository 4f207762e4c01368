"""Pure tensor functions that all methods stand on: grids, rounding, packing, nearest codes."""

import math

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError

MIN_BITS, MAX_BITS = 1, 8


def check_bits(bits: object) -> int:
    """Return ``bits`` as an int, or say why it cannot be a bit width.

    Raises:
        UsageError: ``bits`` is not a whole number from 1 to 8.
    """
    if isinstance(bits, bool) or not isinstance(bits, int | float) or bits != bits or bits % 1:
        raise UsageError(f"bits must be a whole number from {MIN_BITS} to {MAX_BITS}, got {bits!r}")
    if not MIN_BITS <= bits <= MAX_BITS:
        raise UsageError(f"bits must be from {MIN_BITS} to {MAX_BITS}, got {bits:g}")
    return int(bits)


def check_clip(alpha: float, name: str = "alpha") -> float:
    """Return ``alpha`` if it can be the upper end of a range, or say why not.

    Raises:
        UsageError: ``alpha`` is not a finite number above 0.
    """
    if not math.isfinite(alpha) or alpha <= 0:
        remedy = (
            "a range from 0 to alpha has no values in it otherwise. "
            "Start it at a high percentile of the activations."
            if name == "alpha"
            else "all levels are the same otherwise."
        )
        raise UsageError(f"{name} must be a finite number above 0, got {alpha:g}: {remedy}")
    return alpha


class _RoundStraightThrough(torch.autograd.Function):
    """Round to the nearest whole number; on the way back pretend nothing happened."""

    @staticmethod
    def forward(ctx, x):  # type: ignore[no-untyped-def]
        return torch.round(x)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        return grad


def round_ste(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Round, with the straight-through estimator as gradient (Bengio et al., arXiv 1308.3432).

    Forward: the nearest whole number (ties to even). Backward: the identity.
    """
    return _RoundStraightThrough.apply(x)


def quantize(
    x: Float[Tensor, "*shape"], scale: float, zero_point: int, low: int, high: int
) -> Int[Tensor, "*shape"]:
    """Map real numbers to codes ``low..high``: round(x / scale) + zero_point, clamped.

    Raises:
        UsageError: ``scale`` is not above 0, ``low`` is not below ``high``, or ``x`` holds NaN.
    """
    check_clip(scale, "scale")
    if torch.isnan(x).any():
        raise UsageError("NaN has no nearest level: look where in x it comes from")
    if low >= high:
        raise UsageError(f"the lowest code must be below the highest, got low={low}, high={high}")
    return (torch.round(x / scale) + zero_point).clamp(low, high).to(torch.int64)


def dequantize(
    codes: Int[Tensor, "*shape"], scale: float, zero_point: int
) -> Float[Tensor, "*shape"]:
    """Map codes back to real numbers: scale * (code - zero_point)."""
    return scale * (codes - zero_point).to(torch.get_default_dtype())


def split_error(x: Float[Tensor, "*shape"], alpha: float, bits: int) -> tuple[float, float]:
    """Mean squared error of quantising ``x`` to ``2**bits`` levels on [0, alpha], in its two parts.

    Returns:
        (clipping, rounding): the error made outside [0, alpha] and the error made inside.
        They add up to the whole, because each number is either clipped or rounded.

    Raises:
        UsageError: ``alpha`` or ``bits`` out of range.
    """
    steps = 2 ** check_bits(bits) - 1
    scale = check_clip(alpha) / steps
    error = (dequantize(quantize(x, scale, 0, 0, steps), scale, 0) - x).square()
    outside = (x < 0) | (x > alpha)
    clipping = torch.where(outside, error, 0.0).mean()
    rounding = torch.where(outside, 0.0, error).mean()
    return clipping.item(), rounding.item()


def draw(x: Float[Tensor, "..."], count: int, seed: int = 0) -> Float[Tensor, " drawn"]:
    """``count`` of the numbers in ``x``, drawn at random with replacement; all, if that is fewer.

    Every n-th number would be less work and wrong: n can share a factor with the width of an image,
    and then whole columns of it are never seen.
    """
    numbers = x.flatten()
    if len(numbers) <= count:
        return numbers
    generator = torch.Generator().manual_seed(seed)
    places = torch.randint(len(numbers), (count,), generator=generator)
    return numbers[places.to(numbers.device)]


def pack(codes: Int[Tensor, " count"], bits: int) -> UInt8[Tensor, " packed"]:
    """Store codes of ``bits`` bits each back to back in bytes, the first code in the lowest bits.

    Args:
        codes: whole numbers in ``0..2**bits - 1``.

    Returns:
        ceil(count * bits / 8) bytes.

    Raises:
        UsageError: a code does not fit.
    """
    bits = check_bits(bits)
    if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < 2**bits:
        raise UsageError(
            f"codes of {bits} bits must lie in 0..{2**bits - 1}, "
            f"got {int(codes.min())}..{int(codes.max())}"
        )
    stream = (codes[:, None] >> torch.arange(bits, device=codes.device)) & 1
    stream = torch.nn.functional.pad(stream.flatten(), (0, -codes.numel() * bits % 8))
    return (
        (stream.reshape(stream.numel() // 8, 8) << torch.arange(8, device=codes.device))
        .sum(1)
        .to(torch.uint8)
    )


def unpack(packed: UInt8[Tensor, " packed"], bits: int, count: int) -> Int[Tensor, " count"]:
    """Undo :func:`pack`: the first ``count`` codes of ``bits`` bits each.

    Raises:
        UsageError: there are not exactly as many bytes as ``count`` codes take.
    """
    bits = check_bits(bits)
    if packed.numel() != -(-count * bits // 8):
        raise UsageError(
            f"{count} codes of {bits} bits take {-(-count * bits // 8)} bytes, got {packed.numel()}"
        )
    places = torch.arange(8, device=packed.device)
    stream = ((packed.to(torch.int64)[:, None] >> places) & 1).flatten()[: count * bits]
    return (stream.view(count, bits) << places[:bits]).sum(1)


def nearest_code(
    vectors: Float[Tensor, "count feature"], codebook: Float[Tensor, "code feature"]
) -> Int[Tensor, " count"]:
    """Index of the nearest code (Euclidean) of each vector: quantisation, one dimension up."""
    return torch.cdist(vectors, codebook).argmin(1)
