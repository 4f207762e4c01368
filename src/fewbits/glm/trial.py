"""A plan put to the test: the largest drawn problem that there is time and memory for, run."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import torch

from fewbits.errors import UsageError
from fewbits.glm.memory import Peak
from fewbits.glm.plan import Plan, plan_fit
from fewbits.glm.rehearsal import Shape, Stage, draw, run

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
    """Draw a problem and run both stages in a process of its own, whose memory is only theirs."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measured, shape, device, torch.get_num_threads()).result()


def _measured(shape: Shape, device: str, threads: int) -> Trial:
    torch.set_num_threads(threads)
    warm = Shape(100, 8, 2, 4)
    run(*draw(warm, device), warm)  # what is loaded once is loaded before the measurement
    peak = Peak(device)
    features, labels = draw(shape, device)
    stages = run(features, labels, shape)
    return Trial(shape, stages, peak.read())
