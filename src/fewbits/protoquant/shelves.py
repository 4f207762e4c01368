"""A shelf: large tables in files that all processes fill and read, none of them wholly in memory.

At ImageNet's size the scores of 2,048 codes are 5.2 GB in 16 bits. Mapped into memory they are the
system's to keep or to drop, and processes on one machine share them.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.data.disk import free_bytes
from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.scores import CodeMaps, Scored, strongest
from fewbits.training import ALONE, Processes

MB = 1e6


@runtime_checkable
class Rows(Protocol):
    """Feature maps that are read by the numbers of their pictures, as a feature cache's are."""

    @property
    def count(self) -> int:
        """Pictures."""

    @property
    def features(self) -> int:
        """Maps of each."""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of a map."""

    def rows(self, indices: Sequence[int]) -> Tensor:
        """[image, feature, high, wide]."""


@dataclass(frozen=True)
class Shelf:
    """A folder for tables.

    Attributes:
        folder: made when it is first needed; of one run alone.
        many: processes that fill a table together and then read it. All see the folder.
        half: scores in 16 bits, and places too where a map has no more cells than these can
            count; otherwise in 32, the same numbers as in memory.
    """

    folder: Path
    many: Processes = ALONE
    half: bool = False

    @torch.no_grad()
    def score(
        self, name: str, maps_of: Callable[[Tensor], CodeMaps], cache: Rows, codes: int, batch: int
    ) -> Scored:
        """Scores of all pictures and their places, each process making every ``world``-th batch.

        Args:
            name: of the tables; those of an earlier call of that name are gone.
            codes: how many ``maps_of`` tells.
            batch: pictures whose maps are in memory together.

        Raises:
            UsageError: NaN in the maps.
            FewbitsError: the disk is too small.
        """
        short = self.half and math.prod(cache.grid) <= np.iinfo(np.int16).max
        kinds = np.float16 if self.half else np.float32, np.int16 if short else np.int32
        shape = cache.count, codes
        scores, cells = self._tables([f"{name}-scores", f"{name}-cells"], shape, kinds)
        for rows in self._own(cache.count, batch):
            found = strongest(maps_of(cache.rows(range(rows.start, rows.stop))))
            if found.scores.isnan().any():
                raise UsageError("feature maps hold NaN: look at the backbone's weights")
            scores[rows], cells[rows] = found.scores.to(scores), found.cells.to(cells)
        self.many.wait()
        return Scored(scores, cells, cache.grid)

    def means(self, cache: Rows, batch: int) -> Float[Tensor, "image feature"]:
        """Each map's mean over its cells, in 32 bits.

        Raises:
            FewbitsError: the disk is too small.
        """
        (table,) = self._tables(["means"], (cache.count, cache.features), (np.float32,))
        for rows in self._own(cache.count, batch):
            table[rows] = cache.rows(range(rows.start, rows.stop)).mean((2, 3))
        self.many.wait()
        return table

    def clear(self) -> None:
        """Delete all tables, once nobody reads them any more."""
        self.many.wait()
        if self.many.main:
            for path in self.folder.glob("*.npy"):
                path.unlink()
            with suppress(OSError):  # somebody else's files are left alone
                self.folder.rmdir()

    def _own(self, count: int, batch: int) -> list[slice]:
        starts = range(0, count, batch)[self.many.rank :: self.many.world]
        return [slice(start, min(start + batch, count)) for start in starts]

    def _tables(
        self, names: Sequence[str], shape: tuple[int, int], kinds: Sequence[type]
    ) -> list[Tensor]:
        """Empty tables, made by the first process and opened by all."""
        paths = [self.folder / f"{name}.npy" for name in names]
        with self.many.first():
            if self.many.main:
                self.folder.mkdir(parents=True, exist_ok=True)
                for path in paths:  # whoever still reads the old file keeps it
                    path.unlink(missing_ok=True)
                needed = sum(shape[0] * shape[1] * np.dtype(kind).itemsize for kind in kinds)
                if (free := free_bytes(self.folder)) < needed:
                    raise FewbitsError(
                        f"{self.folder}: expected {needed / MB:,.3f} MB of free disk for scores, "
                        f"there are {free / MB:,.3f} MB: free some space or choose another --out"
                    )
            mode = "w+" if self.many.main else "r+"
            opened = [
                np.lib.format.open_memmap(path, mode, kind, shape)
                for path, kind in zip(paths, kinds, strict=True)
            ]
        return [torch.from_numpy(table) for table in opened]
