"""A finished Q-SENN run, opened again: its settings, its pictures and its networks."""

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from fewbits import backbones, glm
from fewbits.data import ImageSet, digest_of
from fewbits.data.cub import BirdSet
from fewbits.data.pictures import load_pictures, with_pixels
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.experiment import Settings
from fewbits.qsenn.network import DenseHead, FeatureNetwork, FixedHead
from fewbits.report import REPORT_NAME, SETTINGS_NAME, read_json
from fewbits.training import pick_device, weights_in

QSENN = "qsenn"
CHECKPOINTS = {
    QSENN: "round-{}.pt",
    "dense": "dense.pt",
    "dense, trained on": "dense-longer-{}.pt",
    "random layer": "random-{}.pt",
}
"""Networks by name, as in reports, and the checkpoint after so many passes."""


@dataclass(frozen=True)
class FinishedRun:
    """What ``fewbits run qsenn`` has left in a folder.

    Attributes:
        folder: its ``--out``.
        settings: as it was started, without the file of weights: the checkpoints hold them all.
        digest: of the pictures it was trained on.
    """

    folder: Path
    settings: Settings
    digest: str

    def pictures(self, data_dir: Path | None = None, workers: int = 1) -> tuple[BirdSet, ImageSet]:
        """The set it was trained on, and its pixels as the networks see them.

        Raises:
            UsageError: the data are other pictures than the run's.
            FewbitsError: the data are missing or broken.
        """
        known = load_pictures(self.settings.dataset, data_dir, self.settings.data_scale, workers)
        pixels = with_pixels(known, self.settings.shown_side, workers)
        if digest_of(pixels) != self.digest:
            raise UsageError(
                f"{self.folder} was trained on other pictures than those in {known.folder}: name "
                "the folder that it was given with --data"
            )
        return known, pixels

    def networks(self) -> dict[str, FeatureNetwork]:
        """Q-SENN, and those of :data:`CHECKPOINTS` that are in the folder, ready to be asked.

        Raises:
            FewbitsError: Q-SENN's checkpoint is missing, or one is damaged.
        """
        passes = self.settings.iterations
        files = {name: self.folder / file.format(passes) for name, file in CHECKPOINTS.items()}
        if not files[QSENN].is_file():
            raise FewbitsError(
                f"{files[QSENN]} is missing: expected the last pass of the run; copy it back, or "
                "delete the report and run again"
            )
        there = {name: file for name, file in files.items() if file.is_file()}
        how = (self.settings.backbone, self.settings.shown_side)
        return {name: load_network(file, *how) for name, file in there.items()}


def read_run(folder: Path) -> FinishedRun:
    """Open the folder of a run.

    Raises:
        UsageError: no run is there, it is another method's, or it has not finished.
        FewbitsError: its files are damaged.
    """
    if not (folder / SETTINGS_NAME).is_file():
        raise UsageError(
            f"{folder}: expected the folder of a finished `fewbits run qsenn`, got no "
            f"{SETTINGS_NAME} in it; name what that run had as --out"
        )
    note = read_json(folder / SETTINGS_NAME)
    if note.get("method") != QSENN:
        raise UsageError(
            f"{folder}: expected a run of qsenn, got one of {note.get('method')}; its features "
            "are not for naming"
        )
    if not (folder / REPORT_NAME).is_file():
        raise UsageError(
            f"{folder}: the run in it has not finished; start it again with the same command, it "
            "goes on where it stopped"
        )
    try:
        names = [field.name for field in fields(Settings)]
        held = {"weights": "", "baselines": tuple(note["baselines"])}
        settings = Settings(**{name: note[name] for name in names} | held)
        return FinishedRun(folder, settings, str(note["pictures"]))
    except (KeyError, TypeError) as error:
        raise FewbitsError(
            f"{folder / SETTINGS_NAME} is not of this version's runs ({error}): run again"
        ) from error


def load_network(checkpoint: Path, backbone: str, side: int | None = None) -> FeatureNetwork:
    """A network from a checkpoint of its training, in evaluation mode.

    Args:
        backbone: what it was built with, as :func:`fewbits.backbones.build` knows it.
        side: of the pictures that it was built for, in pixels.

    Raises:
        FewbitsError: the checkpoint is damaged or another network's.
    """
    state = weights_in(checkpoint)
    try:
        head = _empty_head(state)
        empty = backbones.build(backbone, side=side)
        network = FeatureNetwork(empty, state["kept"], head, dropout=0.0)
        network.load_state_dict(state)
    except (KeyError, RuntimeError, UsageError) as error:
        raise FewbitsError(
            f"{checkpoint} does not hold a network on {backbone}: {str(error)[:100]}"
        ) from error
    return network.to(pick_device()).eval()


def _empty_head(state: dict[str, Tensor]) -> DenseHead | FixedHead:
    """A last layer of the right kind and size, to be filled."""
    weight = state["head.weight"]
    classes, features = weight.shape
    if "head.first_mean" not in state:
        return DenseHead(features, classes)
    nothing = torch.zeros(features)
    start = glm.Standardization(nothing, nothing + 1, torch.zeros(features, dtype=torch.bool))
    return FixedHead(weight, state["head.bias"], start)
