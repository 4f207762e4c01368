"""Vision transformers: what their encoder makes of a picture's patches, laid out as maps.

Dosovitskiy et al., An Image is Worth 16x16 Words (ICLR 2021), section 3.1.
"""

from collections import OrderedDict
from collections.abc import Mapping
from math import isqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import VisionTransformer
from torchvision.models.vision_transformer import interpolate_embeddings

from fewbits.errors import UsageError

POSITIONS = "encoder.pos_embedding"
POSITIONS_SPREAD = 0.02  # with which torchvision draws them
OLD_NAMES = {"mlp.linear_1.": "mlp.0.", "mlp.linear_2.": "mlp.3."}
"""What torchvision's published files of 2022 call layers that have had other names since."""


class PatchMaps(nn.Module):
    """A vision transformer of torchvision's without its classifier: a map a feature.

    Its weights are called as in the network. The class token takes part in attention like any
    other; ``VisionTransformer`` puts it in front of the patches, and so it is the first that is
    dropped behind the encoder.

    Attributes:
        side: height and width of the pictures that it sees, in pixels.
        patch: height and width of a patch, in pixels.
    """

    def __init__(self, network: VisionTransformer) -> None:
        """Take over the network's own layers."""
        super().__init__()
        self.class_token, self.conv_proj = network.class_token, network.conv_proj
        self.encoder = network.encoder
        self.side, self.patch = network.image_size, network.patch_size

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image feature high wide"]:
        """Maps of normalised pictures, one cell a patch.

        Raises:
            UsageError: pictures of another size than ``side``.
        """
        if images.shape[2:] != (self.side, self.side):
            height, width = images.shape[2:]
            raise UsageError(
                f"expected pictures of {self.side} x {self.side} pixels, got {height} x {width}: "
                "a transformer has a position for each patch; build it for this side"
            )
        patches = self.conv_proj(images)
        tokens = patches.flatten(2).transpose(1, 2)
        token = self.class_token.expand(len(tokens), -1, -1)
        seen: Tensor = self.encoder(torch.cat([token, tokens], dim=1))[:, 1:]
        return seen.transpose(1, 2).unflatten(2, patches.shape[2:])

    def fitted(self, state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], str]:
        """Weights from elsewhere under the names of today, their positions stretched to ``side``.

        Returns:
            The weights, and one line if positions had to be stretched.
        """
        named = {_todays(name): value for name, value in state.items()}
        held, ours = _rows(named.get(POSITIONS)), self.side // self.patch
        if held in (0, ours):  # loading says what is wrong with positions of no square
            return named, ""
        return dict(interpolate_embeddings(self.side, self.patch, OrderedDict(named))), (
            f"the weights' positions of {held} x {held} patches are stretched to {ours} x {ours}, "
            f"for pictures of {self.side} x {self.side} pixels"
        )


def patch_maps(
    network: VisionTransformer, side: int | None, published: bool
) -> tuple[PatchMaps, str]:
    """A network up to its encoder, for pictures of ``side`` x ``side`` pixels.

    Args:
        network: freshly built; it is changed, and shares its weights with what comes out.
        side: height and width, in pixels. Default: the network's own.
        published: whether its weights are, so that its positions are stretched to another side;
            else they are drawn anew.

    Returns:
        The maps, and one line if positions had to be stretched.

    Raises:
        UsageError: patches do not fill such pictures.
    """
    side, patch = side or network.image_size, network.patch_size
    if side % patch:
        near = max(patch * round(side / patch), 2 * patch)
        raise UsageError(
            f"--side {side}: patches of {patch} x {patch} pixels do not fill such pictures; choose "
            f"a multiple of {patch}, {near} for example"
        )
    before = network.encoder.pos_embedding.detach()
    if side != network.image_size:
        shape = (1, (side // patch) ** 2 + 1, network.hidden_dim)
        network.encoder.pos_embedding = nn.Parameter(torch.randn(shape) * POSITIONS_SPREAD)
        network.image_size, network.seq_length = side, shape[1]
    maps = PatchMaps(network)
    if not published:
        return maps, ""
    state, note = maps.fitted({POSITIONS: before})
    network.encoder.pos_embedding.data.copy_(state[POSITIONS])
    return maps, note


def _todays(name: str) -> str:
    for old, new in OLD_NAMES.items():
        name = name.replace(old, new)
    return name


def _rows(positions: Tensor | None) -> int:
    """Rows of patches that positions are of, the class token's left out; 0 if of no square."""
    if positions is None or positions.ndim != 3 or len(positions) != 1:
        return 0
    patches = positions.shape[1] - 1
    rows = isqrt(max(patches, 0))
    return rows if rows**2 == patches else 0
