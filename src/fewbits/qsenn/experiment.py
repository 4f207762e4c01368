"""One whole Q-SENN run and its baselines: settings in, report and checkpoints out, resumable."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits import backbones
from fewbits.data import SCALES, ImageSet, digest_of
from fewbits.data.cub import BirdSet
from fewbits.data.picture_sets import PICTURES
from fewbits.data.pictures import load_pictures, side_for, with_pixels
from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.defaults import PRECISION
from fewbits.qsenn import pipeline
from fewbits.qsenn.measuring import Block, measure
from fewbits.qsenn.network import FeatureNetwork
from fewbits.qsenn.rounding import Rounding
from fewbits.qsenn.ternary import random_ternary
from fewbits.report import Report, begin, provenance, run_once
from fewbits.training import (
    LARGEST_SEED,
    OnStage,
    StepDecay,
    TrainSettings,
    accuracy,
    pick_device,
    stage,
)

PAPER = "paper"  # the published recipe
BATCH = 64  # pictures that are looked at together
DRAWN = tuple(name for name, info in PICTURES.items() if info.drawn)
BASELINES = {
    "dense-longer": "dense, trained on",
    "sldd": "sldd",
    "glm-saga-5": "glm-saga-5",
    "first-layer": "first layer kept",
    "random": "random layer",
    "attributes": "attributes' layer",
}
"""As a user asks for them and checkpoints are called, and as reports do; in order of training."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's numbers, checked when made.

    Attributes:
        dataset: as :func:`fewbits.data.pictures.load_pictures` knows it.
        backbone: ``tiny`` or a classifier of torchvision.
        weights: a file, ``published``, or nothing.
        features: how many the last layer may use.
        per_class: features a class, on average.
        iterations: passes of the loop.
        cut, bias: how the sparse fit becomes ternary, see
            :class:`fewbits.qsenn.rounding.Rounding`.
        baselines: the networks that Q-SENN is held against, of :data:`BASELINES`: most of the
            time. ``attributes`` is left out where the data have none.
        side: height and width at which pictures are looked at, in pixels; 0 for the default.

    Raises:
        UsageError: a name is not known or a number out of range.
    """

    dataset: str
    backbone: str = backbones.TINY
    weights: str = ""
    features: int = 50
    per_class: int = 5
    iterations: int = 4
    scale: str = "smoke"
    seed: int = 0
    side: int = 0
    cut: str = "layer"
    bias: str = "counts"
    baselines: tuple[str, ...] = tuple(BASELINES)

    def __post_init__(self) -> None:
        self.rounding  # noqa: B018 - says which names it knows
        if strange := [name for name in self.baselines if name not in BASELINES]:
            raise UsageError(
                f"unknown baseline {', '.join(map(repr, strange))}: expected all, none, or some of "
                f"{', '.join(BASELINES)}"
            )
        if self.scale not in (*SCALES, PAPER):
            known = ", ".join((*SCALES, PAPER))
            raise UsageError(f"unknown scale {self.scale!r}: expected one of {known}")
        if self.scale == PAPER and self.dataset in DRAWN:
            raise UsageError(
                f"--scale {PAPER}: {self.dataset} are drawn here, no paper knows them; use real"
            )
        for name, least, most in (
            ("features", 2, 10_000),
            ("per_class", 1, self.features),
            ("iterations", 1, 100),
            ("seed", 0, LARGEST_SEED),
            ("side", 0, 2048),
        ):
            if not least <= (got := getattr(self, name)) <= most:
                raise UsageError(f"{name} must be from {least} to {most:,}, got {got}")

    @property
    def rounding(self) -> Rounding:
        """How the sparse fit becomes ternary."""
        return Rounding(self.per_class, self.cut, self.bias)

    @property
    def data_scale(self) -> str:
        """How much of a set is read: all of it, too, where the paper's recipe is followed."""
        return "real" if self.scale == PAPER else self.scale

    @property
    def shown_side(self) -> int:
        """Height and width of a picture as the network sees it."""
        return self.side or side_for(self.dataset, self.scale)

    def identity(self) -> dict[str, object]:
        """What tells this run from any other: of weights their content, wherever they lie."""
        asked = [name for name in BASELINES if name in self.baselines]
        named = asdict(self) | {
            "side": self.shown_side,
            "baselines": asked,
            "precision": PRECISION,  # with another the sparse fits, hence all that follows, differ
        }
        return named | {"weights": backbones.weights_identity(self.backbone, self.weights)}


