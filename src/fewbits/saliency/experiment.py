"""One whole saliency experiment: families of networks trained, maps made, measured, reported."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fewbits import data
from fewbits.errors import FewbitsError, UsageError
from fewbits.pact import networks, pipeline
from fewbits.report import REPORT_NAME, Report, begin, provenance, run_once, write_whole
from fewbits.saliency import guided, maps, measuring
from fewbits.saliency.measuring import Maps, Numbers
from fewbits.saliency.models import (
    FAMILY,
    MODELS,
    Member,
    Model,
    Workshop,
    file_name,
    finished_runs,
)
from fewbits.saliency.summary import summarise
from fewbits.training import LARGEST_SEED, OnStage, stage

# Of these, one seed's maps are also held against another seed's: the noise floor.
ACROSS_SEEDS = ("float", "PACT 2", "guided", "masked")


@dataclass(frozen=True)
class Settings:
    """Everything that decides the experiment's numbers, checked when made.

    Attributes:
        seeds: how many families are trained: seeds 1 to this number.
        images: how many test images are explained, the first of the test split.
        guided: whether the networks trained with guided and masked images belong to the families;
            they take most of the time.

    Raises:
        UsageError: a name or number is not known.
    """

    dataset: str
    network: str = "compact"
    seeds: int = 3
    scale: str = "smoke"
    images: int = 500
    guided: bool = True

    def __post_init__(self) -> None:
        for name, value, known in (
            ("network", self.network, networks.NAMES),
            ("scale", self.scale, data.SCALES),
        ):
            if value not in known:
                raise UsageError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")
        if not 2 <= self.seeds <= LARGEST_SEED:
            raise UsageError(
                f"at least 2 seeds are needed, got {self.seeds}: how much two float networks "
                "differ is what every other difference is measured by"
            )
        if self.images < 2:
            raise UsageError(f"at least 2 images are needed, got {self.images}")

    @property
    def family(self) -> tuple[Model, ...]:
        """The members of each seed's family."""
        return tuple(model for model in FAMILY if self.guided or model.training == "plain")


def run(
    settings: Settings,
    data_dir: Path | None,
    out: Path,
    runs: Path | None = None,
    on_stage: OnStage | None = None,
) -> tuple[Report, bool]:
    """Train what is missing, explain, measure and report.

    Every epoch leaves a checkpoint in ``out/networks`` and every measured network or pair a file in
    ``out/measured``; started again, the experiment goes on from them and ends with the same
    numbers.

    Args:
        runs: a folder of finished `fewbits run pact` folders; their networks are not trained again.

    Returns:
        The report, and whether anything was done (False if ``out`` held it already).

    Raises:
        UsageError: ``out`` holds another run, or ``runs`` none that fits.
        FewbitsError: the data are missing or broken, or ``out`` cannot be written.
    """
    images = data.load(settings.dataset, data_dir, settings.scale)
    seeds = range(1, settings.seeds + 1)
    finished = {}
    if runs is not None and not (out / REPORT_NAME).exists():
        finished = finished_runs(runs, images, settings.network, settings.scale, seeds)
    schedule = pipeline.schedule_for(settings.dataset, settings.scale, images.train.count)
    # Whatever else a measured file depends on: with another value it is another experiment.
    made_with = {
        "maps": maps.SETTINGS,
        "guided": guided.SETTINGS,
        "measures": measuring.SETTINGS,
        "torch": torch.__version__,
        "captum": version("captum"),
    }
    identity = {
        "method": "saliency",
        **asdict(settings),
        "images_digest": data.digest_of(images),
        "schedule": asdict(schedule),
        "made_with": made_with,
    }

    def work() -> Report:
        begun, resumed = begin(), (out / "measured").exists()
        workshop = Workshop(images, settings.network, schedule, out / "networks", finished)
        split = images.test.first(settings.images)
        bench = _Bench(workshop, settings.family, split, out / "measured", on_stage)
        for seed in seeds:
            for model in settings.family:
                bench.measure(model, seed)
        for pair in across_seeds(settings.family, seeds):
            bench.compare(*pair)
        return Report(
            method="saliency",
            dataset=settings.dataset,
            scale=settings.scale,
            seed=seeds[0],
            settings={**asdict(settings), "schedule": asdict(schedule)},
            metrics={
                "networks_from": sorted({place.name for place in finished.values()}),
                **summarise(bench.models, bench.pairs, bench.labels).to_metrics(),
            },
            # Where it was resumed, the seconds are those of the last leg.
            provenance={**provenance(begun), "resumed": resumed},
        )

    return run_once(out, identity, work)


