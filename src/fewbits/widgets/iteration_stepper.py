"""IterationStepper: the loop moment by moment, a layer refitted, rounded and tuned around."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.moments import Moment
from fewbits.widgets.base import Given, Widget, as_whole, source
from fewbits.widgets.iteration_stepper_still import steps_still
from fewbits.widgets.iteration_stepper_transport import StoredSteps, separates, store_steps
from fewbits.widgets.packing import pack

MOST_BYTES = 245_000  # of packed text, as PathExplorer has it


class IterationStepper(Widget):
    """What each pass of the loop changes: weights, features, and what is named rightly.

    In a chapter, two lines::

        tables = [features before the first pass, *features after each]
        IterationStepper(moments_of(rounds), tables, labels, class_names)

    The reader moves through the moments and chooses a feature; in a notebook ``widget.moment`` and
    ``widget.feature`` follow, and setting them from Python moves the control.

    Features are rounded on their way into the page, to 65,536 steps of their range; accuracy and
    separation are those of the rounded features (:meth:`numbers`). Contrastiveness is that of all
    pictures given.

    Args:
        moments: as :func:`fewbits.qsenn.moments.moments_of` has them.
        tables: the features of the same pictures, best of such as were not fitted, in the features'
            own units: before the first pass, and after each.
        labels: the pictures' classes.
        class_names: one a class, all different.
        moment: number of the one to start with, from 0.
        feature: number of the one to start with.

    Raises:
        UsageError: moments, tables, labels and names that do not belong together, NaN, more than a
            page can carry, or a setting that is not there.
    """

    scripts = (
        "packing.js",
        "layer_math.js",
        "layer_matrix.js",
        "iteration_stepper_math.js",
        "iteration_stepper_parts.js",
        "iteration_stepper.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    moment = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    feature = Given().tag(sync=True)

    def __init__(
        self,
        moments: Sequence[Moment],
        tables: Sequence[Float[Tensor, "image feature"]],
        labels: Int[Tensor, " label"],
        class_names: Sequence[str],
        moment: int = 0,
        feature: int = 0,
    ) -> None:
        self._steps: StoredSteps = store_steps(moments, tables, labels)
        self._moments = tuple(moments)
        self._names = _checked(class_names, self._steps, labels)
        packed = pack(self._steps.arrays())
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{len(moments)} moments of {len(self._names)} classes and "
                f"{self._steps.codes.shape[2]} features take {len(packed['data']) / 1000:.0f} KB "
                f"in the page, at most {MOST_BYTES / 1000:.0f} KB fit: give fewer passes"
            )
        super().__init__(
            cargo={
                **packed,
                "classes": list(self._names),
                "given": self._steps.given,
                "moments": [[one.place, one.kind, one.table] for one in moments],
            },
            moment=moment,
            feature=feature,
        )

    @traitlets.validate("moment", "feature")
    def _is_there(self, proposal: Any) -> int:
        value, name = as_whole(proposal["value"]), proposal["trait"].name
        count = len(self._moments) if name == "moment" else self._steps.codes.shape[2]
        if value is None or not 0 <= value < count:
            raise UsageError(
                f"{name} must be a whole number from 0 to {count - 1}, got {proposal['value']!r}"
            )
        return value

    def changed(self, moment: int) -> int:
        """Places of the layer whose sign the pass before had otherwise; 0 in the first pass."""
        place = self._moments[moment].place
        before = [k for k, one in enumerate(self._moments) if one.place == place - 1]
        if not before:
            return 0
        return int((self._steps.signs(moment) != self._steps.signs(before[-1])).sum())

    def numbers(self) -> dict[str, float | int]:
        """What the page shows at the present choice, by the names of its outputs."""
        at, steps = self.moment, self._steps
        signs, values = steps.signs(at), steps.features(at)
        contrasts = steps.contrasts[steps.seen[at]]
        apart = [separates(values[:, f], steps.labels, signs[:, f]) for f in range(signs.shape[1])]
        used = np.flatnonzero(signs.any(0))
        return {
            "moment": at,
            "accuracy": steps.accuracy(at),
            "nonzeros": int(np.count_nonzero(signs)),
            "changed": self.changed(at),
            "used": len(used),
            "apart_mean": float(np.mean([apart[f] for f in used])) if len(used) else 0.5,
            "contrast_mean": float(contrasts[used].mean()) if len(used) else 0.0,
            "apart": apart[self.feature],
            "contrast": float(contrasts[self.feature]),
            "speaks_for": int((signs[:, self.feature] > 0).sum()),
            "speaks_against": int((signs[:, self.feature] < 0).sum()),
        }

    def still(self) -> str:
        """Accuracy over the moments, and the chosen feature on the pictures, at the choice."""
        steps = self._steps
        shares = [steps.accuracy(at) for at in range(len(self._moments))]
        values = steps.features(self.moment)[:, self.feature]
        speaks = (steps.signs(self.moment)[:, self.feature] > 0)[steps.labels]
        name = self._moments[self.moment].name
        return steps_still(shares, self.moment, name, values, speaks, self.feature)


def _checked(
    class_names: Sequence[str], steps: StoredSteps, labels: Int[Tensor, " label"]
) -> tuple[str, ...]:
    names, classes = tuple(str(name) for name in class_names), steps.weights.shape[1]
    if len(names) != classes or len(set(names)) < classes:
        raise UsageError(
            f"class_names must be different names, one for each of the layer's {classes} classes, "
            f"got {len(names)}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(
            f"labels must be from 0 to {classes - 1}, a name each in class_names, got "
            f"{int(labels.min())} to {int(labels.max())}"
        )
    return names


IterationStepper._css += source("qsenn.css")
