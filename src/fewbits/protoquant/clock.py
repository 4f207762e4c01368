"""How long work takes: several times in turn, the median, and no answer before a GPU has one."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median

import torch

Work = Callable[[], object]

SQUARES = {"cpu": 2048, "cuda": 8192}
"""Sides of the matrices whose product says what a device can do: large enough to fill it."""


def median_seconds(works: Mapping[str, Work], rounds: int, device: str) -> dict[str, float]:
    """The median time of each, all of them in every round: a busy moment hits all alike.

    Each is done once before the clock runs.
    """
    spent: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(seconds_of(work, device))
    return {name: median(times) for name, times in spent.items()}


def seconds_of(work: Work, device: str) -> float:
    """Wall clock of one call, on a GPU until its answer is there."""
    _wait(device)
    started = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - started


def pace(work: Work, units: float | int, seconds: float | int, device: str) -> float:
    """Units a second: ``work`` does ``units`` and is repeated until about ``seconds`` have passed.

    It is done once before the clock runs, and once by it at least.
    """
    work()
    spent = [seconds_of(work, device)]
    while sum(spent) < seconds:
        spent.append(seconds_of(work, device))
    return units / median(spent)


def product_rate(device: str, seconds: float | int = 1) -> float:
    """Floating-point operations a second of a plain 32-bit product of two square matrices."""
    side = SQUARES[device]
    left, right = torch.rand(2, side, side, device=device)
    return pace(lambda: left @ right, 2.0 * side**3, seconds, device)


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, PyTorch works with one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
