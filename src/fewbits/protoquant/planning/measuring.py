"""Measure here what a plan needs to know, each for a few seconds and on the task's own shapes."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from fewbits.backbones import Backbone
from fewbits.data.disk import free_bytes
from fewbits.errors import UsageError
from fewbits.protoquant.clock import Work, pace, product_rate
from fewbits.protoquant.codebook import Codebook, flat
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear
from fewbits.protoquant.learning import LearnSettings, losses_of
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.planning.disk import decode_rate, disk_rates
from fewbits.protoquant.planning.rates import Rates
from fewbits.protoquant.planning.task import Task
from fewbits.protoquant.scores import TEMPERATURE, strongest
from fewbits.protoquant.vocabulary import CodeVocabulary
from fewbits.training import repeatable

LOOKED = {"cpu": 8, "cuda": 64}  # pictures that the backbone sees at once
BATCH = LearnSettings().batch_size
ROWS = 8 * BATCH  # of the table that a head is timed on


def measure(
    task: Task,
    network: Backbone,
    out: Path,
    pictures: Path | None,
    seconds: float | int,
    device: str,
) -> Rates:
    """All rates of this machine; pictures are only read where a folder of some is given.

    Raises:
        UsageError: no time is given.
        FewbitsError: ``out`` cannot be written, or there are no pictures in ``pictures``.
    """
    if not 0 < seconds <= 600:
        raise UsageError(f"--seconds must be above 0 and at most 600, got {seconds:g}")
    workers = os.cpu_count() or 1
    # What may be refused comes first.
    decode = None if pictures is None else decode_rate(pictures, task.side, seconds, workers)
    write, read = disk_rates(out, seconds)
    steps = _Steps(task, device, seconds)
    return Rates(
        task.backbone,
        task.side,
        task.codes,
        task.classes,
        device,
        free=free_bytes(out),
        look=_looked(task, network, seconds, device),
        product=product_rate(device, seconds),
        assign=steps.assign(),
        learn=steps.learn(),
        score=steps.score(),
        head=steps.fit(task.codes, readable=True),
        probe=steps.fit(task.features, readable=False),
        write=write,
        read=read,
        decode=decode,
    )


@torch.no_grad()
@repeatable()
def _looked(task: Task, network: Backbone, seconds: float | int, device: str) -> float:
    """Pictures a second, as the extraction shows them to the backbone."""
    network = network.eval().to(device)
    shown = torch.rand(LOOKED[device], 3, task.side, task.side, device=device)
    return pace(lambda: network(shown), len(shown), seconds, device)


@dataclass(frozen=True)
class _Steps:
    """The stages behind the backbone, on drawn maps: their time does not depend on the values."""

    task: Task
    device: str
    seconds: float | int

    def assign(self) -> float:
        """Vectors a second."""
        maps, codebook = self._drawn()
        vectors = flat(maps)
        return self._pace(lambda: codebook.assign(vectors), len(vectors))

    def learn(self) -> float:
        """Pictures a second of stage 1 by gradient."""
        maps, codebook = self._drawn()
        classes, features = self.task.classes, self.task.features
        weights = torch.zeros(classes, features, device=self.device)
        bias = torch.zeros(classes, device=self.device)
        probe = Linear(weights, bias, torch.ones(features, device=self.device))
        labels = (torch.arange(BATCH) % classes).to(self.device)
        adam = torch.optim.Adam([codebook.codes], LearnSettings().learning_rate)

        def step() -> None:
            task, dictionary, _ = losses_of(codebook, probe, maps, labels)
            adam.zero_grad()
            (task + dictionary).backward()
            adam.step()

        return self._pace(step, BATCH)

    @torch.no_grad()
    def score(self) -> float:
        """Pictures a second, maps to scores."""
        maps, codebook = self._drawn()
        vocabulary = CodeVocabulary(codebook, TEMPERATURE)
        return self._pace(lambda: strongest(vocabulary.maps(maps)), BATCH)

    def fit(self, columns: int, readable: bool) -> float:
        """Pictures a second of a layer's epoch."""
        table = torch.rand(ROWS, columns, device=self.device)
        labels = (torch.arange(ROWS) % self.task.classes).to(self.device)
        once = HeadSettings(epochs=1)

        def epoch() -> Linear:
            return fit_linear(table, labels, self.task.classes, once, 0, readable=readable)

        return self._pace(epoch, ROWS)

    def _drawn(self) -> tuple[Tensor, Codebook]:
        """A batch of maps and a codebook."""
        task, generator = self.task, torch.Generator().manual_seed(0)
        maps = torch.randn(BATCH, task.features, task.high, task.wide, generator=generator)
        codes = torch.randn(task.codes, task.features, generator=generator)
        codebook = Codebook(codes, fit_mapping("centred", flat(maps)))
        return maps.to(self.device), codebook.to(self.device)

    def _pace(self, work: Work, units: int) -> float:
        return pace(work, units, self.seconds, self.device)
