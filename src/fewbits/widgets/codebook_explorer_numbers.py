"""The numbers of CodebookExplorer, by the package's own scores and head."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.metrics.parts import classes_per_code
from fewbits.protoquant.head import Linear
from fewbits.protoquant.kmeans import nearest
from fewbits.protoquant.scores import CodeMaps, code_maps, strongest
from fewbits.widgets.codebook_explorer_checks import STRONGEST
from fewbits.widgets.codebook_explorer_transport import STEP, StoredBook, StoredExplorer

LISTED = 5  # codes that the page lists

Numbers = dict[str, float | int | None]


@dataclass(frozen=True)
class Choice:
    """What the reader has set.

    Attributes:
        image: number of the picture.
        book: place of the codebook.
        temperature: None for plain cosines.
        explained: a class's number; None for the class decided.
        code: a code's number; -1 for that of the largest contribution.
    """

    image: int
    book: int
    temperature: float | None
    explained: int | None
    code: int


@dataclass(frozen=True)
class Look:
    """A picture told in codes, and why that leads to a class.

    Attributes:
        maps: of the picture.
        nearest: code of each cell, along the grid's rows.
        scores: of the picture.
        cells: where each code is strongest, counted along the rows.
        parts: what each code adds to the logit of the class shown.
        logits: of all pictures.
        own: the class shown.
        listed: codes of the largest parts, the largest first.
        chosen: the code whose map is shown.
    """

    maps: Float[Tensor, "code high wide"]
    nearest: Int[Tensor, " cell"]
    scores: Float[Tensor, " code"]
    cells: Int[Tensor, " code"]
    parts: Float[Tensor, " code"]
    logits: Float[Tensor, "image class"]
    own: int
    listed: tuple[int, ...]
    chosen: int


def head_of(book: StoredBook) -> Linear:
    """The head as the page has it, with its scale inside."""
    slopes = torch.from_numpy(book.slopes).double()
    return Linear(slopes, slopes.new_zeros(len(slopes)), slopes.new_ones(slopes.shape[1]))


def cosines_of(stored: StoredExplorer, book: StoredBook) -> CodeMaps:
    """Of rounded vectors, whose products of whole numbers are exact in whatever order."""
    products = stored.vectors.astype(np.float64) @ book.keys.astype(np.float64).T
    cosines = torch.from_numpy(products * STEP**2).movedim(-1, 1)
    return cosines.unflatten(2, stored.grid).contiguous()


def look(stored: StoredExplorer, choice: Choice) -> Look:
    """Everything there is to know at this choice."""
    book = stored.books[choice.book]
    cosines = cosines_of(stored, book)
    maps = code_maps(cosines, choice.temperature)
    scored, head = strongest(maps), head_of(book)
    logits = head(scored.scores)
    decided = int(logits[choice.image].argmax())
    own = decided if choice.explained is None else choice.explained
    scores = scored.scores[choice.image]
    parts = head.contributions(scores[None], torch.tensor([own]))[0]
    used = head.weights[own].nonzero()[:, 0].tolist()
    listed = sorted(used, key=lambda code: (-float(parts[code]), code))[:LISTED]
    vectors = torch.from_numpy(stored.vectors[choice.image]).double()
    return Look(
        maps=maps[choice.image],
        nearest=nearest(vectors, torch.from_numpy(book.keys).double())[0],
        scores=scores,
        cells=scored.cells[choice.image],
        parts=parts,
        logits=logits,
        own=own,
        listed=tuple(listed),
        chosen=listed[0] if choice.code == STRONGEST else choice.code,
    )


def explorer_numbers(stored: StoredExplorer, choice: Choice) -> Numbers:
    """Everything the page shows as a number, by the names of its outputs."""
    found, book = look(stored, choice), stored.books[choice.book]
    logits = found.logits[choice.image]
    logit, together = float(logits[found.own]), float(found.parts[list(found.listed)].sum())
    row, column = divmod(int(found.cells[found.chosen]), stored.grid[1])
    labels = torch.from_numpy(stored.labels.astype(np.int64))
    numbers: Numbers = {
        "codes": book.count,
        "label": int(labels[choice.image]),
        "decided": int(logits.argmax()),
        "right": int((found.logits.argmax(1) == labels).sum()),
        "used": len(found.nearest.unique()),
        "listed": together,
        "logit": logit,
        "share": together / logit if logit > 0 else None,
        "chosen": found.chosen,
        "loudest": float(found.scores[found.chosen]),
        "row": row + 1,
        "column": column + 1,
        "cells": int((found.nearest == found.chosen).sum()),
    }
    numbers |= {f"logit_{place}": float(value) for place, value in enumerate(logits)}
    classes = classes_per_code(torch.from_numpy(book.slopes))
    for code in dict.fromkeys([*found.listed, found.chosen]):
        numbers |= {
            f"near_{code}": float(book.near[code, 0]),
            f"score_{code}": float(found.scores[code]),
            f"weight_{code}": float(book.slopes[found.own, code]),
            f"part_{code}": float(found.parts[code]),
            f"classes_{code}": int(classes[code]),
        }
    return numbers
