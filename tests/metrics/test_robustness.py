"""Infidelity and sensitivity: slow versions, what is exact, laws, seeds."""

import math

import pytest
import torch
from reference import metrics_networks as slow
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import infidelity, random_maps, robustness, sensitivity


def some_maps(images: Tensor, seed: int = 0) -> Tensor:
    return random_maps(images, seed) - 0.5


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_infidelity_is_the_slow_one(convolutional, digit_images, scaled: bool, fill: float) -> None:
    images, labels = (part[:4] for part in digit_images)
    maps = some_maps(images)
    found = infidelity(
        convolutional, images, maps, labels, side=5, samples=12, fill=fill, scaled=scaled, seed=3
    )
    corners = robustness._corners(maps, 5, 12, seed=3).tolist()
    for i in range(4):
        one = (images[i], maps[i], labels[i].item(), corners[i], 5, fill, scaled)
        wanted = slow.infidelity(convolutional, *one)
        assert found[i].item() == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def test_squares_lie_anywhere_inside() -> None:
    corners = robustness._corners(torch.zeros(300, 9, 12), 4, 10, seed=0)
    for axis, last in ((0, 5), (1, 8)):
        assert corners[..., axis].unique().tolist() == list(range(last + 1))
        assert corners[..., axis].double().mean().item() == pytest.approx(last / 2, abs=0.15)
    squares = robustness._squares(corners, 4, torch.zeros(300, 9, 12))
    assert (squares.sum((2, 3)) == 16).all()
    assert squares[5, 7, corners[5, 7, 0], corners[5, 7, 1]]
    assert squares[5, 7, corners[5, 7, 0] + 3, corners[5, 7, 1] + 3]


def test_a_linear_networks_weights_foretell_it_exactly(regression, digit_images) -> None:
    images, labels = digit_images
    weights = regression[1].weight[labels].view(-1, 28, 28)
    for scaled in (False, True):
        exact = infidelity(regression, images, weights, labels, scaled=scaled)
        assert exact.abs().max() < 1e-5
        other = infidelity(regression, images, some_maps(images), labels, scaled=scaled)
        assert (other > 0.01).all()
    tripled = infidelity(regression, images, 3 * weights, labels, scaled=False)
    drops = infidelity(regression, images, torch.zeros_like(weights), labels)
    torch.testing.assert_close(tripled, 4 * drops, atol=1e-4, rtol=1e-4)  # (3 - 1)^2


def test_laws_of_infidelity(convolutional, digit_images) -> None:
    images, labels = digit_images
    maps = some_maps(images)
    found = infidelity(convolutional, images, maps, labels)
    assert found.shape == (20,) and (found >= 0).all()
    scaled = infidelity(convolutional, images, -2.5 * maps, labels)
    torch.testing.assert_close(found, scaled, atol=1e-6, rtol=1e-3)
    nothing = infidelity(convolutional, images, torch.zeros_like(maps), labels)
    assert (found <= nothing + 1e-6).all(), "the best scale may be 0"
    for batch_size in (1, 120, 100_000):
        again = infidelity(convolutional, images, maps, labels, batch_size=batch_size)
        torch.testing.assert_close(found, again, atol=1e-6, rtol=1e-3)
    other = infidelity(convolutional, images, maps, labels, seed=1)
    assert not torch.allclose(found, other, rtol=1e-2)
    colours = images.repeat(1, 3, 1, 1) * torch.tensor([0.2, 0.3, 0.5])[:, None, None]
    grey = nn.Sequential(nn.AvgPool3d((3, 1, 1), divisor_override=1), convolutional)
    coloured = infidelity(grey, colours, maps, labels)
    torch.testing.assert_close(found, coloured, atol=1e-6, rtol=1e-3)


def gradient_maps(network: nn.Module, labels: Tensor):
    def explain(images: Tensor) -> Tensor:
        images = images.detach().requires_grad_()
        logits = network(images).gather(1, labels[:, None])
        return torch.autograd.grad(logits.sum(), images)[0][:, 0]

    return explain


