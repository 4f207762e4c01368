"""One process or several: which rows are whose, sums over all, and who goes first.

Under ``torchrun`` several processes do one piece of work, each on a device of its own; Hugging
Face Accelerate starts their talk (NCCL between GPUs, gloo between CPUs). Without it there is one
process, nothing is imported and nothing is changed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn

from fewbits.errors import FewbitsError

PATIENCE = timedelta(days=7)
"""How long one waits for the others. Who is lost is noticed by torchrun, not by waiting."""

STARTED = ("RANK", "LOCAL_RANK", "MASTER_ADDR")
"""What torchrun tells each process beside how many there are."""


@dataclass(frozen=True)
class Processes:
    """This process among those that share the work.

    Attributes:
        rank: from 0; the process of rank 0 writes and shows.
        world: how many there are.
        engine: an ``accelerate.Accelerator``; None for a process alone.
    """

    rank: int = 0
    world: int = 1
    engine: Any = None

    @property
    def main(self) -> bool:
        """Whether this is the one that writes and shows."""
        return self.rank == 0

    def part(self, rows: Int[Tensor, " row"]) -> Int[Tensor, " own"]:
        """This process's rows of a batch: every ``world``-th, none where there are too few."""
        return rows[self.rank :: self.world]

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, the same bits in each; alone the values themselves."""
        if self.engine is None:
            return values
        found: Tensor = self.engine.reduce(values.to(self.engine.device), reduction="sum")
        return found.to(values.device)

    def add_gradients(self, learned: Sequence[Tensor]) -> None:
        """Put the sum of all processes' gradients in place of each one's own.

        Each process has to weigh its loss by its share of the batch: then the sum is the gradient
        of the whole batch's mean, however unequal the shares are.
        """
        if self.engine is None:
            return
        for values in learned:
            own = torch.zeros_like(values) if values.grad is None else values.grad
            values.grad = self.sum(own)

    def agree(self, value: bool) -> bool:
        """What the first process says."""
        return bool(self.sum(torch.tensor(int(value and self.main))))

    def share_of_cores(self) -> int:
        """Threads that this process may use for its part of reading, at least 1."""
        return max(1, (os.cpu_count() or 1) // self.world)

    @torch.no_grad()
    def align(self, network: nn.Module) -> None:
        """Give every process the parameters and buffers of the first; in place."""
        for values in (*network.parameters(), *network.buffers()):
            values.copy_(self.sum(values if self.main else torch.zeros_like(values)))

    def wait(self) -> None:
        """Go on when all are here."""
        if self.engine is not None:
            self.engine.wait_for_everyone()

    @contextmanager
    def first(self) -> Iterator[None]:
        """The first process does what is inside alone; the others find it done."""
        if self.engine is None:
            yield
            return
        with self.engine.main_process_first():
            yield


ALONE = Processes()


@cache
def processes() -> Processes:
    """The processes that ``torchrun`` started, or this one alone.

    Raises:
        FewbitsError: there are several, and Accelerate is not installed, or they were not started
            by ``torchrun``, or not all of them are on this machine.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world < 2:
        return ALONE
    if lost := [name for name in STARTED if name not in os.environ]:
        raise FewbitsError(
            f"WORLD_SIZE is {world}, but {', '.join(lost)} is not set: start with torchrun, or "
            "unset WORLD_SIZE to use one process"
        )
    here = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    if here != world:
        raise FewbitsError(
            f"expected all processes on one machine, got {here} of {world} here: they share "
            "scores through its memory; use torchrun --standalone"
        )
    try:
        from accelerate import Accelerator
        from accelerate.utils import InitProcessGroupKwargs
    except ImportError as error:
        raise FewbitsError(
            "several processes need Hugging Face Accelerate: pip install accelerate"
        ) from error
    patient = InitProcessGroupKwargs(timeout=PATIENCE)
    engine = Accelerator(cpu=not torch.cuda.is_available(), kwargs_handlers=[patient])
    return Processes(engine.process_index, engine.num_processes, engine)
