"""What a check says about an answer."""

from dataclasses import dataclass

import torch
from torch import Tensor

SHOWN = 60  # characters of an answer that are repeated


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what is to be said about it."""

    ok: bool
    message: str

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return self.message


def right(message: str) -> Verdict:
    """The answer is right; say what it shows."""
    return Verdict(True, f"Right: {message}")


def wrong(message: str) -> Verdict:
    """The answer is wrong; say what is wrong with it."""
    return Verdict(False, f"Not yet: {message}")


def unanswered(task: str) -> Verdict:
    """Nothing has been written in place of the dots; say once more what is asked."""
    return Verdict(False, f"Not answered yet: {task}")


def shown(answer: object) -> str:
    """``answer`` in one line of a few words, however long it is."""
    line = " ".join(repr(answer).split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 4]} ..."


def is_open(answer: object) -> bool:
    """Whether the dots are still there: ``...``, nothing, or a function that returns them."""
    return answer is ... or answer is None


def close(answer: object, expected: object, tolerance: float = 1e-4) -> bool:
    """Whether ``answer`` has the shape and, up to ``tolerance``, the values of ``expected``."""
    found = as_tensor(answer)
    wanted = as_tensor(expected)
    if found is None or wanted is None or found.shape != wanted.shape:
        return False
    return torch.allclose(found, wanted, rtol=tolerance, atol=tolerance)


def as_tensor(answer: object) -> Tensor | None:
    """``answer`` as a tensor of doubles; None if it is not made of numbers."""
    try:
        found = torch.as_tensor(answer).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return None
    return None if found.is_complex() else found.to(torch.float64)
