"""What a weight costs: the elastic net, a weight at a time or a feature at a time."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError

Weights = Float[Tensor, "class feature"]


@dataclass(frozen=True)
class ElasticNet:
    """lambda (alpha ||W||_1 + (1 - alpha)/2 ||W||_F^2) (Zou and Hastie 2005, JRSS B 67(2)).

    Attributes:
        strength: lambda, above 0.
        alpha: share of the first term, above 0 and up to 1. Without it nothing is sparse.
    """

    strength: float
    alpha: float = 0.99

    def __post_init__(self) -> None:
        if not 0 < self.strength < float("inf"):
            raise UsageError(f"lambda must be above 0, got {self.strength:g}")
        if not 0 < self.alpha <= 1:
            raise UsageError(f"alpha must be above 0 and at most 1, got {self.alpha:g}")

    @property
    def sparse(self) -> float:
        """Weight of the norm that makes zeros."""
        return self.strength * self.alpha

    @property
    def ridge(self) -> float:
        """Weight of half the squares."""
        return self.strength * (1 - self.alpha)

    def value(self, weights: Weights) -> float:
        """What these weights cost."""
        squares = weights.square().sum(dtype=torch.float64).item()
        return self.sparse * self._norm(weights) + self.ridge / 2 * squares

    def prox(self, weights: Weights, step: float) -> Weights:
        """The V with the smallest |V - weights|^2 / 2 + step * value(V): threshold, then shrink."""
        shrunk = torch.nn.functional.softshrink(weights, step * self.sparse)
        return shrunk.div_(1 + step * self.ridge)

    def violation(self, weights: Weights, gradient: Weights) -> float:
        """How far the loss's gradient is from being undone by the penalty's, at the worst place.

        0 exactly where no weight should change (the KKT conditions).
        """
        smooth = gradient + self.ridge * weights
        moving = smooth + self.sparse * weights.sign()
        resting = smooth.abs().sub_(self.sparse).clamp_min_(0)
        return torch.where(weights != 0, moving.abs_(), resting).max().item()

    def _norm(self, weights: Weights) -> float:
        return weights.abs().sum(dtype=torch.float64).item()


class GroupElasticNet(ElasticNet):
    """lambda (alpha sum_j ||W_j||_2 + (1 - alpha)/2 ||W||_F^2): a feature's weights go together.

    W_j are the weights of feature j to all classes (Yuan and Lin 2006, JRSS B 68(1)), so a feature
    is used by the layer or by no class at all.
    """

    def prox(self, weights: Weights, step: float) -> Weights:
        """Each feature's weights shortened by the same length, or gone."""
        length = weights.norm(dim=0)
        kept = (1 - step * self.sparse / length.clamp_min(1e-30)).clamp_min(0)
        return weights * (kept / (1 + step * self.ridge))

    def violation(self, weights: Weights, gradient: Weights) -> float:
        """As for single weights, with the length of each feature's column."""
        smooth, length = gradient + self.ridge * weights, weights.norm(dim=0)
        moving = (smooth + self.sparse * weights / length.clamp_min(1e-30)).norm(dim=0)
        resting = (smooth.norm(dim=0) - self.sparse).clamp_min(0)
        return torch.where(length > 0, moving, resting).max().item()

    def _norm(self, weights: Weights) -> float:
        return weights.norm(dim=0).sum(dtype=torch.float64).item()
