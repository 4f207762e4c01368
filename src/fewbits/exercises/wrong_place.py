"""Checks for the exercises of *Birds in the wrong place*."""

from collections.abc import Callable

import torch
from jaxtyping import Float
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

BIRDS = 400
DIGITS = 5e-3  # two digits are enough of an answer
TOLERANCE = 1.0  # points: what a thousand draws leave to chance is about a third of it


def points_lost(answer: object) -> Verdict:
    """Exercise 1: points lost by the move, birds found by it taken off."""
    if is_open(answer):
        return unanswered("count all that are named rightly away, wherever they come from.")
    if close(answer, 27):
        return right("90 % at home and 63 % away; six birds were found by the move.")
    if close(answer, 30):
        return wrong("six birds that were wrong at home are right away, and they count too.")
    if close(answer, 54):
        return wrong("these are birds; there are 200 of them, and points are of 100.")
    if close(answer, 0.27):
        return wrong("a share; in points it is a hundred times as large.")
    if close(answer, 60):
        return wrong("60 birds are lost; take off those that are found, and divide by 200.")
    if close(answer, 100 * 60 / 180, DIGITS):
        return wrong("a share of the 180, and without the six that were found; points are of 200.")
    if close(answer, -27):
        return wrong("the size is right; what is lost counts as above 0 here.")
    return wrong(f"expected one number between 0 and 100, of all 200 birds, got {shown(answer)}.")


def share_of_place(answer: object) -> Verdict:
    """Exercise 2: the share of a feature's variance between two habitats."""
    if is_open(answer):
        return unanswered("the two means are 2 and 4, around 3.")
    if close(answer, 6 / 14, DIGITS):
        return right("6 of 14: the rest is between birds of one habitat.")
    if close(answer, 600 / 14, DIGITS):
        return wrong("right in percent; a share lies between 0 and 1.")
    if close(answer, 8 / 14, DIGITS):
        return wrong("this is what is left within the habitats; 1 minus it is asked for.")
    if close(answer, 2 / 14, DIGITS):
        return wrong("each habitat has three birds, and each of them counts.")
    if close(answer, 6 / 8):
        return wrong("between over within; the share is between over all.")
    return wrong(
        f"expected the spread of the means over the spread of all, 0 to 1, got {shown(answer)}."
    )


def which_is_larger(answer: object) -> Verdict:
    """Exercise 3: at home, a union of species explains no more than the species."""
    if is_open(answer):
        return unanswered('"place" or "species".')
    if not isinstance(answer, str):
        return wrong(f'expected "place" or "species" as a text, got {type(answer).__name__}.')
    if answer == "species":
        return right(
            "a habitat's mean is a mean of its species' means, and averaging makes no spread. So "
            "at home no measure of this kind can accuse a feature of following the place."
        )
    if answer == "place":
        return wrong("try to find one: a habitat here is nothing but three species together.")
    return wrong(f'expected "place" or "species", got {shown(answer)}.')


def paired(answer: Callable[[Tensor, Tensor], object]) -> Verdict:
    """Exercise 4: a bootstrap over pairs."""
    first, second = _two_networks()
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        try:
            found = answer(first.clone(), second.clone())
        except Exception as error:
            return wrong(f"it stopped with {type(error).__name__}: {error}")
    if is_open(found):
        return unanswered("draw numbers of birds, and use the same ones for both networks.")
    values = as_tensor(found)
    if values is None or values.numel() != 2:
        return wrong(f"expected two numbers, got {found}.")
    given = values.flatten().double()
    truth = _interval(first, second, together=True)
    if _near(given, truth):
        return right("much narrower than if the birds were drawn apart.")
    if _near(100 * given, truth):
        return wrong("right but for the unit: in points it is a hundred times as large.")
    if _near(-given.flip(0), truth):
        return wrong("the other way round: first minus second.")
    if _near(given, _interval(first, second, together=False)):
        return wrong("the birds were drawn for each network apart; a pair is one bird.")
    low, high = truth.tolist()
    return wrong(f"expected about {low:.1f} to {high:.1f} points, got {values.tolist()}.")


def _two_networks() -> tuple[Float[Tensor, " bird"], Float[Tensor, " bird"]]:
    """Two networks that err on much the same birds."""
    numbers = torch.rand(3, BIRDS, generator=torch.Generator().manual_seed(7))
    hard = numbers[0] < 0.4
    return (hard & (numbers[1] < 0.9)).float(), (hard & (numbers[2] < 0.6)).float()


def _interval(
    first: Float[Tensor, " bird"], second: Float[Tensor, " bird"], together: bool
) -> Float[Tensor, " 2"]:
    """95 % of the mean difference in points, over pairs or, wrongly, over birds drawn apart."""
    generator = torch.Generator().manual_seed(1)
    one, other = torch.randint(BIRDS, (2, 4000, BIRDS), generator=generator)
    means = 100 * (first[one] - second[one if together else other]).double().mean(1)
    return means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))


def _near(given: Float[Tensor, " 2"], truth: Float[Tensor, " 2"]) -> bool:
    return bool((given - truth).abs().max() < TOLERANCE)
