"""Maps on toys whose answer is known, and on real networks what must hold of them."""

import re

import pytest
import torch
from captum import attr
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.convert import Recipe
from fewbits.saliency.maps import COMPARED, METHODS, STRIDE, WINDOW, explain
from fewbits.training import to_float

SIDE = 28


@pytest.fixture
def linear():
    """logits = W pixels: every map of it can be written down."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 3))


@pytest.fixture
def images():
    return torch.rand(5, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(params=["float", "2", "lsq"])
def real_network(request, float_networks, quantized):
    if request.param == "float":
        return float_networks["compact"].network
    if request.param == "2":
        return quantized("compact", Recipe("2"))
    return quantized("compact", Recipe("2", weights="lsq", activations="lsq"))


def weights_of(linear, targets):
    return linear[1].weight.detach()[targets].view(-1, SIDE, SIDE)


TARGETS = torch.tensor([0, 1, 2, 0, 1])


def test_the_gradient_of_a_linear_network_is_its_weights(linear, images):
    expected = weights_of(linear, TARGETS).abs()
    torch.testing.assert_close(explain(linear, images, TARGETS, "gradient"), expected)
    torch.testing.assert_close(explain(linear, images, TARGETS, "smoothgrad"), expected)


@pytest.mark.parametrize("method", ["integrated-gradients", "deeplift"])
def test_shares_of_a_linear_network_are_weight_times_pixel(linear, images, method):
    expected = weights_of(linear, TARGETS) * images[:, 0]
    found = explain(linear, images, TARGETS, method)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_occlusion_of_a_linear_network_is_what_the_window_took(linear, images):
    found = explain(linear, images[:1], TARGETS[:1], "occlusion")
    taken = (weights_of(linear, TARGETS) * images[:, 0])[0]
    starts = range(0, SIDE - WINDOW + STRIDE, STRIDE)
    total, times = torch.zeros(SIDE, SIDE), torch.zeros(SIDE, SIDE)
    for row in starts:
        for column in starts:
            window = (slice(row, row + WINDOW), slice(column, column + WINDOW))
            total[window] += taken[window].sum()
            times[window] += 1
    torch.testing.assert_close(found[0], total / times, atol=1e-5, rtol=1e-4)


def test_gradcam_weighs_the_last_layers_channels(images):
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    maps = network[1](network[0](images)).detach()
    # Behind a global mean each channel's mean gradient is its weight over the number of pixels.
    weight = network[4].weight.detach()[TARGETS] / SIDE**2
    expected = (weight[:, :, None, None] * maps).sum(1).relu()
    torch.testing.assert_close(
        explain(network, images, TARGETS, "grad-cam"), expected, atol=1e-7, rtol=1e-4
    )


def test_deeplift_adds_up_to_the_change_of_the_logit(real_network, digits):
    images, labels = to_float(digits.test.images[:20]), digits.test.labels[:20]
    with torch.no_grad():
        change = real_network(images) - real_network(torch.zeros_like(images))
    change = change.gather(1, labels[:, None])[:, 0]
    found = explain(real_network, images, labels, "deeplift")
    torch.testing.assert_close(found.sum((1, 2)), change, atol=2e-4, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")
def test_captum_by_itself_does_not_add_up(quantized, float_networks, digits):
    """What the package's rules are for; when this fails, Captum has been mended."""
    images, labels = to_float(digits.test.images[:20]), digits.test.labels[:20]
    for network in (float_networks["compact"].network, quantized("compact", Recipe("2"))):
        with torch.no_grad():
            change = network(images) - network(torch.zeros_like(images))
        change = change.gather(1, labels[:, None])[:, 0]
        found = attr.DeepLift(network).attribute(images.clone().requires_grad_(), target=labels)
        assert (found.sum((1, 2, 3)) - change).abs().max() > 0.05 * change.abs().mean()


