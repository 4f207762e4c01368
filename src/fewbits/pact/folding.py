"""Arithmetic of an integer layer: batch norm becomes a scale a channel and a whole-number bias."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Int8, Int32
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.pact.layers import QuantConv2d, QuantLinear

# A bias has to leave room for the sum it is added to: both together stay inside 32 bits.
LARGEST_BIAS = 2**30


@dataclass(frozen=True)
class IntegerLayer:
    """A weighted layer and the batch norm behind it, in whole numbers.

    On input codes u of scale ``input_scale`` the layer gives, for each output channel,
    ``input_scale * scale * (sum of weights * u + bias)``.

    Attributes:
        weights: whole numbers of 8 bits.
        scale: one positive number a channel.
        bias: whole numbers of 32 bits, in units of ``input_scale * scale``.
    """

    weights: Int8[Tensor, "channel *rest"]
    scale: Float[Tensor, " channel"]
    bias: Int32[Tensor, " channel"]


@torch.no_grad()
def fold(
    name: str,
    layer: QuantConv2d | QuantLinear,
    norm: nn.BatchNorm2d | None,
    input_scale: float,
) -> IntegerLayer:
    """Put a layer and the batch norm that follows it (if any) into whole numbers.

    Args:
        name: the layer's name, for messages.
        input_scale: what one step of the input codes is worth.

    Raises:
        UsageError: the weights do not fit into 8 bits.
    """
    integers, step = (t.cpu() for t in layer.grid().integers())
    factor, shift = _affine(layer, norm)
    channels = (-1, *(1,) * (integers.ndim - 1))
    # Batch norm may turn a channel around; its weights change sign instead, scales stay positive.
    integers = integers * torch.where(factor < 0, -1, 1).view(channels)
    _check_fits(name, layer, integers)
    # Few-bit weights leave most of the 8 bits unused. Spread out, they make the bias finer too: it
    # is counted in the same unit, and half a unit of a 2-bit layer moves codes.
    spread = max(1, 127 // max(1, int(integers.abs().max())))
    scale = step.double() / spread * factor.abs()
    # A channel that batch norm has all but switched off: coarser weights, so that its bias fits.
    enough = (shift.abs() / (input_scale * LARGEST_BIAS)).clamp_min(torch.finfo(torch.float32).tiny)
    coarse = torch.maximum(scale, enough).float()
    integers = torch.round(integers * spread * (scale / coarse).view(channels))
    bias = torch.round(shift / (input_scale * coarse.double()))
    return IntegerLayer(integers.to(torch.int8), coarse, bias.to(torch.int32))


def _affine(
    layer: nn.Conv2d | nn.Linear, norm: nn.BatchNorm2d | None
) -> tuple[Float[Tensor, " channel"], Float[Tensor, " channel"]]:
    """What happens to each channel's sum behind the weights: multiply by the one, add the other."""
    factor = torch.ones(layer.weight.shape[0], dtype=torch.float64)
    shift = torch.zeros_like(factor) if layer.bias is None else layer.bias.cpu().double()
    if norm is None:
        return factor, shift
    if norm.running_mean is None or norm.running_var is None:
        raise UsageError("batch norm without running statistics cannot be folded into a layer")
    factor = (norm.running_var.cpu().double() + norm.eps).rsqrt()
    if norm.affine:
        factor = factor * norm.weight.cpu().double()
    shift = (shift - norm.running_mean.cpu().double()) * factor
    if norm.affine:
        shift = shift + norm.bias.cpu().double()
    return factor, shift


def _check_fits(
    name: str, layer: QuantConv2d | QuantLinear, integers: Int[Tensor, "*shape"]
) -> None:
    low, high = int(integers.min()), int(integers.max())
    if low >= -128 and high <= 127:
        return
    grid = layer.grid()
    if grid.zero % 1:
        raise UsageError(
            f"{name}: {grid.levels} weight levels without a 0 among them need whole numbers from "
            f"{low} to {high}, 8 bits hold -128 to 127: give this layer fewer bits or SAWB weights"
        )
    raise UsageError(
        f"{name}: a weight of code {-high} sits in a channel that batch norm turns around; "
        f"{high} does not fit into 8 bits, which hold -128 to 127: use SAWB weights"
    )
