"""How long the loss takes on this machine, measured on a slice of rows."""

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from fewbits.glm import table
from fewbits.glm.loss import Multinomial
from fewbits.glm.planning.rehearsal import Shape, draw
from fewbits.glm.standardize import measure

BLOCKS, ROUNDS = 3, 3


def slice_of(shape: Shape, device: str = "cpu") -> Shape:
    """As many rows of a problem as are enough to time it: a few blocks, two a class at least."""
    many = BLOCKS * table.block_rows(shape.features, shape.classes, 4, device)
    return replace(shape, rows=min(shape.rows, max(many, 2 * shape.classes)))


class Rates:
    """Seconds by number of columns, for all rows of a problem.

    Columns that would be too many to copy at the full size are not copied on the slice either.

    Args:
        shape: of the whole problem.
        device: where it would run.
    """

    def __init__(self, shape: Shape, device: str = "cpu") -> None:
        self.shape, self.device, self.slice = shape, device, slice_of(shape, device)
        self.features, self.labels = draw(self.slice, device)
        self.how = measure(self.features)
        self._known: dict[int, float] = {}

    def total(self, evaluations: dict[int, int]) -> float:
        """Seconds of a fit: means and deviations, targets, and so many evaluations by columns."""
        looked = self._timed(lambda: measure(self.features)) * self.shape.rows / self.slice.rows
        begun = looked + self.evaluation(self.shape.features)
        return begun + sum(many * self.evaluation(wide) for wide, many in evaluations.items())

    def evaluation(self, columns: int) -> float:
        """Seconds of one evaluation, in between the two nearest powers of two."""
        if columns >= self.shape.features:
            return self._measured(self.shape.features)
        low = 1 << max(columns.bit_length() - 1, 0)
        high = min(2 * low, self.shape.features)
        share = (columns - low) / max(high - low, 1)
        return (1 - share) * self._measured(low) + share * self._measured(high)

    def _measured(self, columns: int) -> float:
        if columns not in self._known:
            loss = self._loss(columns)
            layer = loss.null()
            seconds = self._timed(lambda: loss(*layer))
            self._known[columns] = seconds * self.shape.rows / self.slice.rows
        return self._known[columns]

    def _loss(self, columns: int) -> Multinomial:
        whole = columns == self.shape.features
        kept = None if whole else torch.arange(columns, device=self.device)
        small = self.shape.rows * columns * 4 <= table.COPY_BYTES
        chosen = table.Table(self.features, self.how, kept, None if small else 0)
        return Multinomial(chosen, self.labels, self.shape.classes)

    def _timed(self, work: Callable[[], object]) -> float:
        work()
        seconds = []
        for _ in range(ROUNDS):
            self._wait()
            started = time.perf_counter()
            work()
            self._wait()
            seconds.append(time.perf_counter() - started)
        return min(seconds)  # of a machine that has nothing else to do

    def _wait(self) -> None:
        if self.device.startswith("cuda"):
            torch.cuda.synchronize(self.device)
