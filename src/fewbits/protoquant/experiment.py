"""One whole ProtoQuant run and its baselines: settings in, report out, resumable."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data import SCALES
from fewbits.data.cub import BirdSet, Photos
from fewbits.data.picture_sets import PICTURES
from fewbits.data.pictures import load_pictures, with_pixels
from fewbits.errors import FewbitsError, UsageError
from fewbits.features import PhotoPictures
from fewbits.protoquant import pipeline
from fewbits.protoquant.checking import check_classes, check_memory
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.grounding import nearest_patches
from fewbits.protoquant.head import HeadSettings, Linear
from fewbits.protoquant.kmeans import ROUNDS
from fewbits.protoquant.learning import Epoch, LearnSettings, learn_codes
from fewbits.protoquant.left_out import READ, left_out, missed
from fewbits.protoquant.mapping import KINDS
from fewbits.protoquant.measuring import (
    ATTACKED,
    Block,
    Seen,
    misalignment,
    purities,
    sizes,
    steadiness,
)
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.scores import TEMPERATURE, check_temperature
from fewbits.protoquant.storing import (
    load_codebook,
    load_linear,
    save_codebook,
    save_linear,
    save_model,
)
from fewbits.protoquant.truth import truth_of
from fewbits.protoquant.vocabulary import ChannelVocabulary, CodeVocabulary, Vocabulary
from fewbits.report import Report, begin, provenance, run_once
from fewbits.training import (
    LARGEST_SEED,
    OnStage,
    accuracy,
    pick_device,
    stage,
)

Kept = TypeVar("Kept", Codebook, Linear)

SIDES = {"smoke": 64, "real": 224}
DRAWN = tuple(name for name, info in PICTURES.items() if info.drawn)
PROBE = HeadSettings(epochs=60, learning_rate=0.003, decay=1e-4)
HEAD = HeadSettings()
MODEL = "model.pt"
RECIPE = {
    "probe": asdict(PROBE),
    "head": asdict(HEAD),
    "codes": asdict(LearnSettings()),
    "sample": pipeline.SAMPLE,
    "rounds": ROUNDS,
    "attacked": ATTACKED,
}
"""What else decides the numbers: with another recipe it is another run."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's numbers, checked when made.

    Attributes:
        dataset: as :func:`fewbits.data.pictures.load_pictures` knows it.
        backbone: ``tiny`` or a classifier of torchvision with feature maps.
        weights: a file, ``published``, or nothing.
        tune: epochs in which the backbone is trained under a plain classifier before it is frozen;
            0 leaves it as it comes, -1 is the scale's own: none where weights are given.
        mapping: what vectors go through before the cosine.
        codes: how many, K.
        start: how they begin: ``random``, ``orthogonal`` or ``kmeans``.
        learn: epochs in which they are learned by gradient; 0 leaves them as they began.
        per_class: codes that a class keeps.
        temperature: of the softmax over codes; None for plain cosines.
        side: height and width at which pictures are looked at, in pixels; 0 for the default.

    Raises:
        UsageError: a name is not known or a number out of range.
    """

    dataset: str
    backbone: str = backbones.TINY
    weights: str = ""
    tune: int = -1
    mapping: str = "centred"
    codes: int = 256
    start: str = "kmeans"
    learn: int = 10
    per_class: int = 10
    temperature: float | None = TEMPERATURE
    scale: str = "smoke"
    seed: int = 0
    side: int = 0

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        for name, value, known in (
            ("scale", self.scale, SCALES),
            ("mapping", self.mapping, KINDS),
            ("start", self.start, pipeline.STARTS),
        ):
            if value not in known:
                raise UsageError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")
        for name, least, most in (
            ("tune", -1, 1000),
            ("codes", 2, 65_536),
            ("learn", 0, 1000),
            ("per_class", 1, self.codes),
            ("seed", 0, LARGEST_SEED),
            ("side", 0, 2048),
        ):
            if not least <= (got := getattr(self, name)) <= most:
                raise UsageError(f"{name} must be from {least} to {most:,}, got {got}")

    @property
    def shown_side(self) -> int:
        """Height and width of a picture as the backbone sees it."""
        return self.side or SIDES["smoke" if self.dataset in DRAWN else self.scale]

    @property
    def tuned(self) -> int:
        """Epochs that the backbone is trained for before it is frozen."""
        if self.tune >= 0:
            return self.tune
        return 0 if self.weights else {"smoke": 10, "real": 20}[self.scale]

    def identity(self) -> dict[str, object]:
        """What tells this run from any other: of weights their content, wherever they lie."""
        return asdict(self) | {
            "recipe": RECIPE,
            "side": self.shown_side,
            "tune": self.tuned,
            "weights": backbones.weights_identity(self.backbone, self.weights),
        }


def run(
    settings: Settings,
    data_dir: Path | None,
    out: Path,
    on_stage: OnStage | None = None,
    workers: int = 1,
    on_note: Callable[[str], None] = lambda line: None,
    skip_broken: bool = False,
) -> tuple[Report, bool]:
    """Cache, codebook, head, short head; everything measured beside its baselines; report.

    Feature maps stay in ``out/features``, checkpoints in ``out``; started again after a kill, the
    run goes on from them and ends with the same numbers.

    With ``skip_broken`` pictures that do not decode are left out, told to ``on_note`` and named in
    the report. That is no setting: without it there would be no numbers to differ from.

    Returns:
        The report, and whether anything was done (False if ``out`` held this run already).

    Raises:
        UsageError: ``out`` holds another run, or a setting is unknown or does not fit the data.
        FewbitsError: the data are missing or broken, the disk is too small, or ``out`` cannot be
            written.
    """
    identity = settings.identity()
    known = load_pictures(settings.dataset, data_dir, settings.scale, workers, skip_broken)
    for lost in missed(known).values():
        on_note(f"left out: {lost.why}")
    backbone = _check(settings, known)
    if settings.tuned and not (out / "report.json").exists():  # to show that takes no memory
        check_memory(known, settings.shown_side, settings.tuned)
    if backbone.note:
        on_note(backbone.note)

    def work() -> Report:
        begun, resumed = begin(), (out / "features").exists() or any(out.glob("*.pt"))
        bench = Bench(settings, known, backbone, out, on_stage, workers, on_note, skip_broken)
        return Report(
            method="protoquant",
            dataset=settings.dataset,
            scale=settings.scale,
            seed=settings.seed,
            settings=identity,
            metrics=bench.measure_all(),
            provenance={**provenance(begun), "resumed": resumed},
        )

    pictures = {
        name: PhotoPictures(getattr(known, name), settings.shown_side).identity for name in READ
    }
    return run_once(out, {"method": "protoquant", **identity, "pictures": pictures}, work)


def _check(settings: Settings, known: BirdSet) -> Backbone:
    """The backbone, once it is certain that all stages can begin."""
    for name in READ:
        photos: Photos = getattr(known, name)
        if not photos.count:
            raise FewbitsError(f"{known.folder}: expected pictures to {name} with, got none")
        check_classes(known, name, set(photos.labels.tolist()))
    torch.manual_seed(settings.seed)
    backbone = backbones.build(settings.backbone, settings.weights or None, settings.shown_side)
    high, wide = backbones.grid_at(backbone, settings.shown_side)
    vectors = known.train.count * high * wide
    if settings.codes > min(vectors, pipeline.SAMPLE):
        raise UsageError(
            f"--codes {settings.codes:,}: they are made of {min(vectors, pipeline.SAMPLE):,} "
            "feature vectors; ask for fewer"
        )
    return backbone


@dataclass(frozen=True)
class Bench:
    """One run at work."""

    settings: Settings
    known: BirdSet
    backbone: Backbone
    out: Path
    on_stage: OnStage | None
    workers: int
    on_note: Callable[[str], None]
    skip_broken: bool = False

    def measure_all(self) -> dict[str, object]:
        """The model's numbers, and the same of its baselines."""
        backbone, tuned_accuracy = self.frozen()
        train = self.look(backbone, "train")
        test = self.look(backbone, "test")
        classes, seed = self.known.num_classes, self.settings.seed
        given = (train.cache, train.labels)
        probe = self._kept(
            "probe.pt",
            save_linear,
            load_linear,
            lambda: pipeline.fit_probe(*given, classes, PROBE, seed),
        )
        sample = pipeline.draw_sample(train.cache, train.labels, seed)
        mapping = pipeline.make_mapping(sample, self.settings.mapping)

        def begin_with(start: str) -> Codebook:
            return pipeline.make_codes(sample, mapping, self.settings.codes, start, seed)

        def begin_with_own() -> Codebook:
            return begin_with(self.settings.start)

        codebook = self._kept("codes-begun.pt", save_codebook, load_codebook, begin_with_own)
        stage_one = self.learned(codebook, train, probe)
        made = pipeline.made_of_codes(codebook, test.cache)
        model = self.model(CodeVocabulary(codebook, self.settings.temperature), train)
        save_model(model[1].part_model(), self.out / MODEL)
        patches = nearest_patches(codebook, train.cache.batches(pipeline.BATCH), 1)
        rivals: dict[str, Vocabulary] = {
            "random codes": CodeVocabulary(begin_with("random"), self.settings.temperature),
            "k-means codes": CodeVocabulary(begin_with("kmeans"), self.settings.temperature),
            "channels": ChannelVocabulary(torch.arange(train.cache.features)),
        }
        counts = pipeline.usage(codebook, train.cache)
        return {
            "backbone_accuracy": tuned_accuracy,
            "linear_probe_accuracy": probe.accuracy(test.cache.means(), test.labels),
            "quantized_map_accuracy": probe.accuracy(made, test.labels),
            **self.measure(model, train, test, backbone),
            "codes_alive": int((counts > 0).sum()),
            "left_out": left_out(self.known, {"train": train.cache, "test": test.cache}),
            "nearest_patch_cosine": round(patches.cosines[:, 0].mean().item(), 6),
            "stage_one": stage_one,
            "baselines": {
                name: self.measure(self.model(words, train), train, test, None)
                for name, words in rivals.items()
            },
        }

    def model(self, words: Vocabulary, train: Seen) -> tuple[Explained, Explained]:
        """A whole head over the words, and the short one made of it."""
        classes, per_class = self.known.num_classes, self.settings.per_class
        given = (train.cache, train.labels)
        whole = pipeline.explain(words, *given, classes, HEAD, self.settings.seed)
        return whole, pipeline.shorten(whole, *given, per_class, HEAD, self.settings.seed)

    def measure(
        self,
        model: tuple[Explained, Explained],
        train: Seen,
        test: Seen,
        backbone: Backbone | None,
    ) -> Block:
        """One block of numbers; what needs the backbone again only where it is given."""
        whole, short = model
        block: Block = {"whole_head": sizes(whole, whole.look(test.cache), test.labels)}
        tested = short.look(test.cache)
        seed = self.settings.seed
        block |= sizes(short, tested, test.labels)
        block |= purities(short, train, test, tested, seed)
        if backbone is not None:
            block |= steadiness(short, backbone, test, tested, seed)
            block |= misalignment(short, backbone, test.pictures)
        return block

    def frozen(self) -> tuple[Backbone, float | None]:
        """The backbone, trained first if that was asked for, then frozen; its accuracy if so."""
        backbone, found = self.backbone.to(pick_device()), None
        if self.settings.tuned:
            used = replace(self.known, validation=self.known.validation.take([]))
            side = self.settings.shown_side
            pictures = with_pixels(used, side, self.workers, self.skip_broken)
            check_classes(self.known, "train", set(pictures.train.labels.tolist()))
            check_classes(self.known, "test", set(pictures.test.labels.tolist()))
            classifier = pipeline.train_backbone(
                backbone,
                pictures,
                self.settings.tuned,
                self.settings.seed,
                learning_rate=(
                    pipeline.FROM_WEIGHTS if self.settings.weights else pipeline.FROM_NOTHING
                ),
                checkpoint=self.out / "backbone.pt",
                on_step=stage("backbone", self.on_stage),
            )
            found = accuracy(classifier.eval(), pictures.test)
        return pipeline.freeze(backbone), found

    def look(self, backbone: Backbone, name: str) -> Seen:
        """The feature maps of one split, from disk if they are there.

        Raises:
            FewbitsError: as :func:`fewbits.protoquant.pipeline.look`, or a class has no picture.
        """
        photos: Photos = getattr(self.known, name)
        pictures = PhotoPictures(photos, self.settings.shown_side, self.workers)
        folder = self.out / "features" / name

        def told(done: int, total: int) -> None:
            if self.on_stage is not None:
                self.on_stage(f"features of {name}", done, total, None)

        cache = pipeline.look(
            backbone,
            pictures,
            folder,
            skip_broken=self.skip_broken,
            on_note=self.on_note,
            on_step=told,
        )
        photos = photos.take(cache.kept.tolist())  # those that have a row in the cache
        check_classes(self.known, name, set(photos.labels.tolist()))
        pictures = PhotoPictures(photos, self.settings.shown_side, self.workers)
        truth = truth_of(self.known, photos, self.settings.shown_side)
        return Seen(pictures, cache, photos.labels, truth)

    def learned(self, codebook: Codebook, train: Seen, probe: Linear) -> list[Block]:
        """Stage 1 in place, on from its checkpoint if there is one; what each epoch was like."""
        if not self.settings.learn:
            return []

        def told(number: int, epochs: int, found: Epoch) -> None:
            if self.on_stage is not None:
                self.on_stage("codes", number, epochs, found.task)

        epochs = learn_codes(
            codebook,
            train.cache.rows,
            train.labels,
            probe,
            replace(LearnSettings(), epochs=self.settings.learn),
            self.settings.seed,
            self.out / "codes.pt",
            told,
        )
        return [asdict(epoch) for epoch in epochs]

    def _kept(
        self,
        name: str,
        save: Callable[[Kept, Path], None],
        load: Callable[[Path], Kept],
        make: Callable[[], Kept],
    ) -> Kept:
        """Something made once and kept in the run's folder.

        Made again on other threads its last bits would differ, and what was learned from it would
        not go on.
        """
        file = self.out / name
        if not file.exists():
            save(make(), file)
        return load(file)
