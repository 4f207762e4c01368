"""From a float network to a quantised one: swap the layers, choose where each clip starts."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.ops import draw, split_error
from fewbits.pact.activations import PACT, make_activation
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.pact.plans import plan_bits
from fewbits.training import modes_kept

QUANTIZED_LAYERS = (QuantConv2d, QuantLinear)


@dataclass(frozen=True)
class Recipe:
    """How to quantise a network.

    Attributes:
        bits: a plan's name, "8", "4", "4/2" or "2" (see :func:`fewbits.pact.plans.plan_bits`).
        weights: "sawb", "dorefa" or "lsq".
        ends: "8" or "same": bits of the first and last layer.
        clip: where every alpha starts; None starts each where it fits the activations best.
        activations: "pact" or "lsq": the same levels, another gradient on alpha.
    """

    bits: str
    weights: str = "sawb"  # the companion of PACT in its authors' later work, arXiv 1807.06964
    ends: str = "8"  # PACT, arXiv 1805.06085, section 5: first and last layers are kept finer
    clip: float | None = None  # fixed starts of 6, 8 and 10 are common; 10 can be out of reach
    activations: str = "pact"


def activations_of(
    network: nn.Sequential, images: Float[Tensor, "image 1 28 28"]
) -> dict[str, Float[Tensor, "..."]]:
    """What every activation layer gives for these images, by the layer's name.

    The network's mode and gradients are left as found.
    """
    outputs: dict[str, Tensor] = {}
    x = images
    with torch.no_grad(), modes_kept(network):
        network.eval()
        for name, layer in network.named_children():
            x = layer(x)
            if isinstance(layer, nn.ReLU | PACT):
                outputs[name] = x
    return outputs


def best_clip(x: Float[Tensor, "..."], bits: int, candidates: int = 60) -> float:
    """The alpha with the smallest mean squared quantisation error, out of a grid below max(x).

    A layer that gives nothing but zeros gets 1.0: any range describes it.

    Raises:
        UsageError: ``x`` holds NaN or infinity.
    """
    if not torch.isfinite(x).all():
        raise UsageError(
            "activations hold NaN or infinity: no clip describes them. Check the images."
        )
    largest = x.max().item()
    if largest <= 0:
        return 1.0
    sample = draw(x, 50_000)
    alphas = [largest * (i + 1) / candidates for i in range(candidates)]
    return min(alphas, key=lambda alpha: sum(split_error(sample, alpha, bits)))


def quantize_network(
    network: nn.Sequential, recipe: Recipe, images: Float[Tensor, "image 1 28 28"]
) -> nn.Sequential:
    """A quantised copy of a float network: a clip for each ReLU, quantised weights for each layer.

    Args:
        network: made by :func:`fewbits.pact.networks.build`; left as it is.
        recipe: bits, weight quantiser, activations.
        images: a few hundred training images in [0, 1]; each clip starts where it fits them best.

    Raises:
        UsageError: the recipe is unknown, the images hold NaN, or the network is quantised already.
    """
    if any(isinstance(layer, QUANTIZED_LAYERS) for layer in network):
        raise UsageError("this network is quantised already: start from a float one")
    if not torch.isfinite(images).all():
        raise UsageError("the images hold NaN or infinity: look where in the data they come from")
    outputs = activations_of(network, images)
    copy = deepcopy(network)
    weighted = [n for n, m in copy.named_children() if isinstance(m, nn.Conv2d | nn.Linear)]
    plan = dict(zip(weighted, plan_bits(recipe.bits, len(weighted), recipe.ends), strict=True))
    reads_next = _next_weighted(copy)
    for name, layer in list(copy.named_children()):
        if isinstance(layer, nn.Conv2d):
            setattr(copy, name, QuantConv2d.from_float(layer, recipe.weights, plan[name].weights))
        elif isinstance(layer, nn.Linear):
            setattr(copy, name, QuantLinear.from_float(layer, recipe.weights, plan[name].weights))
        elif isinstance(layer, nn.ReLU):
            # An activation no layer reads directly (a mean follows) keeps its own layer's bits.
            bits = plan[reads_next[name]].inputs
            start = best_clip(outputs[name], bits) if recipe.clip is None else recipe.clip
            made = make_activation(recipe.activations, bits, start)
            setattr(copy, name, made.to(outputs[name].device))
    return copy


def _next_weighted(network: nn.Sequential) -> dict[str, str]:
    """For each activation, the weighted layer whose bits it takes.

    That is the layer that reads it; where another activation comes first, the layer before it.
    """
    reads: dict[str, str] = {}
    waiting: str | None = None
    last = ""
    for name, layer in network.named_children():
        if isinstance(layer, nn.ReLU):
            if waiting is not None:
                reads[waiting] = last
            waiting = name
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            if waiting is not None:
                reads[waiting] = name
            waiting, last = None, name
    return reads


def clips_of(network: nn.Sequential) -> dict[str, float]:
    """Where each activation's clip is now, by the layer's name."""
    return {n: m.alpha.item() for n, m in network.named_children() if isinstance(m, PACT)}
