"""Checks for the exercises of *This looks like that*."""

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

WORDS = ("rise", "stay", "change")


def three_cosines(answer: object) -> Verdict:
    """Exercise 1: the cosines of three cells with a prototype."""
    if is_open(answer):
        return unanswered("three numbers: the product of two vectors, divided by both lengths.")
    if close(answer, [1.0, 0.8, 0.0]):
        return right("the first cell is louder than the prototype, and that does not count.")
    if close(answer, [10.0, 8.0, 0.0]):
        return wrong("these are plain products; divide by the lengths of both vectors.")
    if close(answer, [5.0, 4.0, 0.0]):
        return wrong("you divided by the prototype's length; the cell has one as well.")
    if close(answer, [2.0, 1.6, 0.0]):
        return wrong("you divided by the cell's length; the prototype has one as well.")
    if close(answer, [0.0, 0.2, 1.0]):
        return wrong("that is 1 minus the cosine, a distance.")
    if close(answer, 1.0):
        return wrong("that is the largest of them, the score; give all three.")
    return wrong(f"expected three numbers from -1 to 1, got {shown(answer)}.")


def three_times(from_zero: object, from_mean: object) -> Verdict:
    """Exercise 2: what a map three times as loud does to cosines from 0 and from the mean."""
    if is_open(from_zero) or is_open(from_mean):
        return unanswered(f"two words out of {', '.join(WORDS)}.")
    from_zero, from_mean = str(from_zero).lower(), str(from_mean).lower()
    if from_zero not in WORDS or from_mean not in WORDS:
        return wrong(f"write two words out of {', '.join(WORDS)}, got {from_zero} and {from_mean}.")
    if from_zero != "stay":
        return wrong("a cosine from 0 forgets lengths: three times a vector points the same way.")
    if from_mean == "change":
        return right(
            "3x - 3m points as x - m did, but the prototype p - 3m does not point as p - m did. "
            "So a mapping belongs to the backbone that it was fitted to."
        )
    if from_mean == "rise":
        return wrong("some rise and some fall: each prototype is turned in a way of its own.")
    return wrong("the cells' vectors keep their directions; look at p - 3m beside p - m.")


def field(answer: object) -> Verdict:
    """Exercise 3: how many pixels wide a cell's field is."""
    if is_open(answer):
        return unanswered("one number; each layer adds its reach times the strides before it.")
    if close(answer, 54):
        return right("54 of 64 pixels: nearly the whole picture has a say in every cell.")
    if close(answer, 47):
        return wrong("the poolings see, too: each adds one step, 1 + 2 + 4 in all.")
    if close(answer, 11):
        return wrong("after a pooling one step on the map is two pixels, then four, then eight.")
    if close(answer, 8):
        return wrong("that is how far apart cells are, not how far each of them sees.")
    if close(answer, 70):
        return wrong("the last two convolutions have no pooling between them: both step by 8.")
    if close(answer, 63):
        return wrong("no pooling lies between the last two convolutions, and poolings see, too.")
    if close(answer, 78):
        return wrong("there are three poolings: after the fourth convolution comes none.")
    if close(answer, 16):
        return wrong("the poolings come early, after the first, second and third convolution.")
    if close(answer, 54**2):
        return wrong("that is the number of pixels in the square; how wide is it?")
    return wrong(f"expected a number of pixels, got {shown(answer)}.")


def put_back(answer: Callable[[Tensor, Tensor], object]) -> Verdict:
    """Exercise 4: each prototype replaced by the cell of the largest cosine."""
    generator = torch.Generator().manual_seed(0)
    cells = torch.randn(40, 6, generator=generator)
    cells *= torch.linspace(0.3, 4, 40)[:, None]
    prototypes = torch.randn(9, 6, generator=generator)
    try:
        found = answer(prototypes.clone(), cells.clone())
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        return wrong(f"it stops with an error: {error}.")
    if is_open(found):
        return unanswered("for each prototype the vector of one of the cells.")
    unit = torch.nn.functional.normalize
    nearest = (unit(prototypes, dim=1) @ unit(cells, dim=1).T).argmax(1)
    if close(found, cells[nearest]):
        return right("what a prototype shows and what it is are now the same.")
    if close(found, nearest):
        return wrong("these say which cells; return their vectors.")
    if close(found, unit(cells[nearest], dim=1)):
        return wrong("the right cells, but of length one: return them as they are.")
    if close(found, cells[(prototypes @ cells.T).argmax(1)]):
        return wrong("the largest product favours loud cells: divide by their lengths.")
    if close(found, cells[torch.cdist(prototypes, cells).argmin(1)]):
        return wrong("nearest by distance; asked is the largest cosine.")
    if close(found, cells[(unit(prototypes, dim=1) @ unit(cells, dim=1).T).argmin(1)]):
        return wrong("these are the most unlike cells: the largest cosine is the nearest.")
    shape = getattr(as_tensor(found), "shape", None)
    if shape is None or tuple(shape) != (9, 6):
        return wrong(f"expected one vector for each of 9 prototypes, 9 x 6, got {shown(found)}.")
    return wrong("a row is not the cell of largest cosine.")
