"""How names travel: of each feature its best concepts, and what the truth says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.board import NameBoard
from fewbits.qsenn.names.matching import right_names
from fewbits.widgets.concept_names_checks import RULES
from fewbits.widgets.packing import pack
from fewbits.widgets.picture_sheet import Pixels, Sheet, make_sheet, shrink

TOPS, TRUES = 6, 3  # concepts shown of a feature: by its scores, by the truth
SHOWN, SIDE = 6, 64  # pictures of evidence at most, and their pixels
MOST_BYTES = 225_000  # of packed text: with code, style and still picture under a page's 300 KB
NAMEABLE = 1 << len(RULES)  # the bit after those of the rules


@dataclass(frozen=True)
class StoredBoard:
    """What the page gets of a board; nothing in it depends on the threshold.

    Attributes:
        scores, concepts: of each feature's best, the best first; of equals the first.
        opposites: score of the concept that is most clearly absent, and
        absent: which one that is.
        truths, trues: correlations of its true best, and which these are; no column without truth.
        own: correlation of its name, of the best by score, with who truly has it.
        ranks: the name's place in the truth's order, from 1.
        verdicts: a bit for each of ``RULES`` by which its name is right, and ``NAMEABLE`` where
            the truth has any name for it.
    """

    scores: Float32[np.ndarray, "feature top"]
    concepts: UInt16[np.ndarray, "feature top"]
    opposites: Float32[np.ndarray, " feature"]
    absent: UInt16[np.ndarray, " feature"]
    truths: Float32[np.ndarray, "feature true"]
    trues: UInt16[np.ndarray, "feature true"]
    own: Float32[np.ndarray, " feature"]
    ranks: UInt16[np.ndarray, " feature"]
    verdicts: UInt8[np.ndarray, " feature"]

    @property
    def order(self) -> list[int]:
        """Features as the list has them: the best score first, of equals the first."""
        return [int(place) for place in np.argsort(-self.scores[:, 0], kind="stable")]

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """All of it that is packed."""
        return {f"{prefix}{name}": value for name, value in vars(self).items()}


def single(board: NameBoard) -> NameBoard:
    """The same board in single precision, in which scores travel and are compared."""
    truth = None if board.truth is None else board.truth.float().cpu()
    naming = replace(
        board.naming, scores=board.naming.scores.float().cpu(), evidence=board.naming.evidence.cpu()
    )
    return replace(board, naming=naming, truth=truth)


def store_board(board: NameBoard) -> StoredBoard:
    """Rank a board's concepts, by its scores and by its truth."""
    scores = board.naming.scores
    order = scores.argsort(dim=1, descending=True, stable=True)
    best, last = order[:, :1], order[:, -1:]
    truth = scores[:, :0] if board.truth is None else board.truth
    trues = truth.argsort(dim=1, descending=True, stable=True)
    known = board.truth is not None
    return StoredBoard(
        scores=_floats(scores.gather(1, order[:, :TOPS])),
        concepts=_places(order[:, :TOPS]),
        opposites=_floats(scores.gather(1, last)[:, 0]),
        absent=_places(last[:, 0]),
        truths=_floats(truth.gather(1, trues[:, :TRUES])),
        trues=_places(trues[:, :TRUES]),
        own=_floats(truth.gather(1, best)[:, 0] if known else truth.sum(1)),
        ranks=_places((trues == best).int().argmax(1) + 1 if known else truth.sum(1)),
        verdicts=_verdicts(board),
    )


def _verdicts(board: NameBoard) -> UInt8[np.ndarray, " feature"]:
    """Right or wrong as matching has it, whatever the threshold."""
    found = np.zeros(len(board.columns), dtype=np.uint8)
    if board.truth is None:
        return found
    tables = right_names(board.naming, board.truth, board.floor)
    for place, right in enumerate(tables):
        own = right.gather(1, board.naming.best[:, None])[:, 0]
        found |= own.numpy().astype(np.uint8) << place
    return found | NAMEABLE * tables[0].any(1).numpy().astype(np.uint8)


def _floats(values: Tensor) -> NDArray[np.float32]:
    return values.numpy().astype(np.float32)


def _places(values: Tensor) -> NDArray[np.uint16]:
    return values.numpy().astype(np.uint16)


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
    most = min(SHOWN, *(board.naming.evidence.shape[1] for board in boards.values()))
    arrays = {k: v for n, one in enumerate(stored) for k, v in one.arrays(f"{n}_").items()}
    size = 0
    for count in range(most, 0, -1) if shown is None else [min(shown, most)]:
        sheet, tiles = _evidence(boards, pictures, count)
        packed = pack({**arrays, "evidence": sheet.data, **tiles})
        size = len(packed["data"])
        if size <= MOST_BYTES:
            return {**packed, "sheet": sheet.shape()}
    raise UsageError(
        f"{sum(len(board.columns) for board in boards.values())} features and {sheet.count} "
        f"pictures of evidence take {size / 1000:.0f} KB in the page, at most "
        f"{MOST_BYTES / 1000:.0f} KB fit: give ConceptNames fewer boards"
        + ("" if shown is None else ", or leave out shown")
    )


def _evidence(
    boards: Mapping[str, NameBoard], pictures: UInt8[Tensor, "image 3 side side"], count: int
) -> tuple[Sheet, dict[str, UInt16[np.ndarray, "feature shown"]]]:
    """Every picture that is evidence for any feature once, and where each feature's are."""
    rows = [board.naming.evidence[:, :count] for board in boards.values()]
    chosen, places = torch.unique(torch.cat(rows), return_inverse=True)
    pixels: Pixels = shrink(pictures[chosen], SIDE)
    tiles = iter(places.split([len(one) for one in rows]))
    return make_sheet(pixels), {f"{n}_tiles": _places(one) for n, one in enumerate(tiles)}
