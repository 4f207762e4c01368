"""Purity of codes: toys worked by hand, laws, a slow version in plain loops, what is refused."""

import re
from importlib import import_module

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fewbits.data.birds import PARTS
from fewbits.errors import UsageError
from fewbits.metrics import parts as p

GRID, SIDE = (7, 7), 224
# Three pictures, two parts; the first part is at (16, 16), (16, 16), (200, 200).
POSITIONS = torch.tensor([[[16.0, 16], [50, 50]], [[16, 16], [0, 0]], [[200, 200], [40, 40]]])
VISIBLE = torch.tensor([[True, True], [True, False], [True, True]])
SCORES = torch.tensor([[3.0], [2.0], [1.0]])
CORNER = torch.zeros(3, 1, dtype=torch.long)
SECOND = torch.full((3, 1), 8)


def ask(scores=SCORES, cells=CORNER, parts=POSITIONS, visible=VISIBLE, **settings) -> p.Purity:
    return p.purity(scores, cells, GRID, SIDE, parts, visible, **settings)


def test_purity_by_hand() -> None:
    # The cell in the corner shows 0 to 32: the first part in two of three pictures.
    assert ask(top=1).share.tolist() == [1.0]
    assert ask(top=2).share.tolist() == [1.0]
    found = ask(top=3)
    assert found.share.tolist() == pytest.approx([2 / 3]) and found.part.tolist() == [0]
    # One further down and right, 32 to 64: the second part in both pictures that show it.
    found = ask(cells=SECOND, top=3)
    assert found.share.tolist() == [1.0] and found.part.tolist() == [1]


def test_only_the_pictures_of_highest_score_count_and_of_equal_ones_the_earlier() -> None:
    assert ask(scores=torch.tensor([[1.0], [2.0], [3.0]]), top=1).share.tolist() == [0.0]
    assert ask(scores=torch.ones(3, 1), top=1).share.tolist() == [1.0]
    assert ask(scores=torch.ones(3, 1), cells=SECOND, top=2).part.tolist() == [1]


def test_where_no_part_is_visible_or_met_there_is_no_purity() -> None:
    blind = ask(visible=torch.zeros(3, 2, dtype=torch.bool), top=3)
    missed = ask(cells=torch.full((3, 1), 24), top=3)
    for found in (blind, missed):
        assert found.share.tolist() == [0.0] and found.part.tolist() == [-1]


def test_positions_of_what_is_not_visible_may_be_anything() -> None:
    parts = POSITIONS.clone()
    parts[1, 1] = torch.nan
    assert torch.equal(ask(parts=parts, top=3).share, ask(top=3).share)


def test_of_equal_shares_the_part_found_more_often_counts() -> None:
    """As in PIP-Net's code: the first part is met once of once, the second twice of twice."""
    parts = torch.full((2, 2, 2), 16.0)
    visible = torch.tensor([[True, True], [False, True]])
    found = ask(SCORES[:2], CORNER[:2], parts, visible, top=2)
    assert found.share.tolist() == [1.0] and found.part.tolist() == [1]
    both = ask(SCORES[:2], CORNER[:2], parts, torch.ones_like(visible), top=2)
    assert both.part.tolist() == [0]


def test_a_group_is_met_if_any_visible_part_of_it_is() -> None:
    parts = torch.tensor([[[16.0, 16], [99, 99]], [[99, 99], [16, 16]], [[99, 99], [16, 16]]])
    visible = torch.tensor([[True, True], [True, True], [True, False]])
    alone = ask(parts=parts, visible=visible, top=3)
    merged = ask(parts=parts, visible=visible, top=3, groups=[(0, 1)])
    assert alone.share.tolist() == [0.5] and alone.part.tolist() == [1]
    assert merged.share.tolist() == pytest.approx([2 / 3]) and merged.part.tolist() == [0]
    # A part in no group is not asked.
    assert ask(parts=parts, visible=visible, groups=[(0,)], top=3).share.item() == pytest.approx(
        1 / 3
    )


