"""Checks for the exercises of *A few levels*."""

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
from fewbits.ops import split_error


def step(answer: object) -> Verdict:
    """Exercise 1: the step of a 3-bit grid from 0 to 2.1."""
    if is_open(answer):
        return unanswered("write the distance between two neighbouring levels.")
    if close(answer, 0.3):
        return right("eight levels have seven steps between them, and 2.1 / 7 = 0.3.")
    if close(answer, 2.1 / 8):
        return wrong("you divided by 2^k; there are 2^k levels, but 2^k - 1 steps between them.")
    if close(answer, 2.1 / 9):
        return wrong("one off the wrong way: eight levels have fewer steps than levels, not more.")
    if close(answer, 2.1 / 3):
        return wrong("you divided by the number of bits; 3 bits make 2^3 levels.")
    return wrong(f"expected one number, 2.1 divided by the number of steps, got {shown(answer)}.")


def affine_grid(scale: object, zero_point: object) -> Verdict:
    """Exercise 2: scale and zero point for [-1, 2] and 4 bits."""
    if is_open(scale) or is_open(zero_point):
        return unanswered("write the scale and the zero point of a 4-bit grid from -1 to 2.")
    if close(scale, 3 / 16):
        return wrong("scale: you divided by 2^k; there are 2^k - 1 steps.")
    if close(scale, 2 / 15):
        return wrong("scale: 2 is the upper end; the range from -1 to 2 is 3 long.")
    if not close(scale, 0.2):
        return wrong(f"scale: expected the length of the range over the steps, got {scale}.")
    if close(zero_point, -5):
        return wrong("zero point: the sign. It is the code that means 0, and codes start at 0.")
    if close(zero_point, -1) or close(zero_point, 1):
        return wrong("zero point: it is a code, not a number of the range; divide by the scale.")
    if close(zero_point, 0):
        return wrong("zero point: code 0 means -1 here; which code means 0?")
    if close(zero_point, 5):
        return right("steps of 0.2, and code 5 means 0: five steps above -1.")
    return wrong(f"zero point: expected the code that means 0, got {zero_point}.")


def safe_side(answer: object) -> Verdict:
    """Exercise 3: the price of a clip four times too wide."""
    if is_open(answer):
        return unanswered("write the factor by which the mean squared error shrinks.")
    if close(answer, 16, tolerance=0.06):
        return right("a quarter of the step is a sixteenth of its square: two bits, thrown away.")
    if close(answer, 4, tolerance=0.06):
        return wrong("4 is the factor of the step; the error goes with its square.")
    if close(answer, 1 / 16, tolerance=0.06):
        return wrong("upside down: how many times smaller is the error after the change?")
    if close(answer, 1):
        return wrong("nothing is clipped in either case, but the step is not the same.")
    return wrong(f"expected one number; how do the two steps compare? Got {shown(answer)}.")


def forty_decibels(answer: object) -> Verdict:
    """Exercise 4: bits for 40 dB on evenly spread numbers."""
    if is_open(answer):
        return unanswered("write the smallest number of bits that reaches 40 dB.")
    if close(answer, 6):
        return right("6.02 + 20 log10(2^k - 1) is 35.8 dB at 5 bits and 42.0 dB at 6.")
    if close(answer, 7):
        return wrong(
            "7 times 6.02 is above 40, but the signal is not s^2/12 to begin with: "
            "put in its mean square, 1/3."
        )
    if close(answer, 5):
        return wrong("5 bits give 35.8 dB: with 2^5 instead of 2^5 - 1 steps it would still be 36.")
    if close(answer, 14) or close(answer, 13):
        return wrong("you counted 3 dB a bit: a quarter of the squared error is 6 dB, not 3.")
    return wrong(f"expected a whole number of bits from 1 to 8, got {shown(answer)}.")


TRIES = 25


def clip_search(answer: Callable[[Callable[[float], float], float], object]) -> Verdict:
    """Exercise 5: find the best clip with few looks at the error."""
    generator = torch.Generator().manual_seed(1)
    even = (torch.randperm(20_000, generator=generator) + 0.5) / 20_000
    cases = {
        "an exponential tail, 2 bits": (-torch.log(even), 2),
        "an exponential tail, 5 bits": (-torch.log(even), 5),
        "half a bell, 3 bits": (torch.erfinv(even), 3),
    }
    for name, (x, bits) in cases.items():
        looked: list[float] = []

        def error(alpha: float, x: Tensor = x, bits: int = bits) -> float:
            looked.append(float(alpha))  # noqa: B023
            return sum(split_error(x, float(alpha), bits))

        found = answer(error, x.max().item())
        if is_open(found):
            return unanswered("return the clip with the smallest error.")
        tensor = as_tensor(found)
        if tensor is None or tensor.numel() != 1:
            return wrong(f"expected one number, the clip, got {found}.")
        if len(looked) > TRIES:
            return wrong(f"you looked {len(looked)} times; {TRIES} looks must do.")
        verdict = _judge_clip(x, bits, float(tensor), name)
        if verdict is not None:
            return verdict
    return right(f"within 0.1 % of the smallest error on all three, in {TRIES} looks or fewer.")


