import json
import re
from collections import OrderedDict
from copy import deepcopy

import numpy as np
import pytest
import torch
from digit_networks import (
    CLASSES,
    WIDTHS,
    compact_networks,
    digit_images,
    float_network,
    gradients,
    quantized_network,
    scribbles,
    tied_network,
)
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.widgets import DrawDigit
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.page_layers import squeezed
from fewbits.widgets.page_network import describe, exact_twin

IMAGES = torch.cat([digit_images(30), scribbles(30)])


@pytest.fixture(scope="module")
def widget():
    return DrawDigit(compact_networks(), CLASSES, IMAGES[:8], bits="4")


def small(*layers):
    return nn.Sequential(OrderedDict((f"layer{i}", layer) for i, layer in enumerate(layers)))


def tail(channels=2):
    return nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)


# The twin with whole-number sums


@pytest.mark.parametrize("name", ["compact", "classic"])
@pytest.mark.parametrize("bits", WIDTHS)
def test_twin_gives_the_networks_logits(name, bits):
    network = quantized_network(name, bits)
    with torch.no_grad():
        expected = deepcopy(network).double()(IMAGES)
        got = exact_twin(network, bits)(IMAGES)
    assert (got - expected).abs().max() < 1e-9


@pytest.mark.parametrize("name", ["compact", "classic"])
def test_twin_of_a_float_network(name):
    network = float_network(name)
    with torch.no_grad():
        difference = exact_twin(network, "float")(IMAGES) - deepcopy(network).double()(IMAGES)
    assert difference.abs().max() < 1e-9


@pytest.mark.parametrize("weights", ["sawb", "dorefa", "lsq"])
def test_twin_of_every_weight_quantiser(weights):
    network = quantize_network(float_network("compact"), Recipe("4/2", weights), IMAGES.float())
    with torch.no_grad():
        difference = exact_twin(network, "a")(IMAGES) - deepcopy(network).double()(IMAGES)
    assert difference.abs().max() < 1e-9


def test_sums_are_whole_numbers():
    twin, x = exact_twin(quantized_network("compact", "2"), "2"), IMAGES[:5]
    whole = 0
    with torch.no_grad():
        for layer in twin:
            x = layer(x)
            if type(layer).__name__ == "Weights":
                assert torch.equal(x, x.round()) or whole == 5, "only the mean has fractions"
                whole += 1
    assert whole == 6


def test_gradient_is_the_networks_own_where_no_two_sums_are_equal():
    # Without max-pooling nothing can tie, and the network's own gradient is the same to rounding.
    torch.manual_seed(1)
    network = small(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), *tail(3)).eval()
    quantized = quantize_network(
        small(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), *tail(3)).eval(),
        Recipe("4"),
        IMAGES.float(),
    )
    for each in (network, quantized):
        widget = DrawDigit({"a": each}, CLASSES)
        expected = gradients(deepcopy(each).double(), IMAGES[:6], [3] * 6)
        for image, gradient in zip(IMAGES[:6], expected, strict=True):
            got = widget.gradient(image, "a", "3")
            assert torch.allclose(got, gradient, rtol=1e-9, atol=1e-12)
            assert got.abs().max() > 0


def test_gradient_differs_from_the_networks_own_by_ties_only(widget):
    # The same network with every pooling window's ties broken towards the first, by a slope far
    # below any difference between sums: then its own gradient in floating point is the page's.
    network = deepcopy(quantized_network("compact", "4")).double()

    class FirstOfEqual(nn.Module):
        def forward(self, x):
            rows, columns = torch.meshgrid(*map(torch.arange, x.shape[-2:]), indexing="ij")
            slope = 1e-9 * (rows % 2 * 2 + columns % 2)
            places = nn.functional.max_pool2d(x.detach() - slope, 2, return_indices=True)[1]
            return x.flatten(2).gather(2, places.flatten(2)).view(places.shape)

    for name, layer in list(network.named_children()):
        if isinstance(layer, nn.MaxPool2d):
            setattr(network, name, FirstOfEqual())
    best = [int(widget.logits(image, "4").argmax()) for image in IMAGES]
    expected = gradients(network, IMAGES, best)
    for image, gradient in zip(IMAGES, expected, strict=True):
        got = widget.gradient(image, "4")
        assert (got - gradient).abs().max() <= 1e-9 * gradient.abs().max()