def across_seeds(family: Sequence[Model], seeds: range) -> list[tuple[Member, Member]]:
    """The same model from two seeds, for the models whose own noise floor is asked for."""
    return [
        ((model.name, one), (model.name, other))
        for model in family
        if model.name in ACROSS_SEEDS
        for one, other in combinations(seeds, 2)
    ]


@dataclass
class _Bench:
    """Networks in, numbers out; what was measured before is read back."""

    workshop: Workshop
    family: Sequence[Model]
    split: data.Split
    folder: Path
    on_stage: OnStage | None
    models: dict[Member, Numbers] = field(default_factory=dict)
    pairs: dict[tuple[Member, Member], Numbers] = field(default_factory=dict)
    kept: dict[Member, Maps] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pixels = maps.check_images(self.split.images)  # before anything is trained
        self.labels = self.split.labels
        self.foreground = self.split.images[:, 0] > 0
        self.truth = None if self.split.truth is None else self.split.truth[:, 0]

    def measure(self, model: Model, seed: int) -> None:
        """Everything about one network: by itself, and beside the one it started from."""
        member = (model.name, seed)
        file = self.folder / f"{_file_name(member)}.npz"
        self.models[member] = self._once(file, partial(self._alone, member))
        if model.start is not None:
            self.compare(member, (model.start, seed))
        if model.name not in ACROSS_SEEDS:
            self.kept.pop(member, None)
        if self.on_stage is not None:
            done = self.family.index(model) + 1
            self.on_stage(f"seed {seed}: measured", done, len(self.family), None)

    def compare(self, one: Member, other: Member) -> None:
        """How alike the maps of two networks are."""
        file = self.folder / f"{_file_name(one)}--{_file_name(other)}.npz"
        self.pairs[one, other] = self._once(file, partial(self._beside, one, other))

    def _alone(self, member: Member) -> Numbers:
        network = self._network(member)
        found = measuring.outcome(network, self.pixels, self.labels)
        return found | measuring.worth(
            network, self.pixels, self.labels, self._maps(member, network), self.truth
        )

    def _beside(self, one: Member, other: Member) -> Numbers:
        return measuring.likeness(self._maps(one), self._maps(other), self.foreground)

    def _network(self, member: Member) -> nn.Module:
        name, seed = member
        return self.workshop.make(MODELS[name], seed, stage(f"seed {seed}: {name}", self.on_stage))

    def _maps(self, member: Member, network: nn.Module | None = None) -> Maps:
        """Maps, kept while others may ask for them: a family's float maps serve all its members."""
        if member not in self.kept:
            backward = MODELS[member[0]].backward
            self.kept[member] = measuring.maps_of(
                network or self._network(member), self.pixels, self.labels, backward
            )
        return self.kept[member]

    def _once(self, file: Path, measure: Callable[[], Numbers]) -> Numbers:
        if file.exists():
            return _read(file)
        found = measure()
        write_whole(file, partial(_write, found))
        return found


def _file_name(member: Member) -> str:
    return f"{member[1]}-{file_name(member[0])}"


def _write(numbers: Numbers, part: Path) -> None:
    with part.open("wb") as stream:
        np.savez_compressed(stream, **{name: v.cpu().numpy() for name, v in numbers.items()})  # type: ignore[arg-type]


def _read(file: Path) -> Numbers:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: torch.from_numpy(stored[name]) for name in stored.files}
    except Exception as error:
        raise FewbitsError(
            f"{file} is damaged ({type(error).__name__}): delete it and run again, nothing else "
            "is lost"
        ) from error
