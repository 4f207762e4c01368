"""Networks that turn a picture into feature maps: our own small one, or any of torchvision's."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from fewbits.backbones.weight_files import load_weights
from fewbits.errors import UsageError

TINY = "tiny"
TINY_CHANNELS = (24, 48, 64, 96, 128)

IMAGENET_SIDE = 224

PUBLISHED = "published"
"""In place of a file: torchvision's own weights, which it downloads and checks."""


class Backbone(nn.Module):
    """A network up to its last feature maps.

    Attributes:
        name: of the architecture.
        features: number of maps, d.
        note: what a user should know of the weights, one line; mostly empty.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, name: str, body: nn.Module, features: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        """Put the colours' normalisation in front of ``body``, which gives ``features`` maps."""
        super().__init__()
        self.name, self.body, self.features, self.note = name, body, features, ""
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image feature high wide"]:
        """Maps of pictures whose colours lie in [0, 1]; after a last ReLU they are at least 0."""
        found: Tensor = self.body((images - self.mean) / self.std)
        return found


def build(name: str, weights: Path | str | None = None) -> Backbone:
    """A backbone by name.

    Args:
        name: ``tiny``, five convolutions of our own for small pictures, or a classifier of
            torchvision, ``resnet50`` say.
        weights: a file with the classifier's ``state_dict``, or ``published`` for torchvision's
            own. Default: freshly drawn. Only what makes the maps is needed: the classifier behind
            them may be one of other classes, and the backbone's ``note`` then says so.

    Raises:
        UsageError: nothing has that name, weights were given for ``tiny``, or the network has no
            last maps, as a transformer that ends in tokens.
        FewbitsError: the weights' file is missing, damaged or another network's.
    """
    if name == TINY:
        if weights is not None:
            raise UsageError(
                f"{TINY} has no weights of its own: leave --weights out, or name a"
                " classifier of torchvision"
            )
        half = (0.5, 0.5, 0.5)
        return Backbone(TINY, _tiny(), TINY_CHANNELS[-1], half, half)
    known = models.list_models(module=models)
    if name not in known:
        near = get_close_matches(name, [TINY, *known], n=3) or [TINY, "resnet50", "mobilenet_v2"]
        raise UsageError(
            f"no backbone is called {name!r}; expected {TINY} or a classifier of "
            f"torchvision, {', '.join(near)} for example"
        )
    network = models.get_model(name, weights="DEFAULT" if weights == PUBLISHED else None)
    node, features = _last_maps(name, network)
    body = create_feature_extractor(network, {node: "maps"})
    # Each network's own, as its published weights were trained with.
    shown = models.get_model_weights(name).DEFAULT.transforms()
    backbone = Backbone(name, OneOutput(body), features, shown.mean, shown.std)
    if weights is not None and weights != PUBLISHED:
        backbone.note = load_weights(body, network, Path(weights))
    return backbone


class OneOutput(nn.Module):
    """The one output of a feature extractor, out of its dictionary.

    Attributes:
        node: where it was taken, if that is to tell this network from others of the same layers.
    """

    def __init__(self, extractor: nn.Module, node: str = "") -> None:
        super().__init__()
        self.extractor, self.node = extractor, node

    def extra_repr(self) -> str:
        """What a printed network says of it."""
        return self.node

    def forward(self, images: Tensor) -> Tensor:
        """That output."""
        found: Tensor = self.extractor(images)["maps"]
        return found


def _tiny() -> nn.Sequential:
    """Five convolutions with batch norm and ReLU; pictures shrink to an eighth of their side."""
    layers: list[nn.Module] = []
    before = 3
    for i, after in enumerate(TINY_CHANNELS):
        layers += [
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]
        if i < 3:
            layers.append(nn.MaxPool2d(2))
        before = after
    return nn.Sequential(*layers)


@torch.no_grad()
def _last_maps(name: str, network: nn.Module) -> tuple[str, int]:
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
            f"{name} ends in tokens, not in feature maps: choose a convolutional network, "
            "resnet50 or mobilenet_v2 for example"
        )
    return maps[-1], shapes[maps[-1]][1]
