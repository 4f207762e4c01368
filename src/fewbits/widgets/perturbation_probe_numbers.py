"""The numbers of PerturbationProbe: before and after a patch, for two models beside each other."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from fewbits.widgets.perturbation_probe_checks import STRONGEST
from fewbits.widgets.perturbation_probe_transport import STEP, StoredModel

LISTED = 5  # codes that the page lists
MOVED = 50  # steps from which on a score has moved: 0.05

Numbers = dict[str, float | int | None]


@dataclass(frozen=True)
class Choice:
    """Where the patch is.

    Attributes:
        image: number of the picture.
        patch: number of the patch.
        place: the cell it lies on, counted row by row.
        wide: cells in a row.
    """

    image: int
    patch: int
    place: int
    wide: int


@dataclass(frozen=True)
class Side:
    """One model at a choice.

    Attributes:
        before, after: scores.
        decided, now: the class decided before and after.
        listed: codes whose scores changed most, the largest change first.
        chosen: the code whose map is shown.
        changes: of the chosen code's score, with the patch at each place.
        away: how far each place is from that code's cell.
        steps: how far the patch is from each code's cell.
        moved: how many codes' scores have moved.
    """

    before: Float[np.ndarray, " code"]
    after: Float[np.ndarray, " code"]
    decided: int
    now: int
    listed: tuple[int, ...]
    chosen: int
    changes: Float[np.ndarray, " place"]
    away: Int[np.ndarray, " place"]
    steps: Int[np.ndarray, " code"]
    moved: int


def look(model: StoredModel, choice: Choice, code: int) -> Side:
    """Everything there is to know of one model."""
    start = model.before[choice.image].astype(np.int64)
    changed = model.changed[choice.patch, choice.image].astype(np.int64)
    here = changed[:, choice.place]
    before, after = start * STEP, (start + here) * STEP
    slopes = model.slopes.astype(np.float64)
    decided, now = int((slopes @ before).argmax()), int((slopes @ after).argmax())
    chosen = int((slopes[decided] * before).argmax()) if code == STRONGEST else code
    cells = model.cells[choice.image].astype(np.int64)
    order = sorted(range(model.count), key=lambda k: (-abs(here[k]), k))
    return Side(
        before=before,
        after=after,
        decided=decided,
        now=now,
        listed=tuple(order[:LISTED]),
        chosen=chosen,
        changes=changed[chosen] * STEP,
        away=_steps(cells[chosen, None], np.arange(changed.shape[1]), choice.wide),
        steps=_steps(cells, np.array(choice.place), choice.wide),
        moved=int((abs(here) >= MOVED).sum()),
    )


def side_numbers(model: StoredModel, choice: Choice, code: int, side: str) -> Numbers:
    """What the page shows of one model, by the names of its outputs."""
    found = look(model, choice, code)
    within = found.away <= model.reach
    numbers: Numbers = {
        f"{side}_decided": found.decided,
        f"{side}_now": found.now,
        f"{side}_moved": found.moved,
        f"{side}_chosen": found.chosen,
        f"{side}_near": _mean(found.changes[within]),
        f"{side}_far": _mean(found.changes[~within]),
        f"{side}_reach": model.reach,
    }
    for listed in dict.fromkeys([*found.listed, found.chosen]):
        numbers |= {
            f"{side}_from_{listed}": float(found.before[listed]),
            f"{side}_to_{listed}": float(found.after[listed]),
            f"{side}_away_{listed}": int(found.steps[listed]),
        }
    return numbers


def _steps(
    cell: Int[np.ndarray, "*some"], place: Int[np.ndarray, "*other"], wide: int
) -> Int[np.ndarray, "..."]:
    return np.maximum(abs(cell // wide - place // wide), abs(cell % wide - place % wide))


def _mean(changes: Float[np.ndarray, " place"]) -> float | None:
    return float(abs(changes).mean()) if len(changes) else None
