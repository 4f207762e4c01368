import pytest
import torch
from part_toys import flat, spoken_maps, words
from torch import nn
from torch.nn.functional import cosine_similarity

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.grounding import effective_field, nearest_patches
from fewbits.protoquant.mapping import fit_mapping


@pytest.fixture
def maps():
    return spoken_maps(20, 3)[0]


@pytest.fixture
def codebook(maps):
    return Codebook(words(), fit_mapping("none", flat(maps)))


def test_the_nearest_patches_are_those_of_a_plain_search(codebook, maps):
    found = nearest_patches(codebook, maps.split(6), count=3)
    for code in range(codebook.count):
        best = []
        for image in range(20):
            vectors = flat(maps[image : image + 1])
            cosines = cosine_similarity(vectors, codebook.codes[code].detach()[None], dim=1)
            best.append((cosines.max().item(), image, int(cosines.argmax())))
        best.sort(key=lambda one: -one[0])
        assert found.images[code].tolist() == [one[1] for one in best[:3]]
        assert found.cells[code].tolist() == [one[2] for one in best[:3]]
        assert found.cosines[code].tolist() == pytest.approx([one[0] for one in best[:3]], abs=1e-5)


def test_batches_change_no_patch(codebook, maps):
    one, other = (nearest_patches(codebook, maps.split(size), 4) for size in (20, 3))
    assert torch.equal(one.images, other.images) and torch.equal(one.cells, other.cells)


def test_too_few_pictures_are_told(codebook, maps):
    with pytest.raises(UsageError, match="at least 30 pictures to show 30 patches, got 20"):
        nearest_patches(codebook, [maps], 30)
    with pytest.raises(UsageError, match="at least 1 patch a code, got 0"):
        nearest_patches(codebook, [maps], 0)


def test_a_cell_sees_as_far_as_its_kernel():
    """One convolution of stride 4: nine tenths of an even gradient on 5 x 5 are all of it."""
    network = nn.Conv2d(3, 2, 5, stride=4, padding=2)
    nn.init.ones_(network.weight)
    assert effective_field(network, 33) == 5
    assert effective_field(network, 33, share=0.3) == 3  # 9 of 25 pixels


def test_the_square_lies_where_the_cell_looks():
    """Two convolutions of stride 2: seven pixels around the tile's first, not around its middle."""
    network = nn.Sequential(*(nn.Conv2d(3, 3, 3, stride=2, padding=1) for _ in range(2)))
    for layer in network:
        nn.init.ones_(layer.weight)
    assert effective_field(network, 64, share=0.999, shift=(-1.5, -1.5)) == 7
    assert effective_field(network, 64, share=0.999) == 11


def test_a_network_is_left_as_found():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)).train()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    assert effective_field(network, 16) == 3
    assert network.training and all(value.grad is None for value in network.parameters())
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())
    with pytest.raises(UsageError, match="share must be between 0 and 1, got 1"):
        effective_field(network, 16, share=1.0)
