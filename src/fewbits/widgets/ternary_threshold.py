"""TernaryThreshold: a cut through a layer's sorted weights, and the ternary layer above it."""

from collections.abc import Sequence
from typing import Any

import torch
import traitlets
from jaxtyping import Float, Int
from torch import Tensor

from fewbits import glm
from fewbits.errors import UsageError
from fewbits.qsenn.ternary import count_bias, keep_largest
from fewbits.widgets.base import Given, Widget, as_whole, source
from fewbits.widgets.packing import pack
from fewbits.widgets.stored_features import store_features
from fewbits.widgets.ternary_threshold_still import ternary_still

SIZES = ("one", "fitted")
BIASES = ("counts", "fitted", "none")


class TernaryThreshold(Widget):
    """How many weights of a sparse layer stay, what they become, and what is then named rightly.

    In a chapter, one line::

        TernaryThreshold(path.last, path.standardization, features, labels, class_names)

    The reader moves the cut and chooses what weights and bias become; in a notebook
    ``widget.kept``, ``.sizes`` and ``.bias`` follow, and setting them from Python moves the
    control.

    Args:
        fit: a sparse layer, of standardised features.
        how: the standardisation it was fitted under.
        features: of pictures that were not fitted, in the features' own units.
        labels: their classes.
        class_names: one a class, all different.
        kept: how many weights stay, from 1 to all that are not 0; default five a class.
        sizes: what those that stay become: ``one`` magnitude, or as they were ``fitted``.
        bias: evened out by ``counts`` of pluses and minuses, as ``fitted``, or ``none``.

    Raises:
        UsageError: a layer without weights or with NaN, shapes that do not belong together, or a
            setting out of range.
    """

    scripts = (
        "packing.js",
        "layer_math.js",
        "layer_matrix.js",
        "ternary_threshold_parts.js",
        "ternary_threshold.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    kept = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    sizes = Given().tag(sync=True)
    bias = Given().tag(sync=True)

    def __init__(
        self,
        fit: glm.Fit,
        how: glm.Standardization,
        features: Float[Tensor, "image feature"],
        labels: Int[Tensor, " label"],
        class_names: Sequence[str],
        kept: int | None = None,
        sizes: str = "one",
        bias: str = "counts",
    ) -> None:
        self._store = store_features(features, labels, how, class_names)
        self._weights = fit.weights.detach().cpu().double()
        self._fitted_bias = fit.bias.detach().cpu().double()
        names = self._store.class_names
        if len(names) != len(self._weights):
            raise UsageError(
                f"class_names must be one for each of the layer's {len(self._weights)} classes, "
                f"got {len(names)}"
            )
        if not (self._weights.isfinite().all() and self._fitted_bias.isfinite().all()):
            raise UsageError("the layer holds NaN or infinity: its fit went wrong, look there")
        self._most = int((self._weights != 0).sum())
        if not self._most:
            raise UsageError("all weights of the layer are 0: take a fit at a weaker lambda")
        arrays = {
            "values": self._store.values,
            "labels": self._store.labels,
            "weights": self._weights.numpy(),
            "biases": self._fitted_bias.numpy(),
        }
        super().__init__(
            cargo={**pack(arrays), "classes": list(names), "given": self._store.given},
            kept=min(5 * len(names), self._most) if kept is None else kept,
            sizes=sizes,
            bias=bias,
        )

    @traitlets.validate("kept")
    def _kept_is_there(self, proposal: Any) -> int:
        kept = as_whole(proposal["value"])
        if kept is None or not 1 <= kept <= self._most:
            raise UsageError(
                f"kept must be a whole number from 1 to {self._most}, got {proposal['value']!r}"
            )
        return kept

    @traitlets.validate("sizes", "bias")
    def _way_is_known(self, proposal: Any) -> str:
        name = proposal["trait"].name
        known = SIZES if name == "sizes" else BIASES
        if proposal["value"] not in known:
            raise UsageError(f"{name} must be one of {', '.join(known)}, got {proposal['value']!r}")
        return str(proposal["value"])

    def layer(self) -> tuple[Float[Tensor, "class feature"], Float[Tensor, " class"]]:
        """Weights and bias at the present choice."""
        ternary = keep_largest(self._weights, self._fitted_bias, self.kept)
        signs = ternary.codes.double()
        weights = ternary.magnitude * signs if self.sizes == "one" else self._weights * signs.abs()
        biases = {
            "counts": count_bias(ternary.codes, self._fitted_bias.abs().max().item()).double(),
            "fitted": self._fitted_bias,
            "none": torch.zeros_like(self._fitted_bias),
        }
        return weights, biases[self.bias]

    def numbers(self) -> dict[str, float | int]:
        """What the page shows at the present choice, by the names of its outputs."""
        ternary = keep_largest(self._weights, self._fitted_bias, self.kept)
        weights, bias = self.layer()
        uses = ternary.codes != 0
        counts = uses.sum(1)
        rows = [tuple(row) for row in ternary.codes.tolist()]
        return {
            "kept": self.kept,
            "mean": counts.double().mean().item(),
            "threshold": ternary.threshold,
            "magnitude": ternary.magnitude,
            "fewest": int(counts.min()),
            "most": int(counts.max()),
            "used": int(uses.any(0).sum()),
            "minus": int((ternary.codes < 0).sum()),
            "alike": sum(rows.count(row) > 1 for row in rows),
            "accuracy": self._store.accuracy(weights.numpy(), bias.numpy()),
            "fitted_accuracy": self._store.accuracy(
                self._weights.numpy(), self._fitted_bias.numpy()
            ),
        }

    def still(self) -> str:
        """The sorted weights with the cut, and features by class, at the present choice."""
        ternary = keep_largest(self._weights, self._fitted_bias, self.kept)
        return ternary_still(self._weights, ternary, self.kept)


TernaryThreshold._css += source("qsenn.css")
