"""Read the next batch while the network looks at this one, and get past what does not decode."""

from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import torch
from jaxtyping import UInt8
from torch import Tensor

from fewbits.errors import FewbitsError
from fewbits.features.sources import Pictures


@dataclass(frozen=True)
class Reading:
    """A batch as it was read.

    Attributes:
        numbers: of the pictures in ``pixels``, one each.
        broken: why, for each picture that did not decode.
    """

    pixels: UInt8[Tensor, "image 3 side side"]
    numbers: list[int]
    broken: dict[int, str] = field(default_factory=dict)


def read_ahead(
    pictures: Pictures, spans: Iterable[tuple[int, int]], skip_broken: bool
) -> Generator[Reading, None, None]:
    """Batches in order; the one after each is read in the meantime, by another thread.

    Raises:
        FewbitsError: a picture does not decode and is not to be skipped, or some are lacking.
    """
    waiting: Future[Reading] | None = None
    with ThreadPoolExecutor(1) as reader:
        for span in spans:
            coming = reader.submit(read_batch, pictures, *span, skip_broken)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is not None:
            yield waiting.result()


def read_batch(pictures: Pictures, start: int, stop: int, skip_broken: bool) -> Reading:
    """Pictures ``start`` to ``stop - 1``, one by one if they cannot be read together.

    Raises:
        FewbitsError: a picture does not decode and is not to be skipped, or some are lacking.
    """
    try:
        return Reading(_read(pictures, start, stop), list(range(start, stop)))
    except FewbitsError:
        if not skip_broken:
            raise
    pixels, broken = [torch.empty(0, 3, pictures.side, pictures.side, dtype=torch.uint8)], {}
    for number in range(start, stop):
        try:
            pixels.append(_read(pictures, number, number + 1))
        except FewbitsError as error:
            broken[number] = str(error)
    return Reading(torch.cat(pixels), [n for n in range(start, stop) if n not in broken], broken)


def _read(pictures: Pictures, start: int, stop: int) -> UInt8[Tensor, "image 3 side side"]:
    found = pictures.read(start, stop)
    if len(found) != stop - start:  # every later row would be another picture's
        raise FewbitsError(
            f"expected pictures {start} to {stop - 1}, got {len(found)} of them: is the set whole?"
        )
    return found
