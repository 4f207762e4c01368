"""Standardised features of pictures, as a page stores them to try a last layer on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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
        given: how many pictures there were; ``values`` holds the first of them.
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
        UsageError: no picture, shapes or labels that do not belong together, or NaN.
    """
    names = tuple(str(name) for name in class_names)
    if not len(features) or len(features) != len(labels):
        raise UsageError(
            "features and labels must be of the same pictures, at least one, got "
            f"{len(features)} and {len(labels)}"
        )
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
    kept = max(1, MOST_NUMBERS // values.shape[1])
    shown = labels[:kept].cpu().numpy().astype(np.uint16)
    return StoredFeatures(values[:kept], shown, len(features), names)
