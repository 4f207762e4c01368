"""Consistency, stability, misalignment, sharing: toys, laws, plain loops, what is refused."""

import math
import re
from importlib import import_module

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.metrics import parts as p

GRID, SIDE = (7, 7), 224
CORNER = torch.zeros(5, 1, dtype=torch.long)
ALL = torch.ones(5, 1, dtype=torch.bool)


def near(*hits: bool) -> Tensor:
    """One part a picture, at the first cell's centre or far from it."""
    return torch.tensor([[[16.0, 16.0] if hit else [200.0, 200.0]] for hit in hits])


def consistent(*hits: bool, visible=ALL, asked=ALL, **settings) -> bool:
    found = p.consistency(CORNER, GRID, SIDE, near(*hits), visible, asked, **settings)
    return found.tolist()[0]


def test_consistency_needs_four_of_five() -> None:
    assert consistent(True, True, True, True, False)
    assert not consistent(True, True, True, False, False)
    assert consistent(True, True, True, False, False, least=0.6)
    assert not consistent(True, True, True, True, False, least=0.81)


def test_consistency_counts_pictures_that_are_asked_and_show_the_part() -> None:
    some = torch.tensor([True, True, True, False, False])[:, None]
    assert consistent(True, True, True, False, False, visible=some)
    assert consistent(True, True, True, False, False, asked=some)
    assert not consistent(True, True, True, True, False, asked=some.flip(0))
    assert not consistent(True, True, True, True, True, visible=~ALL)


def test_what_no_picture_is_asked_for_is_neither_consistent_nor_stable() -> None:
    assert not consistent(True, True, True, True, True, asked=~ALL)
    parts = near(True, True, True, True, True)
    assert p.stability(CORNER, CORNER, GRID, SIDE, parts, ALL, ~ALL).tolist() == [0.0]


def test_the_box_reaches_36_pixels_to_each_side_and_no_farther_than_the_picture() -> None:
    # The first cell's centre is 16: the box ends at 52, and at the picture's edge.
    xs = [0.0, 52.0, 52.1, -1.0, 10.0]
    parts = torch.tensor([[[x, 10.0] for x in xs], [[10.0, y] for y in xs]])
    visible = torch.tensor([[True, True, True, True, False]]).repeat(2, 1)
    held = p.part_vectors(CORNER[:2], GRID, SIDE, parts, visible)
    assert held[:, 0].tolist() == [[True, True, False, False, False]] * 2


def test_stability_by_hand() -> None:
    parts, after = near(True, True, False, False, False), CORNER.clone()
    after[:3, 0] = 48
    # The part is lost, lost, won; where the code stays nothing changes.
    assert p.stability(CORNER, after, GRID, SIDE, parts, ALL, ALL).tolist() == [0.4]
    asked = torch.tensor([False, False, True, True, False])[:, None]
    assert p.stability(CORNER, after, GRID, SIDE, parts, ALL, asked).tolist() == [0.5]
    # One cell further the same parts are in the box.
    assert p.stability(CORNER, CORNER + 1, GRID, SIDE, parts, ALL, ALL).tolist() == [1.0]


