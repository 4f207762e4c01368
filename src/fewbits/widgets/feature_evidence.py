"""Evidence for what a feature means: the pictures that raise it most, and how far."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.data import Split
from fewbits.widgets.picture_sheet import Sheet, make_sheet, shrink

PICTURES = 3  # a feature
SIDE = 48


@dataclass(frozen=True)
class Evidence:
    """Of each feature the pictures that raise it most, strongest first.

    Attributes:
        sheet: every picture that is evidence for any feature, once.
        labels: the class of each picture of the sheet.
        tiles: each feature's pictures, by their place in the sheet.
        values: how far they raise it, standardised.
    """

    sheet: Sheet
    labels: UInt16[np.ndarray, " tile"]
    tiles: UInt16[np.ndarray, "feature rank"]
    values: Float32[np.ndarray, "feature rank"]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed."""
        return {
            "evidence": self.sheet.data,
            "tile_labels": self.labels,
            "tiles": self.tiles,
            "tile_values": self.values,
        }


def find_evidence(
    values: Float[Tensor, "image feature"], pictures: Split, count: int = PICTURES, side: int = SIDE
) -> Evidence:
    """The ``count`` pictures with the largest values of each feature; of equals the first.

    Args:
        values: standardised, of the same pictures. Fewer pictures than ``count`` are all evidence.
        pictures: where to look: those that the network was trained on.
        count: pictures a feature.
        side: at which a page shows them, in pixels.
    """
    ranked = values.argsort(dim=0, descending=True, stable=True)[:count].T  # a row a feature
    shown, tiles = torch.unique(ranked, return_inverse=True)
    return Evidence(
        sheet=make_sheet(shrink(pictures.images[shown], side)),
        labels=pictures.labels[shown].cpu().numpy().astype(np.uint16),
        tiles=tiles.cpu().numpy().astype(np.uint16),
        values=values.T.gather(1, ranked).cpu().numpy().astype(np.float32),
    )
