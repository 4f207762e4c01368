"""The numbers of ClassEditor, by the package's own edits, scores and head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.protoquant.editing import Edit, Entry, by_class, replay
from fewbits.protoquant.model import PartModel
from fewbits.protoquant.scores import strongest
from fewbits.widgets.class_editor_checks import FIRST
from fewbits.widgets.class_editor_transport import StoredEditor

Numbers = dict[str, float | int | None]


@dataclass(frozen=True)
class Choice:
    """What the reader has set, by places in what is stored.

    Attributes:
        test: name of the set that is tested.
        row: of the picture looked at.
        edited: number of the class.
        code: one of its codes; -1 for the first that still has a weight.
        edits: those made.
    """

    test: str
    row: int
    edited: int
    code: int
    edits: tuple[Edit, ...]


def scores_of(
    stored: StoredEditor, model: PartModel, rows: Sequence[int]
) -> Float[Tensor, "image code"]:
    """The scores of stored pictures under a model."""
    return strongest(model.shared(stored.cosines(rows))).scores


def listed_of(stored: StoredEditor, model: PartModel, edited: int) -> list[int]:
    """The class's codes: those it was fitted with, the heaviest first, then those merged into."""
    first, now = stored.model.head.weights[edited], model.head.weights[edited]
    fitted = [code for code in range(stored.codes) if first[code] > 0]
    fitted.sort(key=lambda code: (-float(first[code]), code))
    return fitted + [code for code in range(stored.codes) if first[code] <= 0 and now[code] > 0]


def chosen_of(stored: StoredEditor, model: PartModel, choice: Choice) -> int:
    """The code that a button edits."""
    if choice.code != FIRST:
        return choice.code
    listed = listed_of(stored, model, choice.edited)
    weights = model.head.weights[choice.edited]
    return next((code for code in listed if weights[code] > 0), listed[0])


def log_of(stored: StoredEditor, test: str, edits: Sequence[Edit]) -> list[Entry]:
    """What each edit did to each class, on one set."""
    rows = stored.sets[test].tolist()
    labels = torch.from_numpy(stored.labels[rows].astype(np.int64))
    shares = []
    for count in range(len(edits) + 1):
        model = replay(stored.model, edits[:count])
        logits = model.head(scores_of(stored, model, rows))
        shares.append(by_class(logits, labels, len(stored.slopes)))
    return [Entry(edit, *shares[k : k + 2]) for k, edit in enumerate(edits)]


def editor_numbers(stored: StoredEditor, choice: Choice) -> Numbers:
    """Everything the page shows as a number, by the names of its outputs."""
    rows = stored.sets[choice.test].tolist()
    labels = torch.from_numpy(stored.labels[rows].astype(np.int64))
    model = replay(stored.model, choice.edits)
    before = stored.model.head(scores_of(stored, stored.model, rows)).argmax(1)
    logits = model.head(scores_of(stored, model, rows))
    after = logits.argmax(1)
    others = labels != choice.edited
    scores = scores_of(stored, model, [choice.row])
    own = model.head(scores)[0]
    chosen = chosen_of(stored, model, choice)
    numbers: Numbers = {
        "label": int(stored.labels[choice.row]),
        "decided": int(own.argmax()),
        "before": float((before == labels).double().mean()),
        "after": float((after == labels).double().mean()),
        "called_before": int((before[others] == choice.edited).sum()),
        "called": int((after[others] == choice.edited).sum()),
        "edits": len(choice.edits),
        "chosen": chosen,
    }
    for place, share in enumerate(by_class(logits, labels, len(stored.slopes))):
        numbers |= {f"class_{place}": share, f"logit_{place}": float(own[place])}
    weights = model.head.weights
    for code in dict.fromkeys([*listed_of(stored, model, choice.edited), chosen]):
        weight = float(weights[choice.edited, code])
        numbers |= {
            f"score_{code}": float(scores[0, code]),
            f"weight_{code}": weight,
            f"part_{code}": float(scores[0, code]) * weight,
            f"classes_{code}": int((weights[:, code] > 0).sum()),
        }
    return numbers