def test_sensitivity_is_the_slow_one(convolutional, digit_images) -> None:
    images, labels = digit_images
    explain = gradient_maps(convolutional, labels)
    found = sensitivity(explain, images, radius=0.1, samples=4, seed=2)
    wanted = slow.sensitivity(explain, images, radius=0.1, samples=4, seed=2)
    assert found.tolist() == pytest.approx(wanted, abs=1e-5)
    assert (found > 0).all()


def test_sensitivity_by_hand(digit_images) -> None:
    images, _ = digit_images
    assert sensitivity(lambda x: x[:, 0].detach() * 0 + 1, images).tolist() == [0.0] * 20
    doubled = sensitivity(lambda x: 2 * x[:, 0], images, radius=0.05)
    single = sensitivity(lambda x: x[:, 0], images, radius=0.05)
    torch.testing.assert_close(doubled, single)
    # Uniform noise of +-r at n pixels has a length of about r * sqrt(n / 3).
    grey = torch.full((3, 1, 28, 28), 0.5)
    found = sensitivity(lambda x: x[:, 0], grey, radius=0.06)
    assert found.tolist() == pytest.approx([0.06 * (784 / 3) ** 0.5 / 14] * 3, rel=0.1)


def test_noise_keeps_pixels_within_0_and_1(digit_images) -> None:
    seen = []

    def explain(images: Tensor) -> Tensor:
        seen.append(images)
        return images[:, 0]

    images, _ = digit_images
    sensitivity(explain, images, radius=0.3, samples=2)
    assert len(seen) == 3 and torch.equal(seen[0], images)
    for changed in seen[1:]:
        assert changed.min() >= 0 and changed.max() <= 1
        assert (changed - images).abs().max() == pytest.approx(0.3, abs=0.01)
    assert not torch.equal(seen[1], seen[2])


def test_a_methods_own_draws_are_no_sensitivity(digit_images) -> None:
    images, _ = digit_images
    found = sensitivity(lambda x: torch.rand(x[:, 0].shape), images)
    assert found.tolist() == [0.0] * 20


def test_more_samples_find_no_smaller_largest_change(convolutional, digit_images) -> None:
    images, labels = digit_images
    explain = gradient_maps(convolutional, labels)
    few = sensitivity(explain, images, samples=1)
    assert (sensitivity(explain, images, samples=5) >= few).all()
    assert not torch.equal(few, sensitivity(explain, images, samples=1, seed=1))
    torch.testing.assert_close(few, sensitivity(explain, images, samples=1))


def test_wrong_calls(unchecked, regression, digit_images) -> None:
    images, labels = digit_images
    maps = some_maps(images)
    with pytest.raises(UsageError, match="side must be from 1 to 28, got 29"):
        infidelity(regression, images, maps, labels, side=29)
    for name in ("samples", "batch_size"):
        with pytest.raises(UsageError, match=f"{name} must be at least 1, got 0"):
            infidelity(regression, images, maps, labels, **{name: 0})
    with pytest.raises(UsageError, match="classes of the network, 0 to 9, got 1 to 10"):
        infidelity(regression, images, maps, labels + 1)
    with pytest.raises(UsageError, match="one value a pixel"):
        infidelity(regression, images, maps[:3], labels)
    with pytest.raises(UsageError, match="images hold NaN"):
        infidelity(regression, images * math.nan, maps, labels)
    for radius in (0.0, -1.0, 1.5, math.nan):
        with pytest.raises(UsageError, match="radius must be in pixel values, above 0 and up to 1"):
            sensitivity(lambda x: x[:, 0], images, radius=radius)
    with pytest.raises(UsageError, match="samples must be at least 1"):
        sensitivity(lambda x: x[:, 0], images, samples=0)
    with pytest.raises(UsageError, match="images hold NaN"):
        sensitivity(lambda x: x[:, 0], images * math.nan)
    with pytest.raises(UsageError, match="maps hold NaN"):
        sensitivity(lambda x: x[:, 0] * math.nan, images)
    with pytest.raises(UsageError, match="sum the channel axis away"):
        sensitivity(lambda x: x, images)
