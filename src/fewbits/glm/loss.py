"""The smooth part of the objective: multinomial cross-entropy of a linear layer."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError

Weights = Float[Tensor, "class feature"]
Bias = Float[Tensor, " class"]


class Multinomial:
    """(1/n) sum_i CE(W z_i + b, y_i) over all rows at once.

    Args:
        features: z, one row an image; float32 or float64, on any device.
        labels: y, from 0.
        classes: how many there are.

    Raises:
        UsageError: labels out of range, another number of rows, or a class without an image (its
            best bias would be minus infinity).
    """

    def __init__(
        self, features: Float[Tensor, "image feature"], labels: Int[Tensor, " label"], classes: int
    ) -> None:
        if labels.shape != features.shape[:1]:
            raise UsageError(
                f"there must be one label a row of the features, {len(features)}, got {len(labels)}"
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise UsageError(f"labels must be from 0 to {classes - 1}, got {low} to {high}")
        counts = torch.bincount(labels, minlength=classes)
        if (counts == 0).any():
            raise UsageError(
                f"class {int((counts == 0).nonzero()[0])} has no image: leave it out and number "
                "the classes anew"
            )
        self.features, self.labels, self.classes = features, labels, classes
        self.shares = counts.to(features) / len(labels)
        target = torch.nn.functional.one_hot(labels, classes).to(features)
        self._target_by_feature = target.T @ features / len(labels)

    def null(self) -> tuple[Weights, Bias]:
        """The best layer without weights: its bias gives every class its share of the images."""
        weights = self.features.new_zeros(self.classes, self.features.shape[1])
        return weights, self.shares.log()

    def columns(self, kept: Int[Tensor, " kept"]) -> "Multinomial":
        """The same loss of a layer that sees these features only."""
        part = object.__new__(Multinomial)
        part.features = self.features[:, kept].contiguous()
        part.labels, part.classes, part.shares = self.labels, self.classes, self.shares
        part._target_by_feature = self._target_by_feature[:, kept]
        return part

    def __call__(self, weights: Weights, bias: Bias) -> tuple[float, Weights, Bias]:
        """The loss and its gradients."""
        count = len(self.labels)
        logits = torch.addmm(bias, self.features, weights.T)
        logits -= logits.amax(1, keepdim=True)
        own = logits.gather(1, self.labels[:, None]).sum(dtype=torch.float64)
        chances = logits.exp_()  # in place: this array is the largest of all
        total = chances.sum(1, keepdim=True)
        loss = (total.log().sum(dtype=torch.float64) - own) / count
        chances /= total
        by_feature = torch.addmm(
            self._target_by_feature, chances.T, self.features, beta=-1, alpha=1 / count
        )
        return loss.item(), by_feature, chances.mean(0) - self.shares