def test_integrated_gradients_add_up_for_float_only(float_networks, quantized, digits):
    """Through a staircase the straight-through gradient does not integrate to the change."""
    images, labels = to_float(digits.test.images[:20]), digits.test.labels[:20]
    gaps = []
    for network in (float_networks["compact"].network, quantized("compact", Recipe("2"))):
        with torch.no_grad():
            change = network(images) - network(torch.zeros_like(images))
        change = change.gather(1, labels[:, None])[:, 0]
        found = explain(network, images, labels, "integrated-gradients").sum((1, 2))
        gaps.append(((found - change).abs().mean() / change.abs().mean()).item())
    assert gaps[0] < 0.03
    assert gaps[1] > 0.06


@pytest.mark.parametrize("method", COMPARED)
def test_every_map_is_finite_and_its_own(real_network, digits, method):
    images, labels = digits.test.images[:12], digits.test.labels[:12]
    maps = explain(real_network, images, labels, method)
    assert maps.shape == (12, SIDE, SIDE)
    assert maps.isfinite().all()
    assert METHODS[method].signed == bool((maps < 0).any())
    again = explain(real_network, images, labels, method)
    assert torch.equal(maps, again), "the same call gives the same map"


@pytest.mark.parametrize("method", [name for name in COMPARED if name != "smoothgrad"])
def test_a_map_does_not_depend_on_its_batch(float_networks, digits, method):
    """SmoothGrad's noise is drawn batch by batch; a quantised network may round a last bit over."""
    network = float_networks["compact"].network
    images, labels = digits.test.images[:12], digits.test.labels[:12]
    maps = explain(network, images, labels, method)
    alone = [explain(network, images[i : i + 1], labels[i : i + 1], method) for i in range(12)]
    torch.testing.assert_close(torch.cat(alone), maps, atol=1e-4, rtol=1e-3)


def test_smoothgrads_noise_follows_the_seed(real_network, digits):
    images, labels = digits.test.images[:4], digits.test.labels[:4]
    one, two = (explain(real_network, images, labels, "smoothgrad", seed=s) for s in (0, 1))
    assert not torch.equal(one, two)


@pytest.mark.parametrize("method", METHODS)
def test_everything_is_left_as_found(float_networks, digits, method):
    network = float_networks["compact"].network
    network.train()
    network.conv1.eval()
    network.zero_grad()
    parameter = next(network.parameters())
    parameter.grad = torch.ones_like(parameter)
    before = [p.clone() for p in network.state_dict().values()]
    state, images = torch.get_rng_state(), to_float(digits.test.images[:3])
    kept = images.clone()
    try:
        explain(network, images, digits.test.labels[:3], method)
        assert network.training
        assert not network.conv1.training
        assert torch.equal(parameter.grad, torch.ones_like(parameter))
        assert all(p.grad is None for p in list(network.parameters())[1:])
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(images, kept)
        assert not images.requires_grad
        assert all(map(torch.equal, before, network.state_dict().values()))
        for layer in network.modules():
            assert not layer._forward_hooks
            assert not layer._forward_pre_hooks
            assert not layer._backward_hooks
            assert not hasattr(layer, "input")
    finally:
        network.eval()
        parameter.grad = None


def test_guided_backprop_refuses_what_captum_would_skip(quantized, digits):
    network = quantized("compact", Recipe("2"))
    message = "guided backpropagation changes the gradient of ReLU, and act1 is PACT"
    with pytest.raises(UsageError, match=message):
        explain(network, digits.test.images[:2], digits.test.labels[:2], "guided-backprop")


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_captums_guided_backprop_is_the_gradient_on_pact(quantized, digits):
    """Why it is refused: nothing of it is left."""
    network = quantized("compact", Recipe("2"))
    images, labels = to_float(digits.test.images[:4]), digits.test.labels[:4]
    # act6 is PACT too: no ReLU is in the network at all.
    guided = attr.GuidedBackprop(network).attribute(images.clone().requires_grad_(), target=labels)
    gradient = attr.Saliency(network).attribute(images.clone().requires_grad_(), labels, abs=False)
    assert torch.equal(guided, gradient)


