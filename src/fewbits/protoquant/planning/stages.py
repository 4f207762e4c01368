"""One stage of a run: what it goes over, where, and how long that takes at given rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fewbits.protoquant.planning.measuring import BEHIND
from fewbits.protoquant.planning.rates import Rates
from fewbits.protoquant.planning.task import Task

Amount = tuple[str, int]
"""The name of a rate, and how much there is to do at it."""


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Attributes:
        name: of what is done.
        passes: over what, how often.
        where: the device that it runs on.
        one: seconds of one process on one device; without what is missing.
        many: the same where several processes, each on its own device, share the work.
        missing: rates that would have been needed and are not known.
    """

    name: str
    passes: str
    where: str
    one: float
    many: float
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """From amounts to seconds, for one device and for several."""

    rates: Rates
    devices: int

    def stage(
        self,
        name: str,
        passes: str,
        *alone: Amount,
        shared: Sequence[Amount] = (),
        where: str = BEHIND,
    ) -> Stage:
        """Things done one after the other.

        Args:
            alone: what takes as long with many devices: the first process does it, or one disk.
            shared: what each device does its part of.
        """
        fixed = sum((self.seconds(rate, amount) for rate, amount in alone), 0.0)
        parted = sum((self.seconds(rate, amount) for rate, amount in shared), 0.0)
        missing = self.lacking(rate for rate, _ in (*alone, *shared))
        many = fixed + parted / self.devices
        return Stage(name, passes, where, fixed + parted, many, missing)

    def extraction(self, task: Task) -> Stage:
        """The backbone's one pass over the pictures of both splits."""
        looked = self.seconds("look", task.pictures)
        decoded = self.seconds("decode", task.pictures)
        written = self.seconds("write", task.cache_bytes)
        return Stage(
            "extraction",
            f"1 over {task.train:,} + {task.test:,} pictures",
            self.rates.device,
            max(looked, decoded) + written,
            max(looked / self.devices, decoded) + written,
            self.lacking(("look", "decode", "write")),
        )

    def seconds(self, rate: str, amount: int) -> float:
        """0 where the rate is not known."""
        known = getattr(self.rates, rate)
        return amount / known if known else 0.0

    def lacking(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that are not known, each once."""
        return tuple(dict.fromkeys(n for n in names if getattr(self.rates, n) is None))
