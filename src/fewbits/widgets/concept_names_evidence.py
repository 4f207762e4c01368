"""The pictures behind the names: as many of each feature's as a page can carry, each once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.board import NameBoard
from fewbits.widgets.concept_names_transport import StoredBoard
from fewbits.widgets.packing import pack
from fewbits.widgets.picture_sheet import Sheet, make_sheet, shrink

SHOWN, SIDE = 6, 64  # of a feature at most, and their pixels
MOST_BYTES = 225_000  # of packed text: with code, style and still picture under a page's 300 KB

Rows = list[Int[Tensor, "_feature _shown"]]  # a table a board, of sizes of their own


def pack_names(
    boards: Mapping[str, NameBoard],
    stored: Sequence[StoredBoard],
    pictures: UInt8[Tensor, "image 3 side side"],
    shown: int | None,
) -> dict[str, Any]:
    """Boards and evidence as one text.

    Args:
        shown: pictures of evidence a feature; None for as many as fit, at most :data:`SHOWN`.

    Raises:
        UsageError: they do not fit a page.
    """
    arrays = {k: v for n, one in enumerate(stored) for k, v in one.arrays(f"{n}_").items()}
    rows = [one.naming.evidence[:, : SHOWN if shown is None else shown] for one in boards.values()]
    while True:
        sheet, tiles = _evidence(rows, pictures)
        packed = pack({**arrays, "evidence": sheet.data, **tiles})
        size = len(packed["data"])
        if size <= MOST_BYTES:
            return {**packed, "sheet": sheet.shape()}
        fewer = _fewer(rows, sheet.count * MOST_BYTES // size) if shown is None else rows
        if sum(map(torch.numel, fewer)) == sum(map(torch.numel, rows)):
            raise UsageError(
                f"{sum(map(len, rows))} features and {sheet.count} pictures of evidence take "
                f"{size / 1000:.0f} KB in the page, at most {MOST_BYTES / 1000:.0f} KB fit: give "
                "ConceptNames fewer boards or such of fewer features"
                + ("" if shown is None else ", or leave out shown")
            )
        rows = fewer


def _fewer(rows: Rows, most: int) -> Rows:
    """At most so many pictures in all, if each feature is to keep one.

    The boards whose features show most in all give way first: a dense network has many, and what a
    few features answer to is worth more pictures.
    """
    rows = list(rows)
    while len(torch.cat([one.flatten() for one in rows]).unique()) > most:
        sizes = [one.numel() if one.shape[1] > 1 else 0 for one in rows]
        if not max(sizes):
            break
        rows = [
            one[:, :-1] if size == max(sizes) else one
            for one, size in zip(rows, sizes, strict=True)
        ]
    return rows


def _evidence(
    rows: Rows, pictures: UInt8[Tensor, "image 3 side side"]
) -> tuple[Sheet, dict[str, NDArray[np.uint16]]]:
    """Every picture that is evidence for any feature once, and where each feature's are."""
    chosen, places = torch.unique(torch.cat([one.flatten() for one in rows]), return_inverse=True)
    tiles = places.split([one.numel() for one in rows])
    named = {f"{n}_tiles": one.numpy().astype(np.uint16) for n, one in enumerate(tiles)}
    return make_sheet(shrink(pictures[chosen], SIDE)), named