def test_the_fifteen_parts_become_twelve() -> None:
    merged = p.merge_sides(PARTS)
    assert len(merged) == 12
    assert {name: places for name, places in merged.items() if len(places) > 1} == {
        "eye": (6, 10),
        "leg": (7, 11),
        "wing": (8, 12),
    }
    assert list(merged)[:3] == ["back", "beak", "belly"]
    found = ask(top=1, groups=p.merge_sides(["left eye", "right eye"]).values())
    assert found.share.tolist() == [1.0]


def test_names_with_a_side_in_many_spellings() -> None:
    names = ["left_eye", "right_eye", "Left-Wing", "wing_left_tip", "leg right", "cleft", "left"]
    assert list(p.merge_sides(names)) == ["eye", "Wing", "wing_tip", "leg", "cleft", "left"]


def test_seven_cells_of_a_picture_of_224_are_tiles() -> None:
    boxes = p.patch_boxes(torch.arange(49), GRID, SIDE)
    assert boxes[:2].tolist() == [[0, 0, 32, 32], [32, 0, 64, 32]]
    assert boxes[-1].tolist() == [192, 192, 224, 224]


def test_patches_are_moved_inwards_and_rows_come_first() -> None:
    # 14 cells of 16 pixels: the first centre is 8, the second 24, the fourth 56, the last 216.
    boxes = p.patch_boxes(torch.tensor([0, 1, 3, 13, 14 * 3]), (14, 14), SIDE)
    assert boxes[:, 0].tolist() == [0, 8, 40, 192, 0]
    assert boxes[:, 1].tolist() == [0, 0, 0, 0, 40]
    # Two rows of three cells, of a picture of 10: centres at 2.5, 7.5 and 1.67, 5, 8.33.
    boxes = p.patch_boxes(torch.arange(6), (2, 3), 10, patch=4)
    assert boxes[:, 0].tolist() == [0, 3, 6] * 2 and boxes[:, 1].tolist() == [0] * 3 + [5] * 3


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 40), st.data())
def test_every_patch_has_its_size_and_lies_inside(high: int, wide: int, side: int, data) -> None:
    patch = data.draw(st.integers(1, side))
    boxes = p.patch_boxes(torch.arange(high * wide), (high, wide), side, patch)
    assert (boxes[:, 2:] - boxes[:, :2] == patch).all()
    assert boxes.min() >= 0 and boxes.max() <= side


