"""Checks for the exercises of *Giving features names*."""

import math
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
from fewbits.qsenn.names.scoring import chance_level, correlations

COSINES, SCALE = (0.31, 0.29, 0.25), 50
DIGITS = 5e-3  # two digits are enough of an answer
TOLERANCE = 0.018  # of a correlation: what two hundred draws leave to chance is a third of it


def given_names(answer: object) -> Verdict:
    """Exercise 1: the best concept where its score reaches the threshold."""
    if is_open(answer):
        return unanswered("a list of three: a concept's number, or None.")
    if not isinstance(answer, list | tuple) or len(answer) != 3:
        return wrong(f"expected a list of three, got {shown(answer)}.")
    if not all(one is None or isinstance(one, int) for one in answer):
        return wrong(
            f"expected whole numbers or None, got {shown(answer)}; int() makes one of a tensor."
        )
    if list(answer) == [1, None, 0]:
        return right("a name says what is there when the feature is loud, so 0.9 below 0 is none.")
    if list(answer) == [3, None, 1]:
        return wrong("these are the largest sizes; below 0 a concept is missing when it is loud.")
    if list(answer) == [1, 2, 0]:
        return wrong("0.25 does not reach 0.3.")
    if list(answer) == [1, None, None]:
        return wrong("a score that equals the threshold reaches it.")
    return wrong(f"the largest score of each row, if it reaches 0.3; got {shown(answer)}.")


def sees(answer: object) -> Verdict:
    """Exercise 2: a softmax of scaled cosines."""
    if is_open(answer):
        return unanswered("the cosines times 50, through a softmax.")
    cosines = torch.tensor(COSINES, dtype=torch.float64)
    if close(answer, (SCALE * cosines).softmax(0).tolist(), DIGITS):
        return right("two hundredths of a cosine make it nearly three times as sure.")
    if close(answer, cosines.softmax(0).tolist(), DIGITS):
        return wrong("without the scale every picture shows a third of everything.")
    if close(answer, (cosines / cosines.sum()).tolist()):
        return wrong("shares of the cosines; a softmax takes exponentials first.")
    if close(answer, (SCALE * cosines).tolist()):
        return wrong("these are the logits; a softmax makes them shares.")
    return wrong(f"expected three shares that add up to 1, got {shown(answer)}.")


def careless(right_share: object, swapped_share: object) -> Verdict:
    """Exercise 3: a namer with one word, and names swapped."""
    if is_open(right_share) or is_open(swapped_share):
        return unanswered("all names are the same; for how many features is it right?")
    if close(right_share, 0.5):
        return wrong("a share; in percent it is a hundred times as large.")
    if not close(right_share, 50):
        return wrong(
            f"ten of the twenty answer to snow, so not {right_share} % of names are right."
        )
    if close(swapped_share, 50):
        return right("as right as before. Names that tell features apart must beat their swap.")
    if close(swapped_share, 25):
        return wrong("a quarter would be right if half of the names were blue wings.")
    if close(swapped_share, 100 / 48, 0.1):
        return wrong("that is a random name; a swapped one is always snow here.")
    return wrong(
        f"whichever name is drawn, it is snow: how often is that right? Not {swapped_share} %."
    )


def chance(answer: Callable[[Tensor, Tensor], object]) -> Verdict:
    """Exercise 4: the level of chance by permutation."""
    features, presence = _pictures()
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        try:
            found = answer(features.clone(), presence.clone())
        except Exception as error:
            return wrong(f"it stopped with {type(error).__name__}: {error}")
    if is_open(found):
        return unanswered("torch.randperm deals, amax(1) finds the best.")
    value = as_tensor(found)
    if value is None or value.numel() != 1:
        return wrong(f"expected one number, got {found}.")
    given, level = float(value), chance_level(features, presence, seed=0, draws=1000)
    if math.isclose(given, level, abs_tol=TOLERANCE):
        return right(f"about {level:.2f}: with more columns or fewer pictures it rises.")
    for wrongly, told in _usual_mistakes(features, presence):
        if math.isclose(given, wrongly, abs_tol=TOLERANCE):
            return wrong(told)
    return wrong(f"expected about {level:.2f}, got {given:.2f}.")


def _pictures() -> tuple[Float[Tensor, "image feature"], Float[Tensor, "image concept"]]:
    """Forty pictures with six concepts, and features that hear one of them each."""
    numbers = torch.Generator().manual_seed(3)
    presence = (torch.rand(40, 6, generator=numbers) < 0.5).float()
    return presence[:, :4] + torch.randn(40, 4, generator=numbers), presence


def _usual_mistakes(
    features: Float[Tensor, "image feature"], presence: Float[Tensor, "image concept"]
) -> list[tuple[float, str]]:
    numbers = torch.Generator().manual_seed(1)
    dealt = [features[torch.randperm(len(features), generator=numbers)] for _ in range(1000)]
    signed = torch.stack([correlations(one, presence) for one in dealt])
    sizes = signed.abs()
    as_it_is = correlations(features, presence).abs().amax(1)
    return [
        (as_it_is.quantile(0.95).item(), "nothing was dealt out: this is how they are."),
        (sizes.flatten().quantile(0.95).item(), "of all columns; take the best of each feature."),
        (
            signed.amax(2).quantile(0.95).item(),
            "with the signs; chance finds a missing concept as easily, so take sizes.",
        ),
        (sizes.amax(2).mean().item(), "this is their mean; 95 % of them should lie below."),
    ]
