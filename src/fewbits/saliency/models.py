"""The networks whose maps are compared, and how each is trained. One seed makes one family."""

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from fewbits.data import ImageSet, digest_of
from fewbits.errors import UsageError
from fewbits.pact import experiment, pipeline
from fewbits.pact.convert import Recipe
from fewbits.pact.pipeline import Schedule, Trained
from fewbits.report import REPORT_NAME, SETTINGS_NAME, read_json
from fewbits.saliency.guided import guided
from fewbits.training import Loss, OnStep, cross_entropy, reestimate_batch_norm, weights_in

Member = tuple[str, int]  # a model's name and its family's seed
Training = Literal["plain", "guided", "masked"]
LOSSES: dict[str, Loss] = {
    "plain": cross_entropy,
    "guided": guided("saliency"),
    "masked": guided("random"),
}


@dataclass(frozen=True)
class Model:
    """One member of a seed's family.

    Attributes:
        name: what tables call it.
        start: the member it starts from; None for freshly drawn weights.
        recipe: how it is quantised; None leaves it float.
        tuned: whether it is trained after that (post-training quantisation is not).
        training: "plain", "guided" by saliency, or its control with random pixels "masked".
        backward: bits of the gradient on its way back when a map is made; None rounds nothing.
    """

    name: str
    start: str | None = None
    recipe: Recipe | None = None
    tuned: bool = True
    training: Training = "plain"
    backward: int | None = None


FAMILY = (
    Model("float"),
    Model("float, trained on", "float"),
    Model("PACT 8", "float", Recipe("8")),
    Model("PACT 4", "float", Recipe("4")),
    Model("PACT 4/2", "float", Recipe("4/2")),
    Model("PACT 2", "float", Recipe("2")),
    Model("LSQ 2", "float", Recipe("2", weights="lsq", activations="lsq")),
    Model("PTQ 8", "float", Recipe("8"), tuned=False),
    Model("PTQ 4", "float", Recipe("4"), tuned=False),
    Model("PTQ 2", "float", Recipe("2"), tuned=False),
    Model("float, 8-bit gradient", "float", tuned=False, backward=8),
    Model("float, 4-bit gradient", "float", tuned=False, backward=4),
    Model("float, 2-bit gradient", "float", tuned=False, backward=2),
    Model("guided", training="guided"),
    Model("guided, trained on", "guided", training="guided"),
    Model("guided 2", "guided", Recipe("2"), training="guided"),
    Model("masked", training="masked"),
    Model("masked, trained on", "masked", training="masked"),
    Model("masked 2", "masked", Recipe("2"), training="masked"),
)
MODELS = {model.name: model for model in FAMILY}


@dataclass(frozen=True)
class Workshop:
    """Where the networks of one experiment are trained and kept.

    Attributes:
        images: what they learn from.
        network: "classic" or "compact".
        schedule: how long they are trained.
        folder: keeps a checkpoint of each; a training that was killed goes on from it.
        finished: checkpoints of plain networks trained before, by seed and bits.
    """

    images: ImageSet
    network: str
    schedule: Schedule
    folder: Path
    finished: dict[tuple[int, str], Path] = field(default_factory=dict)
    starts: dict[tuple[str, int], Trained] = field(default_factory=dict)

    def make(self, model: Model, seed: int, on_step: OnStep | None = None) -> nn.Sequential:
        """The trained network of this seed, in ``eval`` mode; others may share it, so look only."""
        if model.start is None:
            return self._start(model, seed, on_step).network
        trained = self._start(MODELS[model.start], seed, on_step)
        if model.recipe is not None:
            network = pipeline.quantize(trained, model.recipe, self.images.train)
        elif model.tuned:
            network = deepcopy(trained.network)
        else:
            return trained.network
        if not model.tuned:  # batch norm measured again is all the repair it gets
            reestimate_batch_norm(network, self.images.train)
            return network.eval()
        return pipeline.fine_tune(
            network,
            self.images.train,
            self.schedule.fine_tuning,
            seed,
            loss=LOSSES[model.training],
            checkpoint=self._checkpoint(model, seed),
            on_step=on_step,
        ).network

    def _start(self, model: Model, seed: int, on_step: OnStep | None) -> Trained:
        """A float network trained from the beginning, kept for the others that start from it."""
        if (model.name, seed) not in self.starts:
            self.starts[model.name, seed] = pipeline.train_float(
                self.images,
                self.network,
                self.schedule.float_network,
                seed,
                loss=LOSSES[model.training],
                checkpoint=self._checkpoint(model, seed),
                on_step=on_step,
            )
        return self.starts[model.name, seed]

    def _checkpoint(self, model: Model, seed: int) -> Path:
        """A finished run's checkpoint where there is one, else a place in ``folder``."""
        runs = {bits: run for (other, bits), run in self.finished.items() if other == seed}
        if model.training == "plain" and runs:
            if model.start is None:
                return next(iter(runs.values())) / "float.pt"
            recipe = model.recipe
            if recipe is not None and recipe == Recipe(recipe.bits) and recipe.bits in runs:
                return runs[recipe.bits] / "quantized.pt"
        return self.folder / f"{seed}-{file_name(model.name)}.pt"


def file_name(name: str) -> str:
    """A model's name as part of a file's: "PACT 4/2" becomes "pact-4-2"."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def finished_runs(
    folder: Path, images: ImageSet, network: str, scale: str, seeds: range
) -> dict[tuple[int, str], Path]:
    """Folders of finished `fewbits run pact` runs of these settings, by seed and bits.

    A run is taken only if its settings and the fingerprint of its images are those asked for.

    Raises:
        UsageError: there is no such folder, it holds no run that fits, or runs of one seed did not
            start from the same float network.
        FewbitsError: a run's settings or checkpoint cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"--runs {folder}: there is no such folder")
    held = {
        path.parent: read_json(path)
        for path in sorted(folder.glob(f"*/{SETTINGS_NAME}"))
        if (path.parent / REPORT_NAME).exists()
        # Without its checkpoints it would be trained again, in a folder that is not ours.
        and (path.parent / "float.pt").exists()
    }
    digest = digest_of(images)
    found = {}
    for seed in seeds:
        for bits in ("32", "8", "4", "4/2", "2"):
            wanted = experiment.Settings(images.name, network, bits, scale=scale, seed=seed)
            identity = {"method": "pact", **wanted.identity(), "images": digest}
            for place, settings in held.items():
                whole = bits == "32" or (place / "quantized.pt").exists()
                if settings == identity and whole:
                    found[seed, bits] = place
    if not found:
        raise UsageError(
            f"--runs {folder}: none of its {len(held)} finished runs is of {images.name}, "
            f"{network}, scale {scale}, seeds {seeds.start} to {seeds.stop - 1} with the default "
            "quantisers; leave --runs out to train anew"
        )
    for seed in seeds:
        _check_one_start([run for (other, _), run in found.items() if other == seed])
    return found


def _check_one_start(runs: Sequence[Path]) -> None:
    """All of one seed's runs began with the same float network: on another machine it is another.

    What a quantised network is held against must be what it came from.
    """
    if not runs:
        return
    first, *others = (weights_in(run / "float.pt") for run in runs)
    for place, weights in enumerate(others, start=1):
        if not all(torch.equal(first[name], weights[name]) for name in first):
            raise UsageError(
                f"{runs[0]} and {runs[place]} hold different float networks of one seed: their "
                "maps could not be compared. Name a folder with runs of one machine in --runs"
            )
