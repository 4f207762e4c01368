"""Cascading randomisation: which layers, in which order, to what, and how alike maps stay."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import cascading, edge_maps, random_maps, randomisation, spearman
from fewbits.pact import networks
from fewbits.pact.convert import Recipe, quantize_network


def gradient_maps(images: Tensor):
    def explain(network: nn.Module) -> Tensor:
        inputs = images.detach().requires_grad_()
        return torch.autograd.grad(network(inputs)[:, 3].sum(), inputs)[0][:, 0]

    return explain


class Watching:
    """An explanation that keeps what it is given."""

    def __init__(self, images: Tensor) -> None:
        self.explain = gradient_maps(images)
        self.states: list[dict[str, Tensor]] = []
        self.maps: list[Tensor] = []
        self.modes: set[bool] = set()

    def __call__(self, network: nn.Module) -> Tensor:
        self.states.append({k: v.clone() for k, v in network.state_dict().items()})
        self.modes |= {layer.training for layer in network.modules()}
        self.maps.append(self.explain(network))
        return self.maps[-1]


def differing(one: dict[str, Tensor], other: dict[str, Tensor]) -> set[str]:
    """Layers in which any parameter or buffer differs."""
    return {name.rsplit(".", 1)[0] for name in one if not torch.equal(one[name], other[name])}


def test_layers_fall_one_by_one_from_the_logits_down(convolutional, digit_images) -> None:
    convolutional.train()[1].weight.data.mul_(2)  # the affine part has something to lose
    watching = Watching(digit_images[0])
    found = cascading(convolutional, watching, seed=1)
    assert list(found) == ["5", "1", "0"]
    assert watching.modes == {False}
    changed = [differing(watching.states[0], state) for state in watching.states]
    assert changed == [set(), {"5"}, {"5", "1"}, {"5", "1", "0"}]
    for name, maps in zip(found, watching.maps[1:], strict=True):
        torch.testing.assert_close(found[name], spearman(watching.maps[0], maps))
        assert found[name].shape == (20,)


def test_a_fresh_layer_is_as_built(convolutional) -> None:
    before = deepcopy(convolutional)
    for layer in (convolutional[0], convolutional[1], convolutional[5]):
        torch.manual_seed(7)
        randomisation.reinitialise(layer)
    norm = convolutional[1]
    assert norm.weight.tolist() == [1] * 4 and norm.bias.tolist() == [0] * 4
    assert norm.running_mean.tolist() == [0] * 4 and norm.running_var.tolist() == [1] * 4
    for place, built in ((0, lambda: nn.Conv2d(1, 4, 3)), (5, lambda: nn.Linear(676, 10))):
        torch.manual_seed(7)
        fresh = built()
        assert torch.equal(convolutional[place].weight, fresh.weight)
        assert torch.equal(convolutional[place].bias, fresh.bias)
        assert not torch.equal(before[place].weight, fresh.weight)


def test_another_seed_draws_other_weights(convolutional, digit_images) -> None:
    explain = gradient_maps(digit_images[0])
    first, again, other = (cascading(convolutional, explain, seed) for seed in (1, 1, 2))
    for name in first:
        assert torch.equal(first[name], again[name])
    assert not torch.equal(first["0"], other["0"])


def test_what_ignores_the_network_never_changes(convolutional, digit_images) -> None:
    images, _ = digit_images
    found = cascading(convolutional, lambda network: edge_maps(images))
    assert all(values.tolist() == pytest.approx([1.0] * 20) for values in found.values())
    drawn = cascading(convolutional, lambda network: torch.rand(20, 28, 28))
    assert all(values.min() == 1 for values in drawn.values()), "the same draws at each call"
    flat = cascading(convolutional, lambda n: (n[5].bias[0] > 9) * random_maps(images))
    assert all(values.tolist() == [1.0] * 20 for values in flat.values()), "constant both times"


def test_a_trained_networks_gradients_are_forgotten(regression, digit_images) -> None:
    network = deepcopy(regression).requires_grad_(True)
    found = cascading(network, gradient_maps(digit_images[0]))
    assert list(found) == ["1"]
    assert found["1"].abs().max() < 0.2


@pytest.mark.parametrize("weights", ["sawb", "dorefa", "lsq"])
def test_quantised_networks(weights: str, digit_images) -> None:
    images = digit_images[0][:6]
    torch.manual_seed(0)
    float_network = networks.build("compact", 10).eval()
    network = quantize_network(float_network, Recipe("2", weights), images)
    if weights == "lsq":
        network.fc.quantizer.log_step.data.add_(2)  # as if training had moved it
    watching = Watching(images)
    found = cascading(network, watching, images=images)
    expected = ["fc", *(f"{kind}{i}" for i in range(5, 0, -1) for kind in ("norm", "conv"))]
    assert list(found) == expected
    last = watching.states[-1]
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert not torch.equal(last[f"{name}.weight"], layer.weight)
            if weights == "lsq":
                bits = layer.quantizer.bits
                start = 2 * last[f"{name}.weight"].abs().mean() / (2 ** (bits - 1) - 1) ** 0.5
                torch.testing.assert_close(last[f"{name}.quantizer.log_step"].exp(), start)
    assert all(torch.isfinite(values).all() for values in found.values())
    assert (watching.maps[-1].abs().amax((1, 2)) > 0).all(), "measured statistics keep it alive"


def test_batch_norm_is_measured_on_the_images(convolutional, digit_images) -> None:
    images, _ = digit_images
    watching = Watching(images)
    cascading(convolutional, watching, images=images)
    for state in watching.states[1:]:
        out = nn.functional.conv2d(images, state["0.weight"], state["0.bias"], stride=2)
        torch.testing.assert_close(state["1.running_mean"], out.mean((0, 2, 3)))
        torch.testing.assert_close(state["1.running_var"], out.var((0, 2, 3)))
    assert watching.modes == {False}


def test_batch_norm_without_a_scale_is_no_step() -> None:
    network = nn.Sequential(nn.BatchNorm2d(1, affine=False), nn.Flatten(), nn.Linear(9, 10))
    found = cascading(network, gradient_maps(torch.rand(2, 1, 3, 3)))
    assert list(found) == ["2"]


def test_wrong_calls(unchecked, convolutional, digit_images) -> None:
    images, _ = digit_images
    explain = gradient_maps(images)
    with pytest.raises(UsageError, match="no convolution, linear layer or batch norm"):
        cascading(nn.Sequential(nn.Flatten()), explain)
    with pytest.raises(UsageError, match="images hold NaN"):
        cascading(convolutional, explain, images=images * torch.nan)
    with pytest.raises(UsageError, match="sum the channel axis away"):
        cascading(convolutional, lambda network: images)
