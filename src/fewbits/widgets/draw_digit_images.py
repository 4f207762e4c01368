"""Images of DrawDigit: checked, rounded to bytes, and as its page reads and sends them."""

import base64
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.widgets.page_layers import PIXEL_LEVELS, squeezed

SIDE = 28


def check_images(images: Any, name: str, ndim: int) -> Float[Tensor, "... 1 28 28"]:
    """Return ``images`` in double precision, rounded to the 256 brightnesses of a byte.

    Raises:
        UsageError: not numbers in [0, 1] of the shape [1, 28, 28], or [image, 1, 28, 28].
    """
    wanted = "[1, 28, 28]" if ndim == 3 else "[image, 1, 28, 28]"
    values = torch.as_tensor(images).detach().cpu()
    if values.ndim != ndim or values.shape[-3:] != (1, SIDE, SIDE):
        raise UsageError(f"{name} must have the shape {wanted}, got {list(values.shape)}")
    if not values.is_floating_point():
        raise UsageError(
            f"{name} must be floating-point numbers in [0, 1], got {values.dtype}: "
            "divide bytes by 255"
        )
    bad = int((~values.isfinite()).sum())
    if bad:
        raise UsageError(
            f"{name} must be finite, but {bad} of {values.numel()} pixels are NaN or infinite: "
            "find where they come from first"
        )
    if values.numel() and not 0 <= values.min() <= values.max() <= 1:
        low, high = values.min().item(), values.max().item()
        raise UsageError(f"{name} must lie in [0, 1], got {low:.3g} to {high:.3g}")
    return torch.round(values.double() * PIXEL_LEVELS) / PIXEL_LEVELS


def image_bytes(images: Tensor) -> bytes:
    """Pixels in [0, 1] as bytes, row by row."""
    return torch.round(images * PIXEL_LEVELS).to(torch.uint8).numpy().tobytes()


def image_to_text(image: Any, widget: Any) -> str:
    """The image as the page reads it: 784 bytes, base64."""
    return base64.b64encode(image_bytes(image)).decode("ascii")


def image_from_text(text: Any, widget: Any) -> Tensor:
    """Undo :func:`image_to_text`."""
    pixels = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
    return pixels.double().view(1, SIDE, SIDE) / PIXEL_LEVELS


def encode_drawings(drawings: Tensor, widget: Any) -> dict[str, Any]:
    """The ready-made drawings: deflated bytes, base64."""
    return {"count": len(drawings), "data": squeezed(image_bytes(drawings))}
