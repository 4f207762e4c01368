"""Features read back from disk: in any order, a sample of them, or their means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float16, Int
from torch import Tensor

from fewbits.errors import FewbitsError, UsageError
from fewbits.features.manifest import AGAIN, Manifest
from fewbits.features.shards import Shard, shard_file


@dataclass(frozen=True)
class FeatureCache:
    """Feature maps on disk, mapped into memory as they are asked for. No file stays open.

    Attributes:
        folder: where they lie.
        manifest: what they are of.
        shards: what each shard holds.
        view: whose maps are read, see :meth:`maps`.
    """

    folder: Path
    manifest: Manifest
    shards: tuple[Shard, ...]
    view: str

    @property
    def count(self) -> int:
        """Pictures that have features; those that did not decode have none."""
        return int(self._ends[-1])

    @property
    def features(self) -> int:
        """Maps of each picture, d."""
        return self.manifest.features

    @property
    def grid(self) -> tuple[int, int]:
        """Cells of a map downwards and rightwards."""
        return self.manifest.high, self.manifest.wide

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views that there are."""
        return tuple(self.manifest.views)

    @cached_property
    def kept(self) -> Int[Tensor, " image"]:
        """The number in the set of each picture here: ``labels[cache.kept]`` goes with the rows."""
        kept = torch.ones(self.manifest.pictures, dtype=torch.bool)
        kept[[number for shard in self.shards for number in shard.broken]] = False
        return kept.nonzero().flatten()

    @cached_property
    def _ends(self) -> Int[Tensor, " shard"]:
        return torch.tensor([shard.rows for shard in self.shards]).cumsum(0)

    def maps(self, view: str = "plain") -> "FeatureCache":
        """The same pictures in another view.

        Raises:
            UsageError: there is none of that name.
        """
        if view not in self.views:
            raise UsageError(
                f"{self.folder} has no view {view!r}: expected {' or '.join(self.views)}"
            )
        return replace(self, view=view)

    def rows(
        self, indices: Int[Tensor, " image"] | Sequence[int]
    ) -> Float[Tensor, "image feature high wide"]:
        """The maps of some pictures, counted without those that have none, in 32 bits.

        Raises:
            UsageError: an index below 0, or of no picture.
            FewbitsError: a shard was lost or damaged since the cache was opened.
        """
        wanted = torch.as_tensor(indices, dtype=torch.int64).cpu()
        found = torch.empty(len(wanted), *self.manifest.shape)
        for shard, here, rows in self._by_shard(wanted):
            found[here] = _wide(self._open(shard)[rows.numpy()])
        return found

    def batches(
        self, batch_size: int, order: Int[Tensor, " row"] | None = None
    ) -> Iterator[Float[Tensor, "image feature high wide"]]:
        """All maps, or those at ``order``, ``batch_size`` pictures at a time.

        Raises:
            UsageError: a batch size below 1, or an index of no picture.
            FewbitsError: a shard was lost or damaged since the cache was opened.
        """
        if batch_size < 1:
            raise UsageError(f"expected a batch size of at least 1, got {batch_size}")
        chosen = torch.arange(self.count) if order is None else order
        return (self.rows(part) for part in chosen.split(batch_size))

    def means(self) -> Float[Tensor, "image feature"]:
        """Each map's mean over its cells."""
        # A shard at a time: in 32 bits it is twice as large as on disk.
        parts = [_wide(self._open(shard)).mean((2, 3)) for shard in self.shards]
        return torch.cat(parts)

    def sample_vectors(
        self, count: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "vector feature"], Int[Tensor, " vector"]]:
        """Feature vectors of ``count`` cells, drawn uniformly without replacement.

        Every cell of every picture is as likely as any other, and so is every order. Shards are
        read one after another; only the sample lies in memory.

        Returns:
            The vectors, and the row of the picture that each is from.

        Raises:
            UsageError: fewer than 1, or more than there are cells.
            FewbitsError: a shard was lost or damaged since the cache was opened.
        """
        high, wide = self.grid
        cells = high * wide
        if not 1 <= count <= self.count * cells:
            raise UsageError(
                f"expected a sample of 1 to {self.count * cells} vectors, got {count}: "
                f"{self.count} pictures have {cells} cells each"
            )
        drawn = _draw(self.count * cells, count, generator)
        place = drawn % cells
        found = torch.empty(count, self.features)
        for shard, here, rows in self._by_shard(drawn // cells):
            down, right = (place[here] // wide).numpy(), (place[here] % wide).numpy()
            found[here] = _wide(self._open(shard)[rows.numpy(), :, down, right])
        return found, drawn // cells

    def _by_shard(
        self, wanted: Int[Tensor, " row"]
    ) -> Iterator[tuple[Shard, Int[Tensor, " some"], Int[Tensor, " some"]]]:
        """Each shard that is needed, the places in ``wanted`` that need it, and which of its rows.

        Raises:
            UsageError: an index of no picture.
        """
        if len(wanted) and not 0 <= int(wanted.min()) <= int(wanted.max()) < self.count:
            raise UsageError(
                f"expected rows from 0 to {self.count - 1}, got {int(wanted.min())} to "
                f"{int(wanted.max())}"
            )
        shard_of = torch.searchsorted(self._ends, wanted, right=True)
        numbers, counts = shard_of.unique(return_counts=True)
        places = shard_of.argsort(stable=True).split(counts.tolist())
        for number, here in zip(numbers.tolist(), places, strict=True):
            first = int(self._ends[number]) - self.shards[number].rows
            yield self.shards[number], here, wanted[here] - first

    def _open(self, shard: Shard) -> Float16[np.ndarray, "image feature high wide"]:
        path = shard_file(self.folder, self.view, shard.number)
        expected = (shard.rows, *self.manifest.shape)
        try:
            maps: np.ndarray = np.asarray(np.load(path, mmap_mode="r"))
        except (OSError, ValueError, EOFError) as error:
            raise FewbitsError(f"{path} cannot be read: {error}; {AGAIN}") from error
        if maps.shape != expected or maps.dtype != np.float16:
            got = f"{maps.shape} in {maps.dtype}"
            raise FewbitsError(f"{path}: expected {expected} in float16, got {got}; {AGAIN}")
        return maps


def _wide(maps: Float16[np.ndarray, "*shape"]) -> Float[Tensor, "*shape"]:
    """In 32 bits, in memory."""
    return torch.from_numpy(maps.astype(np.float32))


def _draw(total: int, count: int, generator: torch.Generator) -> Int[Tensor, " cell"]:
    """``count`` different numbers below ``total``, each set of them and each order as likely."""
    if count > total // 2:
        return torch.randperm(total, generator=generator)[:count]
    drawn = torch.empty(0, dtype=torch.int64)
    while len(drawn) < count:  # what was drawn before does not count twice
        more = torch.randint(total, (count - len(drawn),), generator=generator)
        drawn = torch.cat([drawn, more]).unique()
    return drawn[torch.randperm(count, generator=generator)]
