"""Convolution and linear layers whose weights are quantised on the way through."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from fewbits.pact.weights import Grid, WeightQuantizer, make_quantizer


class QuantConv2d(nn.Conv2d):
    """A convolution that keeps real weights and computes with quantised ones."""

    quantizer: WeightQuantizer

    @classmethod
    def from_float(cls, layer: nn.Conv2d, name: str, bits: int) -> "QuantConv2d":
        """Take over a float layer's weights (the tensors are shared, not copied)."""
        made = cls(
            layer.in_channels,
            layer.out_channels,
            layer.kernel_size,  # type: ignore[arg-type]
            stride=layer.stride,  # type: ignore[arg-type]
            padding=layer.padding,  # type: ignore[arg-type]
            dilation=layer.dilation,  # type: ignore[arg-type]
            groups=layer.groups,
            bias=layer.bias is not None,
            padding_mode=layer.padding_mode,
        )
        return _take_over(made, layer, name, bits)

    def forward(self, x: Float[Tensor, "image channel height width"]) -> Tensor:
        """Convolve with the quantised weights."""
        return self._conv_forward(x, self.quantizer(self.weight), self.bias)

    def grid(self) -> Grid:
        """The weights as codes."""
        return self.quantizer.grid(self.weight)


class QuantLinear(nn.Linear):
    """A linear layer that keeps real weights and computes with quantised ones."""

    quantizer: WeightQuantizer

    @classmethod
    def from_float(cls, layer: nn.Linear, name: str, bits: int) -> "QuantLinear":
        """Take over a float layer's weights (the tensors are shared, not copied)."""
        made = cls(layer.in_features, layer.out_features, bias=layer.bias is not None)
        return _take_over(made, layer, name, bits)

    def forward(self, x: Float[Tensor, "image feature"]) -> Tensor:
        """Multiply by the quantised weights."""
        return nn.functional.linear(x, self.quantizer(self.weight), self.bias)

    def grid(self) -> Grid:
        """The weights as codes."""
        return self.quantizer.grid(self.weight)


def _take_over(made: Any, layer: nn.Conv2d | nn.Linear, name: str, bits: int) -> Any:
    made.weight, made.bias = layer.weight, layer.bias
    made.quantizer = make_quantizer(name, bits, layer.weight)
    return made.train(layer.training)