def test_guided_backprop_refuses_every_activation_but_relu(images):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ELU(), nn.Flatten(), nn.Linear(2 * 26 * 26, 3))
    with pytest.raises(UsageError, match="changes the gradient of ReLU, and 1 is ELU"):
        explain(network, images, TARGETS, "guided-backprop")


class Functional(nn.Module):
    """An activation that is no layer, so that no rule can find it."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(784, 30), nn.Linear(30, 3)

    def forward(self, x):
        return self.two(torch.tanh(3 * self.one(x.flatten(1))))


def test_deeplift_refuses_what_does_not_add_up(images):
    with pytest.raises(UsageError, match="shares miss the change of the logits by .* is no layer"):
        explain(Functional(), images, TARGETS, "deeplift")


class Detached(nn.Sequential):
    """Its weights have gradients; its image has none."""

    def forward(self, x):
        return super().forward(x.detach())


def test_weights_with_gradients_do_not_make_an_image_with_one(images):
    network = Detached(nn.Flatten(), nn.Linear(784, 3))
    with pytest.raises(UsageError, match="passes no gradient from its logits back to the image"):
        explain(network, images, TARGETS, "gradient")


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Frozen(nn.Module):
    def forward(self, x):
        return x.detach().flatten(1)[:, :3]


def test_deeplift_refuses_a_layer_without_a_rule(images):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), Swish(), nn.Flatten(), nn.Linear(2 * 26 * 26, 3))
    with pytest.raises(UsageError, match=r"DeepLift has no rule for 1 \(Swish\)"):
        explain(network, images, TARGETS, "deeplift")


def test_a_model_without_gradient_has_occlusion(images):
    for method in METHODS:
        if METHODS[method].gradient:
            with pytest.raises(UsageError, match="passes no gradient .* use occlusion"):
                explain(Frozen(), images, TARGETS, method)
    maps = explain(Frozen(), images, TARGETS, "occlusion")
    assert maps[0, 0, 0] != 0
    assert maps[0, 20, 20] == 0, "only the first three pixels are read"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "grad"}, "unknown method 'grad': expected one of gradient, integrated"),
        ({"images": torch.zeros(0, 1, 28, 28)}, "images are empty"),
        (
            {"images": torch.full((5, 1, 28, 28), torch.nan)},
            "images hold NaN or infinity, first at",
        ),
        ({"images": torch.zeros(5, 1, 28, 28)}, "image 0 is constant (every pixel is 0): there"),
        ({"images": 2 * torch.rand(5, 1, 28, 28)}, "pixels must be from 0 to 1, got"),
        (
            {"targets": torch.tensor([0, 1, 2, 3, 0])},
            "classes of the network, 0 to 2, got 0 to 3",
        ),
        (
            {"targets": torch.tensor([0, 1, 2, -1, 0])},
            "classes of the network, 0 to 2, got -1 to 2",
        ),
        ({"targets": torch.tensor([0, 1])}, "expected shape (5,), got torch.int64 (2,)"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
    ],
)
def test_bad_input_says_what_is_wrong(linear, images, change, message):
    given = {"images": images, "targets": TARGETS, "method": "gradient"} | change
    with pytest.raises(UsageError, match=re.escape(message)):
        explain(linear, **given)


def test_gradcam_needs_a_layer_with_rows_and_columns(linear, images):
    with pytest.raises(UsageError, match="Grad-CAM needs a layer whose output has rows"):
        explain(linear, images, TARGETS, "grad-cam")


def test_bytes_and_floats_are_the_same_image(linear, digits):
    images, labels = digits.test.images[:3], digits.test.labels[:3] % 3
    maps = [explain(linear, x, labels, "integrated-gradients") for x in (images, to_float(images))]
    assert torch.equal(*maps)