def draw(seed: int, codes: int = 6) -> dict[str, Tensor]:
    """Twenty random pictures with five parts, some not visible, and many equal scores."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "scores": torch.randint(0, 5, (20, codes), generator=generator).float(),
        "cells": torch.randint(0, 12, (20, codes), generator=generator),
        "parts": 40 * torch.rand(20, 5, 2, generator=generator),
        "visible": torch.rand(20, 5, generator=generator) < 0.6,
        "part_maps": torch.randint(0, 6, (20, 40, 40), generator=generator).to(torch.uint8),
    }


def slow_patch(cell: int, patch: int) -> tuple[int, int]:
    """Three rows of four cells in a picture of 40; in thirds of a pixel, to stay with integers."""
    row, column = divmod(cell, 4)
    x, y = 10 * column + 5 - patch / 2, 40 / 3 * row + 20 / 3 - patch / 2
    return tuple(int(min(max(0, (corner + 1e-9) // 1), 40 - patch)) for corner in (x, y))


def slow_best(scores: Tensor, code: int, top: int) -> list[int]:
    return sorted(range(len(scores)), key=lambda image: (-scores[image, code].item(), image))[:top]


def slow_purity(drawn: dict[str, Tensor], code: int, top: int, patch: int, groups) -> float:
    best = 0.0
    for group in groups:
        seen = hits = 0
        for image in slow_best(drawn["scores"], code, top):
            x0, y0 = slow_patch(int(drawn["cells"][image, code]), patch)
            shown = [part for part in group if drawn["visible"][image, part]]
            seen += bool(shown)
            hit = False
            for part in shown:
                x, y = drawn["parts"][image, part].tolist()
                hit = hit or (x0 <= x <= x0 + patch and y0 <= y <= y0 + patch)
            hits += hit
        best = max(best, hits / seen if seen else 0.0)
    return best


def slow_exact(
    drawn: dict[str, Tensor], code: int, top: int, patch: int, least: float, groups
) -> float:
    best = 0.0
    for group in groups:
        hits = 0
        for image in slow_best(drawn["scores"], code, top):
            x0, y0 = slow_patch(int(drawn["cells"][image, code]), patch)
            rows = drawn["part_maps"][image].tolist()[y0 : y0 + patch]
            pixels = [value for row in rows for value in row[x0 : x0 + patch]]
            hits += sum(value - 1 in group for value in pixels) / len(pixels) >= least
        best = max(best, hits / top)
    return best


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("groups", [None, [(0, 3), (1,), (2, 4)]])
def test_purity_is_that_of_plain_loops(seed: int, groups) -> None:
    drawn, top, patch = draw(seed), seed % 4 + 3, 5 + 3 * seed
    plain = groups or [(part,) for part in range(5)]
    maps = drawn.pop("part_maps")
    found = p.purity(**drawn, grid=(3, 4), side=40, top=top, patch=patch, groups=groups)
    wanted = [slow_purity(drawn, code, top, patch, plain) for code in range(6)]
    assert found.share.tolist() == pytest.approx(wanted)
    drawn["part_maps"] = maps
    exact = p.exact_purity(
        drawn["scores"], drawn["cells"], (3, 4), 40, maps, 5, top, patch, 0.17, groups
    )
    wanted = [slow_exact(drawn, code, top, patch, 0.17, plain) for code in range(6)]
    assert exact.share.tolist() == pytest.approx(wanted)


def test_codes_are_worked_on_in_chunks_without_a_trace(monkeypatch) -> None:
    drawn = draw(0, codes=7)
    maps = drawn.pop("part_maps")
    whole = p.purity(**drawn, grid=(3, 4), side=40, top=4, patch=15)
    exact = p.exact_purity(drawn["scores"], drawn["cells"], (3, 4), 40, maps, 5, 4, 9, 0.2)
    monkeypatch.setattr(import_module("fewbits.metrics.parts.purity"), "CHUNK", 2)
    again = p.purity(**drawn, grid=(3, 4), side=40, top=4, patch=15)
    once_more = p.exact_purity(drawn["scores"], drawn["cells"], (3, 4), 40, maps, 5, 4, 9, 0.2)
    assert torch.equal(whole.share, again.share) and torch.equal(whole.part, again.part)
    assert torch.equal(exact.share, once_more.share) and torch.equal(exact.part, once_more.part)


def test_a_patch_as_large_as_the_picture_is_pure() -> None:
    drawn = draw(1)
    drawn["parts"][0, 0] = 40.0
    del drawn["part_maps"]
    found = p.purity(**drawn, grid=(3, 4), side=40, top=20, patch=40)
    assert (found.share == 1).all()


@pytest.mark.parametrize("chance", [p.random_cells, p.fixed_cells])
def test_by_chance_a_lone_part_is_met_as_often_as_its_patch_is_large(chance) -> None:
    generator = torch.Generator().manual_seed(0)
    images, codes = 400, 300
    # Tiles that do not overlap, so that a part anywhere is in one of 49.
    parts = SIDE * torch.rand(images, 1, 2, generator=generator)
    scores = torch.rand(images, codes, generator=generator)
    cells = chance(torch.zeros(images, codes, dtype=torch.long), GRID, generator)
    visible = torch.ones(images, 1, dtype=torch.bool)
    found = p.purity(scores, cells, GRID, SIDE, parts, visible, top=100)
    assert found.share.mean().item() == pytest.approx(1 / 49, abs=0.003)


def test_fixed_cells_are_one_a_code_and_random_cells_are_not() -> None:
    cells = torch.zeros(50, 30, dtype=torch.long)
    fixed = p.fixed_cells(cells, (2, 3), torch.Generator().manual_seed(0))
    drawn = p.random_cells(cells, (2, 3), torch.Generator().manual_seed(0))
    assert (fixed == fixed[0]).all() and len(fixed[0].unique()) == 6
    assert fixed.shape == drawn.shape == cells.shape
    assert all(len(column.unique()) == 6 for column in drawn.T)
    again = p.random_cells(cells, (2, 3), torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)


def test_exact_purity_by_hand() -> None:
    maps = torch.zeros(2, 4, 4, dtype=torch.uint8)
    maps[0, :2, :2] = torch.tensor([[1, 2], [2, 0]])
    maps[1, :2, :2] = torch.tensor([[1, 0], [0, 0]])
    scores, cells = torch.ones(2, 1), torch.zeros(2, 1, dtype=torch.long)

    def exact(least: float, groups=None) -> tuple[float, int]:
        found = p.exact_purity(scores, cells, (2, 2), 4, maps, 2, 2, 2, least, groups)
        return found.share.item(), found.part.item()

    # The first part covers a quarter of both patches, the second half of one and none of the other.
    assert exact(0.25) == (1.0, 0)
    assert exact(0.5) == (0.5, 1)
    assert exact(0.75) == (0.0, -1)
    assert exact(0.75, [(0, 1)]) == (0.5, 0)


def test_of_parts_exactly_as_pure_the_one_that_covers_more_counts() -> None:
    maps = torch.tensor([[[1, 2], [2, 2]]], dtype=torch.uint8)
    one, cell = torch.ones(1, 1), torch.zeros(1, 1, dtype=torch.long)
    assert p.exact_purity(one, cell, (1, 1), 2, maps, 2, 1, 2).part.tolist() == [1]


def exact(cells=CORNER, maps=None, count: int = 2, **settings) -> p.Purity:
    maps = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8) if maps is None else maps
    return p.exact_purity(SCORES, cells, GRID, SIDE, maps, count, top=2, **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ask(top=4), "top must be from 1 to 3, got 4"),
        (lambda: ask(top=0), "top must be from 1 to 3, got 0"),
        (lambda: ask(top=2, patch=225), "patch must be from 1 to 224, got 225"),
        (lambda: ask(cells=CORNER + 49), "must be from 0 to 48, got 49 to 49: pass the grid"),
        (lambda: ask(cells=CORNER - 1, top=2), "must be from 0 to 48, got -1 to -1"),
        (lambda: ask(cells=CORNER.float(), top=2), "whole numbers, got torch.float32: pass the"),
        (lambda: ask(scores=SCORES / 0 * 0, top=2), "scores hold NaN or infinity, first at image"),
        (lambda: ask(scores=SCORES[:, 0], top=2), "one shape [image, code], got (3,) and (3, 1)"),
        (lambda: ask(scores=SCORES[:2], top=2), "one shape [image, code], got (2, 1) and (3, 1)"),
        (lambda: ask(parts=POSITIONS[:2], top=2), "same images, got (3, 1), (2, 2, 2) and (3, 2)"),
        (
            lambda: ask(parts=POSITIONS[:, :0], visible=VISIBLE[:, :0]),
            "expected parts of at least one image, got (3, 0)",
        ),
        (lambda: ask(parts=POSITIONS / 0), "finite positions, first one without at image 0: mark"),
        (lambda: ask(top=2, groups=[(0, 2)]), "parts 0 to 1 each, got [(0, 2)]"),
        (lambda: ask(top=2, groups=[(0,), ()]), "at least one of the parts 0 to 1 each, got [(0,)"),
        (lambda: ask(top=2, groups=[]), "parts 0 to 1 each, got []"),
        (lambda: p.patch_boxes(CORNER, (0, 7), SIDE), "height and width, at least 1, got (0, 7)"),
        (lambda: p.patch_boxes(CORNER, GRID, 0), "side must be at least 1, got 0"),
        (lambda: p.merge_sides([]), "expected the names of parts, each once, got []"),
        (lambda: p.merge_sides(["eye", "eye"]), "each once, got ['eye', 'eye']"),
        (lambda: exact(least=0), "least must be a part of the pixels, above 0 and up to 1, got 0"),
        (lambda: exact(count=0), "part_count must be from 1 to 255, got 0"),
        (lambda: exact(maps=torch.zeros(3, 2, 2)), "uint8 of the shape (3, 224, 224), got torch"),
        (
            lambda: exact(maps=torch.full((3, SIDE, SIDE), 3, dtype=torch.uint8)),
            "1 to 2 for the parts, got 3: pass the number of all parts",
        ),
        (lambda: p.random_cells(CORNER.float(), GRID, torch.Generator()), "cells must be whole"),
    ],
)
def test_what_does_not_fit_is_refused(unchecked, call, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
