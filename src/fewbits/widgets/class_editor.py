"""ClassEditor: strike a reason out of a class, and see what that does to every class."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.editing import Edit, Entry
from fewbits.protoquant.galleries import Gallery
from fewbits.protoquant.model import PartModel
from fewbits.widgets.base import Given, Widget, source
from fewbits.widgets.class_editor_checks import (
    FIRST,
    check_edits,
    check_one_of,
    check_place,
    check_shown,
)
from fewbits.widgets.class_editor_numbers import Choice, Numbers, editor_numbers, log_of
from fewbits.widgets.class_editor_still import editor_still
from fewbits.widgets.class_editor_transport import LEVELS, NOTHING, StoredEditor, store_editor
from fewbits.widgets.codebook_explorer_transport import PATCH_SIDE
from fewbits.widgets.explain_bird_checks import check_classes
from fewbits.widgets.packing import pack
from fewbits.widgets.picture_sheet import Sheet, check_pictures, make_sheet, shrink

SIDE = 64  # at which pictures arrive
MOST_BYTES = 230_000  # of packed text: with code, style and still picture under a page's 300 KB


class ClassEditor(Widget):
    """A class's codes with their patches, buttons that edit them, and what each edit costs.

    In a chapter, one line::

        ClassEditor(model, maps, labels, names, gallery, sets={"test": rows}, images=images)

    The reader chooses a set, a class, a picture and a code and presses a button; in a notebook
    ``widget.test``, ``.edited``, ``.image``, ``.code``, ``.into`` and ``.edits`` follow, and
    setting them from Python moves the control. ``widget.log()`` is the list of edits with each
    class's share of pictures named rightly around them, as
    :func:`fewbits.protoquant.editing.write_log` keeps it.

    Shares are rounded on their way to the page: a score moves by less than 0.01, or, where a code
    that had a place nearly alone is removed, by less than 0.05.

    Args:
        model: with a temperature, as nobody has edited it yet.
        maps: of all pictures that some set tests, as the backbone gives them.
        labels: their classes.
        class_names: one a class, all different.
        gallery: each code's nearest patches in the training pictures.
        sets: rows of the pictures of each set; 128 pictures of 8 x 8 cells and 40 codes take
            190 KB.
        images: of the pictures that can be looked at.
        shown: the rows of these; default the first ones.
        test: name of the set to start with; default the first.
        edited: name of the class to start with; default the first.
        image: number of the picture to start with, among those shown.
        code: the code to edit; default, -1, the class's heaviest.
        into: what it is merged into; default, -1, the next one of the class.
        edits: already made.

    Raises:
        UsageError: things that do not fit together, a setting that is not there, an edit that
            cannot be made, or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "picture_sheet.js",
        "class_editor_math.js",
        "class_editor_list.js",
        "class_editor_parts.js",
        "class_editor.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    test = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    edited = Given().tag(sync=True)
    image = Given().tag(sync=True)
    code = Given().tag(sync=True)
    into = Given().tag(sync=True)
    edits = Given().tag(sync=True)

    def __init__(
        self,
        model: PartModel,
        maps: Float[Tensor, "image feature high wide"],
        labels: Int[Tensor, " image"],
        class_names: Sequence[str],
        gallery: Gallery,
        sets: Mapping[str, Int[Tensor, " row"]],
        images: UInt8[Tensor, "shown 3 side side"],
        shown: Sequence[int] | None = None,
        test: str | None = None,
        edited: str | None = None,
        image: int = 0,
        code: int = FIRST,
        into: int = FIRST,
        edits: Sequence[Edit] = (),
    ) -> None:
        check_pictures(images, "images")
        self._stored: StoredEditor = store_editor(model, maps, labels, gallery, sets)
        self._names = check_classes(class_names, labels, len(self._stored.slopes))
        self._shown = check_shown(range(len(images)) if shown is None else shown, len(maps))
        if len(self._shown) != len(images):
            raise UsageError(f"expected {len(images)} rows in shown, got {len(self._shown)}")
        self._pixels: UInt8[np.ndarray, "image side side 3"] = shrink(images, SIDE)
        super().__init__(
            cargo=self._pack(_sheet(gallery)),
            test=next(iter(self._stored.sets)) if test is None else test,
            edited=self._names[0] if edited is None else edited,
            image=image,
            code=code,
            into=into,
            edits=list(edits),
        )

    def _pack(self, patches: Sheet) -> dict[str, Any]:
        stored, pictures = self._stored, make_sheet(self._pixels)
        arrays = {"pictures": pictures.data, "patches": patches.data, **stored.arrays()}
        packed = pack(arrays)
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{len(stored.labels)} pictures and {stored.codes} codes take "
                f"{len(packed['data']) / 1000:.0f} KB in the page, at most "
                f"{MOST_BYTES / 1000:.0f} KB fit: give ClassEditor fewer pictures or a shorter head"
            )
        return {
            **packed,
            "classes": list(self._names),
            "sets": list(stored.sets),
            "shown": self._shown,
            "cells": stored.levels.shape[1],
            "levels": LEVELS,
            "nothing": NOTHING,
            "sheets": {"pictures": pictures.shape(), "patches": patches.shape()},
        }

    @traitlets.validate("test")
    def _set_is_there(self, proposal: Any) -> str:
        return check_one_of(proposal["value"], "test", list(self._stored.sets))

    @traitlets.validate("edited")
    def _class_is_there(self, proposal: Any) -> str:
        return check_one_of(proposal["value"], "edited", self._names)

    @traitlets.validate("image")
    def _image_is_shown(self, proposal: Any) -> int:
        return check_place(proposal["value"], "image", len(self._shown))

    @traitlets.validate("code")
    def _code_is_there(self, proposal: Any) -> int:
        return check_place(proposal["value"], "code", self._stored.codes, FIRST)

    @traitlets.validate("into")
    def _other_is_there(self, proposal: Any) -> int:
        return check_place(proposal["value"], "into", self._stored.codes, FIRST)

    @traitlets.validate("edits")
    def _edits_can_be_made(self, proposal: Any) -> list[dict[str, Any]]:
        return check_edits(proposal["value"], self._stored.model)

    @property
    def choice(self) -> Choice:
        """The present one, by places in what is stored."""
        return Choice(
            test=self.test,
            row=self._shown[self.image],
            edited=self._names.index(self.edited),
            code=self.code,
            edits=tuple(Edit(**edit) for edit in self.edits),
        )

    def log(self) -> list[Entry]:
        """The edits, and each class's share of the set's pictures named rightly around them."""
        return log_of(self._stored, self.test, self.choice.edits)

    def log_text(self) -> str:
        """The same as the page shows it, as ``write_log`` writes it."""
        return json.dumps([asdict(entry) for entry in self.log()], indent=1)

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``class_3`` is the share of pictures of class 3 named rightly in the set, ``logit_3`` of
        the picture looked at. ``score_7``, ``weight_7``, ``part_7`` and ``classes_7`` are of
        code 7, if the class edited has it: its score in that picture, its weight and what it adds,
        and how many classes use it.
        """
        return editor_numbers(self._stored, self.choice)

    def still(self) -> str:
        """The picture, what each code adds to the class, and every class before and after."""
        numbers, choice = self.numbers(), self.choice
        names = [name.replace("_", " ") for name in self._names]
        parts = [
            (f"code {name[5:]}", float(value or 0))
            for name, value in numbers.items()
            if name.startswith("part_")
        ]
        shares = [
            (names[k], float(numbers[f"class_{k}"] or 0))
            for k in range(len(names))
            if numbers[f"class_{k}"] is not None
        ]
        return editor_still(
            self._pixels[self.image],
            (
                f"The picture, {names[int(self._stored.labels[choice.row])]}",
                f"What the codes of {names[choice.edited]} add in it",
                f"Share of each class named rightly: {self.test}, {len(choice.edits)} edits",
            ),
            parts,
            shares,
        )


def _sheet(gallery: Gallery) -> Sheet:
    """Every code's patches, one after the other."""
    field = gallery.pixels.shape[-1]
    every: UInt8[Tensor, "patch 3 field field"] = gallery.pixels.cpu().flatten(0, 1)
    return make_sheet(shrink(every, min(field, PATCH_SIDE)))


ClassEditor._css += source("protoquant.css", "pictures.css", "class_editor.css")
