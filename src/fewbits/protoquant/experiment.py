"""One whole ProtoQuant run and its baselines: settings in, report out, resumable."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from fewbits import backbones
from fewbits.backbones import Backbone
from fewbits.data.cub import BirdSet, Photos
from fewbits.data.pictures import load_pictures
from fewbits.errors import FewbitsError, UsageError
from fewbits.features import PhotoPictures
from fewbits.protoquant import pipeline
from fewbits.protoquant.checking import check_classes, check_memory
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.grounding import nearest_patches
from fewbits.protoquant.left_out import READ, left_out, missed
from fewbits.protoquant.measuring import (
    ALIGNMENT,
    STEADY,
    Block,
    Seen,
    Shift,
    Tested,
    misalignment,
    purities,
    sizes,
    steadiness,
)
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.run_settings import (
    ALIGNED,
    DIFFERS,
    HEAD,
    PAPER,
    PROBE,
    RIVALS,
    Settings,
    settings_of,
)
from fewbits.protoquant.stages import Stages
from fewbits.protoquant.storing import (
    load_codebook,
    load_linear,
    save_codebook,
    save_linear,
    save_model,
)
from fewbits.protoquant.vocabulary import ChannelVocabulary, CodeVocabulary, Vocabulary
from fewbits.report import REPORT_NAME, Report, begin, provenance, run_once
from fewbits.training import OnStage, Processes, processes

__all__ = [
    "HEAD",
    "MODEL",
    "PROBE",
    "RIVALS",
    "Bench",
    "Settings",
    "run",
    "settings_of",
]

MODEL = "model.pt"
OWN, CHANNELS = "codes", "channels"


def _say_nothing(line: str) -> None:
    """For processes that show nothing."""


def run(
    settings: Settings,
    data_dir: Path | None,
    out: Path,
    on_stage: OnStage | None = None,
    workers: int = 1,
    on_note: Callable[[str], None] = _say_nothing,
    skip_broken: bool = False,
) -> tuple[Report, bool]:
    """Cache, codebook, head, short head; everything measured beside its baselines; report.

    Feature maps stay in ``out/features``, checkpoints in ``out``; started again after a kill, the
    run goes on from them and ends with the same numbers. Under ``torchrun`` all processes call
    this; they share extraction, probe, codes and heads, and the first one measures, writes and
    shows.

    With ``skip_broken`` pictures that do not decode are left out, told to ``on_note`` and named in
    the report. That is no setting: without it there would be no numbers to differ from.

    Returns:
        The report, and whether anything was done (False if ``out`` held this run already).

    Raises:
        UsageError: ``out`` holds another run, or a setting is unknown or does not fit the data.
        FewbitsError: the data are missing or broken, the disk is too small, or ``out`` cannot be
            written.
    """
    many = processes()
    if not many.main:
        on_stage, on_note = None, _say_nothing
    identity = settings.identity(many.world)
    with many.first():  # sets are drawn and weights fetched once
        known = load_pictures(settings.dataset, data_dir, settings.read_scale, workers, skip_broken)
        if settings.scale == PAPER:  # nothing is chosen, so nothing is kept back to choose by
            known = known.without_validation()
        backbone = _check(settings, known)
    for lost in missed(known).values():
        on_note(f"left out: {lost.why}")
    if settings.tuned and not (out / "report.json").exists():  # to show that takes no memory
        check_memory(known, settings.shown_side, settings.tuned)
    if backbone.note:
        on_note(backbone.note)
    if settings.scale == PAPER:
        for line in DIFFERS:
            on_note(f"unlike the reference code: {line}")

    def work() -> Report:
        begun, resumed = begin(), (out / "features").exists() or any(out.glob("*.pt"))
        told = on_stage, workers, on_note, skip_broken
        bench = Bench(settings, known, backbone, out, *told, many)
        metrics = bench.measure_all()
        if bench.shelf is not None:
            bench.shelf.clear()
        return Report(
            method="protoquant",
            dataset=settings.dataset,
            scale=settings.scale,
            seed=settings.seed,
            settings=identity,
            metrics=metrics,
            provenance={**provenance(begun), "resumed": resumed, **_many(many)},
        )

    pictures = {
        name: PhotoPictures(getattr(known, name), settings.shown_side).identity for name in READ
    }
    return _together(many, out, {"method": "protoquant", **identity, "pictures": pictures}, work)


def _many(many: Processes) -> dict[str, object]:
    """How many processes there were; of one alone nothing is said, as ever."""
    return {"processes": many.world} if many.world > 1 else {}


def _together(
    many: Processes, out: Path, identity: dict[str, object], work: Callable[[], Report]
) -> tuple[Report, bool]:
    """``run_once`` by the first process; the others work when it does.

    Raises:
        UsageError, FewbitsError: as ``run_once``; to the others that the first has ended.
    """
    started = False

    def begun() -> Report:
        nonlocal started
        started = True
        many.agree(True)
        return work()

    if not many.main:
        if many.agree(False):
            return work(), True
        if not (out / REPORT_NAME).exists():
            raise FewbitsError("the first process has ended before it began: it says why")
        return Report.read(out), False
    try:
        report, fresh = run_once(out, identity, begun)
    except FewbitsError:
        if not started:
            many.agree(False)
        raise
    if not fresh:
        many.agree(False)
    return report, fresh


def _check(settings: Settings, known: BirdSet) -> Backbone:
    """The backbone, once it is certain that all stages can begin."""
    for name in READ:
        photos: Photos = getattr(known, name)
        if not photos.count:
            raise FewbitsError(f"{known.folder}: expected pictures to {name} with, got none")
        check_classes(known, name, set(photos.labels.tolist()))
    torch.manual_seed(settings.seed)
    backbone = backbones.build(settings.backbone, settings.weights or None, settings.shown_side)
    high, wide = backbones.grid_at(settings.inner(backbone), settings.shown_side)
    vectors = known.train.count * high * wide
    if settings.codes > min(vectors, pipeline.SAMPLE):
        raise UsageError(
            f"--codes {settings.codes:,}: they are made of {min(vectors, pipeline.SAMPLE):,} "
            "feature vectors; ask for fewer"
        )
    return backbone


@dataclass(frozen=True)
class Bench(Stages):
    """One run at work."""

    def measure_all(self) -> dict[str, object]:
        """The model's numbers, and the same of its baselines."""
        backbone, tuned_accuracy = self.frozen()
        train = self.look(backbone, "train")
        test = self.look(backbone, "test")
        other = self.look_again(backbone, train) if ALIGNED in self.settings.baselines else None
        classes, seed = self.known.num_classes, self.settings.seed
        given = (train.cache, train.labels)
        probe = self.kept(
            "probe.pt",
            save_linear,
            load_linear,
            lambda: pipeline.fit_probe(*given, classes, PROBE, seed, self.shelf),
        )
        sample = pipeline.draw_sample(train.cache, train.labels, seed)
        mapping = pipeline.make_mapping(sample, self.settings.mapping)

        def begin_with(start: str) -> Codebook:
            codebook = pipeline.make_codes(sample, mapping, self.settings.codes, start, seed)
            self.many.align(codebook)
            return codebook

        def begin_with_own() -> Codebook:
            return begin_with(self.settings.start)

        codebook = self.kept("codes-begun.pt", save_codebook, load_codebook, begin_with_own)
        stage_one = self.learned(codebook, train, probe)
        model = self.model(self.words(codebook), train)
        made_as: dict[str, Callable[[], Vocabulary]] = {
            "random-codes": lambda: self.words(begin_with("random")),
            "kmeans-codes": lambda: self.words(begin_with("kmeans")),
            CHANNELS: lambda: ChannelVocabulary(torch.arange(train.cache.features)),
        }
        if other is not None:
            made_as[ALIGNED] = lambda: self.aligned(train, other)
        rivals = {n: make() for n, make in made_as.items() if n in self.settings.baselines}
        if not self.many.main:  # models are made by all, measured by the first
            del model  # with its table of training scores, which may be all that a disk holds
            for words in rivals.values():
                self.model(words, train)
            return {}
        save_model(model[1].part_model(), self.out / MODEL)
        made = pipeline.made_of_codes(codebook, test.cache)
        patches = nearest_patches(codebook, train.cache.batches(pipeline.BATCH), 1)
        counts = pipeline.usage(codebook, train.cache)
        side = self.settings.shown_side
        shift = backbones.field_shift(backbone, side) if test.truth is not None else None
        blocks, shorts = {}, {}
        blocks[OWN], shorts[OWN] = self.measure(model, train, test, shift)
        del model  # as above
        for name, words in rivals.items():
            blocks[name], shorts[name] = self.measure(self.model(words, train), train, test, shift)
        for name, block in self.stillness(shorts, backbone, test).items():
            blocks[name] |= block
        return {
            "backbone_accuracy": tuned_accuracy,
            "linear_probe_accuracy": probe.accuracy(test.cache.means(), test.labels),
            "quantized_map_accuracy": probe.accuracy(made, test.labels),
            **blocks.pop(OWN),
            "field_shift": shift and list(shift),
            "codes_alive": int((counts > 0).sum()),
            "left_out": left_out(self.known, {"train": train.cache, "test": test.cache}),
            "nearest_patch_cosine": round(patches.cosines[:, 0].mean().item(), 6),
            "stage_one": stage_one,
            "baselines": blocks,
        }

    def stillness(
        self, shorts: dict[str, Tested], backbone: Backbone, test: Seen
    ) -> dict[str, Block]:
        """What noise does to all vocabularies, and an attack to those that claim to be parts.

        Null where the run does not ask.
        """
        attacked = [name for name in (OWN, CHANNELS, ALIGNED) if name in shorts]
        if not self.settings.still:
            blocks = {name: dict.fromkeys(STEADY) for name in shorts}
            return blocks | {name: dict.fromkeys((*STEADY, *ALIGNMENT)) for name in attacked}
        blocks = steadiness(shorts, backbone, test, self.settings.seed)
        for name in attacked:
            blocks[name] |= misalignment(shorts[name], backbone, test.pictures)
        return blocks

    def words(self, codebook: Codebook) -> Vocabulary:
        """Codes as a head speaks of them."""
        return CodeVocabulary(codebook, self.settings.temperature)

    def model(self, words: Vocabulary, train: Seen) -> tuple[Explained, Explained]:
        """A whole head over the words, and the short one made of it."""
        classes, per_class = self.known.num_classes, self.settings.per_class
        given = (train.cache, train.labels)
        how, seed = self.settings.head(self.many.world), self.settings.seed
        whole = pipeline.explain(words, *given, classes, how, seed, shelf=self.shelf)
        return whole, pipeline.shorten(whole, *given, per_class, how, seed, self.shelf)

    def measure(
        self, model: tuple[Explained, Explained], train: Seen, test: Seen, shift: Shift | None
    ) -> tuple[Block, Tested]:
        """A model's numbers without the backbone, and the short one that they are about."""
        whole, short = model
        block: Block = {"whole_head": sizes(whole, whole.look(test.cache), test.labels)}
        tested = short.look(test.cache)
        block |= sizes(short, tested, test.labels)
        block |= purities(short, train, test, tested, shift, self.settings.seed)
        return block, Tested(short.vocabulary, short.head, tested)
