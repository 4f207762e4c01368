"""Agreement of maps: slow versions, SciPy, scikit-image and Quantus as oracles, laws, toys."""

import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import metrics_maps as slow
from scipy import stats
from skimage.metrics import structural_similarity
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics import spearman, ssim, topk_intersection

SHARES = (0.01, 0.1, 0.3, 0.5, 1.0)


def whole_maps(height: int = 3, width: int = 4) -> st.SearchStrategy[Tensor]:
    """Two maps of few different values, so that ties are common."""
    values = st.integers(-3, 3).map(float)
    return arrays(np.float64, (2, height, width), elements=values).map(torch.from_numpy)


def pair(seed: int, shape: tuple[int, ...] = (5, 28, 28)) -> tuple[Tensor, Tensor]:
    """Related maps without ties."""
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.rand(2, *shape, generator=generator)
    return a, a + b


def to_unit(maps: Tensor) -> Tensor:
    """Each from 0 to 1."""
    return torch.stack([(m - m.min()) / (m.max() - m.min()) for m in maps])


def foreground(shape: tuple[int, ...] = (5, 28, 28)) -> Tensor:
    """Another number of pixels in every image."""
    chances = torch.linspace(0.1, 0.9, shape[0])[:, None, None]
    return torch.rand(shape, generator=torch.Generator().manual_seed(9)) < chances


@given(whole_maps())
def test_spearman_is_the_slow_one(maps: Tensor) -> None:
    a, b = maps
    found = spearman(a[None], b[None]).item()
    assert found == pytest.approx(slow.spearman(a.flatten().tolist(), b.flatten().tolist()))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_spearman_is_scipys(ties: bool, masked: bool) -> None:
    a, b = pair(0)
    if ties:
        a, b = (a * 8).round(), (b * 8).round()
    within = foreground()
    found = spearman(a, b, within) if masked else spearman(a, b)
    for i in range(len(a)):
        keep = within[i] if masked else torch.ones_like(within[i])
        wanted = stats.spearmanr(a[i][keep].numpy(), b[i][keep].numpy()).statistic
        assert found[i].item() == pytest.approx(wanted, abs=1e-9)


def test_spearman_and_ssim_are_quantus_when_scaled_alike() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from quantus.functions import similarity_func as quantus
    a, b = pair(3)
    rows = [m.flatten(1).double().numpy() for m in (a, b)]
    ranks = quantus.correlation_spearman(*rows, batched=True)
    assert spearman(a, b).numpy() == pytest.approx(ranks, abs=1e-9)
    a, b = (to_unit(m.double()) for m in (a, b))
    wanted = quantus.ssim(a.numpy(), b.numpy(), batched=True)
    assert ssim(a, b).numpy() == pytest.approx(wanted, abs=1e-5)


def test_spearman_of_a_toy() -> None:
    # Ranks 1, 2.5, 2.5, 4 and 4, 2, 3, 1: products of their distances from 2.5 add up to -4.5.
    a = torch.tensor([[[0.0, 5.0], [5.0, 9.0]]])
    b = torch.tensor([[[7.0, 2.0], [3.0, -1.0]]])
    assert spearman(a, b).item() == pytest.approx(-4.5 / math.sqrt(4.5 * 5))


@given(whole_maps(), st.sampled_from(SHARES))
def test_topk_is_the_slow_one(maps: Tensor, share: float) -> None:
    a, b = maps
    found = topk_intersection(a[None], b[None], share).item()
    wanted = slow.topk_intersection(a.flatten().tolist(), b.flatten().tolist(), share)
    assert found == pytest.approx(wanted)


def test_topk_within_looks_at_the_foreground_alone() -> None:
    a, b = (m.mul(6).round() for m in pair(4))
    within = foreground()
    found = topk_intersection(a, b, 0.2, within)
    for i in range(len(a)):
        inside = [m[i][within[i]].tolist() for m in (a, b)]
        assert found[i].item() == pytest.approx(slow.topk_intersection(*inside, 0.2))


def test_tied_pixels_share_the_places_that_are_left() -> None:
    a = torch.tensor([[[3.0, 2.0], [2.0, 1.0]]])  # k = 2: memberships 1, 1/2, 1/2, 0
    b = torch.tensor([[[1.0, 2.0], [2.0, 3.0]]])
    assert topk_intersection(a, b, 0.5).item() == 0.5


@pytest.mark.parametrize("shape", [(4, 7, 7), (4, 9, 13), (4, 28, 28)])
def test_ssim_is_scikit_images(shape: tuple[int, ...]) -> None:
    a, b = pair(1, shape)
    within = foreground(shape)
    plain, masked = ssim(a, 5 * b - 3), ssim(a, 5 * b - 3, within)
    for i in range(len(a)):
        scaled = [to_unit(m.double())[i].numpy() for m in (a, b)]
        mean, full = structural_similarity(*scaled, data_range=1, full=True)
        assert plain[i].item() == pytest.approx(mean, abs=1e-5)
        assert masked[i].item() == pytest.approx(full[within[i].numpy()].mean(), abs=1e-5)


