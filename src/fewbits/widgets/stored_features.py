"""Standardised features of pictures, as a page stores them to try a last layer on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt16
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.glm import Standardization

MOST_NUMBERS = 15_000  # of all pictures together: 60 KB, a fifth of what a control may weigh


@dataclass(frozen=True)
class StoredFeatures:
    """What the page gets: the numbers shown are computed from this.

    Attributes:
        values: standardised, one row a picture.
        labels: the class of each picture.
        given: how many pictures there were; of more than fit a page ``values`` holds some, each
            class its share.
        class_names: one a class.
    """

    values: Float[np.ndarray, "image feature"]
    labels: UInt16[np.ndarray, " image"]
    given: int
    class_names: tuple[str, ...]

    def accuracy(
        self, weights: Float[np.ndarray, "class feature"], bias: Float[np.ndarray, " class"]
    ) -> float:
        """Share of the stored pictures whose largest logit is their label's, 0 to 1."""
        logits = self.values.astype(np.float64) @ weights.T + bias
        return float((logits.argmax(1) == self.labels).mean())


def store_features(
    features: Float[Tensor, "image feature"],
    labels: Int[Tensor, " label"],
    how: Standardization,
    class_names: Sequence[str],
) -> StoredFeatures:
    """Standardise features as the layer's fit did, and keep as many pictures as a page can carry.

    Raises:
        UsageError: no tables of numbers, no picture, shapes or labels that do not belong together,
            or NaN.
    """
    names = tuple(str(name) for name in class_names)
    _check_tables(features, labels)
    if features.shape[1] != len(how.mean):
        raise UsageError(
            f"features must be the {len(how.mean)} that the layer was fitted on, "
            f"got {features.shape[1]}"
        )
    if len(set(names)) < len(names) or not names:
        raise UsageError(f"class_names must be different names, at least one, got {names}")
    if labels.min() < 0 or labels.max() >= len(names):
        raise UsageError(
            f"labels must be from 0 to {len(names) - 1}, a name each in class_names, got "
            f"{int(labels.min())} to {int(labels.max())}"
        )
    values = ((features.detach().cpu() - how.mean.cpu()) / how.scale.cpu()).float().numpy()
    if not np.isfinite(values).all():
        raise UsageError("features hold NaN or infinity: find where they come from first")
    most = max(1, MOST_NUMBERS // values.shape[1])
    labels = labels.cpu()
    kept = spread(labels, min(most, len(labels)))
    shown = labels[kept].numpy().astype(np.uint16)
    return StoredFeatures(values[kept.numpy()], shown, len(features), names)


def spread(labels: Int[Tensor, " image"], count: int) -> Int[Tensor, " kept"]:
    """``count`` positions, each class its share of them give or take one, in rising order.

    A stride through the pictures in the order of their classes: the middle one of each of ``count``
    stretches of the same length. The first ``count`` would be some classes only where a set is
    sorted, and its accuracy that of those.

    Args:
        labels: of all pictures.
        count: from 1 to as many as there are.
    """
    middles = (2 * torch.arange(count) + 1) * len(labels) // (2 * count)
    return labels.argsort(stable=True)[middles].sort().values


def _check_tables(features: object, labels: object) -> None:
    """Make sure that features are a table of pictures and labels whole numbers of the same."""
    if not (isinstance(features, Tensor) and isinstance(labels, Tensor)):
        kinds = " and ".join(type(given).__name__ for given in (features, labels))
        raise UsageError(
            f"features and labels must be tensors, got {kinds}: torch.as_tensor makes them"
        )
    if features.ndim != 2:
        raise UsageError(
            "features must be a table, one row a picture and one column a feature, got the shape "
            f"{tuple(features.shape)}"
        )
    if labels.ndim != 1 or labels.is_floating_point() or labels.dtype == torch.bool:
        raise UsageError(
            "labels must be whole numbers, one a picture, got the shape "
            f"{tuple(labels.shape)} of {labels.dtype}"
        )
    if not len(features) or len(features) != len(labels):
        raise UsageError(
            "features and labels must be of the same pictures, at least one, got "
            f"{len(features)} and {len(labels)}"
        )
