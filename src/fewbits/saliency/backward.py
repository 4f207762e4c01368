"""Few bits on the way back only: is it the gradient's precision that spoils a map?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.ops import check_bits
from fewbits.pact.activations import PACT


def round_gradient(
    gradient: Float[Tensor, "image *rest"], bits: int
) -> Float[Tensor, "image *rest"]:
    """Each image's gradient on ``2**bits - 1`` even levels from -max to max, one of them 0.

    Raises:
        UsageError: ``bits`` is not a whole number from 1 to 8. (With 1 there is one level, 0.)
    """
    half = (2 ** check_bits(bits) - 2) // 2
    if not half:
        return torch.zeros_like(gradient)
    largest = gradient.flatten(1).abs().amax(1).clamp_min(torch.finfo(gradient.dtype).tiny)
    step = (largest / half).view(-1, *[1] * (gradient.ndim - 1))
    return torch.round(gradient / step) * step


@contextmanager
def rounded_backward(network: nn.Module, bits: int) -> Iterator[None]:
    """While inside, gradients have ``bits`` bits wherever they leave an activation backwards.

    The forward pass is untouched: logits stay what they are.

    Raises:
        UsageError: ``bits`` is not a whole number from 1 to 8.
    """
    check_bits(bits)

    def round_it(layer: nn.Module, given: Any, received: Any) -> tuple[Tensor | None]:
        gradient: Tensor | None = given[0]
        return (None if gradient is None else round_gradient(gradient, bits),)

    handles = [
        layer.register_full_backward_hook(round_it)
        for layer in network.modules()
        if isinstance(layer, nn.ReLU | PACT)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
