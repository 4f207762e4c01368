"""A network as a page computes it: whole-number sums, then one scale and one shift a channel.

Activations travel as codes and weights as whole numbers, so every sum is exact in double precision
and comes out the same in PyTorch and in JavaScript, whatever the order of its terms. Sums that
are equal stay equal: in a max-pooling window with two largest values both languages give the
gradient to the first. Sums with rounding errors in them would pick one by accident.
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.pact.activations import PACT
from fewbits.widgets.page_layers import (
    PIXEL_LEVELS,
    Affine,
    Pixels,
    Weights,
    check_layer,
    squeezed,
)


def batch_norm(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What batch norm in ``eval()`` does to each channel: (scale, shift)."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = (norm.running_var + norm.eps).rsqrt()
    if norm.affine:
        scale = scale * norm.weight.detach()
    shift = -norm.running_mean * scale
    return scale, shift + norm.bias.detach() if norm.affine else shift


@torch.no_grad()
def exact_twin(network: nn.Module, label: str) -> nn.Sequential:
    """The same function from pixels to logits, in double precision with whole-number sums.

    Args:
        network: quantised or float, on any device; left as it is. Taken as in ``eval()``.
        label: its name, for messages.

    Raises:
        UsageError: not a Sequential, or a layer that the page does not know.
    """
    if not isinstance(network, nn.Sequential):
        raise UsageError(
            f"network {label!r} must be an nn.Sequential, as fewbits.pact.convert makes it, "
            f"got {type(network).__name__}"
        )
    layers: list[nn.Module] = [Pixels()]
    unit = 1 / PIXEL_LEVELS  # what 1 at the present place is worth
    for name, layer in deepcopy(network).cpu().double().eval().named_children():
        check_layer(layer, f"network {label!r}: layer {name}")
        match layer:
            case nn.Conv2d() | nn.Linear():
                weights = Weights(layer)
                channels = torch.zeros(len(weights.weight), dtype=torch.float64)
                bias = channels if layer.bias is None else layer.bias.detach()
                layers += [weights, Affine(channels + unit * weights.step, bias)]
                unit = 1.0
            case nn.BatchNorm2d():
                scale, shift = batch_norm(layer)
                _multiply_add(layers, scale * unit, shift)
                unit = 1.0
            case PACT():
                # In units of its step, PACT clips to 0..2^bits - 1 and rounds to whole numbers.
                high = 2**layer.bits - 1
                step = layer.alpha.item() / high
                _rescale(layers, unit / step)
                layers.append(PACT(layer.bits, float(high)).double())
                unit = step
            case _:
                layers.append(layer)
    if unit != 1:
        _rescale(layers, unit)
    return nn.Sequential(*layers).requires_grad_(False)


def _multiply_add(layers: list[nn.Module], scale: Tensor, shift: Tensor) -> None:
    """Put a scale and a shift behind ``layers``; into the last one, if it is of that kind."""
    last = layers[-1]
    if isinstance(last, Affine):
        layers[-1] = Affine(last.scale * scale, last.shift * scale + shift)
    else:
        layers.append(Affine(scale, shift))


def _rescale(layers: list[nn.Module], factor: float) -> None:
    """Multiply what comes out by ``factor`` > 0: in the last Affine, which commutes with pooling.

    Where codes came in since, there is none: an Affine of its own is added.
    """
    for layer in reversed(layers):
        if isinstance(layer, Affine):
            layer.scale, layer.shift = layer.scale * factor, layer.shift * factor
            return
        if isinstance(layer, Pixels | PACT):
            break
    one = torch.ones(1, dtype=torch.float64)
    layers.append(Affine(one * factor, 0 * one))


def describe(twin: nn.Sequential) -> list[dict[str, Any]]:
    """The layers of :func:`exact_twin` as JSON carries them: packed codes, scales, shifts."""
    return [_entry(layer) for layer in twin if not isinstance(layer, Pixels | nn.Flatten)]


def _entry(layer: nn.Module) -> dict[str, Any]:
    match layer:
        case Weights():
            kind = "conv" if layer.weight.ndim == 4 else "linear"
            shape = list(layer.weight.shape)
            entry = {"kind": kind, "shape": shape, "count": layer.weight.numel()}
            entry["padding"] = layer.padding
            return {**entry, **layer.stored, "data": layer.data}
        case Affine():
            pair = torch.cat([layer.scale, layer.shift]).numpy().astype("<f8")
            return {"kind": "affine", "count": len(pair), "data": squeezed(pair.tobytes())}
        case PACT():
            return {"kind": "pact", "high": 2**layer.bits - 1}
        case nn.MaxPool2d():
            return {"kind": "pool", "size": layer.kernel_size}
        case nn.ReLU():
            return {"kind": "relu"}
    return {"kind": "mean"}
