"""What the network makes of a batch, in 16 bits, and what its maps will look like."""

import numpy as np
import torch
from jaxtyping import Float, Float16, UInt8
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.features.keys import CacheKey, View
from fewbits.features.manifest import WIDTH, Manifest
from fewbits.features.reading import Reading
from fewbits.features.sources import Pictures
from fewbits.training import to_float

LARGEST = torch.finfo(torch.float16).max


def plan(
    key: CacheKey, network: nn.Module, pictures: Pictures, view: View, shard_bytes: int
) -> Manifest:
    """What a cache will hold; a black picture tells the shape of the maps.

    Raises:
        UsageError: the network does not give maps.
    """
    side = pictures.side
    maps = _maps(network, view, torch.zeros(1, 3, side, side, dtype=torch.uint8))
    _, features, high, wide = maps.shape
    per_shard = max(1, shard_bytes // (features * high * wide * WIDTH))
    return Manifest(key, pictures.count, features, high, wide, min(per_shard, pictures.count))


def look(
    network: nn.Module,
    pictures: Pictures,
    view: View,
    reading: Reading,
    expected: tuple[int, int, int],
) -> Float16[np.ndarray, "image feature high wide"]:
    """The maps of a batch, rounded to the nearest number of 16 bits.

    A value x changes by at most |x| / 2048, or by 2^-25 where |x| is below 2^-14.

    Raises:
        UsageError: the maps of this view are of another shape than expected.
        FewbitsError: a value is too large for 16 bits, NaN or infinite; the message names the
            picture.
    """
    if not reading.numbers:
        return np.empty((0, *expected), dtype=np.float16)
    maps = _maps(network, view, reading.pixels)
    if maps.shape != (len(reading.numbers), *expected):
        raise UsageError(
            f"view {view.name!r}: expected maps of {' x '.join(map(str, expected))} for each of "
            f"{len(reading.numbers)} pictures, got {' x '.join(map(str, maps.shape))}"
        )
    fits = (maps.abs() <= LARGEST).flatten(1).all(1)  # NaN is not at most anything
    if not fits.all():
        row = int((~fits).nonzero()[0])
        name = pictures.name(reading.numbers[row])
        raise _does_not_fit(reading.numbers[row], name, float(maps[row].abs().max()))
    return maps.half().cpu().numpy()


def _maps(
    network: nn.Module, view: View, pixels: UInt8[Tensor, "image 3 side side"]
) -> Float[Tensor, "image feature high wide"]:
    """On the network's device, in the numbers that it counts in."""
    like = next(network.parameters(), torch.empty(0))
    images = to_float(pixels.to(like.device))
    found = network(view.change(images).to(like.dtype))
    if not isinstance(found, Tensor) or found.ndim != 4:
        got = f"{found.ndim} axes" if isinstance(found, Tensor) else f"a {type(found).__name__}"
        raise UsageError(
            f"expected maps of 4 axes (image, feature, high, wide), got {got}: take the part of "
            "the network in front of its pooling"
        )
    return found


def _does_not_fit(number: int, name: str, largest: float) -> FewbitsError:
    if np.isfinite(largest):
        return FewbitsError(
            f"picture {number} ({name}): its features reach {largest:.6g}, and 16 bits end at "
            f"{LARGEST:.0f}: divide the maps inside the backbone"
        )
    return FewbitsError(
        f"picture {number} ({name}): its features hold NaN or infinity: are the backbone's weights "
        "sound?"
    )
