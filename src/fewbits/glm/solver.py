"""One fit: steps whose length follows the curve, and a stop that looks at the optimum's own terms.

Full-batch proximal gradient with spectral steps (Barzilai and Borwein 1988; SpaRSA: Wright, Nowak
and Figueiredo 2009, IEEE TSP 57(7)). The step a bound on the curvature allows is far too short
here: where the layer is sure of its answers the loss is nearly flat. Measuring the curvature along
the last step took five to ten times fewer gradients than accelerated steps of the safe length.
"""

from collections import deque
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.glm.loss import Bias, Multinomial, Weights
from fewbits.glm.penalties import ElasticNet

TOLERANCE = 1e-4
MEMORY = 8  # a step may be worse than the last, but not than the worst of so many
DECREASE = 0.05  # of what a step of its length should gain, this much must be gained
MOST_STEPS = 5000


@dataclass(frozen=True)
class Fit:
    """A layer and how good it is.

    Attributes:
        weights: of the standardised features.
        bias: not penalised.
        objective: loss and penalty together.
        residual: the KKT conditions' largest violation, in units of the gradient; 0 at the optimum.
        steps: how many were made.
        converged: whether ``residual`` came below the tolerance.
    """

    weights: Float[Tensor, "class feature"]
    bias: Float[Tensor, " class"]
    objective: float
    residual: float
    steps: int
    converged: bool

    def nonzeros(self) -> Int[Tensor, " class"]:
        """How many features each class uses."""
        return (self.weights != 0).sum(1)


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that nothing can reach or everything has.

    Raises:
        UsageError: it is not above 0.
    """
    if not 0 < tolerance < float("inf"):
        raise UsageError(f"tolerance must be above 0, 1e-5 say, got {tolerance:g}")


@torch.no_grad()
def fit(
    loss: Multinomial,
    penalty: ElasticNet,
    start: tuple[Weights, Bias] | None = None,
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_STEPS,
) -> Fit:
    """The layer that makes loss plus penalty smallest.

    Args:
        loss: of the data.
        penalty: of the weights, plain or grouped; the bias goes free.
        start: a layer near the answer, that of a neighbouring lambda say. Default: no weights.
        tolerance: stop where no KKT condition is violated by more. Rounding keeps float32 from
            coming much below 1e-7.
        most_steps: give up there; the fit then says that it has not converged.

    Raises:
        UsageError: the tolerance is not above 0.
    """
    check_tolerance(tolerance)
    weights, bias = loss.null() if start is None else start
    value, slope, bias_slope = loss(weights, bias)
    objective = value + penalty.value(weights)
    worst = deque([objective], maxlen=MEMORY)
    # Half of the mean square of the rows bounds the curvature's mean; the first step corrects it.
    length = 2.0 / max(loss.features.mean_square(), 1e-12)
    steps, tries = 0, 0
    residual = _residual(penalty, weights, slope, bias_slope)
    slack = 4 * torch.finfo(weights.dtype).eps
    while residual > tolerance and steps < most_steps:
        new = penalty.prox(weights - length * slope, length)
        new_bias = bias - length * bias_slope
        moved, bias_moved = new - weights, new_bias - bias
        square = _dot(moved, moved) + _dot(bias_moved, bias_moved)
        value, new_slope, new_bias_slope = loss(new, new_bias)
        new_objective = value + penalty.value(new)
        limit = max(worst) - DECREASE * square / length + slack * abs(objective)
        if new_objective > limit and tries < 40:
            length, tries = length / 2, tries + 1
            continue
        bent, bias_bent = new_slope - slope, new_bias_slope - bias_slope
        along = _dot(moved, bent) + _dot(bias_moved, bias_bent)
        if along > 0:
            # The two estimates of the curvature take turns: one bold, one careful.
            bold = steps % 2 == 0
            across = _dot(bent, bent) + _dot(bias_bent, bias_bent)
            length = square / along if bold else along / across
        weights, bias, slope, bias_slope = new, new_bias, new_slope, new_bias_slope
        objective, tries, steps = new_objective, 0, steps + 1
        worst.append(objective)
        residual = _residual(penalty, weights, slope, bias_slope)
    return Fit(weights, bias, objective, residual, steps, residual <= tolerance)


def _residual(penalty: ElasticNet, weights: Weights, slope: Weights, bias_slope: Bias) -> float:
    return max(penalty.violation(weights, slope), bias_slope.abs().max().item())


def _dot(a: Tensor, b: Tensor) -> float:
    return torch.dot(a.flatten(), b.flatten()).item()
