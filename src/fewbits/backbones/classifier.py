"""A backbone under the plainest classifier: what is trained before the backbone is frozen."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.backbones.networks import Backbone


class Classifier(nn.Module):
    """Pictures to maps, their means to logits by one linear layer."""

    def __init__(self, backbone: Backbone, classes: int, seed: int) -> None:
        """Put a freshly drawn linear layer behind ``backbone``."""
        super().__init__()
        self.backbone = backbone
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = nn.Linear(backbone.features, classes)

    @property
    def identity(self) -> str:
        """Tells trainings apart in checkpoints."""
        return f"{self.backbone.name} under a linear layer of {self.head.out_features} classes"

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image class"]:
        """Logits of pictures in [0, 1]."""
        logits: Tensor = self.head(self.backbone(images).mean((2, 3)))
        return logits
