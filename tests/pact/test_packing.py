"""What is on disk is what was computed with, bit for bit, or an error says so."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from reference import pact as slow
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.packing import (
    bits_per_weight,
    float_bytes,
    load_packed_weights,
    save_packed,
    weight_grids,
)
from fewbits.pact.weights import Grid

RECIPES = [
    Recipe(bits, weights, ends)
    for bits in ("8", "4", "4/2", "2")
    for weights in ("sawb", "dorefa", "lsq")
    for ends in ("8", "same")
]


@pytest.fixture
def packed(tiny: nn.Sequential, few_images: Tensor, tmp_path: Path) -> tuple[nn.Sequential, Path]:
    network = quantize_network(tiny, Recipe("2"), few_images)
    save_packed(network, tmp_path / "network.npz")
    return network, tmp_path / "network.npz"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: f"{r.bits}-{r.weights}-{r.ends}")
def test_packed_weights_come_back_bit_for_bit(
    tiny: nn.Sequential, few_images: Tensor, tmp_path: Path, recipe: Recipe
) -> None:
    network = quantize_network(tiny, recipe, few_images)
    size = save_packed(network, tmp_path / "network.npz")
    assert size == (tmp_path / "network.npz").stat().st_size
    restored = load_packed_weights(tmp_path / "network.npz")
    assert list(restored) == ["conv1", "conv2", "fc"]
    for name, values in restored.items():
        layer = network.get_submodule(name)
        assert torch.equal(values, layer.quantizer(layer.weight)), "as computed with"
    assert list(tmp_path.iterdir()) == [tmp_path / "network.npz"], "nothing left beside it"


def test_codes_are_stored_back_to_back(packed: tuple[nn.Sequential, Path]) -> None:
    network, path = packed
    with np.load(path) as arrays:
        for name, grid in weight_grids(network).items():
            stored = arrays[f"{name}.packed"].tolist()
            assert stored == slow.pack(grid.codes.flatten().tolist(), bits_per_weight(grid))
        assert len(arrays["conv2.packed"]) == math.ceil(6 * 4 * 9 * 2 / 8)
        assert len(arrays["conv1.packed"]) == 4 * 9, "the first layer has 8 bits"
        everything_else = {"act1.alpha", "norm1.running_var", "fc.bias"}
        assert everything_else <= set(arrays.files)
        assert "conv1.weight" not in arrays.files, "no float weights beside the codes"


def test_lsq_activations_are_packed_as_pacts_are(
    tiny: nn.Sequential, few_images: Tensor, tmp_path: Path
) -> None:
    files = [tmp_path / f"{name}.npz" for name in ("pact", "lsq")]
    for file in files:
        recipe = Recipe("2", activations=file.stem)
        save_packed(quantize_network(tiny, recipe, few_images), file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_two_bits_take_a_sixteenth(quantized, tmp_path: Path) -> None:
    network = quantized("classic", Recipe("2", ends="same"))
    size = save_packed(network, tmp_path / "network.npz")
    assert size < float_bytes(network) / 16 + 8_000  # biases and the archive's own directory


@pytest.mark.parametrize(("levels", "bits"), [(2, 1), (4, 2), (15, 4), (16, 4), (255, 8), (256, 8)])
def test_bits_that_tell_levels_apart(levels: int, bits: int) -> None:
    grid = Grid(torch.zeros(1, dtype=torch.int64), torch.ones(()), 0.0, levels)
    assert bits_per_weight(grid) == bits


def test_float_bytes_counts_what_is_stored(tiny: nn.Sequential) -> None:
    numbers = 4 * 9 + 4 * 4 + (6 * 4 * 9 + 6) + (6 * 10 + 10)  # norm: scale, shift, mean, variance
    assert float_bytes(tiny) == 4 * numbers


def test_a_float_network_is_not_packed(tiny: nn.Sequential, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no quantised layers: quantise it before packing it"):
        save_packed(tiny, tmp_path / "network.npz")
    assert not list(tmp_path.iterdir())


def test_a_cut_file_is_refused(packed: tuple[nn.Sequential, Path]) -> None:
    _, path = packed
    whole = path.read_bytes()
    for kept in (0, 1, 50, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(FewbitsError, match="is not a whole packed network.*again") as caught:
            load_packed_weights(path)
        assert "\n" not in str(caught.value)


def test_a_flipped_bit_is_found_or_changes_nothing(packed: tuple[nn.Sequential, Path]) -> None:
    network, path = packed
    whole = path.read_bytes()
    expected = load_packed_weights(path)
    refused = 0
    places = range(0, len(whole), 11)
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        path.write_bytes(bytes(broken))
        try:
            found = load_packed_weights(path)
        except FewbitsError as error:
            assert "\n" not in str(error)
            refused += 1
        else:  # a bit of a date, or of an array the weights do not need
            assert found.keys() == expected.keys()
            assert all(torch.equal(found[name], expected[name]) for name in found)
    assert refused > len(places) / 4


def test_another_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, **{"fc.layout": np.array([2, 3, 10]), "fc.packed": np.zeros(1, np.uint8)})
    with pytest.raises(FewbitsError, match="is not a whole packed network"):
        load_packed_weights(path)
    with pytest.raises(FewbitsError, match="is missing: save_packed writes it"):
        load_packed_weights(tmp_path / "none.npz")


def test_a_place_that_cannot_be_written(packed: tuple[nn.Sequential, Path], tmp_path: Path) -> None:
    network, path = packed
    with pytest.raises(FewbitsError, match="could not write .*choose another folder"):
        save_packed(network, path / "network.npz")