@dataclass(frozen=True)
class Plan:
    """How the dense network trains, and how each pass of the loop does."""

    dense: TrainSettings
    rounds: tuple[TrainSettings, ...]


def plan_for(settings: Settings) -> Plan:
    """Training settings by data set and scale; the last pass is longer than the others.

    Up to ``real`` not the paper's recipe: AdamW under a one-cycle schedule with one rate for all
    layers, batches of 32, pictures moved and mirrored, far fewer epochs.
    """
    if settings.scale == PAPER:
        return _papers_plan(settings.iterations)
    drawn = settings.dataset in DRAWN
    epochs = {"smoke": (10, 5), "real": (20, 5)} if drawn else {"smoke": (2, 1), "real": (8, 4)}
    first, each = epochs[settings.scale]
    # A third of the dense rate, as for photographs, left the loop far behind on few drawn birds.
    rate, tuning = (3e-3, 3e-3) if drawn else (1e-3, 3e-4)
    move = max(1, settings.shown_side // 16)
    dense = TrainSettings(first, 32, rate, weight_decay=0.01, shift=move, mirror=True)
    tuned = replace(dense, epochs=each, learning_rate=tuning)
    return Plan(dense, _rounds(tuned, settings.iterations, 2 * each))


def _off_recipe(settings: Settings) -> str:
    """What of the published recipe the settings leave out: a line, or nothing."""
    if settings.scale != PAPER or (settings.backbone == "resnet50" and settings.weights):
        return ""
    got = f"{settings.backbone} {'with' if settings.weights else 'without'} weights"
    return f"the paper trains resnet50 with ImageNet's weights, this run {got}"


def _papers_plan(iterations: int) -> Plan:
    """The reference code's epochs, rates and augmentation (arXiv 2312.13839, section 4).

    One thing is not its: a tenth of the training pictures is kept out, as everywhere here.
    """
    fall = StepDecay(every=30, factor=0.4, backbone=0.5)
    dense = TrainSettings(
        150, 16, 0.01, weight_decay=5e-4, shift=0, mirror=True, decay=fall, varied=True
    )
    loops = StepDecay(every=10, factor=0.4, momentum=0.95)
    tuned = replace(dense, epochs=10, learning_rate=1e-4, decay=loops)
    return Plan(dense, _rounds(tuned, iterations, 40))


def _rounds(each: TrainSettings, count: int, last: int) -> tuple[TrainSettings, ...]:
    """So many passes at falling rates, the last of them ``last`` epochs long."""
    rounds = pipeline.falling(each, count)
    return (*rounds[:-1], replace(rounds[-1], epochs=last))


def run(
    settings: Settings,
    data_dir: Path | None,
    out: Path,
    on_stage: OnStage | None = None,
    workers: int = 1,
    on_note: Callable[[str], None] = lambda line: None,
) -> tuple[Report, bool]:
    """Train, sparsify, round, fine-tune, measure, beside every baseline; report.

    Every epoch leaves a checkpoint in ``out``; started again, the run goes on from the last one
    and ends with the same numbers. What a user should know of the weights is told to ``on_note``.

    Returns:
        The report, and whether anything was done (False if ``out`` held this run already).

    Raises:
        UsageError: ``out`` holds another run, or a setting is unknown or does not fit the data.
        FewbitsError: the data are missing or broken, or ``out`` cannot be written.
    """
    identity = settings.identity()
    known = load_pictures(settings.dataset, data_dir, settings.data_scale, workers)
    backbone = check(settings, known)
    for note in filter(None, (backbone.note, _off_recipe(settings))):
        on_note(note)
    pictures = with_pixels(known, settings.shown_side, workers)
    plan = plan_for(settings)
    told = {"dense": plan.dense.told(), "rounds": [one.told() for one in plan.rounds]}

    def work() -> Report:
        begun, resumed = begin(), any(out.glob("*.pt"))
        bench = Bench(settings, plan, known, pictures, backbone, out, on_stage)
        return Report(
            method="qsenn",
            dataset=settings.dataset,
            scale=settings.scale,
            seed=settings.seed,
            settings={**identity, "plan": told},
            metrics=bench.measure_all(),
            provenance={**provenance(begun), "resumed": resumed},
        )

    whole = {"method": "qsenn", **identity, "plan": told, "pictures": digest_of(pictures)}
    return run_once(out, whole, work)


def check(settings: Settings, known: BirdSet) -> backbones.Backbone:
    """The backbone, freshly built, once it is certain that all stages can begin.

    Raises:
        UsageError: the backbone has fewer features than asked for, cannot see pictures of this
            size, so many classes of so few features cannot be told apart, or a baseline needs
            attributes that are not there.
        FewbitsError: a split is empty, or the weights are not this backbone's.
    """
    for name in ("train", "validation", "test"):
        if not getattr(known, name).count:
            raise FewbitsError(f"{known.folder}: expected pictures to {name} with, got none")
    torch.manual_seed(settings.seed)
    backbone = backbones.build(settings.backbone, settings.weights or None, settings.shown_side)
    if settings.features > backbone.features:
        raise UsageError(
            f"--features {settings.features}: {settings.backbone} has {backbone.features}; ask for "
            "no more than that"
        )
    backbones.grid_at(backbone, settings.shown_side)
    named = settings.baselines != tuple(BASELINES)
    if named and "attributes" in settings.baselines and known.class_attributes is None:
        raise UsageError(
            f"--baselines attributes: {settings.dataset} has no table of attributes; leave it out"
        )
    if "random" in settings.baselines:
        random_ternary(known.num_classes, settings.features, settings.per_class, settings.seed)
    return backbone


@dataclass(frozen=True)
class Bench:
    """One run at work: the networks it makes, each measured in the same way."""

    settings: Settings
    plan: Plan
    known: BirdSet
    pictures: ImageSet
    backbone: backbones.Backbone
    out: Path
    on_stage: OnStage | None

    def measure_all(self) -> dict[str, object]:
        """Q-SENN's numbers, those of each pass, and the same of the dense network and baselines."""
        dense = self.dense()
        top = accuracy(dense, self.pictures.test, BATCH)
        train, classes = self.pictures.train, self.pictures.num_classes
        kept = pipeline.keep_features(dense, train, classes, self.settings.features)
        rounds = pipeline.iterate(
            dense,
            self.pictures,
            kept,
            self.plan.rounds,
            self.settings.seed,
            rounding=self.settings.rounding,
            checkpoints=self.out,
            on_stage=lambda place: stage(f"pass {place}", self.on_stage),
        )
        baselines = self.baselines(dense, kept, rounds[0], top)
        tuned = [self.measure(one.tuned, top) for one in rounds]
        return {
            "dense_accuracy": top,
            **tuned[-1],
            "dense": self.measure(dense, top),
            "baselines": baselines,
            "iterations": [
                {
                    "fitted_per_class": one.path.last.nonzeros().double().mean().item(),
                    "rounded_accuracy": accuracy(one.rounded, self.pictures.test, BATCH),
                    **block,
                }
                for one, block in zip(rounds, tuned, strict=True)
            ],
        }

    def baselines(
        self,
        dense: FeatureNetwork,
        kept: Int[Tensor, " kept"],
        first: pipeline.Round,
        top: float,
    ) -> dict[str, Block]:
        """The same measures of networks that do without a part of the loop.

        All but glm-saga-5, which is not tuned, are trained as long as the loop.
        """
        how, magnitude = first.path.standardization, first.layer.magnitude
        classes, per_class = self.pictures.num_classes, self.settings.per_class
        attributes = self.known.class_attributes

        def around(name: str, weights: Tensor, bias: Tensor) -> FeatureNetwork:
            network = pipeline.with_layer(dense, kept, weights, bias, how)
            return self.through_all(network, name)

        def sldd() -> FeatureNetwork:
            layer = pipeline.sldd_layer(first.path, per_class)
            return around("sldd", layer.weights, layer.bias)

        def drawn() -> FeatureNetwork:
            layer = random_ternary(classes, len(kept), per_class, self.settings.seed)
            return around("random", magnitude * layer.weights, layer.bias)

        def from_attributes() -> FeatureNetwork | None:
            if attributes is None:
                return None
            codes = attribute_codes(attributes, len(kept), per_class)
            return around("attributes", magnitude * codes, torch.zeros(classes))

        makers: dict[str, Callable[[], FeatureNetwork | None]] = {
            "dense-longer": lambda: self.through_all(deepcopy(dense), "dense-longer"),
            "sldd": sldd,
            "glm-saga-5": lambda: self.sparse_only(dense),
            "first-layer": lambda: around("first-layer", first.layer.weights, first.layer.bias),
            "random": drawn,
            "attributes": from_attributes,
        }
        wanted = [name for name in BASELINES if name in self.settings.baselines]
        made = {BASELINES[name]: makers[name]() for name in wanted}
        return {name: self.measure(one, top) for name, one in made.items() if one is not None}

    def measure(self, network: FeatureNetwork, top: float) -> Block:
        """All measures of one network."""
        return measure(network, self.pictures, self.known, top)

    def dense(self) -> FeatureNetwork:
        """Step 1, from its checkpoint if there is one."""
        return pipeline.train_dense(
            self.pictures,
            deepcopy(self.backbone).to(pick_device()).to(memory_format=torch.channels_last),
            self.plan.dense,
            self.settings.seed,
            checkpoint=self.out / "dense.pt",
            on_step=stage("dense network", self.on_stage),
        )

    def through_all(self, network: FeatureNetwork, name: str) -> FeatureNetwork:
        """Fine-tune a network for as long as the loop does in all its passes."""
        for place, settings in enumerate(self.plan.rounds, start=1):
            pipeline.fine_tune(
                network,
                self.pictures.train,
                settings,
                pipeline.seed_of(self.settings.seed, place),
                checkpoint=self.out / f"{name}-{place}.pt",
                on_step=stage(f"{name}, {place}", self.on_stage),
            )
        return network

    def sparse_only(self, dense: FeatureNetwork) -> FeatureNetwork:
        """glm-saga-5: the path over all features, its densest point within the budget, no more."""
        everything = torch.arange(len(dense.kept))
        train, classes = self.pictures.train, self.pictures.num_classes
        path = pipeline.fit_sparse(dense, everything, train, classes)
        point = pipeline.densest_within(path, self.settings.per_class * classes)
        how = path.standardization
        return pipeline.with_layer(dense, everything, point.weights, point.bias, how)


def attribute_codes(
    class_attributes: Float[Tensor, "class attribute"], count: int, per_class: int
) -> Float[Tensor, "class feature"]:
    """A layer read off what classes look like, -1, 0 and 1.

    Of the ``count`` attributes that vary most between classes each class gets the ``per_class`` in
    which it is farthest from the mean, in units of their spread, with that sign.

    Returns:
        One row a class, ``count`` columns; where there are fewer attributes the rest is 0.
    """
    varying = class_attributes.var(0).argsort(descending=True, stable=True)[:count]
    chosen = class_attributes[:, varying]
    unusual = (chosen - chosen.mean(0)) / chosen.std(0).clamp_min(1e-6)
    order = unusual.abs().argsort(dim=1, descending=True, stable=True)[:, :per_class]
    codes = torch.zeros(len(chosen), count)
    return codes.scatter_(1, order, unusual.gather(1, order).sign())
