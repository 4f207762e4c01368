"""CodebookExplorer: the codes that a picture is told in, where, and why that leads to a class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.galleries import Gallery
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.scores import TEMPERATURE
from fewbits.widgets.base import Given, Widget, source
from fewbits.widgets.codebook_explorer_checks import (
    STRONGEST,
    check_code,
    check_codes,
    check_degree,
    check_pictures_fit,
    check_plain,
)
from fewbits.widgets.codebook_explorer_numbers import (
    LISTED,
    Choice,
    Numbers,
    explorer_numbers,
    look,
)
from fewbits.widgets.codebook_explorer_still import explorer_still
from fewbits.widgets.codebook_explorer_transport import STEP, StoredExplorer, store_explorer
from fewbits.widgets.explain_bird_checks import check_class, check_classes
from fewbits.widgets.packing import pack
from fewbits.widgets.picture_sheet import Sheet, check_pictures, make_sheet, shrink
from fewbits.widgets.saliency_compare_checks import check_image

SIDE = 64  # at which pictures arrive
MOST_BYTES = 230_000  # of packed text: with code, style and still picture under a page's 300 KB


class CodebookExplorer(Widget):
    """A picture's cells in codes, a code's map and nearest patches, and the logit they add up to.

    In a chapter, one line::

        CodebookExplorer(models, maps, test.images, test.labels, class_names, galleries)

    The reader chooses a picture, the size of the codebook, a temperature or plain cosines, the
    class to explain and a code; in a notebook ``widget.image``, ``.codes``, ``.temperature``,
    ``.plain``, ``.explained`` and ``.code`` follow, and setting them from Python moves the control.

    Only the scores follow the temperature: the head stays the one that was fitted at its own.
    Another size of codebook lets go of the code that was chosen, whose number means nothing there.

    Args:
        models: codebooks of different sizes, each with a readable head, as
            :func:`fewbits.protoquant.pipeline.explain` or ``shorten`` makes them, all with one
            mapping.
        maps: of the pictures to choose from, as the backbone gives them.
        images: these pictures; ten of 8 x 8 cells and 128 features take 230 KB with codebooks of
            8, 16, 32 and 64 codes.
        labels: their classes.
        class_names: one a class, all different.
        galleries: of each codebook, its codes' nearest patches in the training pictures, as
            :func:`fewbits.protoquant.galleries.make_gallery` finds them.
        image: number of the picture to start with.
        codes: size of the codebook to start with; default the first one's.
        temperature: of the softmax over codes; default the first head's own.
        plain: plain cosines in its place; default what the first head was fitted with.
        explained: the class to explain; default the one decided for each picture.
        code: whose map is shown; default, -1, that of the largest contribution.

    Raises:
        UsageError: models, maps, labels, names or galleries that do not fit together, a head that
            is not readable, NaN, a setting that is not there, or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "canvas.js",
        "picture_strip.js",
        "picture_sheet.js",
        "codebook_explorer_math.js",
        "codebook_explorer_cells.js",
        "codebook_explorer_list.js",
        "codebook_explorer_parts.js",
        "codebook_explorer.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    image = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    codes = Given().tag(sync=True)
    temperature = Given().tag(sync=True)
    plain = Given().tag(sync=True)
    explained = Given().tag(sync=True)
    code = Given().tag(sync=True)

    def __init__(
        self,
        models: Sequence[Explained],
        maps: Float[Tensor, "image feature high wide"],
        images: UInt8[Tensor, "image 3 side side"],
        labels: Int[Tensor, " image"],
        class_names: Sequence[str],
        galleries: Sequence[Gallery],
        image: int = 0,
        codes: int | None = None,
        temperature: float | int | None = None,
        plain: bool | None = None,
        explained: str = "",
        code: int = STRONGEST,
    ) -> None:
        check_pictures(images, "images")
        check_pictures_fit(images, maps, labels)
        stored, sheet = store_explorer(models, maps, labels, galleries)
        self._stored: StoredExplorer = stored
        self._names = check_classes(class_names, labels, len(stored.books[0].slopes))
        self._sizes = [book.count for book in stored.books]
        self._pixels: UInt8[np.ndarray, "image side side 3"] = shrink(images, SIDE)
        fitted = stored.books[0].fitted
        super().__init__(
            cargo=self._pack(sheet),
            image=image,
            codes=self._sizes[0] if codes is None else codes,
            temperature=(fitted or TEMPERATURE) if temperature is None else temperature,
            plain=(fitted is None and temperature is None) if plain is None else plain,
            explained=explained,
            code=code,
        )

    def _pack(self, patches: Sheet) -> dict[str, Any]:
        stored, pictures = self._stored, make_sheet(self._pixels)
        arrays = {"pictures": pictures.data, "patches": patches.data, **stored.arrays()}
        packed = pack(arrays)
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{pictures.count} pictures and {sum(self._sizes)} codes with {patches.count} "
                f"patches take {len(packed['data']) / 1000:.0f} KB in the page, at most "
                f"{MOST_BYTES / 1000:.0f} KB fit: give CodebookExplorer fewer pictures, codebooks "
                "or patches"
            )
        return {
            **packed,
            "classes": list(self._names),
            "grid": list(stored.grid),
            "step": STEP,
            "listed": LISTED,
            "books": [{"count": book.count, "fitted": book.fitted} for book in stored.books],
            "sheets": {"pictures": pictures.shape(), "patches": patches.shape()},
        }

    @traitlets.validate("image")
    def _image_is_there(self, proposal: Any) -> int:
        return check_image(proposal["value"], len(self._stored.labels))

    @traitlets.validate("codes")
    def _codebook_is_there(self, proposal: Any) -> int:
        return check_codes(proposal["value"], self._sizes)

    @traitlets.validate("temperature")
    def _temperature_is_in_reach(self, proposal: Any) -> float:
        return check_degree(proposal["value"])

    @traitlets.validate("plain")
    def _plain_is_yes_or_no(self, proposal: Any) -> bool:
        return check_plain(proposal["value"])

    @traitlets.validate("explained")
    def _class_is_there(self, proposal: Any) -> str:
        return check_class(proposal["value"], "explained", self._names)

    @traitlets.validate("code")
    def _code_is_there(self, proposal: Any) -> int:
        return check_code(proposal["value"], self.codes)

    @traitlets.observe("codes")
    def _let_go_of_the_code(self, change: Any) -> None:
        if isinstance(change["old"], int):  # not when the control is made
            self.code = STRONGEST

    @property
    def choice(self) -> Choice:
        """The present one, by places in what is stored."""
        return Choice(
            image=self.image,
            book=self._sizes.index(self.codes),
            temperature=None if self.plain else self.temperature,
            explained=self._names.index(self.explained) if self.explained else None,
            code=self.code,
        )

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``near_7``, ``score_7``, ``weight_7``, ``part_7`` and ``classes_7`` are of code 7, if it is
        listed or chosen: the cosine of its nearest patch, its score, weight and contribution to
        the class shown, and how many classes use it. ``share`` is None where the logit is not
        above 0.
        """
        found = explorer_numbers(self._stored, self.choice)
        return {"temperature": self.temperature, **found}

    def still(self) -> str:
        """The picture with its cells' codes, the largest contributions, and the best logits."""
        found = look(self._stored, self.choice)
        name = [name.replace("_", " ") for name in self._names]
        label = name[int(self._stored.labels[self.image])]
        nearest = found.nearest.view(self._stored.grid).numpy()
        logits = found.logits[self.image]
        told = f"The picture, {label}, in {len(np.unique(nearest))} of {self.codes} codes"
        heading = f"What the codes add to the logit of {name[found.own]}, {logits[found.own]:.2f}"
        return explorer_still(
            self._pixels[self.image],
            nearest,
            (told, heading),
            [(f"code {code}", float(found.parts[code])) for code in found.listed],
            [(name[row], float(logits[row])) for row in logits.topk(min(5, len(logits))).indices],
        )


CodebookExplorer._css += source("protoquant.css", "pictures.css", "codebook_explorer.css")
