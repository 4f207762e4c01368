"""A quantised network computed with whole numbers alone, layer by layer, in 64 bits."""

import torch
from torch import Tensor, nn

from fewbits.pact.activations import PACT
from fewbits.pact.layers import QuantConv2d, QuantLinear


def logits(network: nn.Sequential, pixels: Tensor) -> Tensor:
    """Sums of whole numbers; between two layers one real multiplication and addition a channel.

    Unlike an integer runtime it adds the bias as a real number.
    """
    codes, scale = pixels.to(torch.int64), 1 / 255
    layers = list(network)
    real = codes.double() * scale
    while layers:
        layer = layers.pop(0)
        if isinstance(layer, QuantConv2d | QuantLinear):
            integers, step = layer.grid().integers()
            sums = _sums(layer, codes, integers)
            real = sums * (scale * step.double())
            if layer.bias is not None:
                real = real + layer.bias.detach().double().view(_channels(real))
        elif isinstance(layer, nn.BatchNorm2d):
            shape = _channels(real)
            real = (real - layer.running_mean.double().view(shape)) / (
                layer.running_var.double().view(shape) + layer.eps
            ).sqrt()
            real = real * layer.weight.detach().double().view(shape)
            real = real + layer.bias.detach().double().view(shape)
        elif isinstance(layer, PACT):
            highest = 2**layer.bits - 1
            scale = layer.alpha.item() / highest
            codes = torch.round(real / scale).clamp(0, highest).to(torch.int64)
            real = codes * scale
        else:  # pooling, mean, flattening: on the real numbers, brought back to codes by a PACT
            real = layer(real)
            if isinstance(layer, nn.Flatten):
                codes = torch.round(real / scale).to(torch.int64)
    return real


def _sums(layer: nn.Module, codes: Tensor, integers: Tensor) -> Tensor:
    if isinstance(layer, QuantLinear):
        return (codes @ integers.T).double()
    # Doubles hold these whole numbers exactly.
    return nn.functional.conv2d(codes.double(), integers.double(), None, 1, layer.padding)


def _channels(x: Tensor) -> tuple[int, ...]:
    return (1, -1, *(1,) * (x.ndim - 2))
