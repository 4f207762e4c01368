"""CodeBudget: how few codes a class are enough, and what is left of the head."""

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets
from jaxtyping import Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.budgets import Budgets
from fewbits.widgets.base import Given, Widget, as_whole, source
from fewbits.widgets.code_budget_numbers import (
    LISTED,
    Choice,
    Numbers,
    budget_numbers,
    judge,
    listed,
    look,
    slopes_at,
)
from fewbits.widgets.code_budget_still import budget_still
from fewbits.widgets.code_budget_transport import STEP, StoredBudgets, store_budgets
from fewbits.widgets.explain_bird_checks import check_class, check_classes
from fewbits.widgets.packing import pack

WEIGHTS = ("again", "fitted")
MOST_USE = 0.05  # of all training cells: where the slider ends
MOST_BYTES = 230_000  # of packed text: with code, style and still picture under a page's 300 KB
START = 5  # codes a class, or as near as there is


class CodeBudget(Widget):
    """Accuracy beside the size of an explanation, for every number of codes a class.

    In a chapter, one line::

        CodeBudget({"k-means": budgets}, test.labels, class_names)

    The reader chooses a list of codes, how many of them a class keeps, whether their weights stay
    as they were fitted or are fitted again, how rare a code may be, and a class; in a notebook
    ``widget.codes``, ``.kept``, ``.weights``, ``.least`` and ``.row`` follow, and setting them
    from Python moves the control.

    What is cut is silenced: its weight is 0, but it keeps its share of the softmax, so that no
    other score moves.

    Args:
        lists: by name, heads over a list of codes, as
            :func:`fewbits.protoquant.budgets.try_budgets` makes them, all with the same numbers of
            codes a class and of the same test pictures.
        labels: of these pictures.
        class_names: one a class, all different.
        codes: the list to start with; default the first.
        kept: codes a class to start with; default 5, or what is nearest.
        weights: ``again`` for weights fitted again, ``fitted`` for those of the whole head.
        least: share of training cells, 0 to 0.05, that a code must be the nearest in to be heard.
        row: the class whose codes are listed; default the first one.

    Raises:
        UsageError: lists, labels or names that do not fit together, a head that is not readable,
            a setting that is not there, or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "layer_math.js",
        "layer_matrix.js",
        "code_budget_math.js",
        "code_budget_classes.js",
        "code_budget_parts.js",
        "code_budget.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    codes = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    kept = Given().tag(sync=True)
    weights = Given().tag(sync=True)
    least = Given().tag(sync=True)
    row = Given().tag(sync=True)

    def __init__(
        self,
        lists: Mapping[str, Budgets],
        labels: Int[Tensor, " image"],
        class_names: Sequence[str],
        codes: str | None = None,
        kept: int | None = None,
        weights: str = "again",
        least: float | int = 0.0,
        row: str | None = None,
    ) -> None:
        self._stored: StoredBudgets = store_budgets(lists, labels)
        own = self._stored.lists[0]
        self._names = check_classes(class_names, labels, len(own.weights))
        self._lists = [one.name for one in self._stored.lists]
        counts = self._stored.counts
        nearest = min(counts, key=lambda count: (abs(count - START), count))
        super().__init__(
            cargo=self._pack(),
            codes=own.name if codes is None else codes,
            kept=nearest if kept is None else kept,
            weights=weights,
            least=least,
            row=self._names[0] if row is None else row,
        )

    def _pack(self) -> dict[str, Any]:
        packed = pack(self._stored.arrays())
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{len(self._stored.labels)} pictures and {len(self._stored.lists)} lists of codes "
                f"take {len(packed['data']) / 1000:.0f} KB in the page, at most "
                f"{MOST_BYTES / 1000:.0f} KB fit: give CodeBudget fewer pictures, lists or codes"
            )
        return {
            **packed,
            "classes": list(self._names),
            "counts": list(self._stored.counts),
            "step": STEP,
            "listed": LISTED,
            "most": MOST_USE,
            "lists": [{"name": one.name, "count": one.count} for one in self._stored.lists],
        }

    @traitlets.validate("codes")
    def _list_is_there(self, proposal: Any) -> str:
        if proposal["value"] not in self._lists:
            raise UsageError(
                f"codes must be one of {', '.join(self._lists)}, got {proposal['value']!r}"
            )
        return str(proposal["value"])

    @traitlets.validate("kept")
    def _head_is_there(self, proposal: Any) -> int:
        count = as_whole(proposal["value"])
        if count is None or count not in self._stored.counts:
            raise UsageError(
                "kept must be one of the numbers that there are heads for, "
                f"{', '.join(map(str, self._stored.counts))}, got {proposal['value']!r}"
            )
        return count

    @traitlets.validate("weights")
    def _way_is_known(self, proposal: Any) -> str:
        if proposal["value"] not in WEIGHTS:
            raise UsageError(
                f"weights must be one of {', '.join(WEIGHTS)}, got {proposal['value']!r}"
            )
        return str(proposal["value"])

    @traitlets.validate("least")
    def _use_is_in_reach(self, proposal: Any) -> float:
        value = proposal["value"]
        number = not isinstance(value, bool) and isinstance(value, int | float)
        if not number or not 0 <= value <= MOST_USE:
            raise UsageError(
                f"least must be a share of training cells from 0 to {MOST_USE:g}, got {value!r}"
            )
        return float(value)

    @traitlets.validate("row")
    def _class_is_there(self, proposal: Any) -> str:
        name = check_class(proposal["value"], "row", self._names)
        if not name:
            raise UsageError(f"row must be a class, one of {', '.join(self._names)}, got ''")
        return name

    @property
    def choice(self) -> Choice:
        """The present one, by places in what is stored."""
        return Choice(
            place=self._lists.index(self.codes),
            per_class=self.kept,
            least=self.least,
            refit=self.weights == "again",
            row=self._names.index(self.row),
        )

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``right_3`` and ``codes_3`` are of class 3; ``weight_7``, ``usage_7`` and ``classes_7`` of
        code 7, if it is listed for the chosen class.
        """
        found = budget_numbers(self._stored, self.choice)
        return {"kept": self.kept, "least": self.least, **found}

    def still(self) -> str:
        """Accuracy for every number of codes a class, and the codes of the chosen class."""
        choice, own = self.choice, self._stored.lists[self.choice.place]
        shares = [
            float(
                judge(
                    self._stored,
                    own,
                    slopes_at(self._stored, own, count, choice.least, choice.refit),
                ).right.mean()
            )
            for count in self._stored.counts
        ]
        slopes = look(self._stored, choice).slopes[choice.row]
        return budget_still(
            self._stored.counts,
            shares,
            self.kept,
            self.row.replace("_", " "),
            [(f"code {code}", float(slopes[code])) for code in listed(slopes)],
        )


CodeBudget._css += source("protoquant.css", "code_budget.css")
