"""Edits a person makes after reading a model, their log, and what each of them changes.

Setting a weight to 0 is exact: nothing else moves. Removing a code is not, because the softmax
gives its share to the others; silencing it, weight 0 in every class while it stays in the softmax,
is the removal that changes nothing else.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.model import GONE, PartModel
from fewbits.report import write_whole

Kind = Literal["zero", "forbid", "silence", "remove", "merge"]
KINDS = ("zero", "forbid", "silence", "remove", "merge")


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        kind: ``zero`` one class's weight of a code; ``forbid`` it, so that later training leaves
            it at 0; ``silence`` a code in all classes; ``remove`` it from the softmax, too;
            ``merge`` it into another one.
        code: the one edited.
        label: the class, for ``zero`` and ``forbid``.
        into: the code that stays, for ``merge``.
    """

    kind: Kind
    code: int
    label: int | None = None
    into: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"unknown edit {self.kind!r}: expected one of {', '.join(KINDS)}")
        for name, wanted in (
            ("label", self.kind in ("zero", "forbid")),
            ("into", self.kind == "merge"),
        ):
            if (getattr(self, name) is not None) != wanted:
                how = "needs" if wanted else "takes no"
                raise UsageError(f"edit {self.kind} {how} {name}, got {getattr(self, name)}")


def apply(model: PartModel, edit: Edit) -> PartModel:
    """The edited model; the one given stays as it is.

    Raises:
        UsageError: a class or code that there is not or that is gone, or one merged into itself.
    """
    _check(model, edit)
    weights, forbidden = model.head.weights.clone(), model.forbidden.clone()
    belongs, scale = model.belongs.clone(), model.head.scale.clone()
    match edit.kind:
        case "zero":
            weights[edit.label, edit.code] = 0
        case "forbid":
            weights[edit.label, edit.code] = 0
            forbidden[edit.label, edit.code] = True
        case "silence":
            weights[:, edit.code] = 0
        case "remove":
            weights[:, edit.code] = 0
            belongs[belongs == edit.code] = GONE
        case "merge" if edit.into is not None:
            slopes = model.head.slope[:, [edit.code, edit.into]]
            weights[:, edit.into] = slopes.amax(1) * scale[edit.into]
            weights[:, edit.code] = 0
            forbidden[:, edit.into] |= forbidden[:, edit.code]  # what it says now is both
            belongs[belongs == edit.code] = edit.into
    weights[forbidden] = 0
    return replace(
        model, head=replace(model.head, weights=weights), belongs=belongs, forbidden=forbidden
    )


def replay(model: PartModel, edits: Sequence[Edit]) -> PartModel:
    """One edit after the other."""
    for edit in edits:
        model = apply(model, edit)
    return model


@dataclass(frozen=True)
class Entry:
    """A line of the log: an edit, and each class's share of pictures told rightly around it.

    Attributes:
        edit: what was done.
        before: share by class; None where a class has no picture.
        after: the same with the edit.
    """

    edit: Edit
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]


def write_log(entries: Sequence[Entry], file: Path) -> None:
    """Save a log as JSON, whole or not at all.

    Raises:
        FewbitsError: it cannot be written.
    """
    text = json.dumps([asdict(entry) for entry in entries], indent=1) + "\n"
    write_whole(file, partial(_put, text))


def read_log(file: Path) -> list[Entry]:
    """A log as :func:`write_log` has saved it.

    Raises:
        FewbitsError: it is not there, or not such a log.
    """
    try:
        lines = json.loads(file.read_text("utf8"))
        return [
            Entry(Edit(**line["edit"]), _shares(line["before"]), _shares(line["after"]))
            for line in lines
        ]
    except OSError as error:
        raise FewbitsError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise FewbitsError(
            f"{file} is no log of edits ({type(error).__name__}: {error}): expected a list of "
            "entries with edit, before and after"
        ) from error


def by_class(logits: torch.Tensor, labels: torch.Tensor, classes: int) -> tuple[float | None, ...]:
    """Each class's share of pictures told rightly; None where it has none."""
    right = (logits.argmax(1) == labels).double()
    return tuple(
        right[labels == one].mean().item() if (labels == one).any() else None
        for one in range(classes)
    )


def _shares(held: Sequence[float | int | None]) -> tuple[float | None, ...]:
    """Numbers that a page wrote: it writes 1 where Python writes 1.0."""
    return tuple(None if share is None else float(share) for share in held)


def _put(text: str, part: Path) -> None:
    part.write_text(text, "utf8")


def _check(model: PartModel, edit: Edit) -> None:
    classes, codes = model.head.weights.shape
    for name, number in (("code", edit.code), ("into", edit.into)):
        if number is None:
            continue
        if not 0 <= number < codes:
            raise UsageError(f"{name} must be from 0 to {codes - 1}, got {number}")
        if not bool((model.belongs == number).any()):
            raise UsageError(f"{name} {number} is not there any more: it was removed or merged")
    if edit.label is not None and not 0 <= edit.label < classes:
        raise UsageError(f"label must be from 0 to {classes - 1}, got {edit.label}")
    if edit.code == edit.into:
        raise UsageError(f"code {edit.code} cannot be merged into itself")
    if edit.kind == "remove" and int(model.present.sum()) <= int(
        (model.belongs == edit.code).sum()
    ):
        raise UsageError(f"code {edit.code} is the last one: a model without codes says nothing")
