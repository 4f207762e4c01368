"""Checks for the exercises of *A two-bit digit reader*."""

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
from fewbits.ops import pack


def missing_level(answer: object) -> Verdict:
    """Exercise 1: the level LSQ has at 2 bits and DoReFa has not."""
    if is_open(answer):
        return unanswered("name one level, a number.")
    if close(answer, 0):
        return right("DoReFa's four levels are symmetric, so 0 falls between the middle two.")
    if close(answer, -2) or close(answer, 1):
        return wrong("that is a code, not a level both could have: think of levels, not of steps.")
    return wrong(
        f"write down DoReFa's four levels, -1, -1/3, 1/3, 1, times a scale. Is {shown(answer)} one?"
    )


def packed_bytes(fc: object, conv3: object) -> Verdict:
    """Exercise 2: bytes of two layers' packed codes."""
    if is_open(fc) or is_open(conv3):
        return unanswered("write two numbers of bytes, one for each layer.")
    if close(fc, 960) and close(conv3, 3456):
        return right("960 weights at a byte each; 13,824 weights, four to a byte.")
    if close(fc, 7680) or close(conv3, 27648):
        return wrong("these are bits; eight of them make a byte.")
    if close(fc, 3840) or close(conv3, 55296):
        return wrong("this is what 32-bit floats take.")
    if close(conv3, 384):
        return wrong("conv3's kernels have 3 x 3 weights for each pair of channels.")
    return wrong(f"fc is {_verdict(fc, 960)}, conv3 is {_verdict(conv3, 3456)}.")


def _verdict(found: object, expected: int) -> str:
    return "right" if close(found, expected) else f"not {found}"


def ternary(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Exercise 3: SAWB's ternary levels."""
    weights = torch.randn(4000, generator=torch.Generator().manual_seed(3))
    found = answer(weights)
    if is_open(found):
        return unanswered("the clip from two averages, then three levels.")
    tensor = as_tensor(found)
    if tensor is None or tensor.shape != weights.shape:
        return wrong("expected a tensor of the weights' shape.")
    levels = tensor.unique()
    alpha = 2.6 * weights.square().mean().sqrt() - 1.71 * weights.abs().mean()
    if close(tensor, alpha * torch.round(weights / alpha).clamp(-1, 1)):
        error = (tensor - weights).square().mean().item()
        return right(
            f"on Gaussian weights the error is {error:.3f} of the signal; the best is 0.190."
        )
    if close(tensor, alpha * weights.sign()):
        return wrong("two levels: sign() never gives 0. Round weights / alpha instead.")
    if len(levels) > 3:
        return wrong(f"{len(levels)} levels: clamp the rounded values to -1, 0, 1.")
    if close(levels.max(), 1):
        return wrong("the levels are -1, 0, 1: multiply by alpha again.")
    if close(levels.max(), 2.6 * weights.square().mean() - 1.71 * weights.abs().mean()):
        return wrong("take the root of the mean square: both averages are sizes of a weight.")
    if close(levels.max(), 3.12 * weights.square().mean().sqrt() - 2.064 * weights.abs().mean()):
        return wrong("these are the constants of 2 bits; ternary has 2.6 and -1.71.")
    return wrong(f"the outer level should be {alpha:.3f} here, yours is {levels.max():.3f}.")


def fold(answer: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Verdict:
    """Exercise 4: batch norm as a factor and a bias."""
    mean, variance = torch.tensor([0.5, -2.0]), torch.tensor([4.0, 1e-4])
    gamma, beta = torch.tensor([1.0, -3.0]), torch.tensor([0.1, 0.2])
    found = answer(mean, variance, gamma, beta)
    if is_open(found) or any(is_open(part) for part in found):
        return unanswered("write a factor and a bias, each one number a channel.")
    factor, bias = found
    right_factor = gamma / (variance + 1e-5).sqrt()
    if close(factor, gamma / variance):
        return wrong("divide by the standard deviation, not by the variance.")
    if close(factor, gamma / variance.sqrt()):
        return wrong("eps is missing: without it a channel that hardly varies is scaled too far.")
    if not close(factor, right_factor):
        return wrong("the factor is what multiplies x in gamma (x - mean) / sqrt(variance + eps).")
    if close(bias, beta):
        return wrong("the factor is right; the mean, multiplied by it, belongs into the bias too.")
    if close(bias, beta - mean):
        return wrong("the mean is subtracted before the scaling: multiply it by the factor.")
    if close(bias, beta + right_factor * mean):
        return wrong("the mean is subtracted: its sign in the bias is minus.")
    if not close(bias, beta - right_factor * mean):
        return wrong("the factor is right, the bias is not: put x = 0 into the formula.")
    return right("a negative gamma turns the channel's weights round; integers do not mind.")


def pack3(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Exercise 5: codes of three bits, packed."""
    codes = torch.tensor([5, 1, 7, 0, 2, 6, 3, 4, 1])
    found = answer(codes)
    if is_open(found):
        return unanswered("27 bits for nine codes, so four bytes, the last five bits 0.")
    tensor = as_tensor(found)
    if tensor is None or tensor.ndim != 1:
        return wrong("expected a one-dimensional tensor of bytes.")
    if close(tensor, pack(codes, 3)):
        if getattr(found, "dtype", None) != torch.uint8:
            return wrong(f"the right numbers; as {found.dtype} each takes more than one byte.")
        return right("nine codes in four bytes; codes 2 and 5 lie across a border.")
    if len(tensor) == 9:
        return wrong("one byte a code: five bits of each are wasted.")
    if len(tensor) == 3:
        return wrong("the last three bits are lost: fill the row with zeros to a multiple of 8.")
    if close(tensor, pack(codes, 4)[: len(tensor)]):
        return wrong("two codes a byte is 4 bits a code; use 3.")
    if close(tensor, _highest_first(codes)):
        return wrong("the bits of each code are in the wrong order: lowest first.")
    if close(tensor, _first_bit_on_top(codes)):
        return wrong("a byte's first bit is its lowest, worth 1; yours is its highest, worth 128.")
    return wrong(f"expected {pack(codes, 3).tolist()}, got {tensor.int().tolist()}.")


def _highest_first(codes: Tensor) -> Tensor:
    reversed_bits = sum(((codes >> bit) & 1) << (2 - bit) for bit in range(3))
    assert isinstance(reversed_bits, Tensor)
    return pack(reversed_bits, 3)


def _first_bit_on_top(codes: Tensor) -> Tensor:
    """The same row of bits, each eight of them read with the first as the highest."""
    return sum(((pack(codes, 3).int() >> bit) & 1) << (7 - bit) for bit in range(8))  # type: ignore[return-value]
