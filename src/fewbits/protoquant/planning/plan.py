"""The stages of ``fewbits run protoquant``, in its order, and how long each takes."""

from dataclasses import dataclass

from fewbits.metrics.parts.misalignment import STEPS
from fewbits.protoquant.experiment import HEAD, PROBE
from fewbits.protoquant.kmeans import ROUNDS
from fewbits.protoquant.measuring import ATTACKED
from fewbits.protoquant.pipeline import SAMPLE
from fewbits.protoquant.planning.rates import Rates
from fewbits.protoquant.planning.stages import Amount, Stage, Work
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
        """The same where each of several devices has a process that shares the work."""
        return sum((stage.many for stage in self.stages), 0.0)


def plan(task: Task, rates: Rates, devices: int) -> Plan:
    """Every stage at these rates, of a run whose backbone comes with weights and is not tuned.

    While the backbone looks, the next pictures are decoded, by the same cores however many devices
    there are; shards are written in between, to one disk, which later gives its bytes to all
    processes in turn. What processes tell each other is not counted, and each device is taken to
    keep its rate, as with batches of 128 a process it does. A short head is counted as a whole one:
    how many words its classes keep is not known before. So is a code's cosine as an assignment.
    """
    work, on = Work(rates, devices), rates.device
    cells = task.train * task.cells
    stream, tested = _read(task, task.train), _read(task, task.test)
    sampled = min(SAMPLE, cells)
    kmeans = ("assign", ROUNDS * sampled)
    scoring, fitting = _scoring(task, "score"), _fitting(task, "score", "head")
    spoken, channels = _scoring(task, "channels"), _fitting(task, "channels", "probe")
    both = "over scores, 1 over each cache"
    stages = [
        work.extraction(task),
        work.stage(
            "linear probe",
            f"{PROBE.epochs} over means, 1 over each cache",
            stream,
            tested,
            shared=[("probe", PROBE.epochs * task.train)],
            where=on,
        ),
        work.stage(
            "stage 1, k-means",
            f"{ROUNDS} over {sampled:,} sampled vectors",
            _read(task, min(SAMPLE, task.train)),
            kmeans,
        ),
        work.stage(
            "stage 1, by gradient",
            f"{task.learn} over the training cache",
            *task.learn * [stream],
            shared=task.learn * [("learn", task.train)],
            where=on,
        ),
        work.stage(
            "maps made of codes",
            "1 over the test cache",
            tested,
            ("assign", task.test * task.cells),
        ),
        *(
            work.stage(name, f"{HEAD.epochs} {both}", *scoring, shared=fitting, where=on)
            for name in ("stage 2, whole head", "stage 2, short head")
        ),
        work.stage(
            "nearest patches, usage", "2 over the training cache", *2 * (stream, ("assign", cells))
        ),
        _attack(work),
        work.stage(
            "baselines",
            f"2 heads each of random codes, k-means codes and channels, {ROUNDS} of k-means",
            kmeans,
            *4 * scoring,
            *2 * spoken,
            shared=4 * fitting + 2 * channels,
            where=on,
        ),
    ]
    return Plan(task, rates, devices, tuple(stages))


def _read(task: Task, pictures: int) -> Amount:
    """The maps of some pictures from disk."""
    return "read", pictures * task.picture_bytes


def _scoring(task: Task, score: str) -> list[Amount]:
    """A head beside its training: maps read from one disk, test pictures scored by one process."""
    return [_read(task, task.train), _read(task, task.test), (score, task.test)]


def _fitting(task: Task, score: str, epoch: str) -> list[Amount]:
    """Scores of the training pictures, and a head fitted to them."""
    return [(score, task.train), (epoch, HEAD.epochs * task.train)]


def _attack(work: Work) -> Stage:
    """Misalignment: pictures before and after, and steps whose way back counts as two looks."""
    looks = ATTACKED * (2 + 3 * STEPS)
    passes = f"{STEPS} steps on {ATTACKED} test pictures for codes, as many for channels"
    amounts = ("look", 2 * looks), ("score", looks), ("channels", looks)
    return work.stage("misalignment", passes, *amounts, where=work.rates.device)
