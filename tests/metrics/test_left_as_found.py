"""No measure leaves a trace: modes, gradients, hooks, statistics, inputs, the random state."""

import pytest
import torch
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import (
    cascading,
    deletion,
    infidelity,
    insertion,
    random_maps,
    road,
    sensitivity,
)


def gradient(network: nn.Module, images: Tensor) -> Tensor:
    inputs = images.detach().requires_grad_()
    return torch.autograd.grad(network(inputs)[:, 0].sum(), inputs)[0][:, 0]


MEASURES = {
    "deletion": lambda network, images, maps, labels: deletion(network, images, maps, labels),
    "insertion": lambda network, images, maps, labels: insertion(network, images, maps, labels),
    "road": lambda network, images, maps, labels: road(network, images, maps, labels, (0.5,)),
    "infidelity": lambda network, images, maps, labels: infidelity(network, images, maps, labels),
    "sensitivity": lambda network, images, maps, labels: sensitivity(
        lambda x: gradient(network, x) + torch.rand(1), images
    ),
    "cascading": lambda network, images, maps, labels: cascading(
        network, lambda n: gradient(n, images) + torch.rand(1), images=images
    ),
}


@pytest.mark.parametrize("name", MEASURES)
def test_everything_is_as_it_was(name: str, convolutional: nn.Sequential, digit_images) -> None:
    network, (images, labels) = convolutional, digit_images
    if name == "sensitivity":
        network.eval()  # here the mode is the caller's; a mode of its own would be a change
    else:
        network.train()
        network[3].eval()
    network(images).sum().backward()
    calls = []
    handle = network[0].register_forward_hook(lambda *_: calls.append(1))
    images = images.clone().requires_grad_()
    maps = random_maps(images).requires_grad_()
    modes = [layer.training for layer in network.modules()]
    state = {key: value.clone() for key, value in network.state_dict().items()}
    gradients = [p.grad.clone() for p in network.parameters()]
    wanted = [p.requires_grad for p in network.parameters()]
    inputs = [images.detach().clone(), maps.detach().clone(), labels.clone()]
    random, threads = torch.get_rng_state(), torch.get_num_threads()

    MEASURES[name](network, images, maps, labels)

    assert [layer.training for layer in network.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    for parameter, before in zip(network.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, before)
    assert [p.requires_grad for p in network.parameters()] == wanted
    assert list(network[0]._forward_hooks) == [handle.id]
    assert all(not layer._forward_hooks for layer in list(network)[1:])
    for after, before in zip((images, maps, labels), inputs, strict=True):
        assert torch.equal(after, before)
    assert images.requires_grad and images.grad is None
    assert torch.equal(torch.get_rng_state(), random) and torch.get_num_threads() == threads
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("measure", [deletion, insertion, road, infidelity])
def test_also_after_an_error(measure, convolutional: nn.Sequential, digit_images) -> None:
    images, labels = digit_images
    convolutional.train()
    with pytest.raises(UsageError, match="targets must be classes"):
        measure(convolutional, images, random_maps(images), labels + 5)
    assert all(layer.training for layer in convolutional.modules())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("measure", [deletion, insertion, road, infidelity])
def test_a_network_without_parameters_is_judged_too(measure, digit_images) -> None:
    class Counting(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1)[:, ::80]

    images, labels = digit_images
    found = measure(Counting(), images, random_maps(images), labels)
    found = found if isinstance(found, Tensor) else found.scores
    assert torch.isfinite(found).all()
