"""A quantised network cut into stages, each ending on a grid: what an integer runtime computes."""

from dataclasses import dataclass, field

from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.activations import PACT
from fewbits.pact.convert import QUANTIZED_LAYERS
from fewbits.pact.layers import QuantConv2d, QuantLinear


@dataclass
class Stage:
    """From one grid of codes to the next.

    Attributes:
        name: the layer that gives the stage its name.
        core: what is computed.
        norm: batch norm right behind it, or None.
        pools: max-pooling: on codes or before them, the largest stays the largest.
        flatten: whether images become rows of features.
        activation: the clip that brings the result back onto a grid; None behind the last layer.
    """

    name: str
    core: QuantConv2d | QuantLinear | nn.AdaptiveAvgPool2d
    norm: nn.BatchNorm2d | None = None
    pools: list[nn.MaxPool2d] = field(default_factory=list)
    flatten: bool = False
    activation: PACT | None = None


def stages_of(network: nn.Sequential) -> list[Stage]:
    """Cut a quantised network into stages.

    Raises:
        UsageError: the network is not quantised, or holds something no integer kernel computes.
    """
    if not any(isinstance(layer, QUANTIZED_LAYERS) for layer in network):
        raise UsageError("this network is not quantised: give it to quantize_network first")
    stages: list[Stage] = []
    for name, layer in network.named_children():
        if not _is_plain(layer):
            raise UsageError(
                f"{name} ({type(layer).__name__}) has settings without an integer form here: "
                "expected zero padding in whole pixels, pooling without ceil_mode, a mean down to "
                "one pixel, flattening of everything but the batch"
            )
        if isinstance(layer, (*QUANTIZED_LAYERS, nn.AdaptiveAvgPool2d)):
            if stages and stages[-1].activation is None:
                raise UsageError(f"expected a PACT activation between {stages[-1].name} and {name}")
            stages.append(Stage(name, layer))
        elif not stages or not _join(stages[-1], layer):
            raise UsageError(
                f"{name} ({type(layer).__name__}) has no integer form here: expected convolutions "
                "and linear layers, each with its batch norm, pooling and PACT activation behind it"
            )
    if stages[-1].activation is not None or not isinstance(stages[-1].core, QuantLinear):
        raise UsageError("expected a linear layer at the end of the network, it gives the logits")
    return stages


def _is_plain(layer: nn.Module) -> bool:
    """Whether a layer is set to what the integer kernels compute."""
    match layer:
        case nn.Conv2d():
            return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        case nn.MaxPool2d():
            return not layer.ceil_mode
        case nn.AdaptiveAvgPool2d():
            return layer.output_size in (1, (1, 1))
        case nn.Flatten():
            return (layer.start_dim, layer.end_dim) == (1, -1)
    return True


def _join(stage: Stage, layer: nn.Module) -> bool:
    """Make ``layer`` part of the stage, if it can be."""
    if isinstance(layer, nn.BatchNorm2d):
        if stage.norm or stage.pools or stage.activation or not isinstance(stage.core, nn.Conv2d):
            return False
        stage.norm = layer
    elif isinstance(layer, nn.MaxPool2d):
        stage.pools.append(layer)
    elif isinstance(layer, nn.Flatten):
        stage.flatten = True
    elif isinstance(layer, PACT) and stage.activation is None:
        stage.activation = layer
    else:
        return False
    return True
