"""Networks that turn a picture into feature maps: our own small one, or any of torchvision's."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision import models

from fewbits.backbones.extraction import last_maps
from fewbits.backbones.transformers import patch_maps
from fewbits.backbones.weight_files import load_weights
from fewbits.errors import UsageError

TINY = "tiny"
TINY_CHANNELS = (24, 48, 64, 96, 128)

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


def build(name: str, weights: Path | str | None = None, side: int | None = None) -> Backbone:
    """A backbone by name.

    Of a vision transformer the maps are what its encoder makes of the patches, a cell each.

    Args:
        name: ``tiny``, five convolutions of our own for small pictures, or a classifier of
            torchvision, ``resnet50`` say.
        weights: a file with the classifier's ``state_dict``, or ``published`` for torchvision's
            own. Default: freshly drawn. Only what makes the maps is needed: the classifier behind
            them may be one of other classes, and the backbone's ``note`` then says so.
        side: height and width of the pictures that it will see, in pixels. Only a vision
            transformer needs to know: it has a position for each patch, and those of given weights
            are stretched, which the ``note`` says. Default: the network's own, mostly 224.

    Raises:
        UsageError: nothing has that name, weights were given for ``tiny``, the network has no last
            maps, or patches do not fill pictures of this side.
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
    # Each network's own, as its published weights were trained with.
    shown = models.get_model_weights(name).DEFAULT.transforms()
    file = None if weights in (None, PUBLISHED) else Path(weights)
    if isinstance(network, models.VisionTransformer):
        maps, note = patch_maps(network, side, published=weights == PUBLISHED)
        backbone = Backbone(name, maps, network.hidden_dim, shown.mean, shown.std)
        backbone.note = load_weights(maps, network, file, maps.fitted) if file else note
        return backbone
    body, features = last_maps(name, network)
    backbone = Backbone(name, body, features, shown.mean, shown.std)
    if file:
        backbone.note = load_weights(body.extractor, network, file)
    return backbone


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
