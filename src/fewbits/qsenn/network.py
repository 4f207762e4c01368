"""A backbone and a last layer: dense over all features, or ternary over a few."""

import hashlib

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.backbones import Backbone
from fewbits.errors import UsageError
from fewbits.glm import Standardization


class FixedHead(nn.Module):
    """Standardised features times fixed weights: a sparse layer, ternary or not.

    What is learned in fine-tuning is where each feature's zero lies and what its unit is; which
    features speak for or against a class, and how loudly, is fixed. Both are learned as changes of
    where they began, in the features' own units, the unit as a factor above 0: a step of the
    optimiser is as large for a faint feature as for a loud one and can turn no sign.

    Attributes:
        weight: fixed, one row a class.
        bias: fixed.
    """

    weight: Tensor
    bias: Tensor
    first_mean: Tensor
    first_scale: Tensor

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
        self.register_buffer("first_mean", start.mean.float().clone())
        self.register_buffer("first_scale", start.scale.float().clone())
        self.shift = nn.Parameter(torch.zeros(weight.shape[1]))
        self.log_factor = nn.Parameter(torch.zeros(weight.shape[1]))

    @property
    def mean(self) -> Float[Tensor, " feature"]:
        """Where each feature's zero lies."""
        return self.first_mean + self.shift * self.first_scale

    @property
    def scale(self) -> Float[Tensor, " feature"]:
        """Each feature's unit, above 0."""
        return self.first_scale * self.log_factor.exp()

    @property
    def slope(self) -> Float[Tensor, "class feature"]:
        """How fast a logit rises with a feature, in the feature's own unit."""
        return self.weight / self.scale

    def forward(self, features: Float[Tensor, "image feature"]) -> Float[Tensor, "image class"]:
        """Logits."""
        return ((features - self.mean) / self.scale) @ self.weight.T + self.bias


class DenseHead(nn.Linear):
    """A weight for every feature and class, all learned."""

    @property
    def slope(self) -> Float[Tensor, "class feature"]:
        """How fast a logit rises with a feature: the weight itself."""
        return self.weight


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
        head: DenseHead | FixedHead,
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

    @property
    def identity(self) -> str:
        """What of this network a checkpoint of another one may not replace."""
        digest = hashlib.sha256(self.kept.cpu().numpy().tobytes())
        if isinstance(self.head, FixedHead):
            for fixed in (self.head.weight, self.head.bias):
                digest.update(fixed.sign().cpu().numpy().tobytes())
        return f"{self.backbone.name}, {'frozen' * self.frozen}, {digest.hexdigest()[:16]}"

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
    """A network whose last layer uses every feature for every class, where the backbone lies."""
    head = DenseHead(backbone.features, classes)
    network = FeatureNetwork(backbone, torch.arange(backbone.features), head, dropout, frozen)
    return network.to(next(backbone.parameters()).device)