def _judge_clip(x: Tensor, bits: int, alpha: float, name: str) -> Verdict | None:
    largest = x.max().item()
    if not 0 < alpha <= largest:
        return wrong(
            f"on {name} the clip is {alpha:g}, the values lie between 0 and {largest:.3g}."
        )
    best = min(sum(split_error(x, largest * i / 400, bits)) for i in range(1, 401))
    error = sum(split_error(x, alpha, bits))
    if error <= 1.001 * best:
        return None
    excess = f"On {name} its error is {error / best:.4g} times the smallest"
    if close(alpha, largest):
        return wrong(f"{excess}: this is the maximum, where nothing is clipped.")
    if error > 5 * best:
        return wrong(f"{excess}: did you return the error, or a place in a list, for the clip?")
    return wrong(f"{excess}: spend the last looks near the best one so far.")


def affine(answer: Callable[[Tensor, int], object]) -> Verdict:
    """Exercise 6: quantise any tensor to an affine grid that holds 0."""
    mixed = torch.tensor([[-0.6, 0.0, 0.1], [0.45, 0.7, 1.0]])
    cases = {
        "mixed": mixed,
        "all positive": mixed + 2.5,
        "all negative": mixed - 3,
        "symmetric": torch.linspace(-1, 1, 9),
    }
    for name, x in cases.items():
        found = answer(x, 2)
        if is_open(found):
            return unanswered("return a tensor of the same shape with few different values.")
        tensor = as_tensor(found)
        if tensor is None or tensor.shape != x.shape:
            return wrong(f"on {name} numbers: expected a tensor of shape {tuple(x.shape)}.")
        verdict = _judge_affine(x.double(), tensor, name)
        if verdict is not None:
            return verdict
    zeros = as_tensor(answer(torch.zeros(3), 2))
    if zeros is None or not torch.equal(zeros, torch.zeros(3, dtype=torch.float64)):
        return wrong("a tensor of zeros came back changed: its range is empty, treat it apart.")
    many = as_tensor(answer(torch.linspace(-1, 1, 500), 4))
    if many is None or len(many.unique()) > 16:
        return wrong("4 bits gave more than 16 different values: hold the codes between 0 and 15.")
    return right("zero stays zero, no value is further than a step from where it was.")


def _judge_affine(x: Tensor, found: Tensor, name: str) -> Verdict | None:
    low, high = min(x.min().item(), 0.0), max(x.max().item(), 0.0)
    scale = (high - low) / 3
    if close(found, x):
        return wrong("the tensor came back as it was: nothing is quantised.")
    if (found == found.round()).all() and close(found, (x / scale).round() - round(low / scale)):
        return wrong("these are the codes; turn them back into numbers.")
    if len(found.unique()) > 4:
        return wrong(
            f"on {name} numbers 2 bits gave {len(found.unique())} different values: "
            "hold the codes in 0..3."
        )
    if name == "mixed" and found[0, 1] != 0:
        return wrong(f"zero became {found[0, 1]:.3f}: the zero point must be a whole number.")
    if (found - x).abs().max() > scale + 1e-6:
        return wrong(f"on {name} numbers one is off by {(found - x).abs().max():.2f}, over a step.")
    on_grid = (found / scale - (found / scale).round()).abs().max() < 1e-3
    if not on_grid:
        return wrong(
            f"on {name} numbers 0 is not on the grid: widen the range until it holds 0, "
            "then shift by whole steps."
        )
    return None


def clip_study(answer: object) -> Verdict:
    """Exercise 7, open: only the form of the study is looked at."""
    if is_open(answer):
        return unanswered("bring at least five pairs (clip / best clip, validation accuracy).")
    pairs = as_tensor(answer)
    if pairs is None or pairs.ndim != 2 or pairs.shape[1] != 2:
        return wrong("expected a list of pairs (clip / best clip, validation accuracy).")
    places, scores = pairs.T
    if len(places.unique()) < 5:
        return wrong(f"{len(places.unique())} places are too few to see a peak; take five or more.")
    if not places.min() < 1 < places.max():
        return wrong("all places lie on one side of the best clip (1.0): look on both.")
    if scores.max() > 1:
        return wrong("accuracies above 1: write them as fractions, not per cent.")
    if scores.unique().numel() == 1:
        return wrong("the accuracy never moves: did the clip reach the network?")
    return right("the form is fine. Now repeat it with other seeds before you believe the peak.")
