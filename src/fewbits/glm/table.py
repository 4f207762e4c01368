"""A table of standardised features, read a block of rows at a time, so that no copy need exist."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.glm.standardize import Standardization

# A copy of up to so many bytes is made once and kept; a larger one is made again block by block.
COPY_BYTES = 2**28
# Of one block's logits, by kind of device: what stays in a core's cache, what keeps a GPU busy.
# On one core a gradient of 20,000 x 50 x 1000 took 105 ms so, and 178 ms with all rows at once.
BLOCK_BYTES = {"cpu": 3 * 2**21, "cuda": 2**27}
# The same of one block's features.
WIDE_BYTES = {"cpu": 2**23, "cuda": 2**29}


def block_rows(features: int, classes: int, itemsize: int, device: str) -> int:
    """How many rows of features and logits a block holds, on a kind of device; 1 at least."""
    kind = device if device in BLOCK_BYTES else "cuda"
    narrow = BLOCK_BYTES[kind] // (max(classes, 1) * itemsize)
    return max(1, min(narrow, WIDE_BYTES[kind] // (max(features, 1) * itemsize)))


class Table:
    """The features that the loss sees: some columns of a table, standardised.

    Args:
        raw: as they come from the network, or standardised already. Never copied whole unless the
            copy is small; it may be mapped from a file.
        how: the columns' standardisation; None: leave them as they are.
        kept: which columns; None: all.
        copy_bytes: the largest copy to keep; None: 256 MB.
    """

    def __init__(
        self,
        raw: Float[Tensor, "image feature"],
        how: Standardization | None = None,
        kept: Int[Tensor, " kept"] | None = None,
        copy_bytes: int | None = None,
    ) -> None:
        self.raw, self.how, self.kept = raw, how, kept
        self.copy_bytes = COPY_BYTES if copy_bytes is None else copy_bytes
        self.shape = torch.Size((len(raw), raw.shape[1] if kept is None else len(kept)))
        self._copy = raw if how is None and kept is None else self._copied()

    def columns(self, kept: Int[Tensor, " kept"]) -> "Table":
        """The same rows of these columns only."""
        if self._copy is not None:
            return Table(self._copy, None, kept, self.copy_bytes)
        chosen = kept if self.kept is None else self.kept[kept]
        return Table(self.raw, self.how, chosen, self.copy_bytes)

    def blocks(self, classes: int) -> Iterator[tuple[slice, Float[Tensor, "row feature"]]]:
        """Which rows, and their features; as many as go with logits of so many classes."""
        for rows in self._slices(classes):
            yield rows, self._read(rows) if self._copy is None else self._copy[rows]

    def mean_square(self) -> float:
        """Of all its values."""
        if self._copy is None and self.how is not None:
            # Spares a pass over all rows: a standardised column has 1, a constant one 0.
            constant = self.how.constant if self.kept is None else self.how.constant[self.kept]
            return 1 - constant.double().mean().item()
        sums = [part.square().mean().item() * len(part) for _, part in self.blocks(1)]
        return sum(sums) / len(self.raw)

    def _slices(self, classes: int) -> Iterator[slice]:
        many = block_rows(self.shape[1], classes, self.raw.itemsize, self.raw.device.type)
        return (slice(first, first + many) for first in range(0, len(self.raw), many))

    def _copied(self) -> Tensor | None:
        """The whole table, where that is small enough to keep."""
        if self.shape.numel() * self.raw.itemsize > self.copy_bytes:
            return None
        copy = self.raw.new_empty(self.shape)
        for rows in self._slices(1):
            copy[rows] = self._read(rows)
        return copy

    def _read(self, rows: slice) -> Tensor:
        part = self.raw[rows] if self.kept is None else self.raw[rows][:, self.kept]
        if self.how is None:
            return part
        chosen = slice(None) if self.kept is None else self.kept
        return (part - self.how.mean[chosen]).div_(self.how.scale[chosen])
