import pytest
import torch

from fewbits.errors import UsageError
from fewbits.metrics.parts import covered


def test_shares_of_a_toy_are_those_counted_by_hand():
    """One picture of 4 x 4 pixels, four cells: empty, all part 1, half part 2, a bit of both."""
    picture = torch.tensor(
        [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 1, 0], [0, 0, 2, 2]], dtype=torch.uint8
    )
    found = covered(picture[None], 3, (2, 2))
    expected = [[0, 0, 0], [1, 0, 0], [0, 0.5, 0], [0.25, 0.5, 0]]
    torch.testing.assert_close(found, torch.tensor([expected]))


def test_cells_are_those_of_a_plain_loop():
    maps = torch.randint(0, 5, (3, 12, 12), generator=torch.manual_seed(0)).to(torch.uint8)
    found = covered(maps, 4, (3, 4))
    for image in range(3):
        for cell in range(12):
            top, left = 4 * (cell // 4), 3 * (cell % 4)
            part = maps[image, top : top + 4, left : left + 3]
            counts = [(part == k).sum().item() / 12 for k in range(1, 5)]
            assert found[image, cell].tolist() == pytest.approx(counts)


def test_what_cannot_be_counted_is_told():
    maps = torch.zeros(1, 10, 10, dtype=torch.uint8)
    with pytest.raises(UsageError, match="10 x 10 pixels cannot be cut into 4 x 4 equal cells"):
        covered(maps, 3, (4, 4))
    with pytest.raises(UsageError, match="1 to 3 for the parts, got 7"):
        covered(maps + 7, 3, (5, 5))
