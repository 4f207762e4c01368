"""The smooth part of the objective: multinomial cross-entropy of a linear layer."""

from collections import Counter

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.glm.table import Table

Weights = Float[Tensor, "class feature"]
Bias = Float[Tensor, " class"]
# Below the largest of its row. What is less has no chance that a sum would notice, but becomes a
# denormal number, with which a gradient of a sure layer took two and a half times as long.
LEAST_LOGIT = -60.0


class Multinomial:
    """(1/n) sum_i CE(W z_i + b, y_i) over all rows, a block of them at a time.

    The logits of a block are all that exists of them: at the 1.28 million rows and 1000 classes of
    ImageNet all together would take 5 GB.

    Args:
        features: z, one row an image, or a table that standardises them as they are read; float32
            or float64, on any device.
        labels: y, from 0, on the same device.
        classes: how many there are.

    Attributes:
        evaluations: how often the loss was asked for, by number of features; counted together with
            the losses that :meth:`columns` makes of it.

    Raises:
        UsageError: labels out of range, another number of rows, or a class without an image (its
            best bias would be minus infinity).
    """

    def __init__(
        self,
        features: Float[Tensor, "image feature"] | Table,
        labels: Int[Tensor, " label"],
        classes: int,
    ) -> None:
        table = features if isinstance(features, Table) else Table(features)
        if labels.shape != table.shape[:1]:
            raise UsageError(
                f"there must be one label a row of the features, {table.shape[0]}, "
                f"got {len(labels)}"
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
        self.features, self.labels, self.classes = table, labels, classes
        self.evaluations: Counter[int] = Counter()
        self.shares = counts.to(table.raw) / len(labels)
        self._target_by_feature = self._targets()

    def null(self) -> tuple[Weights, Bias]:
        """The best layer without weights: its bias gives every class its share of the images."""
        weights = self.shares.new_zeros(self.classes, self.features.shape[1])
        return weights, self.shares.log()

    def columns(self, kept: Int[Tensor, " kept"]) -> "Multinomial":
        """The same loss of a layer that sees these features only."""
        part = object.__new__(Multinomial)
        part.features, part.evaluations = self.features.columns(kept), self.evaluations
        part.labels, part.classes, part.shares = self.labels, self.classes, self.shares
        part._target_by_feature = self._target_by_feature[:, kept]
        return part

    def __call__(self, weights: Weights, bias: Bias) -> tuple[float, Weights, Bias]:
        """The loss and its gradients."""
        count = len(self.labels)
        self.evaluations[self.features.shape[1]] += 1
        loss = torch.zeros((), dtype=torch.float64, device=bias.device)
        by_feature, chance = -self._target_by_feature, torch.zeros_like(bias)
        for rows, features in self.features.blocks(self.classes):
            logits = torch.addmm(bias, features, weights.T)
            logits -= logits.amax(1, keepdim=True)
            own = logits.gather(1, self.labels[rows, None]).sum(dtype=torch.float64)
            # In place: this array is the largest of all.
            chances = logits.clamp_min_(LEAST_LOGIT).exp_()
            total = chances.sum(1, keepdim=True)
            loss += total.log().sum(dtype=torch.float64) - own
            chances /= total
            by_feature.addmm_(chances.T, features, alpha=1 / count)
            chance += chances.sum(0)
        return loss.item() / count, by_feature, chance / count - self.shares

    def _targets(self) -> Weights:
        """(1/n) sum_i 1[y_i = c] z_ij."""
        targets, _ = self.null()
        for rows, features in self.features.blocks(self.classes):
            own = features.new_zeros(len(features), self.classes)
            own.scatter_(1, self.labels[rows, None], 1.0)
            targets.addmm_(own.T, features)
        return targets.div_(len(self.labels))