def test_by_hand():
    network = tied_network()
    widget = DrawDigit({"2": network}, ["up", "down"])
    ones = torch.ones(1, 28, 28, dtype=torch.float64)
    # 2 * 1 + 0.5 = 2.5 rounds to the level 2 (ties to even), of the levels 0, 1, 2, 3.
    assert exact_twin(network, "2")[:3](ones[None]).unique().tolist() == [2.5], "exactly a tie"
    assert widget.logits(ones, "2").tolist() == pytest.approx([2.0, -1.75], abs=1e-12)
    assert widget.gradient(ones, "2").unique().tolist() == pytest.approx([2 / 784])
    assert widget.gradient(ones, "2", "down").unique().tolist() == pytest.approx([-2 / 784])


def test_float32_is_what_differs():
    # What the page shows is the network in double precision; in single precision a weight or a sum
    # next to a rounding threshold may fall to the other side, another one on another processor, and
    # then logits differ far beyond rounding, yet little beside what tells digits apart.
    worst = {}
    for bits, network in compact_networks().items():
        with torch.no_grad():
            single = network(IMAGES.float()).double()
            exact = exact_twin(network, bits)(IMAGES)
        apart = (single - exact).abs().amax(1)
        worst[bits] = (int((apart > 1e-3).sum()), float(apart.max()))
        assert apart.median() < 0.01 * exact.std()
    print("images of 60 where float32 differs by more than 1e-3, and the largest:", worst)


def test_the_network_is_left_as_it_was():
    network = quantized_network("compact", "2").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    grads = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
    DrawDigit({"2": network}, CLASSES).gradient(IMAGES[0], "2")
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for p, grad in zip(network.parameters(), grads, strict=True):
        assert (p.grad is None) == (grad is None)
        assert grad is None or torch.equal(p.grad, grad)
    assert next(network.parameters()).dtype == torch.float32
    network.eval()


# What a page cannot compute


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([nn.Dropout()], "network 'a': layer layer0 is Dropout(p=0.5, inplace=False): a page can"),
        ([nn.Sigmoid()], "a page can compute it with one of Conv2d, Linear (quantised or float)"),
        ([nn.Conv2d(1, 2, 3, stride=2)], "with a square kernel, stride 1, no groups"),
        ([nn.Conv2d(1, 2, 3, padding="same")], "with a square kernel, stride 1"),
        ([nn.Conv2d(1, 2, (3, 5))], "with a square kernel"),
        ([nn.Conv2d(1, 2, 3, padding=3)], "zeros as padding, fewer than the kernel"),
        ([nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")], "zeros as padding"),
        ([nn.Conv2d(1, 2, 3, dilation=2)], "stride 1"),
        ([nn.MaxPool2d(3, stride=2)], "with square windows side by side: MaxPool2d(2)"),
        ([nn.MaxPool2d(2, ceil_mode=True)], "with square windows side by side"),
        ([nn.AdaptiveAvgPool2d(2)], "with AdaptiveAvgPool2d(1)"),
        ([nn.Flatten(2)], "with Flatten()"),
        ([nn.BatchNorm2d(1, track_running_stats=False)], "with running statistics"),
        ([small(nn.ReLU())], "layer layer0 is Sequential("),
    ],
)
def test_layers_that_are_refused(layers, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        DrawDigit({"a": small(*layers)}, CLASSES)


def sick():
    layer = nn.Linear(784, 10)
    with torch.no_grad():
        layer.weight[0, 0] = float("nan")
    return small(nn.Flatten(), layer)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"networks": {}}, "DrawDigit needs at least one network: networks={'8': network}"),
        ({"networks": {"a": nn.ReLU()}}, "network 'a' must be an nn.Sequential"),
        ({"networks": {"a": sick()}}, "layer layer1 holds NaN or infinity: train the network"),
        (
            {"networks": {"a": small(nn.Flatten(), nn.Linear(64, 10))}},
            "network 'a' cannot read images of the shape [image, 1, 28, 28]",
        ),
        (
            {"class_names": ["0", "1"]},
            "gives [1, 10] for one image and there are 2 class_names: one name for each logit",
        ),
        ({"class_names": ["0"] * 10}, "class_names must be different and not empty"),
        ({"bits": "3"}, "bits must be one of a, got '3'"),
        ({"images": torch.zeros(2, 28, 28)}, "images must have the shape [image, 1, 28, 28], got"),
        ({"images": torch.full((1, 1, 28, 28), float("nan"))}, "784 of 784 pixels are NaN"),
        ({"images": torch.full((1, 1, 28, 28), 2.0)}, "images must lie in [0, 1], got 2 to 2"),
        ({"images": torch.zeros(1, 1, 28, 28, dtype=torch.uint8)}, "divide bytes by 255"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    torch.manual_seed(0)
    good = {"networks": {"a": small(nn.Flatten(), nn.Linear(784, 10))}, "class_names": CLASSES}
    with pytest.raises(UsageError, match=re.escape(message)):
        DrawDigit(**{**good, **settings})


def test_networks_too_large_for_a_page_are_refused():
    networks = {bits: quantized_network("classic", bits) for bits in ("4", "2")}
    with pytest.raises(UsageError) as caught:
        DrawDigit(networks, CLASSES)
    assert re.search(r"more than the 2\d\d KB .*'4' \d+ KB, '2' \d+ KB\): give", str(caught.value))


def test_bad_questions_say_what_is_wrong(widget):
    with pytest.raises(UsageError, match="network must be one of 8, 4, 2, got '16'"):
        widget.logits(IMAGES[0], "16")
    with pytest.raises(UsageError, match="target must be one of 0, 1, .*, got 'ten'"):
        widget.gradient(IMAGES[0], "8", "ten")
    with pytest.raises(UsageError, match=re.escape("image must have the shape [1, 28, 28], got")):
        widget.logits(IMAGES[0, 0], "8")
    with pytest.raises(UsageError, match="784 of 784 pixels are NaN"):
        widget.gradient(torch.full((1, 28, 28), float("nan")), "8")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("bits", "3", "bits must be one of 8, 4, 2, got '3'"),
        ("target", "ten", "or empty for the predicted class, got 'ten'"),
        ("image", torch.full((1, 28, 28), float("inf")), "784 of 784 pixels are NaN or infinite"),
        ("image", torch.zeros(28, 28), "image must have the shape"),
    ],
)
def test_a_bad_value_set_later_is_refused_too(widget, name, value, message):
    before = getattr(widget, name)
    with pytest.raises(UsageError, match=re.escape(message)):
        setattr(widget, name, value)
    assert torch.equal(torch.as_tensor(before == getattr(widget, name)).all(), torch.tensor(True))


