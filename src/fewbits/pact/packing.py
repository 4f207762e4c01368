"""What is really stored: codes of a few bits, back to back in one file, and read again."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.ops import pack, unpack
from fewbits.pact.convert import QUANTIZED_LAYERS
from fewbits.pact.weights import Grid
from fewbits.report import write_whole


def weight_grids(network: nn.Module) -> dict[str, Grid]:
    """The codes of every quantised layer, by the layer's name."""
    return {n: m.grid() for n, m in network.named_modules() if isinstance(m, QUANTIZED_LAYERS)}


def bits_per_weight(grid: Grid) -> int:
    """The fewest bits that can tell the grid's levels apart."""
    return (grid.levels - 1).bit_length()


def save_packed(network: nn.Module, path: Path) -> int:
    """Write a quantised network: packed codes, one step a layer, and everything else as float32.

    Returns:
        The size of the file in bytes.

    Raises:
        UsageError: the network is not quantised.
        FewbitsError: the file cannot be written.
    """
    grids = weight_grids(network)
    if not grids:
        raise UsageError("this network has no quantised layers: quantise it before packing it")
    arrays: dict[str, np.ndarray] = {}
    for name, grid in grids.items():
        bits = bits_per_weight(grid)
        arrays[f"{name}.packed"] = pack(grid.codes.cpu().flatten(), bits).numpy()
        arrays[f"{name}.step"] = grid.step.cpu().numpy()
        arrays[f"{name}.layout"] = np.array([bits, round(2 * grid.zero), *grid.codes.shape])
    stored = {f"{name}.weight" for name in grids}
    for name, value in network.state_dict().items():
        if name not in stored and "quantizer" not in name and "num_batches" not in name:
            arrays[name] = value.cpu().numpy()
    return write_whole(path, partial(_save_arrays, arrays)).stat().st_size


def _save_arrays(arrays: dict[str, np.ndarray], path: Path) -> None:
    with path.open("wb") as file:  # given a name, numpy would add .npz to it
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_packed_weights(path: Path) -> dict[str, Tensor]:
    """The quantised weights of a packed file as real numbers, by the layer's name.

    Raises:
        FewbitsError: the file is missing, cut or not one of ours.
    """
    if not path.is_file():
        raise FewbitsError(f"{path} is missing: save_packed writes it")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            # By any of its three parts: a layer that lacks one is an error, not left out.
            parts = [key.rpartition(".") for key in arrays.files]
            names = [name for name, _, part in parts if part in ("packed", "step", "layout")]
            return {name: _unpack_layer(arrays, name) for name in dict.fromkeys(names)}
    except Exception as error:  # a zip archive can be broken in many ways, each with its own type
        said = " ".join(str(error).split())
        raise FewbitsError(
            f"{path} is not a whole packed network ({said}). Pack the network again."
        ) from error


def _unpack_layer(arrays: np.lib.npyio.NpzFile, name: str) -> Tensor:
    bits, twice_zero, *shape = (int(n) for n in arrays[f"{name}.layout"])
    codes = unpack(torch.from_numpy(arrays[f"{name}.packed"]), bits, int(np.prod(shape)))
    step = torch.from_numpy(arrays[f"{name}.step"])
    return Grid(codes.view(shape), step, twice_zero / 2, 2**bits).values()


def float_bytes(network: nn.Module) -> int:
    """Bytes of all parameters and buffers at 32 bits each."""
    return sum(4 * value.numel() for value in network.state_dict().values() if value.ndim)
