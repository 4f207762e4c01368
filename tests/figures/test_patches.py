"""Frames around cells lie where the cells are, and what is drawn is told."""

import pytest
import torch
from matplotlib.patches import Rectangle

from fewbits import figures

PHOTOS = torch.randint(0, 256, (4, 3, 16, 16), generator=torch.manual_seed(0)).to(torch.uint8)
GRID = (4, 4)
ROWS = [torch.tensor([[0, 1], [2, 3]])]
CELLS = [torch.tensor([[0, 5], [10, 15]])]


def frames(axes):
    """Left, top, width and height of each frame, in pixels from the picture's own corner."""
    return [
        (p.get_x() + 0.5, p.get_y() + 0.5, p.get_width(), p.get_height())
        for p in axes.patches
        if isinstance(p, Rectangle)
    ]


def test_a_frame_is_around_its_cell():
    cells = torch.tensor([6, 0])
    drawing = figures.looks_like(PHOTOS[:2], cells, PHOTOS[2:], cells.flip(0), GRID, ["a", "b"])
    assert [set(frames(axes)) for axes in drawing.axes] == [
        {(8, 4, 4, 4)}, {(0, 0, 4, 4)}, {(0, 0, 4, 4)}, {(8, 4, 4, 4)}
    ]  # fmt: skip


def test_the_largest_cosine_is_framed_and_told():
    cosines = torch.zeros(4, 4)
    cosines[2, 1] = 0.75
    drawing = figures.similarity(PHOTOS[0], cosines, "a bus")
    assert "from 0.00 to 0.75; the largest is in row 3, column 2" in drawing.alt
    assert set(frames(drawing.axes[0])) == {(4, 8, 4, 4)}
    assert set(frames(drawing.axes[1])) == {(1, 2, 1, 1)}


def test_a_field_has_its_side_and_the_cells_middle():
    drawing = figures.how_far(PHOTOS[0], 5, GRID, (4, 10))
    assert set(frames(drawing.axes[0])) == {(4, 4, 4, 4), (1, 1, 10, 10)}
    assert "4 x 4 and 10 x 10 pixels" in drawing.alt


def test_rows_of_patches_stand_in_blocks():
    drawing = figures.patch_rows(PHOTOS, ROWS * 2, CELLS * 2, GRID, ["x", "y"], ["old", "new"])
    assert len(drawing.axes) == 8
    assert [axes.get_ylabel() for axes in drawing.axes[::4]] == ["x", "y"]
    assert [axes.get_title() for axes in drawing.axes[:4]] == ["old", "", "new", ""]
    assert set(frames(drawing.axes[5])) == {(12, 12, 4, 4)}


def test_a_drift_tells_where_it_begins_and_ends():
    alt = figures.adrift([1.0, 0.9, 0.85], [0.7, 0.9, 1.0], 0.97, "a twin").alt
    assert "from 1.00 to 0.85" in alt and "a twin, 0.97" in alt
    assert "from 70 % to 100 %" in alt and alt.endswith("lowest after epoch 0, 70 %.")


def test_a_dip_on_the_way_is_told():
    alt = figures.adrift([1.0, 0.9, 0.85], [0.8, 0.65, 1.0], 0.97, "a twin").alt
    assert "from 80 % to 100 %; it is lowest after epoch 1, 65 %." in alt


@pytest.mark.parametrize(
    "draw",
    [
        lambda **told: figures.looks_like(
            PHOTOS[:1], CELLS[0][0, :1], PHOTOS[1:2], CELLS[0][1, :1], GRID, ["a"], **told
        ),
        lambda **told: figures.similarity(PHOTOS[0], torch.eye(4), "a bus", **told),
        lambda **told: figures.how_far(PHOTOS[0], 5, GRID, (4, 10), **told),
        lambda **told: figures.patch_rows(PHOTOS, ROWS, CELLS, GRID, ["x", "y"], ["old"], **told),
    ],
)
def test_what_is_seen_is_told_at_the_end(draw):
    assert draw(told="The frame is on sand.").alt == f"{draw().alt} The frame is on sand."


@pytest.mark.parametrize(
    "drawing",
    [
        figures.looks_like(PHOTOS[:1], CELLS[0][0, :1], PHOTOS[1:2], CELLS[0][1, :1], GRID, ["a"]),
        figures.how_far(PHOTOS[0], 5, GRID, (4, 10)),
    ],
)
def test_frames_follow_the_theme(drawing):
    svg = drawing.svg()
    assert "var(--fb-protoquant" in svg and "var(--fb-paper" in svg
