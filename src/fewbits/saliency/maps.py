"""Saliency maps: for each image, how much each pixel speaks for a class. Captum does the work."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from captum import attr
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import checks
from fewbits.metrics.scoring import device_of, parts
from fewbits.saliency.fitness import (
    check_deeplift,
    check_gradient,
    check_guided,
    check_sum,
    deeplift_rules,
    last_image_layer,
)
from fewbits.training import modes_kept, repeatable, to_float

# Settings of the maps. Steps and samples are where more no longer changes a map by more than
# another seed does; SmoothGrad's noise is the paper's 10 to 20 % of the range (arXiv 1706.03825).
STEPS = 32
SAMPLES = 16
NOISE = 0.15
WINDOW, STRIDE = 5, 3
SETTINGS = {
    "steps": STEPS,
    "samples": SAMPLES,
    "noise": NOISE,
    "window": WINDOW,
    "stride": STRIDE,
}

Images = Float[Tensor, "image 1 height width"]
Maps = Float[Tensor, "image height width"]
# Not "image": one too few is told by a readable error, not by the shape check of the tests.
Targets = Int[Tensor, " target"]
Attribute = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Method:
    """One way to make a map.

    Attributes:
        name: what the book and the command line call it.
        signed: whether a pixel can speak against the class (below 0).
        gradient: whether it asks the network for a gradient. A rounded network's true gradient is
            0 almost everywhere, so what it gives is the straight-through estimate.
        paper: where it comes from.
        check: refuses networks on which the method would silently compute something else.
    """

    name: str
    signed: bool
    gradient: bool
    paper: str
    attribute: Attribute
    check: Callable[[nn.Module, Tensor], None]


def _gradient(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    return attr.Saliency(network).attribute(images, target=targets, abs=True)


def _integrated(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    method = attr.IntegratedGradients(network, multiply_by_inputs=True)
    # The baseline is black: pixels are in [0, 1] and no network here shifts them before.
    return method.attribute(
        images, baselines=0.0, target=targets, n_steps=STEPS, internal_batch_size=len(images)
    )


def _smoothgrad(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    method = attr.NoiseTunnel(attr.Saliency(network))
    # The signed gradients are averaged, as in the paper; the magnitude is taken last.
    mean = method.attribute(
        images,
        nt_type="smoothgrad",
        nt_samples=SAMPLES,
        nt_samples_batch_size=1,
        stdevs=NOISE,
        target=targets,
        abs=False,
    )
    return mean.abs()


def _gradcam(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    method = attr.LayerGradCam(network, last_image_layer(network, images[:1]))
    coarse = method.attribute(images, target=targets, relu_attributions=True)
    return nn.functional.interpolate(coarse, images.shape[-2:], mode="bilinear")


def _deeplift(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    with deeplift_rules(network):
        shares = attr.DeepLift(network).attribute(images, baselines=0.0, target=targets)
    check_sum(network, images, targets, shares)
    return shares


def _guided(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    return attr.GuidedBackprop(network).attribute(images, target=targets)


def _occlusion(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    return attr.Occlusion(network).attribute(
        images,
        sliding_window_shapes=(1, WINDOW, WINDOW),
        strides=(1, STRIDE, STRIDE),
        baselines=0.0,
        target=targets,
    )


def _no_check(network: nn.Module, image: Tensor) -> None:
    """Asks nothing of the network but its logits."""


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        m.name: m
        for m in (
            Method("gradient", False, True, "arXiv 1312.6034", _gradient, check_gradient),
            Method(
                "integrated-gradients", True, True, "arXiv 1703.01365", _integrated, check_gradient
            ),
            Method("smoothgrad", False, True, "arXiv 1706.03825", _smoothgrad, check_gradient),
            Method("grad-cam", False, True, "arXiv 1610.02391", _gradcam, check_gradient),
            Method("deeplift", True, True, "arXiv 1704.02685", _deeplift, check_deeplift),
            Method("occlusion", True, False, "arXiv 1311.2901", _occlusion, _no_check),
            Method("guided-backprop", True, True, "arXiv 1412.6806", _guided, check_guided),
        )
    }
)

# What an experiment makes of every network: guided backpropagation works on float ones alone.
COMPARED = (
    "gradient",
    "integrated-gradients",
    "smoothgrad",
    "grad-cam",
    "deeplift",
    "occlusion",
)


def find_method(name: str) -> Method:
    """The method called ``name``.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    if name not in METHODS:
        raise UsageError(f"unknown method {name!r}: expected one of {', '.join(METHODS)}")
    return METHODS[name]


@repeatable()
def explain(
    network: nn.Module,
    images: Images | UInt8[Tensor, "image 1 height width"],
    targets: Targets,
    method: str = "gradient",
    *,
    seed: int = 0,
    batch_size: int = 100,
) -> Maps:
    """A map for each image: how much each pixel speaks for the target class's logit.

    Larger is more important. Maps of methods that are not ``signed`` have no value below 0.
    The network is asked in ``eval`` mode; its mode, hooks, gradients and the random state are left
    as found.

    Args:
        network: images in [0, 1] -> logits.
        images: floats in [0, 1], or bytes.
        targets: the class that each image's map is about, from 0.
        method: a name in :data:`METHODS`.
        seed: draws SmoothGrad's noise.
        batch_size: images at a time.

    Returns:
        On the CPU, one map an image.

    Raises:
        UsageError: an unknown method, NaN in an image, an image of one grey only, a target the
            network has no logit for, no batch, or a network on which the method is not sound.
    """
    chosen = find_method(method)
    pixels = check_images(images)
    device = device_of(network)
    with (
        modes_kept(network),
        _gradients_kept(network),
        torch.random.fork_rng(),
        warnings.catch_warnings(),
    ):
        # Captum says that it hooks itself into activations, and it removes the hooks afterwards.
        warnings.filterwarnings("ignore", "Setting .*hooks", UserWarning)
        network.eval()
        with torch.no_grad():
            checks.check_targets(targets, len(pixels), network(pixels[:1].to(device)))
        chosen.check(network, pixels[:1].to(device))
        torch.manual_seed(seed)
        found = [
            chosen.attribute(
                network, pixels[part].to(device).requires_grad_(), targets[part].to(device)
            )
            for part in parts(len(pixels), batch_size)
        ]
    return torch.cat(found)[:, 0].detach().cpu()


def check_images(images: Tensor) -> Images:
    """Images as floats in [0, 1], each with at least two greys in it.

    Raises:
        UsageError: no image, NaN or infinity in one, one of a single grey, or values out of range.
    """
    pixels = to_float(images) if images.dtype == torch.uint8 else images.detach()
    checks.check_images(pixels)
    flat = pixels.flatten(1)
    if flat.min() < 0 or flat.max() > 1:
        raise UsageError(
            f"pixels must be from 0 to 1, got {flat.min():.3g} to {flat.max():.3g}: a network here "
            "normalises nothing outside itself"
        )
    constant = (flat == flat[:, :1]).all(1)
    if constant.any():
        which = int(constant.nonzero()[0, 0])
        raise UsageError(
            f"image {which} is constant (every pixel is {flat[which, 0]:.3g}): there is nothing "
            "in it to point at, leave it out"
        )
    return pixels


class _gradients_kept:
    """Each parameter's ``grad`` is what it was: maps must not leak into a training."""

    def __init__(self, network: nn.Module) -> None:
        self.parameters = list(network.parameters())

    def __enter__(self) -> None:
        self.before = [p.grad for p in self.parameters]

    def __exit__(self, *failure: object) -> None:
        for parameter, grad in zip(self.parameters, self.before, strict=True):
            parameter.grad = grad
