"""PerturbationProbe: a patch laid over a picture, and the codes whose scores it changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import traitlets
from jaxtyping import Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.pipeline import Explained
from fewbits.widgets.base import Given, Widget, source
from fewbits.widgets.explain_bird_checks import check_classes
from fewbits.widgets.packing import pack
from fewbits.widgets.perturbation_probe_checks import (
    STRONGEST,
    Probes,
    check_chosen,
    check_models,
    check_name,
    check_patches,
    check_place,
    check_probes,
)
from fewbits.widgets.perturbation_probe_numbers import (
    LISTED,
    MOVED,
    Choice,
    Numbers,
    look,
    side_numbers,
)
from fewbits.widgets.perturbation_probe_still import probe_still
from fewbits.widgets.perturbation_probe_transport import STEP, StoredModel, arrays_of, store_model
from fewbits.widgets.picture_sheet import check_pictures, make_sheet, shrink
from fewbits.widgets.saliency_compare_checks import check_image

SIDE = 64  # at which pictures arrive
MOST_BYTES = 230_000  # of packed text: with code, style and still picture under a page's 300 KB
SIDES = ("left", "right")


class PerturbationProbe(Widget):
    """Move a patch over a picture: which codes change, of two models, and how far from the patch.

    In a chapter, one line::

        PerturbationProbe(models, probes, patches, images, labels, class_names)

    The reader chooses a picture, a patch and its place, two models and a code of each; in a
    notebook ``widget.image``, ``.patch``, ``.row``, ``.column``, ``.left``, ``.right``,
    ``.left_code`` and ``.right_code`` follow, and setting them from Python moves the control.

    Another model lets go of the code that was chosen, whose number means nothing there.

    Args:
        models: heads over vocabularies, by name, as :func:`fewbits.protoquant.pipeline.explain`
            makes them.
        probes: by patch and by model, what :func:`fewbits.protoquant.probing.probe` found.
        patches: by name, as they were laid over these pictures.
        images: the pictures.
        labels: their classes.
        class_names: one a class, all different.
        image: number of the picture to start with.
        patch: name of the patch to start with; default the first.
        row, column: where it lies at first, from 0; default the first cell.
        left, right: names of the models to start with; default the first and the second.
        left_code, right_code: whose map is shown; default, -1, that of the largest contribution.

    Raises:
        UsageError: what does not fit together, NaN, a setting that is not there, or more than a
            page can carry.
    """

    scripts = (
        "packing.js",
        "canvas.js",
        "picture_strip.js",
        "picture_sheet.js",
        "perturbation_probe_math.js",
        "perturbation_probe_pictures.js",
        "perturbation_probe_side.js",
        "perturbation_probe.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    image = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    patch = Given().tag(sync=True)
    row = Given().tag(sync=True)
    column = Given().tag(sync=True)
    left = Given().tag(sync=True)
    right = Given().tag(sync=True)
    left_code = Given().tag(sync=True)
    right_code = Given().tag(sync=True)

    def __init__(
        self,
        models: Mapping[str, Explained],
        probes: Probes,
        patches: Mapping[str, UInt8[Tensor, "3 high wide"]],
        images: UInt8[Tensor, "image 3 side side"],
        labels: Int[Tensor, " image"],
        class_names: Sequence[str],
        image: int = 0,
        patch: str | None = None,
        row: int = 0,
        column: int = 0,
        left: str | None = None,
        right: str | None = None,
        left_code: int = STRONGEST,
        right_code: int = STRONGEST,
    ) -> None:
        check_pictures(images, "images")
        classes = check_models(models)
        self._patches = list(patches)
        self._grid = check_probes(probes, models, self._patches, len(images))
        check_patches(patches, self._grid, images.shape[-1])
        self._names = check_classes(class_names, labels, classes)
        self._labels = labels.tolist()
        if len(self._labels) != len(images):
            raise UsageError(f"expected {len(images)} labels, got {len(self._labels)}")
        self._models: dict[str, StoredModel] = {
            name: store_model(name, model, probes) for name, model in models.items()
        }
        self._pixels: UInt8[np.ndarray, "image side side 3"] = shrink(images, SIDE)
        tiles = torch.stack([patches[name] for name in self._patches])
        self._tiles: UInt8[np.ndarray, "patch high wide 3"] = tiles.permute(0, 2, 3, 1).numpy()
        names = list(models)
        super().__init__(
            cargo=self._pack(),
            image=image,
            patch=self._patches[0] if patch is None else patch,
            row=row,
            column=column,
            left=names[0] if left is None else left,
            right=names[min(1, len(names) - 1)] if right is None else right,
            left_code=left_code,
            right_code=right_code,
        )

    def _pack(self) -> dict[str, Any]:
        pictures = make_sheet(self._pixels)
        arrays = {"pictures": pictures.data, "tiles": self._tiles.ravel()}
        packed = pack(arrays | arrays_of(self._models))
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{pictures.count} pictures, {len(self._patches)} patches and "
                f"{len(self._models)} models take {len(packed['data']) / 1000:.0f} KB in the "
                f"page, at most {MOST_BYTES / 1000:.0f} KB fit: give PerturbationProbe fewer"
            )
        return {
            **packed,
            "classes": list(self._names),
            "labels": self._labels,
            "grid": list(self._grid),
            "step": STEP,
            "listed": LISTED,
            "moved": MOVED,
            "tile": list(self._tiles.shape[1:3]),
            "patches": self._patches,
            "models": [
                {"name": name, "count": model.count, "reach": model.reach}
                for name, model in self._models.items()
            ],
            "sheet": pictures.shape(),
        }

    @traitlets.validate("image")
    def _image_is_there(self, proposal: Any) -> int:
        return check_image(proposal["value"], len(self._labels))

    @traitlets.validate("patch")
    def _patch_is_there(self, proposal: Any) -> str:
        return check_name(proposal["value"], "patch", self._patches)

    @traitlets.validate("row", "column")
    def _place_is_there(self, proposal: Any) -> int:
        name = proposal["trait"].name
        return check_place(proposal["value"], name, self._grid[name == "column"])

    @traitlets.validate("left", "right")
    def _model_is_there(self, proposal: Any) -> str:
        return check_name(proposal["value"], proposal["trait"].name, list(self._models))

    @traitlets.validate("left_code", "right_code")
    def _code_is_there(self, proposal: Any) -> int:
        name = proposal["trait"].name
        side = name.removesuffix("_code")
        model = self._models[check_name(getattr(self, side), side, list(self._models))]
        return check_chosen(proposal["value"], name, model.count)

    @traitlets.observe("left", "right")
    def _let_go_of_the_code(self, change: Any) -> None:
        if isinstance(change["old"], str):  # not when the control is made
            setattr(self, f"{change['name']}_code", STRONGEST)

    @property
    def choice(self) -> Choice:
        """Where the patch is, by places in what is stored."""
        wide = self._grid[1]
        place = self.row * wide + self.column
        return Choice(self.image, self._patches.index(self.patch), place, wide)

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``left_from_7``, ``left_to_7`` and ``left_away_7`` are of code 7 of the model on the left,
        if it is listed or chosen: its score before and after, and how many cells its own cell is
        from the patch. ``left_near`` and ``left_far`` are mean changes of the chosen code with the
        patch within its cell's reach and beyond; None where no place is.
        """
        found: Numbers = {"row": self.row + 1, "column": self.column + 1}
        for side in SIDES:
            model, code = self._models[getattr(self, side)], getattr(self, f"{side}_code")
            found |= side_numbers(model, self.choice, code, side)
        return found

    def still(self) -> str:
        """The picture with its patch, and the codes of both models that changed most."""
        pixels = self._pixels[self.image].copy()
        tile = self._tiles[self._patches.index(self.patch)]
        (top, down), (start, across) = (
            (at * SIDE // length, SIDE // length)
            for at, length in zip((self.row, self.column), self._grid, strict=True)
        )
        rows_of = np.arange(down) * len(tile) // down
        columns_of = np.arange(across) * tile.shape[1] // across
        pixels[top : top + down, start : start + across] = tile[rows_of][:, columns_of]
        label = self._names[self._labels[self.image]].replace("_", " ")
        told = f"{label}, with {self.patch} in row {self.row + 1}, column {self.column + 1}"
        rows = []
        for side in dict.fromkeys(getattr(self, side) for side in SIDES):
            found = look(self._models[side], self.choice, STRONGEST)
            changes = [(f"code {k}", float(found.after[k] - found.before[k])) for k in found.listed]
            rows.append((f"{side}: what changed most", changes))
        return probe_still(pixels, told, rows)


PerturbationProbe._css += source("protoquant.css", "pictures.css", "perturbation_probe.css")
