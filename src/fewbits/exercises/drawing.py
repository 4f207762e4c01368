"""Checks for the exercises of *Draw a digit*."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import Verdict, as_tensor, close, is_open, right, unanswered, wrong

SIDE = 28
MIDDLE = (SIDE - 1) / 2


def replaced(of_image: object, of_patch: object) -> Verdict:
    """Exercise 1: half of the pixels."""
    if is_open(of_image) or is_open(of_patch):
        return unanswered("write two numbers of pixels.")
    if close(of_image, SIDE // 2) or close(of_image, 50):
        return wrong("half of the *pixels*; an image has 28 rows of 28.")
    if not close(of_image, 392):
        return wrong(f"28 x 28 is 784; half of it is not {of_image}.")
    if close(of_patch, 5):
        return wrong("Python rounds 4.5 to the even neighbour.")
    if close(of_patch, 4.5):
        return wrong("half a pixel cannot be replaced: round.")
    if not close(of_patch, 4):
        return wrong(f"half of nine pixels, rounded, is not {of_patch}.")
    return right("392 of 784, as many for the control; and ties of rounding go to the even number.")


def divergence(found: object, of_a_stone: object) -> Verdict:
    """Exercise 2: KL by hand."""
    if is_open(found) or is_open(of_a_stone):
        return unanswered("write two numbers in nats.")
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    backwards = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    if close(found, backwards, 1e-3):
        return wrong("this is KL from the masked copy to the image: weigh the logarithms by p.")
    if close(found, expected / math.log(2), 1e-3):
        return wrong("that is in bits; use the natural logarithm.")
    if close(found, -expected, 1e-3):
        return wrong("KL is never below 0: p over q inside the logarithm, not q over p.")
    if not close(found, expected, 2e-3):
        return wrong(f"sum p log(p / q) over both classes: it is not {found}.")
    if not close(of_a_stone, 0):
        return wrong("who ignores the image says the same for both: p = q, and log 1 is 0.")
    return right("the KL term alone is happiest with a stone; cross-entropy keeps it reading.")


def random_mask(answer: Callable[[int, int, torch.Generator], Tensor]) -> Verdict:
    """Exercise 3: the control's mask."""
    masks = []
    for seed in range(200):
        found = answer(40, 10, torch.Generator().manual_seed(seed))
        if is_open(found):
            return unanswered("a bool tensor with exactly `count` places True.")
        if not isinstance(found, Tensor) or found.dtype != torch.bool or found.shape != (40,):
            return wrong("expected a bool tensor of 40 entries.")
        masks.append(found)
    counts = torch.stack(masks).sum(1)
    if (counts != 10).any():
        if counts.max() <= 10:
            return wrong("some places were drawn twice, so fewer than `count` are masked.")
        return wrong("the number of masked pixels is itself a matter of chance: rank, then cut.")
    often = torch.stack(masks).double().mean(0)
    if torch.equal(masks[0], masks[1]):
        return wrong("every image gets the same mask: draw from the generator.")
    if (often - 0.25).abs().max() > 0.15:
        return wrong("some places are masked far more often than others.")
    return right("the control destroys as much as the guided training, only without a map.")


def centred(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Exercise 4: by mass, not by box."""
    image = torch.zeros(SIDE, SIDE)
    image[3:6, 4:7] = 1.0
    image[6:12, 5] = 0.5
    image[5, 7:14] = 0.25
    given = image.clone()
    found = answer(image)
    if is_open(found):
        return unanswered("the mean position of the ink, then a shift by whole pixels.")
    if not torch.equal(image, given):
        return wrong("the image itself was changed: return a new one.")
    tensor = as_tensor(found)
    if tensor is None or tensor.shape != image.shape:
        return wrong("expected an image of 28 x 28.")
    if close(tensor, image.roll((6, 4), (0, 1))):
        return wrong("this centres the box; a long thin stroke weighs less than a thick one.")
    if not close(tensor.sum(), image.sum()):
        return wrong("ink was lost or added: shift, do not scale.")
    ink, places = tensor / tensor.sum(), torch.arange(float(SIDE), dtype=torch.float64)
    row, column = (ink.sum(1) * places).sum(), (ink.sum(0) * places).sum()
    if max(abs(row - MIDDLE), abs(column - MIDDLE)) > 0.5:
        mirrored = abs(row - MIDDLE) > 3 and abs(column - MIDDLE) > 3
        hint = ": the shift goes the wrong way" if mirrored else ""
        return wrong(f"the ink's centre is at ({row:.2f}, {column:.2f}), not near 13.5{hint}.")
    return right(f"the ink's centre is at ({row:.2f}, {column:.2f}).")
