"""What cells are of, and how much of it their codes have in common."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.cluster import contingency_matrix

from fewbits.errors import UsageError
from fewbits.metrics.parts import cell_parts, main_share

# Of the cells of 2 x 2 pixels one is of part 1 with a pixel of part 3, one has a pixel of part 2.
BY_HAND = torch.zeros(1, 4, 4, dtype=torch.uint8)
BY_HAND[0, :2] = torch.tensor([[1, 1, 0, 0], [1, 3, 0, 2]])


def test_a_cell_is_of_the_part_that_covers_most_of_it():
    assert cell_parts(BY_HAND, (2, 2)).tolist() == [[[1, 2], [0, 0]]]
    assert cell_parts(BY_HAND, (2, 2), least=0.5).tolist() == [[[1, 0], [0, 0]]]
    assert cell_parts(BY_HAND, (2, 2), least=0.75).tolist() == [[[1, 0], [0, 0]]]
    assert cell_parts(BY_HAND, (2, 2), least=1.0).tolist() == [[[0, 0], [0, 0]]]
    assert cell_parts(torch.zeros_like(BY_HAND), (2, 4)).tolist() == [[[0] * 4] * 2]


def test_cells_are_as_counted_pixel_by_pixel():
    maps = torch.randint(0, 5, (3, 12, 12), generator=torch.Generator().manual_seed(0))
    found = cell_parts(maps.to(torch.uint8), (3, 6), least=0.25)
    for image in range(3):
        for row in range(3):
            for column in range(6):
                cell = maps[image, 4 * row : 4 * row + 4, 2 * column : 2 * column + 2]
                counts = cell.flatten().bincount(minlength=5)[1:]
                expected = int(counts.argmax()) + 1 if counts.max() >= 0.25 * 8 else 0
                assert found[image, row, column] == expected


@pytest.mark.parametrize(
    ("maps", "grid", "least", "told"),
    [
        (BY_HAND[:0], (2, 2), 0.25, "at least one picture"),
        (BY_HAND, (1, 3), 0.25, "4 x 4 pixels cannot be cut into 1 x 3"),
        (BY_HAND, (2, 2), 0.0, "above 0 and up to 1, got 0"),
        (BY_HAND, (2, 2), 1.5, "got 1.5"),
    ],
)
def test_what_are_no_cells_is_refused(maps, grid, least, told):
    with pytest.raises(UsageError, match=told):
        cell_parts(maps, grid, least)


def test_share_by_hand():
    codes = torch.tensor([7, 7, 7, 2, 2])
    assert main_share(codes, torch.tensor([1, 1, 0, 4, 4])) == pytest.approx(4 / 5)
    assert main_share(codes, torch.zeros(5, dtype=torch.long)) == 1
    assert main_share(torch.arange(5), torch.tensor([1, 1, 0, 4, 4])) == 1
    assert main_share(torch.zeros(5, dtype=torch.long), torch.arange(5)) == pytest.approx(1 / 5)


@given(st.lists(st.tuples(st.integers(-2, 3), st.integers(-2, 3)), min_size=1, max_size=40))
def test_share_agrees_with_scikit_learns_table(pairs):
    codes, truth = (torch.tensor(side) for side in zip(*pairs, strict=True))
    table = contingency_matrix(truth.numpy(), codes.numpy())
    assert main_share(codes, truth) == pytest.approx(table.max(0).sum() / table.sum())


def test_cells_that_do_not_belong_together_are_refused():
    with pytest.raises(UsageError, match=r"shapes \(2,\) and \(3,\)"):
        main_share(torch.zeros(2).long(), torch.zeros(3).long())
    with pytest.raises(UsageError, match="at least one"):
        main_share(torch.zeros(0).long(), torch.zeros(0).long())
