"""A backbone that ends earlier: a cell of its maps sees less, and knows less of the classes."""

import io
from contextlib import redirect_stderr
from difflib import get_close_matches

import torch
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from fewbits.backbones.extraction import IMAGENET_SIDE, LastMaps
from fewbits.backbones.networks import Backbone
from fewbits.backbones.transformers import PatchMaps
from fewbits.errors import UsageError


@torch.no_grad()
def earlier(backbone: Backbone, node: str) -> Backbone:
    """The same network, its weights shared, up to one of its inner maps.

    Args:
        backbone: left as found.
        node: a name as ``torchvision.models.feature_extraction.get_graph_node_names`` tells them.
            In ``tiny`` they are numbers: ``7``, ``11`` and ``14`` end its second, third and fourth
            block.

    Returns:
        A backbone in ``eval`` mode, with the ``note`` of the whole one.

    Raises:
        UsageError: nothing inside has that name, what it gives are no maps, or it gives them with
            the channels last; or the network is a vision transformer.
    """
    if isinstance(backbone.body, PatchMaps):
        raise UsageError(
            f"{backbone.name} is a vision transformer, whose tokens lie as maps only behind its "
            "encoder: take it whole, or choose a convolutional network or Swin"
        )
    body = backbone.body.extractor if isinstance(backbone.body, LastMaps) else backbone.body
    modes = [(layer, layer.training) for layer in backbone.modules()]
    try:
        backbone.eval()
        _, nodes = get_graph_node_names(body)
        if node not in nodes:
            near = get_close_matches(node, nodes, n=3) or nodes[-3:]
            raise UsageError(
                f"{backbone.name} has no {node!r} inside; expected one of its {len(nodes)} nodes, "
                f"{', '.join(near)} for example"
            )
        extractor = create_feature_extractor(body, {node: "maps"})
        features = _features(extractor, f"{node!r} of {backbone.name}", backbone.mean.device)
    finally:
        for layer, training in modes:
            layer.training = training
    mean, std = backbone.mean.flatten().tolist(), backbone.std.flatten().tolist()
    ended = Backbone(backbone.name, LastMaps(extractor, node), features, mean, std)
    ended.note = backbone.note
    return ended.to(backbone.mean.device).eval()


def _features(extractor: nn.Module, what: str, device: torch.device) -> int:
    """How many maps the extractor gives.

    Raises:
        UsageError: none, or their channels are not where those of maps are.
    """
    square = _given(extractor, IMAGENET_SIDE, device)
    if not isinstance(square, Tensor):
        raise UsageError(
            f"{what} gives no numbers of a picture but a {type(square).__name__}: choose a node "
            "that gives maps"
        )
    shape = " x ".join(map(str, square.shape[1:]))
    if square.ndim != 4 or len(square) != 1 or min(square.shape[2:]) < 2:
        raise UsageError(
            f"{what} gives {shape} numbers a picture, no maps: choose a node where there still are "
            "places"
        )
    if _channels_last(extractor, square, device):
        raise UsageError(
            f"{what} gives {shape} numbers a picture, channels last: choose a node behind the "
            "`permute` that puts them first"
        )
    return square.shape[1]


def _channels_last(extractor: nn.Module, square: Tensor, device: torch.device) -> bool:
    """Whether the axis of channels is one of places: then it changes with the picture's height."""
    try:
        with redirect_stderr(io.StringIO()):  # a traced network prints its code when it fails
            low = _given(extractor, IMAGENET_SIDE // 2, device)
    except RuntimeError:  # it sees one size only: of a square picture, maps are square
        return square.shape[2] != square.shape[3]
    return isinstance(low, Tensor) and low.shape[1] != square.shape[1]


def _given(extractor: nn.Module, height: int, device: torch.device) -> object:
    """What becomes of a black picture: numbers, or what a traced network reckons with besides."""
    return extractor(torch.zeros(1, 3, height, IMAGENET_SIDE, device=device))["maps"]