def slow_vector(cell: int, parts: Tensor, visible: Tensor, box: int) -> list[bool]:
    """Three rows of four cells in a picture of 40."""
    row, column = divmod(cell, 4)
    x, y = 10 * column + 5, 40 / 3 * (row + 0.5)
    return [
        seen and abs(px - x) <= box / 2 and abs(py - y) <= box / 2
        for (px, py), seen in zip(parts.tolist(), visible.tolist(), strict=True)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_consistency_and_stability_are_those_of_plain_loops(seed: int, monkeypatch) -> None:
    monkeypatch.setattr(import_module("fewbits.metrics.parts.consistency"), "CHUNK", seed + 1)
    generator = torch.Generator().manual_seed(seed)
    cells, after = torch.randint(0, 12, (2, 30, 6), generator=generator)
    parts = 40 * torch.rand(30, 4, 2, generator=generator)
    visible = torch.rand(30, 4, generator=generator) < 0.7
    asked = torch.rand(30, 6, generator=generator) < 0.4
    place = (parts, visible, asked, 20)
    consistent = p.consistency(cells, (3, 4), 40, *place, least=0.4).tolist()
    stable = p.stability(cells, after, (3, 4), 40, *place).tolist()
    for code in range(6):
        images = [image for image in range(30) if asked[image, code]]
        before, later = (
            [slow_vector(int(at[i, code]), parts[i], visible[i], 20) for i in images]
            for at in (cells, after)
        )
        shares = [
            sum(vector[part] for vector in before) / max(1, sum(visible[images, part].tolist()))
            for part in range(4)
        ]
        assert consistent[code] == (max(shares) >= 0.4)
        same = [one == other for one, other in zip(before, later, strict=True)]
        assert stable[code] == pytest.approx(sum(same) / len(same))
    assert True in consistent and False in consistent
    assert p.stability(cells, cells, (3, 4), 40, *place).tolist() == [1.0] * 6


def test_the_noise_is_gaussian_cut_off_and_the_generators() -> None:
    images = torch.zeros(2, 3, 100, 100)
    noise = p.noise_like(images, torch.Generator().manual_seed(0))
    assert noise.shape == images.shape and noise.abs().max() == 0.25
    # Of a normal distribution 21 parts of 100 lie beyond 1.25 standard deviations.
    assert (noise.abs() == 0.25).double().mean().item() == pytest.approx(0.211, abs=0.005)
    assert noise.mean().item() == pytest.approx(0, abs=0.003)
    again = p.noise_like(images, torch.Generator().manual_seed(0))
    assert torch.equal(noise, again)
    wide = p.noise_like(images, torch.Generator().manual_seed(0), scale=1.0, clip=9.0)
    assert wide.std().item() == pytest.approx(1, abs=0.02)


def test_the_box_kept_holds_the_peak_and_a_margin() -> None:
    maps = torch.zeros(2, 7, 7)
    maps[0, 3, 2] = maps[1, 0, 6] = 1.0
    # A twentieth of 70 x 70 pixels lies within a disc of 9 about the centres, 25 and 35, 65 and 5.
    boxes = p.keep_box(maps, 70, margin=0)
    x0, y0, x1, y1 = boxes[0].tolist()
    assert x0 + x1 == 50 and y0 + y1 == 70 and 14 <= x1 - x0 == y1 - y0 <= 20
    assert boxes[1, 1] == 0 and boxes[1, 2] == 70
    wider = p.keep_box(maps, 70)
    assert wider[0].tolist() == [x0 - 10, y0 - 10, x1 + 10, y1 + 10]
    assert wider[1, 1] == 0 and wider[1, 2] == 70 and wider[1, 0] == boxes[1, 0] - 10


def test_a_map_of_one_value_keeps_everything() -> None:
    for value in (0.0, 0.1, -3.3):
        assert p.keep_box(torch.full((1, 7, 7), value), 100).tolist() == [[0, 0, 100, 100]]


def test_the_box_holds_each_pixel_at_or_above_the_percentile() -> None:
    maps = torch.rand(3, 5, 6, generator=torch.Generator().manual_seed(0))
    large = p.enlarge(maps, 40, "bicubic")
    for one, (x0, y0, x1, y1) in zip(large, p.keep_box(maps, 40, 80, 0).tolist(), strict=True):
        loud = (one >= one.flatten().quantile(0.8)).nonzero()
        assert loud.amin(0).tolist() == [y0, x0] and loud.amax(0).tolist() == [y1 - 1, x1 - 1]


def test_enlarging_leaves_the_mean_of_tiles_in_their_places() -> None:
    maps = torch.tensor([[[1.0, 3.0]]])
    assert p.enlarge(maps, 4)[0, 0].tolist() == [1.0, 1.5, 2.5, 3.0]
    assert p.enlarge(maps, 4).shape == (1, 4, 4)


class Loudest(nn.Module):
    """The maximum of a small convolution's map."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.see = nn.Conv2d(3, 1, 5, padding=2)
            self.norm = nn.BatchNorm2d(1)

    def forward(self, images: Tensor) -> Tensor:
        return self.norm(self.see(images)).amax((1, 2, 3))


IMAGES = torch.randn(4, 3, 12, 12, generator=torch.Generator().manual_seed(1))
BOXES = torch.tensor([[0, 0, 4, 4], [5, 2, 9, 12], [3, 3, 3, 3], [0, 0, 12, 12]])


def test_the_attack_lowers_the_activation_and_leaves_the_box() -> None:
    network = Loudest().eval()
    changed = p.attack_outside(network, IMAGES, BOXES)
    before, after = network(IMAGES), network(changed)
    assert (after[:3] < before[:3] - 0.05).all()
    for image, other, (x0, y0, x1, y1) in zip(IMAGES, changed, BOXES.tolist(), strict=True):
        assert torch.equal(image[:, y0:y1, x0:x1], other[:, y0:y1, x0:x1])
    assert torch.equal(changed[3], IMAGES[3])
    assert (changed - IMAGES).abs().max() <= 0.4 + 1e-6
    assert torch.equal(changed, p.attack_outside(network, IMAGES, BOXES))


def test_the_attack_of_a_plain_sum_is_known() -> None:
    """Every free pixel goes down by all that is allowed, by steps or by the limit."""
    images = torch.zeros(1, 1, 2, 2)
    box = torch.tensor([[0, 0, 1, 1]])
    for eps, step, steps, low in ((0.4, 0.1, 2, -0.2), (0.4, 0.3, 5, -0.4)):
        changed = p.attack_outside(lambda x: x.sum((1, 2, 3)), images, box, eps, step, steps)
        assert changed.flatten().tolist() == pytest.approx([0, low, low, low])


def test_each_picture_is_attacked_as_if_it_were_alone() -> None:
    network = Loudest().eval()
    together = p.attack_outside(network, IMAGES, BOXES)
    alone = [p.attack_outside(network, IMAGES[i, None], BOXES[i, None]) for i in range(4)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_the_attack_leaves_the_network_as_it_was() -> None:
    network = Loudest().train()
    network.norm.eval()
    network(IMAGES).sum().backward()
    network.see.bias.requires_grad_(False)
    images = IMAGES.clone().requires_grad_()
    state = {key: value.clone() for key, value in network.state_dict().items()}
    gradients = [q.grad.clone() for q in network.parameters()]
    random = torch.get_rng_state()
    with torch.no_grad():
        changed = p.attack_outside(network, images, BOXES, steps=2)
        assert not torch.is_grad_enabled()
    assert network.training and network.see.training and not network.norm.training
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    for parameter, before in zip(network.parameters(), gradients, strict=True):
        assert torch.equal(parameter.grad, before)
    assert network.see.weight.requires_grad and not network.see.bias.requires_grad
    assert images.grad is None and torch.equal(images, IMAGES) and not changed.requires_grad
    assert torch.equal(torch.get_rng_state(), random)


def test_a_place_that_stays_has_not_changed() -> None:
    maps = torch.rand(3, 9, 9, generator=torch.Generator().manual_seed(0))
    assert p.location_change(maps, maps).tolist() == [0.0] * 3
    assert p.location_change(maps, 5 * maps + 2).tolist() == [0.0] * 3
    steady = torch.ones(1, 9, 9)
    assert p.location_change(steady, 0 * steady).tolist() == [0.0]


def test_location_change_by_hand() -> None:
    before, after = torch.zeros(2, 1, 10), torch.zeros(2, 1, 10)
    before[:, 0, :2] = after[0, 0, 1:3] = after[1, 0, 5:7] = 1.0
    # Two pixels each, one in common of three; then none in common.
    assert p.location_change(before, after, 80).tolist() == pytest.approx([100 * 2 / 3, 100])


def test_activation_change_by_hand() -> None:
    before = torch.tensor([4.0, 4.0, 4.0, 0.0, 0.0, -1.0])[:, None, None]
    after = torch.tensor([3.0, 5.0, -2.0, 0.0, 2.0, -3.0])[:, None, None]
    assert p.activation_change(before, after).tolist() == [25.0, -25.0, 100.0, 0.0, 0.0, 0.0]
    maps = torch.tensor([[[1.0, 8.0], [2.0, 3.0]]])
    assert p.activation_change(maps, maps.flip(1) / 2).tolist() == [50.0]


def test_rank_change_by_hand() -> None:
    before = torch.tensor([[9.0, 5.0, 1.0]]).repeat(3, 1)
    after = torch.tensor([[4.0, 5.0, 6.0]]).repeat(3, 1)
    code = torch.tensor([0, 1, 2])
    assert p.rank_change(before, after, code).tolist() == [2, 0, -2]
    assert p.rank_change(before, before, code).tolist() == [0, 0, 0]


HEAD = torch.tensor([[0.5, 2.0, 0.0, 0.0], [0.0, 1.0, 0.0, 3.0], [0.0, 1.0, 0.0, 0.0]])


def test_sharing_by_hand() -> None:
    assert p.classes_per_code(HEAD).tolist() == [1, 3, 0, 1]
    assert p.local_size(HEAD, torch.tensor([2, 0, 0, 1])).tolist() == [1, 2, 2, 2]
    assert p.global_size(HEAD) == 3
    assert p.global_size(0 * HEAD) == 0


def test_uses_are_counted_the_same_from_both_sides() -> None:
    head = torch.rand(20, 50, generator=torch.Generator().manual_seed(0)) - 0.8
    assert p.classes_per_code(head).sum() == p.local_size(head, torch.arange(20)).sum()
    assert p.global_size(head) == (p.classes_per_code(head) > 0).sum()


def test_carrying_by_hand() -> None:
    rows = torch.tensor(
        [
            [1.0, 6.0, 3.0, 0.0],
            [1.0, 1.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.0],
            [9.0, 0.0, 0.0, 0.0],
            [4.0, 4.0, -2.0, -2.0],
            [1.0, -2.0, 0.0, 0.0],
        ]
    )
    assert p.carrying(rows).tolist() == [3, 4, 0, 1, 1, 0]
    assert p.carrying(rows, 0.9).tolist() == [2, 4, 0, 1, 1, 0]
    assert p.carrying(rows, 0.6).tolist() == [1, 3, 0, 1, 1, 0]
    assert p.carrying(torch.full((1, 10), 0.1), 0.9).tolist() == [9]


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=12), st.sampled_from([0.1, 0.5, 0.95, 1.0])
)
def test_no_fewer_codes_would_carry_as_much(row: list[int], share: float) -> None:
    count = p.carrying(torch.tensor([row], dtype=torch.float32), share).item()
    ordered = sorted(row, reverse=True)
    if not sum(row):
        assert count == 0
        return
    assert sum(ordered[:count]) >= share * sum(row) * (1 - 1e-6)
    assert sum(ordered[: count - 1]) < share * sum(row) * (1 + 1e-6)


PARTS, NAN = near(True, True, True, True, True), torch.full((2, 3), math.nan)
MAPS, PAIR = torch.ones(1, 2, 2), torch.ones(2, 3)


def attack(activation=Loudest(), images=IMAGES, boxes=BOXES, **settings) -> Tensor:  # noqa: B008
    return p.attack_outside(activation, images, boxes, **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: consistent(*[True] * 5, least=0), "share of the pictures, above 0 and up to 1"),
        (
            lambda: consistent(*[True] * 5, asked=ALL.float()),
            "bool of the cells' shape (5, 1), got",
        ),
        (lambda: consistent(*[True] * 5, box=0), "box must be at least 1, got 0"),
        (lambda: consistent(*[True] * 4), "same images, got (5, 1), (4, 1, 2) and (5, 1)"),
        (
            lambda: p.part_vectors(CORNER + 49, GRID, SIDE, PARTS, ALL),
            "cells of a grid of 7 x 7 must be from 0 to 48, got 49 to 49",
        ),
        (
            lambda: p.stability(CORNER, CORNER[:4], GRID, SIDE, PARTS, ALL, ALL),
            "of the same images and codes, got (5, 1) and (4, 1)",
        ),
        (
            lambda: p.stability(CORNER, CORNER, GRID, SIDE, PARTS, ALL, ALL[:4]),
            "bool of the cells' shape (5, 1), got torch.bool (4, 1)",
        ),
        (lambda: p.noise_like(IMAGES, torch.Generator(), scale=0), "above 0, got 0 and 0.25"),
        (lambda: p.noise_like(IMAGES[0], torch.Generator()), "[image, channel, height, width]"),
        (lambda: p.keep_box(MAPS / 0 * 0, 9), "maps hold NaN or infinity"),
        (lambda: p.keep_box(MAPS, 9, percentile=101), "percentile must be from 0 to 100, got 101"),
        (lambda: p.keep_box(MAPS, 9, margin=-1), "margin must be at least 0 pixels, got -1"),
        (lambda: p.enlarge(MAPS, 0), "side must be at least 1, got 0"),
        (lambda: p.location_change(MAPS, MAPS[:, :1]), "both sets of maps must have one shape"),
        (lambda: p.location_change(MAPS, MAPS, -1), "percentile must be from 0 to 100, got -1"),
        (lambda: p.activation_change(MAPS, MAPS[:, :1]), "both sets of maps must have one shape"),
        (
            lambda: p.rank_change(PAIR, PAIR[:, :1], torch.tensor([0, 0])),
            "one shape [image, code], got (2, 3) and (2, 1)",
        ),
        (lambda: p.rank_change(PAIR, NAN, torch.tensor([0, 0])), "scores after hold NaN"),
        (
            lambda: p.rank_change(PAIR, PAIR, torch.tensor([0, 3])),
            "codes 0 to 2 for each of 2 images, got the shape (2,), 0 to 3",
        ),
        (
            lambda: p.rank_change(PAIR, PAIR, torch.tensor([], dtype=torch.long)),
            "codes 0 to 2 for each of 2 images, got the shape (0,)",
        ),
        (lambda: attack(boxes=BOXES[:3]), "for each of 4 images, got the shape (3, 4), 0 to 12"),
        (lambda: attack(boxes=BOXES + 1), "within the picture for each of 4 images, got the shape"),
        (lambda: attack(eps=0), "eps and step must be above 0, got 0 and 0.01"),
        (lambda: attack(steps=0), "steps must be at least 1, got 0"),
        (lambda: attack(lambda x: x), "one finite number an image, expected shape (4,), got (4, 3"),
        (lambda: attack(lambda x: x.detach().sum((1, 2, 3))), "must have a gradient: call the"),
        (lambda: p.classes_per_code(HEAD[0]), "weights must have the shape [class, code] and not"),
        (lambda: p.global_size(NAN), "the weights hold NaN or infinity: look"),
        (lambda: p.local_size(HEAD, torch.tensor([3])), "classes 0 to 2 for each image, got the"),
        (lambda: p.carrying(HEAD, 0), "a part of the logit, above 0 and up to 1, got 0"),
        (lambda: p.carrying(NAN), "the contributions hold NaN or infinity"),
    ],
)
def test_what_does_not_fit_is_refused(unchecked, call, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
