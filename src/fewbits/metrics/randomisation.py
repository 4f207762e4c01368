"""Does the map change when the network forgets what it learned? If not, it explains the image.

Cascading parameter randomisation (Adebayo et al. 2018, arXiv 1810.03292).
"""

from collections.abc import Callable
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from fewbits.errors import UsageError
from fewbits.metrics.agreement import spearman
from fewbits.metrics.checks import check_images, check_maps
from fewbits.metrics.scoring import device_of
from fewbits.pact.weights import LSQWeights
from fewbits.training import seeded

Explain = Callable[[nn.Module], Tensor]


def cascading(
    network: nn.Module,
    explain: Explain,
    seed: int = 0,
    images: Float[Tensor, "image channel height width"] | None = None,
) -> dict[str, Float[Tensor, " image"]]:
    """How like the original maps are, as layer after layer is drawn anew, from the logits down.

    The steps add up: at the last one the whole network is as it was before training, but for
    the clips of its activations, which are kept.

    Args:
        network: left as found; a copy in ``eval()`` mode is randomised.
        explain: network -> maps of always the same images. Each call finds the same random
            state, so a method that draws noise draws the same.
        seed: of the fresh weights.
        images: if given, batch norm's running statistics are measured on these after each step.
            Otherwise those of a layer already reached are as built, mean 0 and variance 1, which
            lets activations shrink; quantised ones may all fall to 0 then.

    Returns:
        Layer name -> Spearman per image, in the order of randomisation. A good method's fall
        towards 0; where a map has become constant, 0.

    Raises:
        UsageError: the network has no layer with weights, or maps or images are unfit.
    """
    copy = deepcopy(network).eval()
    names = [name for name, layer in copy.named_modules() if _weighted(layer)]
    if not names:
        raise UsageError(
            "the network has no convolution, linear layer or batch norm: there is nothing to draw"
        )
    if images is not None:
        check_images(images)
        images = images.to(device_of(copy))
    original = _explained(explain, copy, seed)
    found = {}
    for step, name in enumerate(reversed(names)):
        with seeded(1_000_003 * seed + step):
            reinitialise(copy.get_submodule(name))
        if images is not None:
            _measure_statistics(copy, images)
        found[name] = spearman(original, _explained(explain, copy, seed))
    return found


@torch.no_grad()
def reinitialise(layer: nn.Module) -> None:
    """Put a layer back to what it was when built, with freshly drawn weights, in place.

    Batch norm: scale 1, shift 0, running mean 0 and variance 1. A quantised layer whose weights
    have a learned step (LSQ) gets the step that fits the fresh weights.
    """
    layer.reset_parameters()  # type: ignore[operator]
    quantizer = getattr(layer, "quantizer", None)
    if isinstance(quantizer, LSQWeights):
        quantizer.log_step.copy_(LSQWeights(quantizer.bits, layer.weight).log_step)  # type: ignore[arg-type]


@torch.no_grad()
def _measure_statistics(network: nn.Module, images: Tensor) -> None:
    """Batch norm's running mean and variance are those of these images; ``eval()`` afterwards.

    Every other layer stays in ``eval()`` meanwhile: dropout would draw, and change the variance.
    """
    for layer in network.modules():
        if isinstance(layer, _BatchNorm):
            layer.reset_running_stats()
            layer.momentum = None  # a plain average instead of a moving one
            layer.train()
    network(images)
    network.eval()


def _weighted(layer: nn.Module) -> bool:
    """Convolutions, linear layers and their subclasses; batch norm if it has a scale."""
    if isinstance(layer, _BatchNorm):
        return layer.affine
    return isinstance(layer, nn.Conv2d | nn.Linear)


def _explained(explain: Explain, network: nn.Module, seed: int) -> Tensor:
    with seeded(seed):
        maps = explain(network).detach()
    check_maps(maps)
    return maps
