"""How names travel: of each feature its best concepts, and what the truth says of them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.qsenn.names.board import NameBoard
from fewbits.qsenn.names.matching import right_names
from fewbits.widgets.concept_names_checks import RULES

TOPS, TRUES = 6, 3  # concepts shown of a feature: by its scores, by the truth
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
    """Rank a board's concepts, by its scores and by its truth.

    Raises:
        UsageError: a truth of other features or concepts.
    """
    verdicts = _verdicts(board)
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
        verdicts=verdicts,
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
