"""PathExplorer: a penalty from strong to weak, and the last layer that each strength leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int
from torch import Tensor

from fewbits import glm
from fewbits.errors import UsageError
from fewbits.widgets.base import Given, Widget, as_whole, source
from fewbits.widgets.packing import pack
from fewbits.widgets.path_explorer_still import path_still
from fewbits.widgets.path_explorer_transport import StoredFits, store_fits
from fewbits.widgets.stored_features import store_features

SLACK = 1e-3  # relative; glm's own, for rounding
MOST_BYTES = 245_000  # of packed text: with code, style and still picture under a page's 300 KB


class PathExplorer(Widget):
    """A path of sparse layers: which weights leave 0, what they name rightly, when one stopped.

    In a chapter, one line::

        PathExplorer({1e-1: loose, 1e-4: strict}, features, labels, class_names)

    The reader moves lambda, the tolerance and the class; in a notebook ``widget.place``,
    ``.tolerance`` and ``.row`` follow, and setting them from Python moves the control.

    Weights are rounded on their way into the page, to 65,535 codes a fit; none that is not 0
    becomes 0. Counts and accuracy are those of the rounded weights (:meth:`numbers`); objective,
    residual and steps are the fit's. A fit whose residual is above its path's tolerance, because
    the solver gave up or the path was given another, is told of in the control's words. Large
    layers need fewer lambdas or tolerances: 100 classes and 50 features fit a page with 20 of the
    one and 2 of the other. Of more pictures than fit each class keeps its share.

    Args:
        paths: tolerance -> the path that was fitted to it, all at the same lambdas on the same
            features.
        features: of pictures that were not fitted, in the features' own units.
        labels: their classes.
        class_names: one a class, all different.
        place: number of the lambda to start with; default the last, the weakest.
        tolerance: the one to start with; default the smallest.
        row: the class to start with; default the first.

    Raises:
        UsageError: no path, paths that do not belong together, labels without a name, NaN, or a
            setting that is not there.
    """

    scripts = (
        "packing.js",
        "layer_math.js",
        "layer_matrix.js",
        "path_explorer_parts.js",
        "path_explorer.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    place = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    tolerance = Given().tag(sync=True)
    row = Given().tag(sync=True)

    def __init__(
        self,
        paths: Mapping[float, glm.Path],
        features: Float[Tensor, "image feature"],
        labels: Int[Tensor, " label"],
        class_names: Sequence[str],
        place: int | None = None,
        tolerance: float | None = None,
        row: str | None = None,
    ) -> None:
        self._fits: StoredFits = store_fits(paths)
        how = next(iter(paths.values())).standardization
        self._store = store_features(features, labels, how, class_names)
        names = self._store.class_names
        if len(names) != self._fits.classes:
            raise UsageError(
                f"class_names must be one for each of the {self._fits.classes} classes of the "
                f"path, got {len(names)}"
            )
        packed = pack(
            {"values": self._store.values, "labels": self._store.labels, **self._fits.arrays()}
        )
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{len(self._fits.lambdas)} lambdas x {len(paths)} tolerances x {len(names)} "
                f"classes take {len(packed['data']) / 1000:.0f} KB in the page, at most "
                f"{MOST_BYTES / 1000:.0f} KB fit: give paths of fewer lambdas, or fewer"
            )
        super().__init__(
            cargo={
                **packed,
                "lambdas": list(self._fits.lambdas),
                "tolerances": list(self._fits.tolerances),
                "classes": list(names),
                "given": self._store.given,
            },
            place=len(self._fits.lambdas) - 1 if place is None else place,
            tolerance=self._fits.tolerances[-1] if tolerance is None else tolerance,
            row=names[0] if row is None else row,
        )

    @traitlets.validate("place")
    def _place_is_there(self, proposal: Any) -> int:
        place, count = as_whole(proposal["value"]), len(self._fits.lambdas)
        if place is None or not 0 <= place < count:
            raise UsageError(
                f"place must be a whole number from 0 to {count - 1}, got {proposal['value']!r}"
            )
        return place

    @traitlets.validate("tolerance")
    def _tolerance_is_there(self, proposal: Any) -> float:
        if proposal["value"] not in self._fits.tolerances:
            known = ", ".join(f"{value:g}" for value in self._fits.tolerances)
            raise UsageError(f"tolerance must be one of {known}, got {proposal['value']!r}")
        return float(proposal["value"])

    @traitlets.validate("row")
    def _row_is_there(self, proposal: Any) -> str:
        if proposal["value"] not in self._store.class_names:
            raise UsageError(
                f"row must be a class, one of {', '.join(self._store.class_names)}, "
                f"got {proposal['value']!r}"
            )
        return str(proposal["value"])

    def numbers(self) -> dict[str, float | int]:
        """What the page shows at the present choice, by the names of its outputs."""
        stop = self._fits.tolerances.index(self.tolerance)
        weights, bias = self._fits.layer(stop, self.place)
        uses = weights != 0
        counts = uses.sum(1)
        return {
            "place": self._fits.lambdas[self.place],
            "nonzeros": int(uses.sum()),
            "mean": float(counts.mean()),
            "fewest": int(counts.min()),
            "most": int(counts.max()),
            "of_class": int(counts[self._store.class_names.index(self.row)]),
            "used": int(uses.any(0).sum()),
            "accuracy": self._store.accuracy(weights, bias),
            "objective": float(self._fits.objectives[stop, self.place]),
            "residual": float(self._fits.residuals[stop, self.place]),
            "steps": int(self._fits.steps[stop, self.place]),
        }

    def still(self) -> str:
        """Features a class over lambda, and the chosen class's weights, at the present choice."""
        stop = self._fits.tolerances.index(self.tolerance)
        layers = [self._fits.layer(stop, at)[0] for at in range(len(self._fits.lambdas))]
        shown = self._store.class_names.index(self.row)
        residual = float(self._fits.residuals[stop, self.place])
        missed = residual if residual > self.tolerance * (1 + SLACK) else None
        return path_still(np.stack(layers), self._fits.lambdas, self.place, shown, self.row, missed)


PathExplorer._css += source("qsenn.css")
