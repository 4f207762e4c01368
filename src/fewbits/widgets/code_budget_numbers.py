"""The numbers of CodeBudget: what is left of a head, and what it then says of the test pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from fewbits.metrics.parts import carrying
from fewbits.protoquant.head import Linear, keep_strongest
from fewbits.widgets.code_budget_transport import STEP, StoredBudgets, StoredList

LISTED = 8  # codes of the chosen class

Numbers = dict[str, float | int | None]


@dataclass(frozen=True)
class Choice:
    """What the reader has chosen.

    Attributes:
        place: of the list.
        per_class: codes a class.
        least: share of training cells below which a code is silenced.
        refit: weights fitted again, not as they were in the whole head.
        row: the class whose codes are listed.
    """

    place: int
    per_class: int
    least: float
    refit: bool
    row: int


@dataclass(frozen=True)
class Judged:
    """A head on the test pictures.

    Attributes:
        slopes: what a score is worth; 0 for what is silent.
        predicted: the class decided for each picture.
        right: whether it is the true one.
    """

    slopes: Float[np.ndarray, "class code"]
    predicted: Int[np.ndarray, " image"]
    right: Bool[np.ndarray, " image"]


def slopes_at(
    stored: StoredBudgets, own: StoredList, per_class: int, least: float, refit: bool
) -> Float[np.ndarray, "class code"]:
    """The head that is left: its strongest codes, those too rare silenced."""
    if refit:
        weights = own.again[stored.counts.index(per_class)]
    else:
        whole = torch.from_numpy(own.weights)
        bias, scale = torch.zeros(len(whole)), torch.from_numpy(own.scale)
        weights = own.weights * keep_strongest(Linear(whole, bias, scale), per_class).numpy()
    left: Float[np.ndarray, "class code"] = weights.astype(np.float64) / own.scale.astype(
        np.float64
    )
    return left * (own.usage >= least)


def judge(
    stored: StoredBudgets, own: StoredList, slopes: Float[np.ndarray, "class code"]
) -> Judged:
    """Decide every picture; codes are added up one by one, in the page's order."""
    logits = np.zeros((len(own.scores), len(slopes)))
    for code in range(own.count):
        logits += (own.scores[:, code, None] * STEP) * slopes[:, code]
    predicted = logits.argmax(1)
    return Judged(slopes, predicted, predicted == stored.labels)


def look(stored: StoredBudgets, choice: Choice) -> Judged:
    """The head at the present choice."""
    own = stored.lists[choice.place]
    return judge(stored, own, slopes_at(stored, own, choice.per_class, choice.least, choice.refit))


def budget_numbers(stored: StoredBudgets, choice: Choice) -> Numbers:
    """What the page shows, by the names of its outputs."""
    own, found = stored.lists[choice.place], look(stored, choice)
    whole = judge(stored, own, own.weights.astype(np.float64) / own.scale.astype(np.float64))
    uses = found.slopes > 0
    per_code, per_row = uses.sum(0), uses.sum(1)
    spoken = (own.scores * STEP) * found.slopes[found.predicted]
    rows = [tuple(row) for row in uses.tolist()]
    used = int((per_code > 0).sum())
    numbers: Numbers = {
        "accuracy": float(found.right.mean()),
        "whole": float(whole.right.mean()),
        "local": float(per_row[found.predicted].mean()),
        "carrying": float(carrying(torch.from_numpy(spoken)).double().mean()),
        "used": used,
        "shared": float(per_code.sum() / used) if used else None,
        "rare": int((own.usage < choice.least).sum()),
        "alike": sum(rows.count(row) > 1 for row in rows),
        "bare": int((per_row == 0).sum()),
    }
    for row in range(len(uses)):
        mine = found.right[stored.labels == row]
        numbers[f"right_{row}"] = float(mine.mean()) if len(mine) else None
        numbers[f"codes_{row}"] = int(per_row[row])
    for code in listed(found.slopes[choice.row]):
        numbers[f"weight_{code}"] = float(found.slopes[choice.row, code])
        numbers[f"usage_{code}"] = float(own.usage[code])
        numbers[f"classes_{code}"] = int(per_code[code])
    return numbers


def listed(slopes: Float[np.ndarray, " code"]) -> list[int]:
    """A class's codes, the largest weight first, as many as the page lists."""
    order = np.argsort(-slopes, kind="stable")
    return [int(code) for code in order[:LISTED] if slopes[code] > 0]
