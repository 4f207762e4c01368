"""What CodebookExplorer stores: pictures as unit vectors, codebooks, heads, patches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int16, UInt8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.protoquant.galleries import Gallery
from fewbits.protoquant.pipeline import Explained
from fewbits.widgets.codebook_explorer_checks import check_books, check_galleries, check_maps
from fewbits.widgets.picture_sheet import Sheet, make_sheet, shrink

STEP = 2.0**-10  # what vectors are rounded to: a cosine then moves by less than 0.002
PATCH_SIDE = 28  # in pixels; smaller patches keep their size


@dataclass(frozen=True)
class StoredBook:
    """A codebook, the head over it and its gallery.

    Attributes:
        keys: in units of :data:`STEP`.
        slopes: what each code is worth to each class.
        fitted: temperature that the head was fitted at, None for plain cosines.
        tiles: each code's nearest patches, by their place in the sheet of all codebooks.
        near: cosines of these patches.
    """

    keys: Int16[np.ndarray, "code direction"]
    slopes: Float32[np.ndarray, "class code"]
    fitted: float | None
    tiles: UInt16[np.ndarray, "code patch"]
    near: Float32[np.ndarray, "code patch"]

    @property
    def count(self) -> int:
        """K."""
        return len(self.keys)


@dataclass(frozen=True)
class StoredExplorer:
    """Everything that the page computes from, pictures apart.

    Attributes:
        vectors: mapped feature vectors, in units of :data:`STEP`, cells along the grid's rows.
        grid: cells downwards and rightwards.
        labels: the class of each picture.
        books: one for each size.
    """

    vectors: Int16[np.ndarray, "image cell direction"]
    grid: tuple[int, int]
    labels: UInt16[np.ndarray, " image"]
    books: tuple[StoredBook, ...]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed; high and low bytes apart, as like ones compress better."""
        keys = np.concatenate([book.keys for book in self.books])
        return {
            "vectors_low": (self.vectors & 255).astype(np.uint8),
            "vectors_high": (self.vectors >> 8).astype(np.int8),
            "keys_low": (keys & 255).astype(np.uint8),
            "keys_high": (keys >> 8).astype(np.int8),
            "slopes": np.concatenate([book.slopes.ravel() for book in self.books]),
            "tiles": np.concatenate([book.tiles for book in self.books]),
            "near": np.concatenate([book.near for book in self.books]),
            "labels": self.labels,
        }


@torch.no_grad()
def store_explorer(
    models: Sequence[Explained],
    maps: Float[Tensor, "image feature high wide"],
    labels: Tensor,
    galleries: Sequence[Gallery],
) -> tuple[StoredExplorer, Sheet]:
    """Map and round the pictures' vectors and all codes; put the patches on one sheet.

    Raises:
        UsageError: models, maps or galleries that do not belong together.
    """
    codebooks = check_books(models)
    mapped = check_maps(codebooks, maps).flatten(1, 2).double().numpy()
    check_galleries(galleries, codebooks)
    keys = [codebook.keys().cpu().double().numpy() for codebook in codebooks]
    basis = _span(np.concatenate(keys))
    sheet, tiles = _sheet(galleries)
    books = tuple(
        StoredBook(
            keys=_rounded(own @ basis),
            slopes=model.head.slope.detach().cpu().float().numpy(),
            fitted=getattr(model.vocabulary, "temperature", None),
            tiles=places,
            near=gallery.cosines.cpu().float().numpy(),
        )
        for own, model, gallery, places in zip(keys, models, galleries, tiles, strict=True)
    )
    stored = StoredExplorer(
        vectors=_rounded(mapped @ basis),
        grid=(maps.shape[2], maps.shape[3]),
        labels=labels.cpu().numpy().astype(np.uint16),
        books=books,
    )
    return stored, sheet


def _span(keys: Float[np.ndarray, "key mapped"]) -> Float[np.ndarray, "mapped direction"]:
    """Axes of all that the keys can tell apart: across them no cosine changes."""
    if len(keys) >= keys.shape[1]:
        return np.eye(keys.shape[1])
    axes: NDArray[np.float64] = np.linalg.qr(keys.T)[0]
    return axes


def _rounded(values: Float[np.ndarray, "*place direction"]) -> Int16[np.ndarray, "..."]:
    return np.rint(values / STEP).astype(np.int16)


def _sheet(galleries: Sequence[Gallery]) -> tuple[Sheet, list[UInt16[np.ndarray, "code patch"]]]:
    """Every patch once, and where each codebook's are."""
    every = torch.cat([gallery.pixels.cpu().flatten(0, 1) for gallery in galleries])
    shown, places = torch.unique(every.flatten(1), dim=0, return_inverse=True)
    field = every.shape[-1]
    pixels: UInt8[Tensor, "patch 3 field field"] = shown.view(-1, 3, field, field)
    sheet = make_sheet(shrink(pixels, min(field, PATCH_SIDE)))
    counts = [gallery.cosines.numel() for gallery in galleries]
    tiles = [
        part.view(gallery.cosines.shape).numpy().astype(np.uint16)
        for part, gallery in zip(places.split(counts), galleries, strict=True)
    ]
    return sheet, tiles
