"""Checks for the exercises of *Plus, minus, nothing*."""

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

WEIGHTS = torch.tensor([[4.0, -2.0, 0.5, 0.0], [0.3, 0.0, -0.1, 0.8], [1.0, 0.0, 0.0, 0.4]])
CODES = torch.tensor([[1.0, -1.0, 0.0, 0.0], [1.0, 0.0, -1.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
TERNARY_BITS, FLOAT_BITS, SPARSE_BITS = 20.375, 768, 175.375


def rounded(answer: object) -> Verdict:
    """Exercise 1: five weights rounded to a budget of three."""
    if is_open(answer):
        return unanswered("three stay, with the mean of their three sizes; the others are 0.")
    if close(answer, [2.0, -2.0, 0.0, 0.0, -2.0]):
        return right("1, 3 and 2 stay, their mean size is 2, and each keeps its sign.")
    if close(answer, [1.0, -1.0, 0.0, 0.0, -1.0]):
        return wrong("these are the codes; they still have to be multiplied by a.")
    if close(answer, [1.0, -3.0, 0.0, 0.0, -2.0]):
        return wrong("the right three stay, but each with its own size: there is one for all.")
    if close(answer, [1.36, -1.36, 0.0, 0.0, -1.36]):
        return wrong("a is the mean size of what stays, not of all five.")
    if close(answer, [2.0, 2.0, 0.0, 0.0, 2.0]):
        return wrong("a weight below 0 speaks against: it keeps its sign.")
    if close(answer, [-4 / 3, -4 / 3, 0.0, 0.0, -4 / 3]) or close(
        answer, [-4 / 3, 4 / 3, 0.0, 0.0, 4 / 3]
    ):
        return wrong("a is the mean of the sizes, without their signs.")
    return wrong(f"expected five numbers out of -a, 0 and a, got {shown(answer)}.")


def from_counts(answer: object) -> Verdict:
    """Exercise 2: the biases of three classes from their counts."""
    if is_open(answer):
        return unanswered("the fewest pluses get +2, the most get -2, and a line between them.")
    if close(answer, [-2.0, 2.0, 0.0]):
        return right("a class with many pluses starts behind.")
    if close(answer, [2.0, -2.0, 0.0]):
        return wrong("sign: the class with the most pluses is the one to be held back.")
    if close(answer, [-1.0, 1.0, 0.0]):
        return wrong("the line runs from +B to -B, a length of 2B.")
    if close(answer, [0.0, 4.0, 2.0]) or close(answer, [0.0, 2.0, 1.0]):
        return wrong("the line is centred: the middle of it is 0.")
    if close(answer, [-4.0, 0.0, -2.0]):
        return wrong("the line begins at +B: the first term is missing.")
    return wrong(f"expected three numbers from -2 to 2, got {shown(answer)}.")


def bits_a_class(ternary: object, sparse: object, plain: object) -> Verdict:
    """Exercise 3: the bits that write one class down."""
    if is_open(ternary) or is_open(sparse) or is_open(plain):
        return unanswered("count the possible rows and take the logarithm to base 2.")
    if not close(plain, FLOAT_BITS):
        return wrong(f"24 features of 32 bits each are {FLOAT_BITS} bits, got {plain} for them.")
    if close(sparse, 5 * 32):
        return wrong("the five numbers are right; which five features they go with counts too.")
    if not close(sparse, SPARSE_BITS, tolerance=2e-3) and not close(sparse, 176):
        return wrong(
            f"five numbers of 32 bits, and which five: 160 + log2 of how many, got {sparse}."
        )
    if close(ternary, TERNARY_BITS, tolerance=2e-3) or close(ternary, 21):
        return right("most is saved by being sparse, and of the rest seven bits in eight by signs.")
    if close(ternary, 27.92, tolerance=1e-3):
        return wrong("the order in which the five are named does not matter: choose, do not draw.")
    if close(ternary, 14.123, tolerance=1e-3):
        return wrong("that is the natural logarithm; bits need the one to base 2.")
    if close(ternary, 15.375, tolerance=1e-3):
        return wrong("that chooses the five features; each of them also has a sign.")
    if close(ternary, 38.04, tolerance=1e-3):
        return wrong("that is any row of -1, 0 and 1; only rows with exactly five signs count.")
    if close(ternary, 42504 * 32):
        return wrong("that is how many rows there are; a bit halves what is possible.")
    return wrong(f"expected the logarithm of the number of rows, got {ternary}.")


def size_by_class(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 4: a ternary layer with one size a class."""
    try:
        found = answer(WEIGHTS.clone(), CODES.clone())
    except RuntimeError as error:
        return wrong(f"it stops with an error: {error}. Sums with keepdim=True keep their row.")
    if is_open(found):
        return unanswered("the mean over what each row keeps, times its codes.")
    tensor = as_tensor(found)
    if tensor is not None and tensor.isnan().any():
        return wrong("a class that keeps nothing has no mean size: divide by at least 1.")
    expected = torch.tensor([[3.0, -3.0, 0, 0], [0.4, 0, -0.4, 0.4], [0, 0, 0, 0]])
    if close(found, expected):
        return right("loud classes stay loud, and every class is still plus, minus, nothing.")
    stays = CODES != 0
    if close(found, CODES * WEIGHTS[stays].abs().mean()):
        return wrong("that is one size for the whole layer; take the mean row by row.")
    if close(found, CODES * WEIGHTS.abs().mean(1, keepdim=True)):
        return wrong("the mean is over what the class keeps, not over all of its weights.")
    count = CODES.abs().sum(1, keepdim=True).clamp(min=1)
    if close(found, (WEIGHTS * CODES.abs()).sum(1, keepdim=True) / count * CODES):
        return wrong("the mean is of the sizes, without their signs.")
    if close(found, WEIGHTS * stays):
        return wrong("each weight has its own size still: one for each class.")
    return wrong("on a test case the sizes differ: class 0 keeps 4 and 2, so its size is 3.")
