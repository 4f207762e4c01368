"""How the moments of a loop travel: features as whole numbers, each layer once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Int8, UInt16
from numpy.typing import NDArray
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.features import contrastiveness
from fewbits.qsenn.moments import Moment
from fewbits.widgets.stored_features import spread

LARGEST_CODE = 65_535
MOST_NUMBERS = 80_000  # of all tables together: 160 KB before packing

Table = Float[np.ndarray, "image feature"]


@dataclass(frozen=True)
class StoredSteps:
    """What the page gets: the numbers shown are computed from this.

    Attributes:
        codes: of the features, one table before the first pass and one after each.
        lows, units: of each table's features: a value is low + code x unit.
        weights, biases: of each moment.
        means, scales: under which each moment sees its features.
        contrasts: contrastiveness of the features of each table.
        labels: the class of each picture.
        given: how many pictures there were; of each class its share is stored.
        seen: the table of each moment.
    """

    codes: UInt16[np.ndarray, "table image feature"]
    lows: Float[np.ndarray, "table feature"]
    units: Float[np.ndarray, "table feature"]
    weights: Float[np.ndarray, "moment class feature"]
    biases: Float[np.ndarray, "moment class"]
    means: Float[np.ndarray, "moment feature"]
    scales: Float[np.ndarray, "moment feature"]
    contrasts: Float[np.ndarray, "table feature"]
    labels: UInt16[np.ndarray, " image"]
    given: int
    seen: tuple[int, ...]

    def features(self, moment: int) -> Table:
        """Standardised, as the moment's layer sees them."""
        table = self.seen[moment]
        raw = self.lows[table] + self.codes[table] * self.units[table]
        found: Table = (raw - self.means[moment]) / self.scales[moment]
        return found

    def signs(self, moment: int) -> Int8[np.ndarray, "class feature"]:
        """-1, 0 or 1: how a feature speaks of a class."""
        return np.sign(self.weights[moment]).astype(np.int8)

    def accuracy(self, moment: int) -> float:
        """Share of the stored pictures that are named rightly, 0 to 1."""
        logits = self.features(moment) @ self.weights[moment].T + self.biases[moment]
        return float((logits.argmax(1) == self.labels).mean())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed; the three layers of a pass are kept as they are."""
        names = ("codes", "lows", "units", "weights", "biases", "means", "scales", "contrasts")
        return {name: getattr(self, name) for name in names} | {"labels": self.labels}


def store_steps(
    moments: Sequence[Moment],
    tables: Sequence[Float[Tensor, "image feature"]],
    labels: Int[Tensor, " label"],
) -> StoredSteps:
    """Round the features of as many pictures as a page can carry, of each class its share.

    Raises:
        UsageError: no moment, tables and moments that do not belong together, or NaN.
    """
    _check(moments, tables, labels)
    count, features = tables[0].shape
    most = max(1, MOST_NUMBERS // (features * len(tables)))
    kept = spread(labels.cpu(), min(count, most))
    chosen = [table.detach().cpu().double()[kept].numpy() for table in tables]
    lows = np.stack([table.min(0) for table in chosen])
    units = np.stack([np.ptp(table, axis=0) / LARGEST_CODE for table in chosen])
    units[units == 0] = 1.0
    codes = np.stack(
        [
            np.rint((table - low) / unit)
            for table, low, unit in zip(chosen, lows, units, strict=True)
        ]
    )

    def each(*values: Tensor) -> NDArray[np.float64]:
        return np.stack([value.detach().cpu().double().numpy() for value in values])

    return StoredSteps(
        codes=codes.astype(np.uint16),
        lows=lows,
        units=units,
        weights=each(*(one.weights for one in moments)).astype(np.float32),
        biases=each(*(one.bias for one in moments)),
        means=each(*(one.how.mean for one in moments)),
        scales=each(*(one.how.scale for one in moments)),
        contrasts=each(*(contrastiveness(table.detach().cpu()) for table in tables)),
        labels=labels.cpu()[kept].numpy().astype(np.uint16),
        given=count,
        seen=tuple(one.table for one in moments),
    )


def separates(
    values: Float[np.ndarray, " image"],
    labels: UInt16[np.ndarray, " image"],
    signs: Int8[np.ndarray, " class"],
) -> float:
    """How often a feature is louder on a picture of a class it speaks for than on another.

    A feature that speaks for no class is asked how often it is quieter on those it speaks against.
    One that no class uses, or that has no other pictures to compare with, tells nothing: 0.5.
    """
    plus, minus = (signs > 0)[labels], (signs < 0)[labels]
    upper, lower = (plus, ~plus) if plus.any() else (~minus, minus)
    if not (upper.any() and lower.any()):
        return 0.5
    above, below = values[upper][:, None], values[lower][None]
    return float(((above > below) + (above == below) / 2).mean())


def _check(
    moments: Sequence[Moment],
    tables: Sequence[Float[Tensor, "image feature"]],
    labels: Int[Tensor, " label"],
) -> None:
    if not moments:
        raise UsageError("IterationStepper needs the moments of at least one pass, got none")
    expected = max(one.table for one in moments) + 1
    if len(tables) != expected:
        raise UsageError(
            f"tables must be the features before the first pass and after each, {expected}, "
            f"got {len(tables)}"
        )
    classes, features = moments[0].weights.shape
    if any(one.weights.shape != (classes, features) for one in moments):
        raise UsageError("all moments must be of one loop: their layers have different shapes")
    for place, table in enumerate(tables):
        if not len(labels) or table.shape != (len(labels), features):
            raise UsageError(
                f"table {place} must have a row for each of {len(labels)} labels, at least one, "
                f"and {features} columns, got the shape {tuple(table.shape)}"
            )
        if not table.isfinite().all():
            raise UsageError(f"table {place} holds NaN or infinity: find where it comes from first")
    if not all(one.weights.isfinite().all() and one.bias.isfinite().all() for one in moments):
        raise UsageError("a layer holds NaN or infinity: its fit went wrong, look there")
