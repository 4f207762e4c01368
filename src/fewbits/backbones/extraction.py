"""Cut a classifier of torchvision off behind its last feature maps, whatever they are called."""

from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from fewbits.errors import UsageError

IMAGENET_SIDE = 224


class LastMaps(nn.Module):
    """The one output of a feature extractor, out of its dictionary.

    Attributes:
        extractor: its weights are called as in the network.
        node: where it was taken, if that is to tell this network from others of the same layers.
    """

    def __init__(self, extractor: nn.Module, node: str = "") -> None:
        """Take what the extractor calls ``maps``."""
        super().__init__()
        self.extractor, self.node = extractor, node

    def __deepcopy__(self, memo: dict[int, Any]) -> "LastMaps":
        """A copy in the same mode: torchvision's extractor leaves copying in training mode."""
        copy = LastMaps(deepcopy(self.extractor, memo), self.node)
        copy.train(self.training)
        for own, its in zip(self.modules(), copy.modules(), strict=True):
            its.training = own.training
        return copy

    def extra_repr(self) -> str:
        """What a printed network says of it."""
        return self.node

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image feature high wide"]:
        """Maps of normalised pictures."""
        found: Tensor = self.extractor(images)["maps"]
        return found


def last_maps(name: str, network: nn.Module) -> tuple[LastMaps, int]:
    """The network up to its last maps, and how many maps that are.

    Raises:
        UsageError: it has no last maps, or they are its classes already.
    """
    node, features = _last_node(name, network)
    return LastMaps(create_feature_extractor(network, {node: "maps"})), features


@torch.no_grad()
def _last_node(name: str, network: nn.Module) -> tuple[str, int]:
    """The node whose output is the last set of maps, and how many maps it has."""
    was_training = network.training
    network.eval()
    _, nodes = get_graph_node_names(network)
    found = create_feature_extractor(network, nodes)(torch.zeros(1, 3, *[IMAGENET_SIDE] * 2))
    network.train(was_training)
    shapes = {node: value.shape for node, value in found.items() if isinstance(value, Tensor)}
    maps = [node for node, shape in shapes.items() if len(shape) == 4 and min(shape[2:]) > 1]
    order = list(shapes)
    tokens = [node for node, shape in shapes.items() if len(shape) == 3]
    last = next(reversed(shapes.values()))
    if maps and shapes[maps[-1]][1] == last[-1]:
        raise UsageError(
            f"{name} has no layer behind its last maps: they are its classes already; choose "
            "resnet50 or mobilenet_v2 for example"
        )
    if not maps or (tokens and order.index(tokens[-1]) > order.index(maps[-1])):
        raise UsageError(
            f"{name} has no feature maps at its end, of which the places in the picture are known: "
            "choose resnet50, mobilenet_v2 or vit_b_16 for example"
        )
    return maps[-1], shapes[maps[-1]][1]
