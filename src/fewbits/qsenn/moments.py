"""The loop as a row of last layers: in each pass one as fitted, one rounded, one tuned around."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.glm import Standardization
from fewbits.qsenn.network import FixedHead
from fewbits.qsenn.pipeline import Round

KINDS = ("fitted", "rounded", "tuned")


@dataclass(frozen=True)
class Moment:
    """A last layer at one moment of the loop, and the features that it stands on.

    Attributes:
        place: the pass, counted from 1.
        kind: ``fitted``, the sparse fit; ``rounded``, the same as a ternary layer; ``tuned``, that
            layer over features trained for it.
        weights, bias: for standardised features.
        how: where each feature's zero lies and what its unit is.
    """

    place: int
    kind: str
    weights: Float[Tensor, "class feature"]
    bias: Float[Tensor, " class"]
    how: Standardization

    def __post_init__(self) -> None:
        if self.place < 1 or self.kind not in KINDS:
            raise UsageError(
                f"expected a pass from 1 and one of {', '.join(KINDS)}, "
                f"got {self.place} and {self.kind!r}"
            )

    @property
    def name(self) -> str:
        """How it is called, ``pass 2, rounded``."""
        return f"pass {self.place}, {self.kind}"

    @property
    def table(self) -> int:
        """Which features: 0 for those before the first pass, k for those after pass k."""
        return self.place if self.kind == "tuned" else self.place - 1


def moments_of(rounds: Sequence[Round]) -> list[Moment]:
    """Three moments for each pass of :func:`fewbits.qsenn.pipeline.iterate`."""
    found = []
    for place, one in enumerate(rounds, start=1):
        fit, how = one.path.last, one.path.standardization
        layer, head = one.layer, one.tuned.head
        if not isinstance(head, FixedHead):
            raise UsageError(f"pass {place} must end in a fixed layer, got {type(head).__name__}")
        after = Standardization(head.mean.detach().cpu(), head.scale.detach().cpu(), how.constant)
        found += [
            Moment(place, "fitted", fit.weights, fit.bias, how),
            Moment(place, "rounded", layer.weights, layer.bias, how),
            Moment(place, "tuned", layer.weights, layer.bias, after),
        ]
    return found