def test_ssim_of_a_constant_map_is_what_the_formula_gives() -> None:
    a, _ = pair(2)
    flat = torch.full_like(a, 3.0)
    for i, found in enumerate(ssim(a, flat)):
        scaled = to_unit(a.double())[i].numpy()
        wanted = structural_similarity(scaled, np.zeros_like(scaled), data_range=1)
        assert found.item() == pytest.approx(wanted, abs=1e-5)
        assert abs(found.item()) < 0.05


@pytest.mark.parametrize("measure", [spearman, topk_intersection, ssim])
def test_laws_of_all_three(measure) -> None:
    a, b = pair(5)
    within = foreground()
    for mask in (None, within):
        forth, back = measure(a, b, within=mask), measure(b, a, within=mask)
        torch.testing.assert_close(forth, back)
        assert forth.shape == (5,) and forth.abs().max() <= 1
        assert forth.dtype == torch.float64
        torch.testing.assert_close(measure(a, a, within=mask), torch.ones(5).double())
        flat = torch.full_like(a, -2.0)
        torch.testing.assert_close(measure(flat, flat + 1, within=mask), torch.ones(5).double())
    one_by_one = [measure(x[None], y[None]) for x, y in zip(a, b, strict=True)]
    torch.testing.assert_close(measure(a, b), torch.cat(one_by_one))


def test_a_constant_map_agrees_as_chance_would() -> None:
    a, _ = pair(6)
    flat = torch.zeros_like(a)
    assert spearman(a, flat).tolist() == [0.0] * 5
    assert topk_intersection(flat, a, 0.25).tolist() == pytest.approx([0.25] * 5)


@given(whole_maps(), st.sampled_from([torch.exp, lambda x: x**3 - 5, lambda x: 0.25 * x]))
def test_only_the_order_of_pixels_counts(maps: Tensor, bend) -> None:
    a, b = maps[:, None]
    assert spearman(a, bend(b)).item() == pytest.approx(spearman(a, b).item())
    assert topk_intersection(a, bend(b)).item() == topk_intersection(a, b).item()


@given(whole_maps())
def test_turned_round_the_order_is_the_opposite(maps: Tensor) -> None:
    a, b = maps[:, None]
    if a.unique().numel() > 1 and b.unique().numel() > 1:
        assert spearman(a, -b).item() == pytest.approx(-spearman(a, b).item())


def test_ssim_knows_no_scale() -> None:
    a, b = pair(7)
    torch.testing.assert_close(ssim(7 * a + 2, b), ssim(a, b), atol=1e-5, rtol=0)
    assert (ssim(a, -a) < 0).all()


@pytest.mark.parametrize("share", [0.0, -0.1, 1.2, math.nan])
def test_a_share_that_is_none(share: float) -> None:
    a, b = pair(8)
    with pytest.raises(UsageError, match=r"share must be .* above 0 and up to 1, got"):
        topk_intersection(a, b, share)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("measure", [spearman, topk_intersection, ssim])
def test_what_cannot_be_compared(measure) -> None:
    a, b = pair(8)
    with pytest.raises(UsageError, match=r"one shape, got \(5, 28, 28\) and \(4, 28, 28\)"):
        measure(a, b[:4])
    with pytest.raises(UsageError, match=r"\[image, height, width\].*sum the channel axis"):
        measure(a[:, None], b[:, None])
    with pytest.raises(UsageError, match="maps are empty"):
        measure(a[:0], b[:0])
    with pytest.raises(UsageError, match=r"floating-point numbers, got torch.int64"):
        measure(a.long(), b)
    for wrong in (math.nan, math.inf):
        broken = b.clone()
        broken[3, 0, 0] = wrong
        with pytest.raises(UsageError, match="maps hold NaN or infinity, first at image 3"):
            measure(a, broken)
    nothing = foreground()
    nothing[2] = False
    with pytest.raises(UsageError, match="within has no pixel in image 2"):
        measure(a, b, within=nothing)
    with pytest.raises(UsageError, match=r"within must be a bool tensor .* got torch.float32"):
        measure(a, b, within=foreground().float())
    with pytest.raises(UsageError, match=r"within must be a bool tensor .*\(4, 28, 28\)"):
        measure(a, b, within=foreground()[:4])


def test_maps_too_small_for_a_window() -> None:
    a = torch.rand(2, 28, 6)
    with pytest.raises(UsageError, match="at least 7 x 7 pixels for SSIM, got 28 x 6"):
        ssim(a, a)