# State


def test_the_first_drawing_is_shown_at_first(widget):
    assert torch.equal(widget.image, IMAGES[0])
    assert widget.bits == "4"
    blank = DrawDigit({"a": quantized_network("compact", "2")}, CLASSES)
    assert blank.bits == "a"
    assert not blank.image.any()


def test_images_travel_as_bytes_and_come_back(widget):
    state = json.loads(json.dumps(widget.state(), allow_nan=False))
    widget.set_state({"image": state["image"]})
    assert torch.equal(widget.image, IMAGES[0])
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "image")
    widget.image = IMAGES[1].float()
    assert torch.equal(seen[-1], IMAGES[1]), "rounded to bytes, in double precision"
    widget.image = IMAGES[0]


def test_squeezed_bytes_hold_nothing_that_json_or_html_must_escape():
    raw = np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    assert not set(squeezed(raw)) & set("<>&\"'\\")
    assert len(squeezed(raw)) < 1.26 * len(raw)


def test_three_compact_networks_fit_in_a_page(widget):
    assert len(widget.html().encode()) < LIMIT_BYTES
    print(f"{len(widget.html().encode()):,} bytes")


def test_the_page_is_described_layer_by_layer():
    layers = describe(exact_twin(quantized_network("compact", "2"), "2"))
    kinds = [layer["kind"] for layer in layers]
    block, pooled = ["conv", "affine", "pact"], ["conv", "affine", "pool", "pact"]
    tail = ["mean", "affine", "pact", "linear", "affine"]
    assert kinds == [*pooled, *block, *pooled, *block, *block, *tail]
    assert [layer["bits"] for layer in layers if layer["kind"] == "conv"] == [8, 2, 2, 2, 2]


def test_still_figure_says_what_it_shows(widget):
    still = widget.still()
    labels = re.findall(r'role="img" aria-label="([^"]+)"', still)
    assert len(labels) == 3
    best = CLASSES[int(widget.logits(IMAGES[0], "4").argmax())]
    assert labels[2] == f"Logits and probabilities; the largest is that of {best}"
    assert f"{widget.gradient(IMAGES[0], '4').abs().max():.3g}" in still
    assert "nan" not in still


def test_still_figure_of_an_empty_field():
    still = DrawDigit({"<b>": quantized_network("compact", "2")}, CLASSES).still()
    assert "nan" not in still
    assert "&lt;b&gt;" in still
