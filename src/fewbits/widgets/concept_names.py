"""ConceptNames: what a network's features are called, how sure that is, and whether it is true."""

from collections.abc import Mapping
from typing import Any

import traitlets
from jaxtyping import UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.board import NameBoard
from fewbits.qsenn.names.phrases import phrase
from fewbits.widgets.base import Given, Widget, as_whole, source
from fewbits.widgets.concept_names_checks import (
    check_boards,
    check_by,
    check_feature,
    check_rule,
    check_threshold,
)
from fewbits.widgets.concept_names_evidence import SHOWN, pack_names
from fewbits.widgets.concept_names_numbers import (
    Numbers,
    board_numbers,
    feature_numbers,
    list_numbers,
)
from fewbits.widgets.concept_names_still import names_still
from fewbits.widgets.concept_names_transport import StoredBoard, single, store_board
from fewbits.widgets.picture_sheet import check_pictures


class ConceptNames(Widget):
    """The names of all features under a threshold, how many are true, and why each is what it is.

    In a chapter, one line::

        ConceptNames(boards_for(answers, probes, concepts, seen), probes.named_on.images)

    The reader chooses a board, moves the threshold and looks at single features; in a notebook
    ``widget.by``, ``.threshold``, ``.rule`` and ``.feature`` follow, and setting them from Python
    moves the control. Counts and rates are those of :meth:`NameBoard.judge`.

    Args:
        boards: 1 to 4 by their labels, of one network or of several, all named with the same
            concepts on the same pictures. One that knows no truth is shown without a judgement.
        pictures: those that the names were found on; of them the evidence goes into the page.
        threshold: from which score on a feature has a name, 0 to 1; None for each board's level
            of chance.
        feature: the column of the one to look at; None, and on a board that does not have it, for
            the one with the best score.
        by: the board to start with; default the first.
        rule: what counts as a right name: the ``first`` in the truth's order, one ``among_three``,
            or one of the first one's ``group``.
        shown: pictures of evidence a feature, 1 to 6; default as many of these as a page can carry,
            fewer on boards of many features.

    Raises:
        UsageError: no board or more than four, of other concepts or pictures, without features or
            with NaN; pictures that are no squares of three colours; a setting that is not there;
            or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "picture_sheet.js",
        "concept_names_math.js",
        "concept_names_list.js",
        "concept_names_curve.js",
        "concept_names_card.js",
        "concept_names.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    by = Given().tag(sync=True)
    rule = Given().tag(sync=True)
    threshold = traitlets.Any().tag(sync=True)  # any, so that a wrong one meets a check
    feature = traitlets.Any().tag(sync=True)

    def __init__(
        self,
        boards: Mapping[str, NameBoard],
        pictures: UInt8[Tensor, "image 3 side side"],
        threshold: float | int | None = None,
        feature: int | None = None,
        by: str | None = None,
        rule: str = "first",
        shown: int | None = None,
    ) -> None:
        check_pictures(pictures, "pictures")
        self._boards = {n: single(b) for n, b in check_boards(boards, len(pictures)).items()}
        self._stored: dict[str, StoredBoard] = {n: store_board(b) for n, b in self._boards.items()}
        super().__init__(
            cargo=self._pack(pictures, _checked(shown)),
            by=next(iter(self._boards)) if by is None else by,
            threshold=threshold,
            rule=rule,
            feature=feature,
        )

    def _pack(
        self, pictures: UInt8[Tensor, "image 3 side side"], shown: int | None
    ) -> dict[str, Any]:
        packed = pack_names(self._boards, list(self._stored.values()), pictures, shown)
        concepts = next(iter(self._boards.values())).naming.concepts
        kinds = {group: number for number, group in enumerate(dict.fromkeys(concepts.groups))}
        return {
            **packed,
            "concepts": [_words(name) for name in concepts.names],
            "groups": [kinds[group] for group in concepts.groups],
            "boards": [
                {
                    "label": label,
                    "columns": list(board.columns),
                    "chance": board.chance,
                    "floor": None if board.truth is None else board.floor,
                    "chances": _chances(board),
                }
                for label, board in self._boards.items()
            ],
        }

    @traitlets.validate("by")
    def _by_is_there(self, proposal: Any) -> str:
        return check_by(proposal["value"], list(self._boards))

    @traitlets.validate("threshold")
    def _threshold_is_a_score(self, proposal: Any) -> float | None:
        return check_threshold(proposal["value"])

    @traitlets.validate("rule")
    def _rule_is_known(self, proposal: Any) -> str:
        return check_rule(proposal["value"])

    @traitlets.validate("feature")
    def _feature_is_there(self, proposal: Any) -> int | None:
        return check_feature(proposal["value"], self._boards)

    @property
    def board(self) -> NameBoard:
        """The present one."""
        return self._boards[self.by]

    @property
    def level(self) -> float:
        """The present threshold: the one set, or the board's level of chance."""
        return self.board.chance if self.threshold is None else float(self.threshold)

    @property
    def place(self) -> int:
        """The row of the present feature on the present board."""
        columns = self.board.columns
        return columns.index(self.feature) if self.feature in columns else self._present.order[0]

    @property
    def _present(self) -> StoredBoard:
        return self._stored[self.by]

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``score_7`` is the best score of feature 7. None is what needs a truth that nobody knows,
        and the share of right names where there is no name.
        """
        counted = board_numbers(self.board, self._present, self.level, self.rule)
        return counted | list_numbers(self.board) | feature_numbers(self.board, self.place)

    def still(self) -> str:
        """All features by their best score, and rates over all thresholds, at the choice."""
        return names_still(self.board, self._present, self.level, self.rule)


def _checked(shown: Any) -> int | None:
    number = as_whole(shown)
    if shown is not None and (number is None or not 1 <= number <= SHOWN):
        raise UsageError(
            f"shown must be a whole number from 1 to {SHOWN}, or None for as many as fit, "
            f"got {shown!r}"
        )
    return number


def _words(name: str) -> str:
    """A concept as a feature's name: ``a red crown``, ``mainly blue``, a file's line as it is."""
    return phrase(name).removeprefix("with ") if "::" in name else name


def _chances(board: NameBoard) -> dict[str, list[float]]:
    """What a concept at random and another feature's name get, by each rule."""
    if board.truth is None:
        return {}
    return {rule: [r.chance, r.swapped] for rule, r in vars(board.judge()).items()}


ConceptNames._css += source("qsenn.css", "pictures.css", "concept_names.css")
