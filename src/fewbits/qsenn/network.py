"""A backbone and a last layer: dense over all features, or ternary over a few."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.glm import Standardization
from fewbits.qsenn.backbones import Backbone


class FixedHead(nn.Module):
    """Standardised features times fixed weights: a sparse layer, ternary or not.

    What is learned in fine-tuning is where each feature's zero lies and what its unit is; which
    features speak for or against a class, and how loudly, is fixed.

    Attributes:
        weight: fixed, one row a class.
        bias: fixed.
        mean, scale: of each feature, trained.
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        weight: Float[Tensor, "class feature"],
        bias: Float[Tensor, " class"],
        start: Standardization,
    ) -> None:
        """Begin with the standardisation under which the weights were fitted."""
        super().__init__()
        self.register_buffer("weight", weight.float().clone())
        self.register_buffer("bias", bias.float().clone())
        self.mean = nn.Parameter(start.mean.float().clone())
        self.scale = nn.Parameter(start.scale.float().clone())

    def forward(self, features: Float[Tensor, "image feature"]) -> Float[Tensor, "image class"]:
        """Logits."""
        return ((features - self.mean) / self.scale) @ self.weight.T + self.bias


class FeatureNetwork(nn.Module):
    """Pictures to feature maps, their means to features, a last layer to logits.

    Attributes:
        backbone: in evaluation mode throughout while ``frozen``.
        kept: the backbone's maps that the last layer sees, in its order.
        head: the last layer; ``head.weight`` has one row a class.
        frozen: whether the backbone learns nothing.
    """

    kept: Tensor

    def __init__(
        self,
        backbone: Backbone,
        kept: Int[Tensor, " kept"],
        head: nn.Linear | FixedHead,
        dropout: float,
        frozen: bool = False,
    ) -> None:
        """Put the parts together. ``dropout`` silences whole features while training.

        Raises:
            UsageError: the head expects another number of features than are kept.
        """
        super().__init__()
        if head.weight.shape[1] != len(kept):
            raise UsageError(
                f"the last layer expects {head.weight.shape[1]} features, {len(kept)} are kept"
            )
        self.backbone, self.head, self.frozen = backbone, head, frozen
        self.register_buffer("kept", kept.clone())
        self.dropout = nn.Dropout(dropout)
        backbone.requires_grad_(not frozen)

    def train(self, mode: bool = True) -> "FeatureNetwork":
        """As any module's; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def maps(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image kept high wide"]:
        """The kept feature maps."""
        found: Tensor = self.backbone(images)[:, self.kept]
        return found

    def logits(self, maps: Float[Tensor, "image kept high wide"]) -> Float[Tensor, "image class"]:
        """What the last layer makes of the maps' means."""
        found: Tensor = self.head(self.dropout(maps.mean((2, 3))))
        return found

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image class"]:
        """Logits of pictures whose colours lie in [0, 1]."""
        return self.logits(self.maps(images))


def make_dense(
    backbone: Backbone, classes: int, dropout: float = 0.2, frozen: bool = False
) -> FeatureNetwork:
    """A network whose last layer uses every feature for every class."""
    head = nn.Linear(backbone.features, classes)
    return FeatureNetwork(backbone, torch.arange(backbone.features), head, dropout, frozen)
