"""``extract``: one pass of a frozen backbone over pictures, its maps to disk in 16 bits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fewbits.errors import UsageError
from fewbits.features.folder import alone, claim, survey
from fewbits.features.keys import PLAIN, View, key_of
from fewbits.features.looking import look, plan
from fewbits.features.manifest import Manifest
from fewbits.features.reading import Reading, read_ahead
from fewbits.features.shards import write_shard
from fewbits.features.sources import Pictures
from fewbits.training import modes_kept, repeatable

OnNote = Callable[[str], None]
OnRead = Callable[[int, int], None]

BATCH = 64
SHARD_BYTES = 64 * 2**20


@dataclass(frozen=True)
class _Pass:
    """What stays the same from shard to shard."""

    network: nn.Module
    pictures: Pictures
    views: Sequence[View]
    folder: Path
    manifest: Manifest
    batch_size: int
    skip_broken: bool
    say: OnNote


@torch.no_grad()
@repeatable()
def extract(
    network: nn.Module,
    pictures: Pictures,
    folder: Path,
    *,
    views: Sequence[View] = (PLAIN,),
    batch_size: int = BATCH,
    shard_bytes: int = SHARD_BYTES,
    skip_broken: bool = False,
    verify: bool = True,
    rank: int = 0,
    world: int = 1,
    on_note: OnNote | None = None,
    on_step: OnRead | None = None,
) -> int:
    """Write the maps of all pictures to ``folder``, or what of them is not there yet.

    The network runs on its own device, in ``eval`` mode and without gradients, and is left as
    found. After a kill the same call makes the missing shards, and the bytes are those of a call
    that was never stopped; a shard that was cut off or changed is made again.

    Args:
        network: pictures in [0, 1] to maps, Float["image feature high wide"].
        pictures: what it looks at.
        folder: of this cache alone.
        views: ways of looking at each picture; each has shards of its own.
        batch_size: pictures that the network sees at once. Another one may change last bits.
        shard_bytes: most of a shard and view, but one picture at least. What was begun keeps its.
        skip_broken: leaves out pictures that do not decode, see ``FeatureCache.kept``.
        verify: compares the checksums of shards that are there; otherwise only their sizes.
        rank: of this process among ``world``: it makes shards rank, rank + world, and so on.
        world: processes that share the work.
        on_note: told the size before anything is written, then what was damaged or left out.
        on_step: told pictures done and pictures to do, of this call.

    Returns:
        Shards that were made by this call.

    Raises:
        UsageError: a setting out of range, or the folder holds other features or other files.
        FewbitsError: a picture does not decode, a feature does not fit 16 bits, or the disk is too
            small; the message names it.
    """
    _check(pictures, batch_size, shard_bytes, rank, world)
    key, say = key_of(network, pictures, views), on_note or (lambda note: None)
    with modes_kept(network):
        network.eval()
        manifest = claim(folder, plan(key, network, pictures, views[0], shard_bytes), say)
        with alone(folder, rank, world):
            todo = survey(folder, manifest, rank, world, verify, skip_broken, say)
            work = _Pass(network, pictures, views, folder, manifest, batch_size, skip_broken, say)
            _make(work, todo, on_step or (lambda done, total: None))
    return len(todo)


def _check(pictures: Pictures, batch_size: int, shard_bytes: int, rank: int, world: int) -> None:
    if pictures.count < 1:
        raise UsageError("expected pictures, got none")
    if batch_size < 1 or shard_bytes < 1:
        raise UsageError(
            f"expected a batch and shards of at least 1, got {batch_size} and {shard_bytes}"
        )
    if not 0 <= rank < world:
        raise UsageError(f"expected a rank from 0 to below world, got {rank} of {world}")


def _make(work: _Pass, todo: Sequence[int], on_step: OnRead) -> None:
    """Make shards one after the other; reading goes ahead across their borders."""
    spans = {number: _batches(work, number) for number in todo}
    total = sum(stop - start for parts in spans.values() for start, stop in parts)
    in_order = [span for parts in spans.values() for span in parts]
    done = 0

    def told(readings: Iterator[Reading]) -> Iterator[Reading]:
        nonlocal done
        for reading in readings:
            yield reading
            done += len(reading.numbers) + len(reading.broken)
            on_step(done, total)

    left_out = 0
    with closing(read_ahead(work.pictures, in_order, work.skip_broken)) as ahead:
        for number, parts in spans.items():
            left_out += _make_shard(work, number, told(islice(ahead, len(parts))))
    if left_out:
        which = "is left out: it does" if left_out == 1 else "are left out: they do"
        work.say(f"{left_out:,} of {total:,} pictures {which} not decode")


def _batches(work: _Pass, number: int) -> list[tuple[int, int]]:
    """Where a shard's batches begin and end.

    None reaches into the next shard: a shard's bytes do not depend on which others are there.
    """
    start, stop = work.manifest.span(number)
    size = work.batch_size
    return [(first, min(first + size, stop)) for first in range(start, stop, size)]


def _make_shard(work: _Pass, number: int, readings: Iterator[Reading]) -> int:
    """Write one shard, all views. Returns how many of its pictures were left out."""
    start, stop = work.manifest.span(number)
    shape = work.manifest.shape
    maps = {view.name: np.empty((stop - start, *shape), np.float16) for view in work.views}
    filled, broken = 0, list[int]()
    for reading in readings:
        for picture, why in reading.broken.items():
            work.say(f"picture {picture} is left out: {why}")
            broken.append(picture)
        end = filled + len(reading.numbers)
        for view in work.views:
            maps[view.name][filled:end] = look(work.network, work.pictures, view, reading, shape)
        filled = end
    kept = {name: values[:filled] for name, values in maps.items()}
    write_shard(work.folder, work.manifest, number, kept, broken)
    return len(broken)
