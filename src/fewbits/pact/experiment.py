"""One whole PACT run: settings in, report and checkpoints out, resumable at any moment."""

from dataclasses import asdict, dataclass
from pathlib import Path

from fewbits import data
from fewbits.errors import UsageError
from fewbits.pact import activations, networks, pipeline, plans, weights
from fewbits.pact.convert import Recipe, clips_of
from fewbits.pact.packing import float_bytes, save_packed
from fewbits.pact.pipeline import Trained
from fewbits.report import Report, begin, provenance, run_once
from fewbits.training import LARGEST_SEED, OnStage, stage


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's numbers, checked when made.

    Raises:
        UsageError: a name or number is not known.
    """

    dataset: str
    network: str = "compact"
    bits: str = "4"
    weights: str = "sawb"
    ends: str = "8"
    scale: str = "smoke"
    seed: int = 0
    activations: str = "pact"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("network", self.network, networks.NAMES),
            ("bits", self.bits, plans.PLAN_NAMES),
            ("weights", self.weights, weights.NAMES),
            ("ends", self.ends, plans.END_NAMES),
            ("activations", self.activations, activations.NAMES),
            ("scale", self.scale, data.SCALES),
        ):
            if value not in known:
                raise UsageError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise UsageError(f"seed must be from 0 to {LARGEST_SEED}, got {self.seed}")

    def identity(self) -> dict[str, object]:
        """What tells this run from any other; activations count when they are not PACT.

        Runs older than that choice have no such key. Theirs were PACT, and they are still found.
        """
        named = asdict(self)
        if self.activations == "pact":
            del named["activations"]
        return named


def run(
    settings: Settings, data_dir: Path | None, out: Path, on_step: OnStage | None = None
) -> tuple[Report, bool]:
    """Train, quantise, fine-tune, evaluate, pack and report.

    Every epoch leaves a checkpoint in ``out``; started again, the run goes on from the last one
    and ends with the same numbers.

    Returns:
        The report, and whether anything was trained (False if ``out`` held this run already).

    Raises:
        UsageError: ``out`` holds another run, or a setting is unknown.
        FewbitsError: the data are missing or broken, or ``out`` cannot be written.
    """
    images = data.load(settings.dataset, data_dir, settings.scale)
    identity = {"method": "pact", **settings.identity(), "images": data.digest_of(images)}
    return run_once(out, identity, lambda: _train(settings, images, out, on_step))


def _train(settings: Settings, images: data.ImageSet, out: Path, on_step: OnStage | None) -> Report:
    """The float network, its quantised copy, and the numbers of both."""
    begun = begin()
    schedule = pipeline.schedule_for(settings.dataset, settings.scale, images.train.count)
    trained = pipeline.train_float(
        images,
        settings.network,
        schedule.float_network,
        settings.seed,
        checkpoint=out / "float.pt",
        on_step=stage("float network", on_step),
    )
    metrics: dict[str, object] = {
        "parameters": sum(p.numel() for p in trained.network.parameters()),
        "float_bytes": float_bytes(trained.network),
        "float_test_accuracy": pipeline.evaluate(trained.network, images)["test_accuracy"],
    }
    seconds, losses = trained.progress.seconds, {"float": trained.progress.losses}
    if settings.bits != "32":
        recipe = Recipe(
            settings.bits, settings.weights, settings.ends, activations=settings.activations
        )
        quantized = pipeline.quantize(trained, recipe, images.train)
        start = clips_of(quantized)
        trained = pipeline.fine_tune(
            quantized,
            images.train,
            schedule.fine_tuning,
            settings.seed,
            checkpoint=out / "quantized.pt",
            on_step=stage(f"{settings.bits} bits", on_step),
        )
        seconds += trained.progress.seconds
        losses["fine_tuning"] = trained.progress.losses
        metrics |= _quantized_metrics(trained, start, out)
    metrics |= {**pipeline.evaluate(trained.network, images), "losses": losses}
    return Report(
        method="pact",
        dataset=settings.dataset,
        scale=settings.scale,
        seed=settings.seed,
        settings={**settings.identity(), "schedule": asdict(schedule)},
        metrics=metrics,
        provenance=provenance(begun, seconds),
    )


def _quantized_metrics(trained: Trained, start: dict[str, float], out: Path) -> dict[str, object]:
    return {
        "packed_bytes": save_packed(trained.network, out / "network.npz"),
        "clips": [start, *trained.progress.records],
    }
