"""Deletion, insertion and ROAD: curves by hand, slow versions, Quantus, ties, baselines."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import metrics_networks as slow
from scipy import ndimage
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import (
    Curve,
    blurred,
    deletion,
    edge_maps,
    impute,
    insertion,
    random_maps,
    removal_ranks,
    road,
)


class Weighing(nn.Module):
    """Logits (sum of weight * pixel, 0): the first class's probability is a sigmoid."""

    weights = torch.tensor([[4.0, 3.0, 2.0], [1.0, 0.0, -1.0], [-2.0, -3.0, -4.0]])

    def forward(self, images: Tensor) -> Tensor:
        total = (images * self.weights).sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


ONE = torch.ones(1, 1, 3, 3)
FIRST = torch.zeros(1, dtype=torch.long)


def some(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_deletion_by_hand() -> None:
    curve = deletion(Weighing(), ONE, Weighing.weights[None], FIRST, steps=3)
    assert curve.shares.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    # All nine weights cancel; without 4, 3, 2 they sum to -9; without 1, 0, -1 too, still to -9.
    heights = [0.5, sigmoid(-9), sigmoid(-9), 0.5]
    assert curve.scores[0].tolist() == pytest.approx(heights)
    assert curve.area().item() == pytest.approx((0.25 + heights[1] + heights[2] + 0.25) / 3)


def test_insertion_by_hand() -> None:
    curve = insertion(Weighing(), ONE, Weighing.weights[None], FIRST, steps=9)
    sums = [0, 4, 7, 9, 10, 10, 9, 7, 4, 0]
    assert curve.scores[0].tolist() == pytest.approx([sigmoid(s) for s in sums])
    other = insertion(Weighing(), ONE, Weighing.weights[None], FIRST + 1, steps=9)
    assert other.scores[0].tolist() == pytest.approx([sigmoid(-s) for s in sums])


def test_a_fill_replaces_removed_pixels() -> None:
    maps, twos = Weighing.weights[None], 2 * ONE
    by_number = deletion(Weighing(), ONE, maps, FIRST, steps=9, fill=2.0)
    by_image = deletion(Weighing(), ONE, maps, FIRST, steps=9, fill=twos)
    sums = [0, 4, 7, 9, 10, 10, 9, 7, 4, 0]  # each removed pixel now counts twice
    assert by_number.scores[0].tolist() == pytest.approx([sigmoid(s) for s in sums])
    assert torch.equal(by_number.scores, by_image.scores)


@pytest.mark.parametrize("steps", [1, 5, 28, 100])
@pytest.mark.parametrize("fill", [0.0, 0.5])
def test_deletion_is_the_slow_one(convolutional, digit_images, steps: int, fill: float) -> None:
    images, labels = (part[:3] for part in digit_images)
    maps = some(1, 3, 28, 28)
    curve = deletion(convolutional, images, maps, labels, steps, fill, batch_size=2)
    for i in range(3):
        wanted = slow.deletion(convolutional, images[i], maps[i], labels[i].item(), steps, fill)
        assert curve.scores[i].tolist() == pytest.approx(wanted, abs=1e-5)


def test_deletion_is_quantus_pixel_flipping(convolutional, digit_images) -> None:
    images, labels = digit_images
    maps = some(2, 20, 28, 28)
    curve = deletion(convolutional, images, maps, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import quantus
        from quantus.helpers.model.pytorch_model import PyTorchModel

        flipping = quantus.PixelFlipping(28, perturb_baseline="black", disable_warnings=True)
        wanted = flipping.evaluate_batch(
            PyTorchModel(convolutional, channel_first=True, softmax=True),
            images.numpy(),
            labels.numpy(),
            maps[:, None].numpy(),
        )
    assert curve.scores[:, 1:].numpy() == pytest.approx(np.array(wanted), abs=1e-5)


def test_inserting_is_deleting_backwards(convolutional, digit_images) -> None:
    images, labels = digit_images
    maps = some(3, 20, 28, 28)
    there = deletion(convolutional, images, maps, labels, steps=7)
    back = insertion(convolutional, images, -maps, labels, steps=7)
    torch.testing.assert_close(there.scores, back.scores.flip(1))


@pytest.mark.parametrize("measure", [deletion, insertion, road])
def test_laws_of_all_three(measure, convolutional, digit_images) -> None:
    images, labels = digit_images
    maps = some(4, 20, 28, 28)
    curve = measure(convolutional, images, maps, labels)
    assert curve.scores.shape == (20, len(curve.shares))
    assert (curve.scores >= 0).all() and (curve.scores <= 1).all()
    assert (curve.area() >= 0).all() and (curve.area() <= 1).all()
    assert curve.shares.diff().min() > 0
    assert (curve.scores.std(1) > 0).all()
    bent = measure(convolutional, images, 3 * maps.exp() - 7, labels)
    torch.testing.assert_close(curve.scores, bent.scores)
    in_parts = measure(convolutional, images, maps, labels, batch_size=7)
    torch.testing.assert_close(curve.scores, in_parts.scores, atol=1e-6, rtol=0)
    half = measure(convolutional, images[11:], maps[11:], labels[11:])
    torch.testing.assert_close(curve.scores[11:], half.scores, atol=1e-6, rtol=0)
    colours = images.repeat(1, 3, 1, 1)
    grey = nn.Sequential(nn.AvgPool3d((3, 1, 1)), convolutional)
    if measure is not road:  # where noise is drawn for every channel
        coloured = measure(grey, colours, maps, labels)
        torch.testing.assert_close(coloured.scores, curve.scores, atol=1e-5, rtol=0)


def test_a_step_that_changes_nothing_is_not_asked_again(regression) -> None:
    images = torch.zeros(2, 1, 28, 28)
    images[:, 0, 10:14, 10:17] = 1.0  # 28 pixels of ink: one step's worth
    ink_first, ink_last = images[:1, 0], -images[1:, 0]
    seen = []
    watch = regression.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    curve = deletion(regression, images, torch.cat([ink_first, ink_last]), FIRST.repeat(2))
    watch.remove()
    assert sum(seen) == 1 + 4  # one to count the logits; then each image with its ink and without
    early, late = curve.scores
    assert (early[1:] == early[1]).all() and early[0] != early[1]
    assert (late[:-1] == late[0]).all() and late[-1] != late[0]


def test_knowing_the_network_beats_not_knowing_it(regression, digit_images) -> None:
    images, labels = digit_images
    weights = regression[1].weight[labels].view(-1, 28, 28)
    knowing, random = weights * images[:, 0], random_maps(images)
    for measure, better in ((deletion, -1), (insertion, 1), (road, -1)):
        found, chance, edges = (
            measure(regression, images, maps, labels).area().mean()
            for maps in (knowing, random, edge_maps(images))
        )
        assert better * (found - chance) > 0.1
        assert better * (found - edges) > 0.02


def test_ties_are_broken_alike_everywhere_and_favour_no_row() -> None:
    flat = torch.zeros(2, 28, 28)
    ranks = removal_ranks(flat)
    assert torch.equal(ranks[0], ranks[1])
    assert ranks[0].flatten().sort().values.tolist() == list(range(784))
    middle = ranks[0].double().mean(1)
    assert middle[:14].mean().item() == pytest.approx(391.5, abs=40)
    assert middle.std() < 80
    two = torch.zeros(1, 28, 28)
    two[0, 20:] = 1
    ahead = removal_ranks(two)[0]
    assert ahead[20:].max() < ahead[:20].min()
    inside = ahead[20:].flatten().argsort()
    assert torch.equal(inside, ranks[0, 20:].flatten().argsort()), "tied pixels keep their order"


def test_ranks_without_ties() -> None:
    maps = torch.tensor([[[0.1, -3.0], [7.0, 0.2]]])
    assert removal_ranks(maps).tolist() == [[[2, 3], [0, 1]]]


@given(
    arrays(np.float64, (2, 2, 5, 4), elements=st.floats(0, 1)).map(torch.from_numpy),
    arrays(np.bool_, (2, 5, 4)).map(torch.from_numpy),
)
def test_imputation_is_the_slow_one(images: Tensor, removed: Tensor) -> None:
    removed[:, 1, 2] = False
    found = impute(images, removed)
    for i in range(2):
        torch.testing.assert_close(found[i], slow.impute(images[i], removed[i]))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_imputation_is_quantus(digit_images, share: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from quantus.functions.perturb_func import noisy_linear_imputation
    images = digit_images[0][:4]
    removed = some(5, 4, 28, 28) < share
    found = impute(images, removed)
    for i in range(4):
        places = removed[i].flatten().nonzero()[:, 0].numpy()
        wanted = noisy_linear_imputation(images[i].double().numpy(), places, noise=0.0)
        assert found[i].numpy() == pytest.approx(wanted, abs=1e-5)


def test_laws_of_imputation() -> None:
    images, removed = some(6, 3, 2, 8, 9), some(7, 3, 8, 9) < 0.7
    filled = impute(images, removed)
    kept = ~removed[:, None].expand_as(images)
    assert torch.equal(filled[kept], images[kept]), "known pixels stay to the bit"
    for i in range(3):
        for channel in range(2):
            known = images[i, channel][~removed[i]]
            assert known.min() - 1e-6 <= filled[i, channel].min()
            assert filled[i, channel].max() <= known.max() + 1e-6
    level = torch.full_like(images, 0.3)
    torch.testing.assert_close(impute(level, removed), level)
    left = torch.arange(9.0).expand(1, 1, 8, 9)
    hole = torch.zeros(1, 8, 9, dtype=torch.bool)
    hole[:, 2:6, 2:7] = True
    torch.testing.assert_close(impute(left, hole), left), "a slope is continued"
    torch.testing.assert_close(impute(images, torch.zeros_like(removed)), images, rtol=0, atol=0)
    with pytest.raises(UsageError, match="every pixel of an image is removed"):
        impute(images, torch.ones_like(removed))


def test_a_corner_that_was_removed_by_hand() -> None:
    image = torch.tensor([[[[0.0, 6.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 0.0]]]])
    removed = torch.zeros(1, 3, 3, dtype=torch.bool)
    removed[0, 0, 0] = True
    # (6 / 6 + 3 / 6 + 9 / 12) over the weights that exist there, 5 / 12
    assert impute(image, removed)[0, 0, 0, 0].item() == pytest.approx(5.4)


def test_road_removes_smooths_and_adds_noise(digit_images, regression) -> None:
    images, labels = digit_images
    maps = some(8, 20, 28, 28)
    clean = road(regression, images, maps, labels, (0.0, 0.25, 0.5), noise=0.0)
    assert clean.shares.tolist() == [0.0, 0.25, 0.5]
    ranks = removal_ranks(maps)
    for step, count in enumerate((0, 196, 392)):
        filled = impute(images, ranks < count)
        wanted = regression(filled).softmax(1).gather(1, labels[:, None])[:, 0]
        torch.testing.assert_close(clean.scores[:, step], wanted, atol=1e-6, rtol=0)
    noisy, again, other = (
        road(regression, images, maps, labels, (0.0, 0.25, 0.5), noise=0.05, seed=seed)
        for seed in (1, 1, 2)
    )
    assert torch.equal(noisy.scores, again.scores)
    assert torch.equal(noisy.scores[:, 0], other.scores[:, 0]), "no noise where nothing went"
    assert not torch.equal(noisy.scores[:, 1], other.scores[:, 1])
    torch.testing.assert_close(noisy.scores, clean.scores, atol=0.2, rtol=0)


def test_road_adds_noise_of_its_size_to_removed_pixels_only() -> None:
    seen = []

    class Looking(Weighing):
        def forward(self, images: Tensor) -> Tensor:
            seen.append(images)
            return super().forward(images[:, :, :3, :3])

    images, maps = torch.full((1, 1, 40, 40), 0.5), some(9, 1, 40, 40)
    road(Looking(), images, maps, FIRST, (0.5,), noise=0.1)
    difference = seen[-1] - images
    removed = removal_ranks(maps)[:, None] < 800
    assert difference[~removed].abs().max() == 0
    assert difference[removed].std().item() == pytest.approx(0.1, abs=0.01)
    assert difference[removed].mean().item() == pytest.approx(0, abs=0.02)


def test_area() -> None:
    curve = Curve(torch.tensor([0.2, 0.4, 1.0]), torch.tensor([[1.0, 0.5, 0.5], [0.3, 0.3, 0.3]]))
    assert curve.area().tolist() == pytest.approx([(0.75 * 0.2 + 0.5 * 0.6) / 0.8, 0.3])
    assert Curve(torch.tensor([0.5]), torch.tensor([[0.7]])).area().tolist() == pytest.approx([0.7])


def test_random_maps_are_seeded_and_uniform(digit_images) -> None:
    images, _ = digit_images
    maps = random_maps(images, seed=3)
    assert maps.shape == (20, 28, 28)
    assert torch.equal(maps, random_maps(images, seed=3))
    assert not torch.equal(maps, random_maps(images, seed=4))
    assert maps.mean().item() == pytest.approx(0.5, abs=0.01)
    assert maps.std().item() == pytest.approx(12**-0.5, abs=0.01)


def test_edge_maps_are_scipys() -> None:
    images = some(10, 3, 2, 9, 11)
    grey = images.mean(1).numpy()
    wanted = [
        np.hypot(ndimage.sobel(g, 0, mode="nearest"), ndimage.sobel(g, 1, mode="nearest"))
        for g in grey
    ]
    assert edge_maps(images).numpy() == pytest.approx(np.stack(wanted), abs=1e-5)
    assert edge_maps(torch.full((1, 1, 5, 5), 0.7)).abs().max() < 1e-6


def test_blurred_is_scipys() -> None:
    images = some(11, 2, 3, 15, 12).double()
    for sigma in (0.7, 3.0):
        reach = int(3 * sigma + 0.5)
        wanted = ndimage.gaussian_filter(
            images.numpy(), sigma, mode="nearest", radius=reach, axes=(2, 3)
        )
        assert blurred(images, sigma).numpy() == pytest.approx(wanted, abs=1e-9)


def test_what_none_of_the_three_takes(unchecked, regression, digit_images) -> None:
    images, labels = digit_images
    maps = some(12, 20, 28, 28)
    broken = images.clone()
    broken[7, 0, 3, 3] = math.nan
    wrong = [
        ((broken, maps, labels), "images hold NaN or infinity, first at image 7"),
        ((images[:, 0], maps, labels), r"images must have .* got \(20, 28, 28\)"),
        ((images.byte(), maps, labels), "floating-point numbers, got torch.uint8: .*to_float"),
        ((images, maps[:, ::2], labels), r"one value a pixel .* got \(20, 14, 28\): resize"),
        ((images, maps[:9], labels), r"expected shape \(20, 28, 28\), got \(9, 28, 28\)"),
        ((images, maps * math.inf, labels), "maps hold NaN or infinity"),
        ((images, maps, labels[:9]), r"expected shape \(20,\), got torch.int64 \(9,\)"),
        ((images, maps, labels.float()), "targets must be one whole number an image"),
        ((images, maps, labels + 1), "targets must be classes of the network, 0 to 9, got 1 to 10"),
        ((images, maps, labels - 1), "targets must be classes of the network, 0 to 9, got -1 to 8"),
    ]
    for measure in (deletion, insertion, road):
        for arguments, message in wrong:
            with pytest.raises(UsageError, match=message):
                measure(regression, *arguments)
        with pytest.raises(UsageError, match=r"logits of shape \[image, class\], got \(1, 1, 28"):
            measure(nn.Identity(), images, maps, labels)
        with pytest.raises(UsageError, match="batch_size must be at least 1, got 0"):
            measure(regression, images, maps, labels, batch_size=0)


def test_settings_out_of_range(unchecked, regression, digit_images) -> None:
    images, labels = digit_images
    maps = some(12, 20, 28, 28)
    for measure in (deletion, insertion):
        for steps in (0, 785):
            with pytest.raises(UsageError, match=f"steps must be from 1 to 784, got {steps}"):
                measure(regression, images, maps, labels, steps=steps)
        with pytest.raises(UsageError, match=r"fill must be a number or images of the shape"):
            measure(regression, images, maps, labels, fill=images[:3])
        with pytest.raises(UsageError, match="hold NaN"):
            measure(regression, images, maps, labels, fill=math.nan)
    for shares in ((), (0.5, 0.4), (0.5, 0.5), (0.2, 1.0), (-0.1, 0.5), (math.nan,), (1.2,)):
        with pytest.raises(UsageError, match="shares must rise from 0 to below 1"):
            road(regression, images, maps, labels, shares)
    for noise in (-0.1, math.nan, math.inf):
        with pytest.raises(UsageError, match="noise must be a finite standard deviation"):
            road(regression, images, maps, labels, noise=noise)
