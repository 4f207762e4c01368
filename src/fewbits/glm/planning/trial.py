"""A plan put to the test: the largest drawn problem that there is time and memory for, run."""

import os
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread

import torch

from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.planning.memory import Peak
from fewbits.glm.planning.plan import Plan, plan_fit
from fewbits.glm.planning.rehearsal import Shape, Stage, draw, run

SHARE = 0.8  # of the time allowed is planned for


@dataclass(frozen=True)
class Trial:
    """What a run took.

    Attributes:
        shape: of the problem.
        stages: selection and path.
        peak: bytes at the worst moment, above what the process had before the features were drawn;
            None where the system does not tell.
    """

    shape: Shape
    stages: tuple[Stage, Stage]
    peak: int | None


def affordable(plan: Plan, seconds: float) -> Plan:
    """The plan of the same fit with as many rows as its memory and so many seconds allow.

    Raises:
        UsageError: that is fewer than two rows a class.
    """
    fewest = 2 * plan.shape.classes
    while sum(plan.seconds) > seconds or not plan.fits:
        share = min(SHARE * seconds / sum(plan.seconds), 0.95)
        rows = min(int(plan.shape.rows * share), plan.most_rows)
        if rows < fewest:
            raise UsageError(
                f"{seconds:.0f} seconds and the memory do for {rows} rows, expected 2 a class at "
                f"least, {fewest}: allow more, or plan fewer classes"
            )
        plan = plan_fit(replace(plan.shape, rows=rows), plan.device, plan.available)
    return plan


def trial(shape: Shape, device: str = "cpu") -> Trial:
    """Draw a problem and run both stages in a process of its own, whose memory is only theirs.

    That process ends with this one, however this one ends.

    Raises:
        FewbitsError: it ended before it was done, most likely for want of memory.
    """
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    spawned = get_context("spawn")
    receiver, sender = spawned.Pipe(duplex=False)
    threads = torch.get_num_threads()
    worker = spawned.Process(target=_work, args=(sender, shape, device, threads), daemon=True)
    worker.start()
    sender.close()  # so that nothing holds the worker's end but the worker
    try:
        said = receiver.recv()
    except EOFError:
        said = "it was killed"
    finally:
        worker.kill()
        worker.join()
    if isinstance(said, Trial):
        return said
    raise FewbitsError(
        f"the trial of {shape} ended before it was done ({said}): if memory was short, allow less "
        "of it or less time, and a smaller part is run"
    )


def _work(sender: Connection, shape: Shape, device: str, threads: int) -> None:
    """Sends a trial, or what went wrong."""
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        said: Trial | str = _measured(shape, device, threads)
    except (MemoryError, RuntimeError) as error:  # PyTorch's want of memory is a RuntimeError
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
    sender.send(said)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _measured(shape: Shape, device: str, threads: int) -> Trial:
    torch.set_num_threads(threads)
    warm = Shape(100, 8, 2, 4)
    run(*draw(warm, device), warm)  # what is loaded once is loaded before the measurement
    peak = Peak(device)
    features, labels = draw(shape, device)
    stages = run(features, labels, shape)
    return Trial(shape, stages, peak.read())
