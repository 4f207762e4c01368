"""A backbone that ends earlier: a cell of its maps sees less, and knows less of the classes."""

from difflib import get_close_matches

import torch
from torch import Tensor
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from fewbits.backbones.extraction import IMAGENET_SIDE, LastMaps
from fewbits.backbones.networks import Backbone
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
        A backbone in ``eval`` mode.

    Raises:
        UsageError: nothing inside has that name, or what it gives are no maps.
    """
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
        cut = LastMaps(create_feature_extractor(body, {node: "maps"}), node)
        sample = torch.zeros(1, 3, IMAGENET_SIDE, IMAGENET_SIDE, device=backbone.mean.device)
        found: Tensor = cut(sample)
    finally:
        for layer, training in modes:
            layer.training = training
    if found.ndim != 4 or min(found.shape[2:]) < 2:
        shape = " x ".join(map(str, found.shape[1:]))
        raise UsageError(
            f"{node!r} of {backbone.name} gives {shape} numbers a picture, no maps: choose a node "
            "where there still are places"
        )
    mean, std = backbone.mean.flatten().tolist(), backbone.std.flatten().tolist()
    return Backbone(backbone.name, cut, found.shape[1], mean, std).to(sample.device).eval()
