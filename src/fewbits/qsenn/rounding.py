"""From a sparse fit to a ternary layer: the paper's way, and the other ways that one would try."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits import glm
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.ternary import PER_CLASS, TernaryLayer, keep_each, make_ternary

CUTS = ("layer", "class")
BIASES = ("counts", "fitted", "zero", "solved")


@dataclass(frozen=True)
class Rounding:
    """How a layer becomes ternary.

    Attributes:
        per_class: features a class, on average or exactly.
        cut: one threshold for the whole ``layer``, as in the paper, so that ``per_class`` is an
            average; or one for each ``class``.
        bias: by ``counts``, as in the reference code; as it was ``fitted``; ``zero``; or
            ``solved`` again for the rounded weights.

    Raises:
        UsageError: a cut or a bias of another name.
    """

    per_class: int = PER_CLASS
    cut: str = "layer"
    bias: str = "counts"

    def __post_init__(self) -> None:
        for name, known in (("cut", CUTS), ("bias", BIASES)):
            if (got := getattr(self, name)) not in known:
                raise UsageError(f"{name} must be one of {', '.join(known)}, got {got!r}")

    def __call__(
        self, fit: glm.Fit, standardised: Float[Tensor, "image feature"], labels: Int[Tensor, " n"]
    ) -> TernaryLayer:
        """Round a fit that may be sparser than the budget; then all its weights stay.

        Args:
            standardised: the features that the fit was made for; only ``solved`` looks at them.
            labels: their classes.

        Raises:
            UsageError: as :func:`fewbits.qsenn.ternary.make_ternary`.
        """
        if self.cut == "class":
            layer = keep_each(fit.weights, fit.bias, self.per_class)
        else:
            layer = make_ternary(fit.weights, fit.bias, self.per_class, fewer=True)
        if self.bias == "counts":
            return layer
        if self.bias == "solved":
            return replace(layer, bias=solve_bias(layer.weights, standardised, labels))
        return replace(layer, bias=fit.bias if self.bias == "fitted" else 0 * fit.bias)


PAPERS = Rounding()


def solve_bias(
    weights: Float[Tensor, "class feature"],
    features: Float[Tensor, "image feature"],
    labels: Int[Tensor, " n"],
) -> Float[Tensor, " class"]:
    """The biases with the least cross-entropy for weights that stay as they are.

    Only differences between biases count, so theirs is the solution of mean 0.

    Raises:
        FewbitsError: a class has no picture, so that its bias has no smallest value.
    """
    logits = features.double() @ weights.double().T
    if missing := sorted(set(range(len(weights))) - set(labels.tolist())):
        raise FewbitsError(
            f"the bias of class {missing[0]} cannot be solved for: expected pictures of every "
            f"class, got none of {len(missing)}"
        )
    bias = torch.zeros(len(weights), dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS(
        [bias],
        max_iter=500,
        tolerance_grad=1e-9,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        search.zero_grad()
        value = torch.nn.functional.cross_entropy(logits + bias, labels)
        value.backward()
        return value

    search.step(loss)
    return (bias - bias.mean()).detach().to(weights)
