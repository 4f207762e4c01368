"""What a quantised training step costs beside the float step, and beside Brevitas' layers."""

import random
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from statistics import median, quantiles

import torch
from torch import nn

from fewbits.errors import FewbitsError
from fewbits.pact import networks, weights
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.pipeline import CLIP_PENALTY, penalized
from fewbits.pact.plans import plan_bits
from fewbits.training import Loss, cross_entropy, parameter_groups, pick_device

BATCH = 128
CLASSES = 10
CLIP = 4.0
WARM_UP = 3


@dataclass(frozen=True)
class StepTime:
    """Milliseconds of one training step: forward, backward, update.

    Attributes:
        network: "classic" or "compact".
        layers: "float", "brevitas 2" or, for this package, "sawb 2".
        low, median, high: quartiles over the rounds.
        ratio: the median of step / float step, taken within each round.
    """

    network: str
    layers: str
    low: float
    median: float
    high: float
    ratio: float


def brevitas_network(float_network: nn.Sequential, bits: int) -> nn.Sequential:
    """The same network out of Brevitas' layers: one learned scale a quantiser, same bits.

    Raises:
        FewbitsError: brevitas is not installed.
    """
    try:
        import brevitas.nn as qnn
    except ImportError as error:
        raise FewbitsError(
            'the comparison needs brevitas: pip install "fewbits[bench]", or leave it out with '
            "--no-brevitas"
        ) from error
    weighted = [m for m in float_network if isinstance(m, nn.Conv2d | nn.Linear)]
    plan = list(plan_bits(str(bits), len(weighted)))
    layers: list[nn.Module] = []
    read = 0
    for layer in float_network:
        if isinstance(layer, nn.Conv2d):
            made = qnn.QuantConv2d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size,
                padding=layer.padding,
                bias=layer.bias is not None,
                weight_bit_width=plan[read].weights,
            )
        elif isinstance(layer, nn.Linear):
            made = qnn.QuantLinear(
                layer.in_features,
                layer.out_features,
                bias=layer.bias is not None,
                weight_bit_width=plan[read].weights,
            )
        elif isinstance(layer, nn.ReLU):
            # Learned from the first step on; the default collects statistics for 300 steps first.
            made = qnn.QuantReLU(
                bit_width=plan[min(read, len(plan) - 1)].inputs,
                scaling_impl_type="parameter",
                scaling_init=CLIP,
            )
        else:
            made = deepcopy(layer)
        read += isinstance(layer, nn.Conv2d | nn.Linear)
        layers.append(made)
    return nn.Sequential(*layers)


def step_times(network: str, rounds: int = 20, with_brevitas: bool = True) -> list[StepTime]:
    """Time one training step of every kind of layer: all of them every round, in a drawn order.

    Args:
        network: "classic" or "compact".
        rounds: how often each is timed; a busy moment of the machine then hits all alike.
        with_brevitas: also time Brevitas' layers.
    """
    device = pick_device()
    images = torch.rand(BATCH, 1, 28, 28).to(device, memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (BATCH,)).to(device)
    steps = {
        name: _stepper(model.to(device, memory_format=torch.channels_last), loss, images, labels)  # type: ignore[call-overload]
        for name, (model, loss) in _contestants(network, images, with_brevitas).items()
    }
    spent: dict[str, list[float]] = {name: [] for name in steps}
    order = random.Random(0)
    for _ in range(WARM_UP + rounds):
        for name in order.sample(list(steps), len(steps)):
            spent[name].append(_milliseconds(steps[name], device))
    return [
        _summary(network, name, times[WARM_UP:], spent["float"][WARM_UP:])
        for name, times in spent.items()
    ]


def _contestants(
    network: str, images: torch.Tensor, with_brevitas: bool
) -> dict[str, tuple[nn.Sequential, Loss]]:
    float_network = networks.build(network, CLASSES).to(images.device)
    found: dict[str, tuple[nn.Sequential, Loss]] = {"float": (float_network, cross_entropy)}
    for bits in (4, 2):
        for name in weights.NAMES:
            quantized = quantize_network(float_network, Recipe(str(bits), name), images)
            found[f"{name} {bits}"] = (quantized, penalized(CLIP_PENALTY))
        if with_brevitas:
            found[f"brevitas {bits}"] = (brevitas_network(float_network, bits), cross_entropy)
    return found


def _stepper(
    model: nn.Sequential, loss: Loss, images: torch.Tensor, labels: torch.Tensor
) -> Callable[[], None]:
    model.train()
    optimizer = torch.optim.AdamW(parameter_groups(model, 0.01), lr=1e-4)

    def step() -> None:
        value = loss(model, images, labels)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    return step


def _milliseconds(step: Callable[[], None], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return 1e3 * (time.perf_counter() - started)


def _summary(network: str, layers: str, times: list[float], float_times: list[float]) -> StepTime:
    low, middle, high = quantiles(times, n=4, method="inclusive")
    ratios = [time / base for time, base in zip(times, float_times, strict=True)]
    return StepTime(network, layers, low, middle, high, median(ratios))
