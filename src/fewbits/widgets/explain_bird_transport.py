"""What ExplainBird stores of a network: features, weights, maps; the page computes from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int8, UInt16
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.qsenn.network import FeatureNetwork, FixedHead
from fewbits.training import modes_kept, repeatable, to_float
from fewbits.widgets.explain_bird_checks import check_classes, check_layer, check_names

LARGEST_CODE = 127
MOST_PLACES = 16  # of a map, down and across
BATCH = 64


@dataclass(frozen=True)
class StoredNetwork:
    """The features that some class uses, on the pictures to choose from.

    Attributes:
        features: their numbers, as columns of the last layer.
        values: standardised.
        weights: of the last layer.
        bias: of the last layer.
        codes: of the maps; a place of a map is its code times its map's scale, in units of the
            feature's spread.
        scales: of each map.
        labels: the class of each picture.
        class_names: one a class.
        names: one a feature, where it has one.
    """

    features: tuple[int, ...]
    values: Float32[np.ndarray, "image feature"]
    weights: Float32[np.ndarray, "class feature"]
    bias: Float32[np.ndarray, " class"]
    codes: Int8[np.ndarray, "image feature high wide"]
    scales: Float32[np.ndarray, "image feature"]
    labels: UInt16[np.ndarray, " image"]
    class_names: tuple[str, ...]
    names: tuple[str, ...]

    def map(self, image: int, feature: int) -> NDArray[np.float64]:
        """One map as it arrives; ``feature`` is a place in ``features``."""
        return self.codes[image, feature] * float(self.scales[image, feature])

    def title(self, feature: int) -> str:
        """What a feature is called, by its place in ``features``."""
        number, name = self.features[feature], self.names[feature]
        return f"{name} ({number})" if name else f"feature {number}"

    def pairs(self) -> list[list[str | int]]:
        """Every class's name and feature's number between which there is a weight."""
        return [
            [self.class_names[row], self.features[place]]
            for row, place in np.argwhere(self.weights).tolist()
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed."""
        names = ("values", "weights", "bias", "codes", "scales", "labels")
        return {name: getattr(self, name) for name in names}


@torch.no_grad()
@repeatable()
def maps_of(
    network: FeatureNetwork, pictures: Split, used: list[int]
) -> tuple[Float[Tensor, "image feature"], Float[Tensor, "image feature high wide"]]:
    """Means of the used maps and the maps, on the CPU; large ones are pooled, the mode stays."""
    device = next(network.parameters()).device
    means, maps = [], []
    with modes_kept(network):
        network.eval()
        for part in pictures.images.split(BATCH):
            found = network.maps(to_float(part).to(device))[:, used]
            means.append(found.mean((2, 3)).cpu())
            high, wide = (min(side, MOST_PLACES) for side in found.shape[2:])
            maps.append(adaptive_avg_pool2d(found, (high, wide)).cpu())
    return torch.cat(means), torch.cat(maps)


def standardised(head: FixedHead, means: Tensor, used: list[int]) -> Float32[Tensor, "image used"]:
    """Features in the units of the last layer.

    Raises:
        UsageError: NaN or infinity among them.
    """
    values: Tensor = (means - head.mean.cpu()[used]) / head.scale.cpu()[used]
    if not values.isfinite().all():
        raise UsageError("features hold NaN or infinity: find where they come from first")
    return values.detach().float()


def store_network(
    network: FeatureNetwork,
    pictures: Split,
    class_names: Sequence[str],
    names: Sequence[str | None] | None,
) -> StoredNetwork:
    """Run the network over the pictures and keep what explains its decisions.

    Raises:
        UsageError: a layer, names or labels that cannot be explained, or NaN.
    """
    head = check_layer(network)
    called = check_names(names, head.weight.shape[1])
    classes = check_classes(class_names, pictures.labels, len(head.weight))
    used = (head.weight != 0).any(0).nonzero().flatten().tolist()
    means, maps = maps_of(network, pictures, used)
    values = standardised(head, means, used)
    spreads = (maps / head.scale.detach().cpu()[used, None, None]).double().numpy()
    scales = np.abs(spreads).max(axis=(2, 3)) / LARGEST_CODE
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    return StoredNetwork(
        features=tuple(used),
        values=values.numpy(),
        weights=head.weight[:, used].cpu().numpy(),
        bias=head.bias.cpu().numpy(),
        codes=np.rint(spreads / scales[:, :, None, None]).clip(-127, 127).astype(np.int8),
        scales=scales,
        labels=pictures.labels.cpu().numpy().astype(np.uint16),
        class_names=classes,
        names=tuple(called[feature] for feature in used),
    )
