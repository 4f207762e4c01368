"""Many fits, from the strength at which nothing is left down to a weak one, each from the last."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.glm.defaults import LAMBDAS, PATH_ALPHA
from fewbits.glm.loss import Multinomial
from fewbits.glm.penalties import ElasticNet, GroupElasticNet
from fewbits.glm.solver import TOLERANCE, Fit, check_tolerance, fit
from fewbits.glm.standardize import Standardization, measure
from fewbits.glm.table import Table

Layer = tuple[Float[Tensor, "class feature"], Float[Tensor, " class"]]
OnFit = Callable[[int, int, Fit], None]


@dataclass(frozen=True)
class Path:
    """Fits from strong to weak penalty.

    Attributes:
        lambdas: falling.
        fits: one a lambda, in units of the standardised features.
        standardization: of the features.
    """

    lambdas: tuple[float, ...]
    fits: tuple[Fit, ...]
    standardization: Standardization

    @property
    def last(self) -> Fit:
        """The fit at the weakest penalty."""
        return self.fits[-1]


@torch.no_grad()
def lambda_max(
    features: Float[Tensor, "image feature"],
    labels: Int[Tensor, " label"],
    classes: int,
    alpha: float = PATH_ALPHA,
    grouped: bool = False,
) -> float:
    """The smallest strength at which every weight is 0, for standardised features.

    max_jc |sum_i z_ij (1[y_i = c] - ybar_c)| / n / alpha; grouped, the lengths over c of the same
    sums instead of their largest. (glm-saga divides by max(alpha, 0.001).)

    Raises:
        UsageError: alpha is not above 0 and at most 1, or the labels are wrong.
    """
    return largest_strength(Multinomial(features, labels, classes), alpha, grouped)


@torch.no_grad()
def largest_strength(loss: Multinomial, alpha: float = PATH_ALPHA, grouped: bool = False) -> float:
    """:func:`lambda_max` of a loss that is there already.

    Raises:
        UsageError: alpha is not above 0 and at most 1.
    """
    ElasticNet(1.0, alpha)  # tells of a wrong alpha
    _, slope, _ = loss(*loss.null())
    return _reach(slope, grouped).max().item() / alpha


def lambdas_below(most: float, count: int, factor: float = 1e-3) -> tuple[float, ...]:
    """``count`` strengths from ``most`` down to ``factor * most``, equal steps on a log scale.

    Raises:
        UsageError: fewer than two, or a factor that is not between 0 and 1.
    """
    if count < 2 or not 0 < factor < 1:
        raise UsageError(
            f"expected at least 2 lambdas and a factor between 0 and 1, got {count} and {factor:g}"
        )
    step = math.log(factor) / (count - 1)
    return tuple(most * math.exp(step * place) for place in range(count))


@torch.no_grad()
def fit_path(
    features: Float[Tensor, "image feature"],
    labels: Int[Tensor, " label"],
    classes: int,
    alpha: float = PATH_ALPHA,
    lambdas: int | Sequence[float] = LAMBDAS,
    grouped: bool = False,
    tolerance: float = TOLERANCE,
    relative: bool = False,
    on_fit: OnFit | None = None,
) -> Path:
    """Fits at falling strengths, each started where the ones before it point to.

    Args:
        features: as they come from the network; they are standardised here.
        labels: from 0; every class has at least one.
        classes: how many there are.
        alpha: share of the sparse term, above 0 and up to 1.
        lambdas: how many, from :func:`lambda_max` to a thousandth of it; or the strengths
            themselves, falling.
        grouped: whether a feature's weights come and go together.
        tolerance: of the KKT residual, at every strength, over all features.
        relative: whether ``tolerance`` is a share of each strength. What is precise enough for the
            strong ones may be more than the weakest itself, and its weights are then chance.
        on_fit: told of each fit: its number from 1, how many there are, and the fit.

    Raises:
        UsageError: bad features, labels, strengths or tolerance.
    """
    how = measure(features)
    loss = Multinomial(Table(features, how), labels, classes)
    if isinstance(lambdas, int):
        lambdas = lambdas_below(largest_strength(loss, alpha, grouped), lambdas)
    fits: list[Fit] = []
    for found in walk(loss, lambdas, alpha, grouped, tolerance, relative):
        fits.append(found)
        if on_fit is not None:
            on_fit(len(fits), len(lambdas), found)
    return Path(tuple(lambdas), tuple(fits), how)


@torch.no_grad()
def walk(
    loss: Multinomial,
    lambdas: Sequence[float],
    alpha: float = PATH_ALPHA,
    grouped: bool = False,
    tolerance: float = TOLERANCE,
    relative: bool = False,
) -> Iterator[Fit]:
    """The fits of a path one by one, so that who has seen enough can stop.

    Features that cannot enter yet are set aside by the sequential strong rule (Tibshirani et al.
    2012, JRSS B 74(2)) and looked at again afterwards: whatever violates its KKT condition is
    taken in and the fit goes on, so the rule changes the time and not the result.

    Args:
        loss: of standardised features.
        lambdas: strengths, falling.
        alpha, grouped, tolerance, relative: as in :func:`fit_path`.

    Raises:
        UsageError: bad strengths, alpha or tolerance.
    """
    check_tolerance(tolerance)
    make = GroupElasticNet if grouped else ElasticNet
    falling = all(low < high for high, low in zip(lambdas, lambdas[1:], strict=False))
    if not lambdas or not falling:
        raise UsageError(f"lambdas must fall and be at least one, got {tuple(lambdas)}")
    fits: list[Fit] = []
    _, slope, _ = loss(*loss.null())
    before = _reach(slope, grouped).max().item() / alpha
    for place, strength in enumerate(lambdas):
        pull = _reach(slope, grouped)
        # At least one, that there be something to fit.
        bound = min(alpha * max(2 * strength - before, 0.0), pull.max().item())
        start = loss.null() if not fits else _foreseen(lambdas[place - 2 : place + 1], fits)
        stop = tolerance * strength if relative else tolerance
        found, slope = _fit_screened(loss, make(strength, alpha), start, pull >= bound, stop)
        before, fits = strength, [*fits[-1:], found]
        yield found


def _foreseen(lambdas: Sequence[float], fits: Sequence[Fit]) -> Layer:
    """Where the last two fits point to: along a path weights move nearly straight in log lambda.

    It saves a third to a half of the steps. Weights that are 0 stay 0.
    """
    last = fits[-1]
    if len(fits) < 2:
        return last.weights, last.bias
    further, near, next_one = (math.log(value) for value in lambdas)
    ahead = min((near - next_one) / (further - near), 2.0)
    moved = torch.where(last.weights != 0, last.weights - fits[-2].weights, 0.0)
    return last.weights + ahead * moved, last.bias + ahead * (last.bias - fits[-2].bias)


def _fit_screened(
    loss: Multinomial,
    penalty: ElasticNet,
    layer: Layer,
    candidates: Bool[Tensor, " feature"],
    tolerance: float,
) -> tuple[Fit, Float[Tensor, "class feature"]]:
    """A fit over the candidates, widened until every feature keeps its KKT condition.

    Returns:
        The fit over all features, and the loss's gradient there.
    """
    weights, bias = layer
    candidates = candidates | (weights != 0).any(0)
    grouped, steps = isinstance(penalty, GroupElasticNet), 0
    while True:
        kept = candidates.nonzero()[:, 0]
        whole = len(kept) == len(candidates)
        part = loss if whole else loss.columns(kept)
        # A tenth is kept back: over all features the same sums are rounded otherwise.
        found = fit(part, penalty, (weights[:, kept], bias), 0.9 * tolerance)
        weights, bias, steps = weights.clone(), found.bias, steps + found.steps
        weights[:, kept] = found.weights
        _, slope, _ = loss(weights, bias)
        missed = ~candidates & (_reach(slope, grouped) > penalty.sparse + tolerance)
        if not missed.any():
            residual = max(found.residual, penalty.violation(weights, slope))
            return Fit(
                weights, bias, found.objective, residual, steps, residual <= tolerance
            ), slope
        candidates = candidates | missed


def _reach(slope: Float[Tensor, "class feature"], grouped: bool) -> Float[Tensor, " feature"]:
    """How strongly the loss pulls at each feature, in the penalty's own norm."""
    return slope.norm(dim=0) if grouped else slope.abs().amax(0)
