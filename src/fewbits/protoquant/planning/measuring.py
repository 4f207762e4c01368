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
from fewbits.protoquant.vocabulary import ChannelVocabulary, CodeVocabulary, Vocabulary
from fewbits.training import repeatable

LOOKED = {"cpu": 8, "cuda": 64}  # pictures that the backbone sees at once
BATCH = LearnSettings().batch_size
ROWS = 8 * BATCH  # of the table that a head is timed on
BEHIND = "cpu"  # where a run does k-means and finds nearest codes, whatever the device


def check_seconds(seconds: float | int) -> None:
    """Refuse a time in which nothing can be measured.

    Raises:
        UsageError: it is not above 0, or very long.
    """
    if not 0 < seconds <= 600:
        raise UsageError(f"--seconds must be above 0 and at most 600, got {seconds:g}")


def measure(
    task: Task,
    network: Backbone,
    out: Path,
    pictures: Path | None,
    seconds: float | int,
    device: str,
) -> Rates:
    """All rates of this machine; pictures are only read where a folder of some is given.

    Args:
        device: where the backbone looks, codes are learned and heads fitted; k-means and nearest
            codes are timed on the CPU, as they are in a run.

    Raises:
        UsageError: as :func:`check_seconds`.
        FewbitsError: ``out`` cannot be written, or there are no pictures in ``pictures``.
    """
    check_seconds(seconds)
    workers = os.cpu_count() or 1
    # What may be refused comes first.
    decode = None if pictures is None else decode_rate(pictures, task.side, seconds, workers)
    write, read = disk_rates(out, seconds)
    steps = _Steps(task, seconds, device)
    return Rates(
        task.backbone,
        task.side,
        task.codes,
        task.classes,
        device,
        free=free_bytes(out),
        look=_looked(task, network, seconds, device),
        product=product_rate(BEHIND, seconds),
        assign=steps.assign(),
        learn=steps.learn(),
        score=steps.score(),
        channels=steps.channels(),
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
    seconds: float | int
    device: str

    def assign(self) -> float:
        """Vectors a second."""
        maps, codebook = self._drawn(BEHIND)
        vectors = flat(maps)
        return pace(lambda: codebook.assign(vectors), len(vectors), self.seconds, BEHIND)

    def learn(self) -> float:
        """Pictures a second of stage 1 by gradient."""
        maps, codebook = self._drawn(self.device)
        classes, features = self.task.classes, self.task.features
        probe = Linear(torch.zeros(classes, features), torch.zeros(classes), torch.ones(features))
        probe, labels = probe.to(maps.device), (torch.arange(BATCH) % classes).to(maps.device)
        adam = torch.optim.Adam([codebook.codes], LearnSettings().learning_rate)

        def step() -> None:
            task, dictionary, _ = losses_of(codebook, probe, maps, labels)
            adam.zero_grad()
            (task + dictionary).backward()
            adam.step()

        return self._pace(step, BATCH)

    def score(self) -> float:
        """Pictures a second, maps to scores."""
        maps, codebook = self._drawn(self.device)
        return self._scored(CodeVocabulary(codebook, TEMPERATURE), maps)

    def channels(self) -> float:
        """The same with channels for codes."""
        maps, _ = self._drawn(self.device)
        return self._scored(ChannelVocabulary(torch.arange(self.task.features)), maps)

    @torch.no_grad()
    def _scored(self, vocabulary: Vocabulary, maps: Tensor) -> float:
        return self._pace(lambda: strongest(vocabulary.maps(maps)), BATCH)

    def fit(self, columns: int, readable: bool) -> float:
        """Pictures a second of a layer's epoch."""
        table = torch.rand(ROWS, columns)
        labels = torch.arange(ROWS) % self.task.classes
        once = HeadSettings(epochs=1)

        def epoch() -> Linear:
            given = table, labels, self.task.classes, once, 0
            return fit_linear(*given, readable=readable, device=torch.device(self.device))

        return self._pace(epoch, ROWS)

    def _drawn(self, device: str) -> tuple[Tensor, Codebook]:
        """A batch of maps and a codebook."""
        task, generator = self.task, torch.Generator().manual_seed(0)
        maps = torch.randn(BATCH, task.features, task.high, task.wide, generator=generator)
        codes = torch.randn(task.codes, task.features, generator=generator)
        codebook = Codebook(codes, fit_mapping("centred", flat(maps)))
        return maps.to(device), codebook.to(device)

    def _pace(self, work: Work, units: int) -> float:
        return pace(work, units, self.seconds, self.device)
