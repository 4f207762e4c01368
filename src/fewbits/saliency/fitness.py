"""Which method is sound on which network. Captum knows some layers by type and skips the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from captum.attr._core import deep_lift
from jaxtyping import Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.pact.activations import LSQ, PACT

# In eval mode each of these is linear in what enters it, so DeepLift's rule is the gradient itself.
LINEAR = (
    nn.Conv2d,
    nn.Linear,
    nn.BatchNorm2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Flatten,
    nn.Unflatten,
    nn.Dropout,
    nn.Dropout2d,
    nn.Identity,
)
QUANTIZED_ACTIVATIONS = (PACT, LSQ)
OnePicture = Float[Tensor, "1 1 height width"]


def layers_of(network: nn.Module) -> dict[str, nn.Module]:
    """The layers that compute something, by name: no containers, and no weight quantisers."""
    found: dict[str, nn.Module] = {}
    for name, layer in network.named_modules():
        if isinstance(layer, LINEAR) or not any(True for _ in layer.children()):
            inside = any(name.startswith(f"{outer}.") for outer in found)
            if not inside:
                found[name] = layer
    return found


def check_gradient(network: nn.Module, image: OnePicture) -> None:
    """Whether a gradient of the logits reaches the image.

    Raises:
        UsageError: none does.
    """
    with torch.enable_grad():
        given = image.clone().requires_grad_()
        logits = network(given)
        reached = logits.requires_grad and (
            torch.autograd.grad(logits.sum(), given, allow_unused=True)[0] is not None
        )
    if not reached:
        raise UsageError(
            "this model passes no gradient from its logits back to the image (something in it "
            "detaches, or works under no_grad): use occlusion, which asks for logits alone"
        )


def check_deeplift(network: nn.Module, image: OnePicture) -> None:
    """Whether there is a rule for every layer. Captum takes the plain gradient of those it lacks.

    Raises:
        UsageError: a layer is neither linear nor known; the message names it.
    """
    check_gradient(network, image)
    known = (*LINEAR, *QUANTIZED_ACTIVATIONS, *deep_lift.SUPPORTED_NON_LINEAR)
    for name, layer in layers_of(network).items():
        if not isinstance(layer, LINEAR) and type(layer) not in known:
            raise UsageError(
                f"DeepLift has no rule for {name} ({type(layer).__name__}), and Captum would take "
                "its plain gradient without a word: use another method, or one of "
                f"{', '.join(sorted({kind.__name__ for kind in known}))}"
            )


@torch.no_grad()
def check_sum(network: nn.Module, images: Tensor, targets: Tensor, shares: Tensor) -> None:
    """Whether DeepLIFT's shares add up to what the logits gain from black to the images.

    They do not where something happens between the layers that no rule knows: an activation called
    as a function, a layer used twice. The median image decides, for a quantised network may round
    a last bit over in a batch of another size.

    Raises:
        UsageError: they do not.
    """
    change = network(images) - network(torch.zeros_like(images))
    change = change.gather(1, targets[:, None])[:, 0]
    missed = (shares.flatten(1).sum(1) - change).abs().median()
    if missed > 1e-2 * change.abs().mean() + 1e-4:
        raise UsageError(
            f"DeepLIFT's shares miss the change of the logits by {missed:.3g} (it is "
            f"{change.abs().mean():.3g}): something in this model's forward() is no layer, or a "
            "layer is used twice. Make each activation a layer of its own, or use another method"
        )


def check_guided(network: nn.Module, image: OnePicture) -> None:
    """Whether every activation is a ReLU: guided backpropagation is a change to ReLU's gradient.

    Raises:
        UsageError: another activation is there, on which Captum would silently change nothing.
    """
    check_gradient(network, image)
    for name, layer in layers_of(network).items():
        if not isinstance(layer, (*LINEAR, nn.MaxPool2d, nn.ReLU)):
            raise UsageError(
                f"guided backpropagation changes the gradient of ReLU, and {name} is "
                f"{type(layer).__name__}: Captum would skip it and return the plain gradient. Use "
                "gradient, or a float network"
            )


@contextmanager
def deeplift_rules(network: nn.Module) -> Iterator[None]:
    """While inside, Captum's DeepLift treats PACT, LSQ and max-pooling as it should.

    PACT and LSQ act on each number alone, so the rescale rule holds for them as for ReLU: the
    change of the output over the change of the input, steps and all. Then the pixels' shares add up
    to the whole change of the logit; with the straight-through gradient they would not.
    """
    rules = {**dict.fromkeys(QUANTIZED_ACTIVATIONS, deep_lift.nonlinear), nn.MaxPool2d: _pool_rule}
    before = dict(deep_lift.SUPPORTED_NON_LINEAR)
    deep_lift.SUPPORTED_NON_LINEAR.update(rules)
    # Captum 0.9 listens to a tensor's gradient. Where pooling hands its output straight to an
    # activation both listen to one tensor, and the pooling hears it before the activation's rule is
    # applied. With a copy between them each has its own.
    handles = [
        layer.register_forward_pre_hook(_copy)
        for layer in network.modules()
        if type(layer) in deep_lift.SUPPORTED_NON_LINEAR
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        deep_lift.SUPPORTED_NON_LINEAR.clear()
        deep_lift.SUPPORTED_NON_LINEAR.update(before)


def _copy(layer: nn.Module, given: tuple[Tensor]) -> Tensor:
    return given[0].clone()


def _pool_rule(
    pool: nn.MaxPool2d,
    inputs: Tensor,
    outputs: Tensor,
    grad_input: Tensor,
    grad_output: Tensor,
    eps: float = 1e-10,
) -> Tensor:
    """DeepLIFT's rule for max-pooling (arXiv 1704.02685): the winners share the output's change.

    Captum 0.9 has two faults here. Where image and baseline agree it takes the gradient of the
    batch's first image for all (its issue 1276), and it mixes the gradients of the image's and the
    baseline's pass, which differ when an activation follows the pooling. Then the shares no longer
    add up to the logit's change.
    """
    (image, baseline), (high, low) = inputs.chunk(2), outputs.chunk(2)
    arrived = grad_output.chunk(2)[0]
    larger = torch.maximum(high, low)
    routed = torch.zeros_like(image).flatten(2)
    for winners_of, change in ((image, larger - low), (baseline, high - larger)):
        winners = nn.functional.max_pool2d(
            winners_of,
            pool.kernel_size,
            pool.stride,
            pool.padding,
            pool.dilation,
            pool.ceil_mode,
            return_indices=True,
        )[1]
        routed.scatter_add_(2, winners.flatten(2), (arrived * change).flatten(2))
    difference = image - baseline
    same = difference.abs() < eps
    shares = routed.view_as(image) / torch.where(same, 1.0, difference)
    multipliers = torch.where(same, grad_input.chunk(2)[0], shares)
    return torch.cat([multipliers, multipliers])


def last_image_layer(network: nn.Module, image: OnePicture) -> nn.Module:
    """The last layer whose output still has rows and columns: the one Grad-CAM looks at.

    Raises:
        UsageError: no layer's output has.
    """
    found: list[nn.Module] = []

    def look(layer: nn.Module, given: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and output[0, 0].numel() > 1:
            found.append(layer)

    handles = [layer.register_forward_hook(look) for layer in layers_of(network).values()]
    try:
        with torch.no_grad():
            network(image)
    finally:
        for handle in handles:
            handle.remove()
    once = [layer for layer in found if sum(layer is other for other in found) == 1]
    if not once:
        raise UsageError(
            "Grad-CAM needs a layer whose output has rows and columns, used once: this network "
            "has none, use another method"
        )
    return once[-1]
