"""Plus, minus, nothing: a sparse layer rounded to one magnitude and two signs."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor

from fewbits.errors import UsageError

PER_CLASS = 5  # features a class on average, the paper's choice


@dataclass(frozen=True)
class TernaryLayer:
    """A last layer whose weights are -magnitude, 0 and magnitude.

    Attributes:
        codes: -1, 0 or 1: the feature speaks against the class, not at all, or for it.
        magnitude: the mean absolute value of the weights that were kept.
        bias: what the class starts from.
        threshold: halfway between the smallest weight kept and the largest dropped.
    """

    codes: Int8[Tensor, "class feature"]
    magnitude: float
    bias: Float[Tensor, " class"]
    threshold: float

    @property
    def weights(self) -> Float[Tensor, "class feature"]:
        """The codes in units of the features."""
        return self.magnitude * self.codes.to(self.bias)


def make_ternary(
    weights: Float[Tensor, "class feature"],
    bias: Float[Tensor, " class"],
    per_class: int = PER_CLASS,
    fewer: bool = False,
) -> TernaryLayer:
    """Keep the strongest weights of the whole layer and round them to one magnitude.

    The budget is for the layer, not for each class: ``per_class`` is the average, and a class may
    get fewer features or more. Of equal weights at the border those of lower class and feature
    number stay, so that the budget is met exactly.

    Args:
        weights: of a sparse fit, at least as many non-zeros as the budget.
        bias: of the same fit; the new one keeps its largest absolute value.
        per_class: features a class on average.
        fewer: take a fit that is sparser than the budget as it is, and keep all its weights.
            Classes that are easily told apart need fewer; a 0 is never rounded up.

    Raises:
        UsageError: the budget is below 1 or more than the features, a weight is NaN or infinite,
            too few are not 0, or all are 0.
    """
    _check_share(per_class, weights.shape[1])
    _check_finite(weights, bias)
    classes = len(weights)
    budget, nonzeros = per_class * classes, int((weights != 0).sum())
    if nonzeros < budget and not (fewer and nonzeros):
        raise UsageError(
            f"the layer has {nonzeros} weights that are not 0, fewer than the budget of "
            f"{per_class} x {classes} = {budget}: end the path at a weaker lambda, or keep fewer"
        )
    return keep_largest(weights, bias, min(budget, nonzeros))


def keep_largest(
    weights: Float[Tensor, "class feature"], bias: Float[Tensor, " class"], budget: int
) -> TernaryLayer:
    """The ``budget`` largest weights of a layer as one magnitude.

    Of equal weights at the border those of lower class and feature number stay.

    Raises:
        UsageError: the budget is below 1 or above the number of weights that are not 0.
    """
    strength = weights.abs().flatten()
    nonzeros = int((strength > 0).sum())
    if not 1 <= budget <= nonzeros:
        raise UsageError(f"budget must be from 1 to {nonzeros}, the weights not 0, got {budget}")
    ranked = strength.argsort(descending=True, stable=True)
    kept = torch.zeros_like(strength, dtype=torch.bool)
    kept[ranked[:budget]] = True
    dropped = strength[ranked[budget]] if budget < len(ranked) else strength.new_zeros(())
    threshold = ((strength[ranked[budget - 1]] + dropped) / 2).item()
    return _round(weights, bias, kept.view_as(weights), threshold)


def keep_each(
    weights: Float[Tensor, "class feature"],
    bias: Float[Tensor, " class"],
    per_class: int = PER_CLASS,
) -> TernaryLayer:
    """The ``per_class`` largest weights of each class, or all it has, as one magnitude.

    Every class has a threshold of its own; the layer's ``threshold`` is the lowest of them.

    Raises:
        UsageError: ``per_class`` is below 1 or more than the features, a weight is NaN or infinite,
            or all are 0.
    """
    _check_share(per_class, weights.shape[1])
    _check_finite(weights, bias)
    strength = weights.abs()
    if not strength.any():
        raise UsageError("all weights of the layer are 0: end the path at a weaker lambda")
    ranked, order = strength.sort(dim=1, descending=True, stable=True)
    stays = ranked[:, :per_class] > 0
    kept = torch.zeros_like(strength, dtype=torch.bool).scatter_(1, order[:, :per_class], stays)
    below = torch.where(kept, 0.0, strength).amax(1)
    smallest = torch.where(kept, strength, torch.inf).amin(1)
    return _round(weights, bias, kept, ((smallest + below) / 2).min().item())


def _round(
    weights: Float[Tensor, "class feature"],
    bias: Float[Tensor, " class"],
    kept: Bool[Tensor, "class feature"],
    threshold: float,
) -> TernaryLayer:
    """One magnitude for the weights that are kept, and the bias by counts."""
    codes = (weights.sign() * kept).to(torch.int8)
    magnitude = weights[kept].abs().mean().item()
    return TernaryLayer(codes, magnitude, count_bias(codes, bias.abs().max().item()), threshold)


def _check_share(per_class: int, features: int) -> None:
    if not 1 <= per_class <= features:
        raise UsageError(
            f"per_class must be from 1 to the number of features, {features}, got {per_class}"
        )


def _check_finite(weights: Float[Tensor, "class feature"], bias: Float[Tensor, " class"]) -> None:
    if not (torch.isfinite(weights).all() and torch.isfinite(bias).all()):
        raise UsageError("the layer holds NaN or infinity: its fit went wrong, look there")


def count_bias(codes: Int8[Tensor, "class feature"], reach: float) -> Float[Tensor, " class"]:
    """A bias that evens out how many features speak for a class.

    With n_c pluses minus minuses of class c, b_c falls in a straight line from ``reach`` for the
    smallest n_c to ``-reach`` for the largest (as in the reference code: a class with many pluses
    would win too often). Where all n_c are equal that line is not defined; all biases are then 0,
    as there is nothing to even out.
    """
    balance = codes.sum(1).double()
    low, high = balance.min(), balance.max()
    if low == high:
        return torch.zeros(len(codes))
    return (reach - 2 * reach * (balance - low) / (high - low)).float()


def random_ternary(
    classes: int, features: int, per_class: int = PER_CLASS, seed: int = 0
) -> TernaryLayer:
    """The baseline: each class gets that many features and signs at random, no two the same.

    What a trained network reaches around this layer was not bought by choosing features well.

    Raises:
        UsageError: there are not so many different classes to draw.
    """
    _check_share(per_class, features)
    generator = torch.Generator().manual_seed(seed)
    rows: dict[tuple[int, ...], None] = {}
    for _ in range(1000 * classes):
        row = [0] * features
        for place in torch.randperm(features, generator=generator)[:per_class].tolist():
            row[place] = 1 - 2 * int(torch.randint(2, (), generator=generator))
        rows[tuple(row)] = None
        if len(rows) == classes:
            codes = torch.tensor(list(rows), dtype=torch.int8)
            return TernaryLayer(codes, 1.0, torch.zeros(classes), 0.0)
    raise UsageError(
        f"{classes} different classes of {per_class} features out of {features} could not be drawn"
    )
