"""The stages of a run, and how long each takes at given rates."""

from collections.abc import Iterable
from dataclasses import dataclass

from fewbits.protoquant.experiment import HEAD, PROBE
from fewbits.protoquant.kmeans import ROUNDS
from fewbits.protoquant.pipeline import PRUNING_ROUNDS, SAMPLE
from fewbits.protoquant.planning.rates import Rates
from fewbits.protoquant.planning.task import Task

REMEDIES = {
    "free": "free disk is not known: give --out DIR",
    "write": "how fast the disk takes bytes is not measured: give an --out with room for a trial",
    "read": "how fast the disk gives bytes is not measured: measure on Linux with --record, or "
    "write read, bytes a second, into a file for --rates",
    "decode": "how fast pictures are read and decoded is not measured: give --pictures DIR, a "
    "folder with some of them",
}


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Attributes:
        name: of what is done.
        passes: over what, how often.
        one: seconds on one device; without what is missing.
        many: the same on all devices.
        missing: rates that would have been needed and are not known.
    """

    name: str
    passes: str
    one: float
    many: float
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A task, the rates, how many devices there are, and what follows.

    Attributes:
        stages: in the order in which they run.
    """

    task: Task
    rates: Rates
    devices: int
    stages: tuple[Stage, ...]

    @property
    def missing(self) -> list[str]:
        """Rates that some stage lacks, each once."""
        return list(dict.fromkeys(name for stage in self.stages for name in stage.missing))

    @property
    def one(self) -> float:
        """Seconds of all stages on one device, without what is missing."""
        return sum((stage.one for stage in self.stages), 0.0)

    @property
    def many(self) -> float:
        """The same on all devices."""
        return sum((stage.many for stage in self.stages), 0.0)


def plan(task: Task, rates: Rates, devices: int) -> Plan:
    """Every stage at these rates.

    Processes share the extraction; each pass after it is made by one device in this package.
    While the backbone looks, the next pictures are decoded, by the same cores however many devices
    there are; shards are written in between, to one disk.
    """
    work = _Work(rates)
    pictures, cells = task.pictures, task.pictures * task.cells
    stream = ("read", task.cache_bytes)
    sampled = min(SAMPLE, cells)
    touched = min(SAMPLE, pictures) * task.picture_bytes
    prunings = PRUNING_ROUNDS + 1  # one more counts what is left
    scores = f"1 over the cache, {HEAD.epochs} over scores"
    stages = [
        work.extraction(task, devices),
        work.stage(
            "linear probe",
            f"1 over the cache, {PROBE.epochs} over means",
            stream,
            ("probe", PROBE.epochs * pictures),
        ),
        work.stage(
            "stage 1, k-means",
            f"{ROUNDS} over {sampled:,} sampled vectors",
            ("read", touched),
            ("assign", ROUNDS * sampled),
        ),
        work.stage(
            "stage 1, by gradient",
            f"{task.learn} over the cache",
            *task.learn * (stream, ("learn", pictures)),
        ),
        work.stage("scores", "1 over the cache", stream, ("score", pictures)),
        work.stage(
            "stage 2, whole head", f"{HEAD.epochs} over scores", ("head", HEAD.epochs * pictures)
        ),
        work.stage(
            "stage 2, short head",
            scores,
            stream,
            ("score", pictures),
            ("head", HEAD.epochs * pictures),
        ),
        work.stage(
            "pruning by usage",
            f"{prunings} over the cache",
            *prunings * (stream, ("assign", cells)),
        ),
    ]
    return Plan(task, rates, devices, tuple(stages))


@dataclass(frozen=True)
class _Work:
    """From amounts to seconds."""

    rates: Rates

    def stage(self, name: str, passes: str, *amounts: tuple[str, int]) -> Stage:
        """What one device does, one thing after the other."""
        seconds = sum((self.seconds(rate, amount) for rate, amount in amounts), 0.0)
        return Stage(name, passes, seconds, seconds, self.lacking(rate for rate, _ in amounts))

    def extraction(self, task: Task, devices: int) -> Stage:
        """The backbone's one pass."""
        looked = self.seconds("look", task.pictures)
        decoded = self.seconds("decode", task.pictures)
        written = self.seconds("write", task.cache_bytes)
        return Stage(
            "extraction",
            "1 over the pictures",
            max(looked, decoded) + written,
            max(looked / devices, decoded) + written,
            self.lacking(("look", "decode", "write")),
        )

    def seconds(self, rate: str, amount: int) -> float:
        """0 where the rate is not known."""
        known = getattr(self.rates, rate)
        return amount / known if known else 0.0

    def lacking(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that are not known, each once."""
        return tuple(dict.fromkeys(n for n in names if getattr(self.rates, n) is None))
