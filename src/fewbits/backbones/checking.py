"""What has to be certain of a backbone before hours are spent on it."""

import hashlib
import io
from contextlib import redirect_stderr
from pathlib import Path

import torch
from torchvision import models

from fewbits.backbones.networks import PUBLISHED, Backbone
from fewbits.errors import UsageError


def weights_identity(name: str, weights: str) -> str:
    """What tells weights from any others, wherever they lie: of a file its content.

    Args:
        name: of the architecture.
        weights: a file, ``published``, or nothing.

    Returns:
        A digest; or ``published`` and which of torchvision's weights that are; or nothing.

    Raises:
        UsageError: there is no such file.
    """
    if not weights:
        return ""
    if weights == PUBLISHED:
        known = name in models.list_models(module=models)
        return f"{PUBLISHED} {models.get_model_weights(name).DEFAULT.name}" if known else PUBLISHED
    file = Path(weights)
    if not file.is_file():
        raise UsageError(f"--weights {file}: there is no such file")
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


@torch.no_grad()
def grid_at(backbone: Backbone, side: int) -> tuple[int, int]:
    """Rows and columns of a backbone's maps of pictures of ``side`` x ``side`` pixels.

    The backbone comes out in evaluation mode.

    Raises:
        UsageError: it cannot see pictures of this size, or makes maps of a single place of them.
    """
    try:
        with redirect_stderr(io.StringIO()):  # a traced network prints its code when it fails
            maps = backbone.eval()(torch.zeros(1, 3, side, side))
    except (RuntimeError, ValueError) as error:
        raise UsageError(
            f"--side {side}: {backbone.name} cannot see pictures of this size ({str(error)[:100]})"
        ) from error
    if min(maps.shape[2:]) < 2:
        raise UsageError(
            f"--side {side}: of such pictures {backbone.name} makes maps of a single place, "
            "which show nothing; choose a larger side"
        )
    return maps.shape[2], maps.shape[3]
