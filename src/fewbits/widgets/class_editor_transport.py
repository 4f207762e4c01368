"""What ClassEditor stores: every cell's shares of all codes, a head, sets of pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.protoquant.galleries import Gallery
from fewbits.protoquant.head import Linear
from fewbits.protoquant.model import PartModel
from fewbits.protoquant.scores import CodeMaps
from fewbits.widgets.class_editor_checks import check_edited, check_sets
from fewbits.widgets.codebook_explorer_checks import check_galleries

LEVELS = 160  # of a share's root, so that small shares keep their order
NOTHING = 0.25  # the level that stands for 0: where all rivals are gone, something has to be left


@dataclass(frozen=True)
class StoredEditor:
    """Everything that the page computes from, pictures apart.

    Attributes:
        levels: :data:`LEVELS` times the root of each share, cells along the grid's rows.
        grid: cells downwards and rightwards.
        labels: the class of each picture.
        slopes: what each code is worth to each class.
        near: cosine of each code's nearest patches.
        sets: rows of the pictures, for each set that they are tested in.
        model: with the slopes above as its weights and in double precision.
    """

    levels: UInt8[np.ndarray, "image cell code"]
    grid: tuple[int, int]
    labels: UInt16[np.ndarray, " image"]
    slopes: Float32[np.ndarray, "class code"]
    near: Float32[np.ndarray, "code patch"]
    sets: Mapping[str, Int[np.ndarray, " row"]]
    model: PartModel

    @property
    def codes(self) -> int:
        """K."""
        return self.levels.shape[2]

    def cosines(self, rows: Sequence[int]) -> CodeMaps:
        """Cosines that give the stored shares, up to what is alike for all codes of a cell."""
        assert self.model.temperature is not None
        levels = np.maximum(self.levels[np.asarray(rows)].astype(np.float64), NOTHING)
        cosines = 2 * self.model.temperature * torch.from_numpy(np.log(levels / LEVELS))
        return cosines.movedim(-1, 1).unflatten(2, self.grid).contiguous()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed."""
        return {
            "levels": self.levels,
            "labels": self.labels,
            "slopes": self.slopes,
            "near": self.near,
            **{f"set{k}": rows.astype(np.uint16) for k, rows in enumerate(self.sets.values())},
        }


@torch.no_grad()
def store_editor(
    model: PartModel,
    maps: Float[Tensor, "image feature high wide"],
    labels: Int[Tensor, " image"],
    gallery: Gallery,
    sets: Mapping[str, Int[Tensor, " row"]],
) -> StoredEditor:
    """Round the pictures' shares, and make the model that the page edits.

    Raises:
        UsageError: a model that was edited or has no temperature, or things that do not fit it.
    """
    check_edited(model, maps, labels)
    check_galleries([gallery], [model.codebook])
    rows = check_sets(sets, len(maps))
    shares = model.maps(maps).movedim(1, -1).flatten(1, 2)
    slopes = model.head.slope.detach().cpu().float()
    exact = slopes.double()
    head = Linear(exact, exact.new_zeros(len(exact)), exact.new_ones(exact.shape[1]))
    return StoredEditor(
        levels=(LEVELS * shares.sqrt()).round().to(torch.uint8).cpu().numpy(),
        grid=(maps.shape[2], maps.shape[3]),
        labels=labels.cpu().numpy().astype(np.uint16),
        slopes=slopes.numpy(),
        near=gallery.cosines.cpu().float().numpy(),
        sets=rows,
        model=replace(model, head=head),
    )
