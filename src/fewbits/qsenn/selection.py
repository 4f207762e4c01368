"""Which features the last layer may use: the first to enter a grouped path."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits import glm
from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.defaults import LAMBDAS, PRECISION, SELECTION_ALPHA


@dataclass(frozen=True)
class Selection:
    """The features kept.

    Attributes:
        features: their numbers, in the order in which they entered.
        strengths: the lambda at which each entered, falling.
    """

    features: Int[Tensor, " kept"]
    strengths: Float[Tensor, " kept"]


def select_features(
    features: Float[Tensor, "image feature"],
    labels: Int[Tensor, " image"],
    classes: int,
    count: int = 50,
    alpha: float = SELECTION_ALPHA,
    precision: float = PRECISION,
) -> Selection:
    """The ``count`` features that a grouped elastic net takes in first (arXiv 2312.13839).

    The penalty falls; a feature whose weights to all classes leave 0 together has entered, and
    stays. Of those that enter at the same strength the one with the longest weights is first: the
    reference code lets in one a step for the same reason.

    Args:
        precision: at which a fit stops: its KKT residual as a share of lambda.

    Raises:
        UsageError: there are fewer features that vary, or the path ends before so many entered.
        FewbitsError: a fit did not reach the tolerance.
    """
    how = glm.measure(features)
    varying = int((~how.constant).sum())
    if not 1 <= count <= varying:
        raise UsageError(
            f"count must be from 1 to the number of features that vary, {varying}, got {count}"
        )
    loss = glm.Multinomial(glm.Table(features, how), labels, classes)
    lambdas = glm.lambdas_below(glm.largest_strength(loss, alpha, grouped=True), LAMBDAS)
    entered: dict[int, float] = {}
    path = glm.walk(loss, lambdas, alpha, grouped=True, tolerance=precision, relative=True)
    for strength, fit in zip(lambdas, path, strict=False):
        if not fit.converged:
            raise FewbitsError(
                f"the selection's fit at lambda {strength:.2e} stopped at a residual of "
                f"{fit.residual:.1e} after {fit.steps} steps, expected {precision * strength:.1e}: "
                "look for features that repeat each other"
            )
        length = fit.weights.norm(dim=0)
        for place in length.argsort(descending=True, stable=True).tolist():
            if length[place] > 0 and place not in entered:
                entered[place] = strength
        if len(entered) >= count:
            kept = list(entered)[:count]
            return Selection(torch.tensor(kept), torch.tensor([entered[place] for place in kept]))
    raise UsageError(
        f"only {len(entered)} of {count} features have entered at a thousandth of the strength "
        "that silences all: keep fewer"
    )
