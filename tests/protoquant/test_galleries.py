import pytest
import torch
from part_toys import GRID, flat, spoken_maps, words

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.galleries import cut_patches, make_gallery
from fewbits.protoquant.grounding import Patches, nearest_patches
from fewbits.protoquant.mapping import fit_mapping

SIDE = 12


class InMemory:
    """Maps that lie in memory, read as a feature cache's are."""

    grid = (GRID, GRID)

    def __init__(self, maps):
        self.all = maps

    def batches(self, size):
        return iter(self.all.split(size))


def plain_pictures(count, side=SIDE):
    """Every pixel knows its picture, its row and its column."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack(
        [torch.stack([torch.full_like(rows, n), rows, columns]) for n in range(count)]
    ).to(torch.uint8)


def at(*cells):
    """One code, a patch at each of these cells, of pictures 0, 1, ..."""
    count = len(cells)
    cosines = torch.linspace(0.9, 0.5, count)[None]
    return Patches(cosines, torch.arange(count)[None], torch.tensor([cells]))


def test_a_patch_is_centred_on_its_cell_and_moved_in_at_the_rim():
    # Cells of 4 pixels: the middle one's centre is between pixels 5 and 6.
    found = cut_patches(at(4, 0, 8, 5), plain_pictures(4), (3, 3), 4)
    assert found.boxes[0].tolist() == [[4, 4, 8, 8], [0, 0, 4, 4], [8, 8, 12, 12], [8, 4, 12, 8]]
    wide = cut_patches(at(4, 0, 8, 5), plain_pictures(4), (3, 3), 6)
    assert wide.boxes[0].tolist() == [[3, 3, 9, 9], [0, 0, 6, 6], [6, 6, 12, 12], [6, 3, 12, 9]]


def test_a_patch_lies_where_its_cell_looks():
    look = {"images": plain_pictures(4), "grid": (3, 3), "field": 4}
    beside = cut_patches(at(4, 0, 8, 5), **look, shift=(-2.0, 1.0))  # up and to the right
    assert beside.boxes[0].tolist() == [[5, 2, 9, 6], [1, 0, 5, 4], [8, 6, 12, 10], [8, 2, 12, 6]]
    # A strided convolution's cell 1 looks at pixel 2, the tile's middle lies behind it.
    boxes = cut_patches(at(4), plain_pictures(1, 6), (3, 3), 1, shift=(-0.5, -0.5)).boxes
    assert boxes[0, 0].tolist() == [2, 2, 3, 3]


def test_the_pixels_are_those_of_the_box_and_of_that_picture():
    pictures = plain_pictures(4)
    found = cut_patches(at(7, 2, 3), pictures, (2, 4), 5)  # a grid that is not square
    assert found.pixels.shape == (1, 3, 3, 5, 5)
    for place in range(3):
        x0, y0, x1, y1 = found.boxes[0, place].tolist()
        assert torch.equal(found.pixels[0, place], pictures[place, :, y0:y1, x0:x1])


def test_no_patch_is_the_whole_picture():
    for field in (SIDE, SIDE + 1, 0):
        message = f"field must be from 1 to 11 pixels, got {field} of 12; where a cell sees"
        with pytest.raises(UsageError, match=message):
            cut_patches(at(4), plain_pictures(1), (3, 3), field)
    nearly = cut_patches(at(4), plain_pictures(1), (3, 3), SIDE - 1)
    assert nearly.pixels.shape[-1] == SIDE - 1


def test_other_pictures_than_were_searched_are_refused():
    message = "of pictures up to number 3, got 2 pictures: pass those whose maps were searched"
    with pytest.raises(UsageError, match=message):
        cut_patches(at(0, 1, 2, 3), plain_pictures(2), (3, 3), 4)


def test_a_gallery_shows_the_nearest_patches():
    maps, _ = spoken_maps(20, 3)
    codebook = Codebook(words(), fit_mapping("none", flat(maps)))
    pictures = plain_pictures(20)
    gallery = make_gallery(codebook, InMemory(maps), pictures, field=4, count=2)
    found = nearest_patches(codebook, [maps], 2)
    assert torch.equal(gallery.images, found.images)
    torch.testing.assert_close(gallery.cosines, found.cosines)
    assert torch.equal(gallery.pixels[..., 0, 0, 0].long(), found.images)
    centres = gallery.boxes[..., :2] // 4  # cells of 4 pixels, patches of 4: they coincide
    assert torch.equal(centres[..., 1] * GRID + centres[..., 0], found.cells)
