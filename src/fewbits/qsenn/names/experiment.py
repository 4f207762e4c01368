"""A finished Q-SENN run's features named and the names judged: ``names.json``."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from fewbits.data import SCALES
from fewbits.data.picture_sets import BIRDS, TRAVELLING
from fewbits.errors import UsageError
from fewbits.qsenn.finished import QSENN, FinishedRun, read_run
from fewbits.qsenn.names import tiny_clip
from fewbits.qsenn.names.clip import Clip, load_clip
from fewbits.qsenn.names.concepts import concepts_of, read_concepts
from fewbits.qsenn.names.judging import Judging
from fewbits.qsenn.names.probing import Probes, ask, mixed_probes, set_probes
from fewbits.report import Report, begin, provenance, write_json
from fewbits.training import OnStage, stage

NAMES_NAME = "names.json"
CLIP_NAME = "tiny-clip.pt"
NO_CLIP = "none"
HABITAT = "has_habitat"
SEED = 0  # of the tiny CLIP: the same for all runs
PICTURES = 1000
"""Mixed birds that names are found on, and as many that they are judged on. On half of them the
order of two attributes that a feature goes with about equally is often a toss-up."""


@dataclass(frozen=True)
class Settings:
    """How features are named, checked when made.

    Attributes:
        run: the folder of a finished ``fewbits run qsenn``.
        clip: ``tiny``, trained here on drawn birds; ``none``; or a model of open_clip. Default:
            ``tiny`` for a run on drawn birds, else ``none``.
        clip_weights: a file, or one of open_clip's tags; for ``tiny`` a checkpoint of it.
        concepts: a text file with a concept a line. Default: the set's attributes.
        threshold: from which score on a feature has a name. Default: what chance reaches.
        scale: of the tiny CLIP's training. Default: the run's.

    Raises:
        UsageError: a threshold outside of 0 to 1, an unknown scale, or weights of no model.
    """

    run: Path
    clip: str = ""
    clip_weights: str = ""
    concepts: Path | None = None
    threshold: float | int | None = None
    scale: str = ""

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError(f"--threshold must be a score from 0 to 1, got {self.threshold}")
        if self.scale and self.scale not in SCALES:
            raise UsageError(f"unknown scale {self.scale!r}: expected one of {', '.join(SCALES)}")
        if self.clip_weights and self.clip in ("", NO_CLIP):
            raise UsageError(
                f"--clip-weights {self.clip_weights}: say with --clip which model they are of"
            )

    def clip_for(self, dataset: str) -> str:
        """Which CLIP looks at a set.

        Raises:
            UsageError: the tiny one at other pictures than drawn birds, or none for a list of
                concepts.
        """
        drawn = _is_drawn(dataset)
        chosen = self.clip or (tiny_clip.NAME if drawn else NO_CLIP)
        if chosen == tiny_clip.NAME and not drawn:
            raise UsageError(
                f"--clip {chosen}: it has seen drawn birds alone, and this run is of {dataset}; "
                "name one of open_clip's models, and its --clip-weights"
            )
        if chosen == NO_CLIP and self.concepts is not None:
            raise UsageError(
                f"--concepts {self.concepts}: only a CLIP can look for them, no attribute tells "
                "of them; choose one with --clip"
            )
        return chosen


def _is_drawn(dataset: str) -> bool:
    return dataset in (BIRDS, TRAVELLING)


def run(
    settings: Settings,
    data_dir: Path | None,
    out: Path,
    on_stage: OnStage | None = None,
    workers: int = 1,
) -> Report:
    """Name the features of a run's Q-SENN, judge the names, and write ``out/names.json``.

    Drawn birds are named on birds of no species and judged on others of them, any other set on its
    training and its test pictures. Concepts from a file have no truth that could judge them.

    Returns:
        What was written, as a report. Its metrics are ``features``, of Q-SENN, a row a feature with
        its :class:`fewbits.qsenn.names.naming.Name` in each way; and ``rates``, a
        :func:`fewbits.qsenn.names.block.naming_block` a network, or null. For drawn birds
        ``rates_of_birds`` are those without habitats: no name of a bird's surroundings counts.

    Raises:
        UsageError: there is no such run, or a setting does not fit it.
        FewbitsError: files are missing or damaged, or ``out`` cannot be written.
    """
    begun = begin()
    finished = read_run(settings.run)
    which = settings.clip_for(finished.settings.dataset)
    told = None if settings.concepts is None else read_concepts(settings.concepts)
    # What can be missing, before minutes of work.
    clip = _loaded(which, settings.clip_weights)
    networks = finished.networks()
    probes = _probes(finished, data_dir, workers)
    concepts = told or concepts_of(probes.attributes)
    if clip is None and which == tiny_clip.NAME:
        plan = tiny_clip.PLANS[settings.scale or finished.settings.data_scale]
        clip = _trained(plan, data_dir, out, on_stage, workers)
    seen = None if clip is None else clip.see(probes.named_on.images, concepts)
    if told is not None:
        probes = probes.unknown()
    judging = Judging(probes, concepts, seen, settings.threshold)
    answers = {name: ask(network, probes) for name, network in networks.items()}
    rates = judging.rates(answers)
    metrics: dict[str, object] = {"features": judging.rows(answers[QSENN]), "rates": rates}
    if rates and _is_drawn(finished.settings.dataset):
        metrics["rates_of_birds"] = judging.without(HABITAT).rates(answers)
    report = Report(
        method="names",
        dataset=finished.settings.dataset,
        scale=settings.scale or finished.settings.scale,
        seed=finished.settings.seed,
        settings={
            "run": asdict(finished.settings) | {"pictures": finished.digest},
            "clip": which,
            "clip_weights": _told(settings.clip_weights),
            "concepts": list(concepts.texts),
            "threshold": settings.threshold,
            "named_on": probes.named_on.told(),
            "judged_on": probes.judged_on.told(),
        },
        metrics=metrics,
        provenance=provenance(begun),
    )
    write_json(asdict(report), out / NAMES_NAME)
    return report


def _told(weights: str) -> str:
    """Weights by what they hold, wherever they lie; a tag of open_clip's as it is."""
    file = Path(weights)
    if not file.is_file():
        return weights
    with file.open("rb") as whole:  # of a large CLIP more than should lie in memory
        return hashlib.file_digest(whole, "sha256").hexdigest()[:16]


def _loaded(which: str, weights: str) -> Clip | None:
    if which == NO_CLIP:
        return None
    if which == tiny_clip.NAME:
        return tiny_clip.load_tiny(Path(weights)) if weights else None
    return load_clip(which, weights or None)


def _trained(
    plan: tiny_clip.Plan,
    data_dir: Path | None,
    out: Path,
    on_stage: OnStage | None,
    workers: int,
) -> Clip:
    birds = tiny_clip.birds_for(plan, data_dir, workers)
    return tiny_clip.train_tiny(
        birds,
        SEED,
        plan.training,
        plan.text_width,
        checkpoint=out / CLIP_NAME,
        on_step=stage("tiny CLIP", on_stage),
    )


def _probes(finished: FinishedRun, data_dir: Path | None, workers: int) -> Probes:
    known, pixels = finished.pictures(data_dir, workers)
    settings = finished.settings
    if not _is_drawn(settings.dataset):
        return set_probes(known, pixels)
    return mixed_probes(PICTURES, settings.shown_side, data_dir, workers)
