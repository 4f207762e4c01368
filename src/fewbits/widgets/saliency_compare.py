"""SaliencyCompare: two models' maps of one image, side by side, and how far they agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import traitlets
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.metrics.faithfulness import removal_ranks
from fewbits.widgets.base import Given, Widget, source
from fewbits.widgets.saliency_compare_checks import (
    SHARES,
    SIDE,
    Nested,
    check_choice,
    check_given,
    check_image,
    check_part,
    check_seeds,
)
from fewbits.widgets.saliency_compare_numbers import Numbers, compare
from fewbits.widgets.saliency_compare_still import saliency_still
from fewbits.widgets.saliency_compare_transport import load_and_pack


class SaliencyCompare(Widget):
    """Two models, one image, one saliency method: both maps, their difference, how far they agree.

    In a chapter, one line::

        SaliencyCompare(images, labels, maps, logits, curves, class_names=FASHION_NAMES)

    The reader chooses; in a notebook ``widget.image``, ``.method``, ``.left``, ``.right``,
    ``.share`` and ``.removed`` follow, and setting them from Python moves the control.

    Maps are rounded on their way into the page, to 255 codes or fewer, and the numbers shown are
    those of the rounded maps (:meth:`numbers`). Deletion removes the same pixels at every step of
    the curves as it did before rounding. 8 images x 5 methods x 6 models fit a page whatever is in
    them, with curves of up to 29 steps.

    Args:
        images: values in [0, 1]; pixels above 0 are the foreground.
        labels: the class of each image.
        maps: model -> method -> maps, larger is more important; they may be signed. The order
            of the names is the order of the choices.
        logits: model -> logits on the images.
        curves: model -> method -> ``fewbits.metrics.deletion(...).scores``, 1 to 40 steps.
        class_names: one a class.
        image: the one to start with.
        method: the one to start with; default the first.
        left: the model to start with; default the first.
        right: the other one; default the second.
        share: of the pixels that count as the top k, 0.01 to 0.5.
        removed: share of the pixels taken out, 0 to 1; moved to the nearest step of the curves.
        seeds: two models that differ only by their seed: the yardstick for every other pair.
            Default: none, and chance is the yardstick.

    Raises:
        UsageError: names that do not fit together, a wrong shape, NaN, an empty image, a setting
            out of range, or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "canvas.js",
        "picture_strip.js",
        "saliency_compare_math.js",
        "saliency_compare_pictures.js",
        "saliency_compare_parts.js",
        "saliency_compare.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    image = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    method = Given().tag(sync=True)
    left = Given().tag(sync=True)
    right = Given().tag(sync=True)
    share = Given().tag(sync=True)
    removed = Given().tag(sync=True)

    def __init__(
        self,
        images: Float[Tensor, "..."],
        labels: Int[Tensor, "..."],
        maps: Nested,
        logits: Mapping[str, Float[Tensor, "..."]],
        curves: Nested,
        class_names: Sequence[str],
        image: int = 0,
        method: str | None = None,
        left: str | None = None,
        right: str | None = None,
        share: float | int = 0.1,
        removed: float | int = 0.0,
        seeds: tuple[str, str] | None = None,
    ) -> None:
        arrays = check_given(images, labels, maps, logits, curves, class_names)
        self.models, self.methods = list(maps), list(next(iter(maps.values())))
        self.class_names = [str(name) for name in class_names]
        self.seeds = check_seeds(seeds, self.models)
        ties = removal_ranks(torch.zeros(1, SIDE, SIDE)).flatten().numpy().astype("uint16")
        self._loaded, packed = load_and_pack(arrays, ties)
        super().__init__(
            cargo={
                **packed,
                "models": self.models,
                "methods": self.methods,
                "classes": self.class_names,
                "seeds": list(self.seeds or ()),
            },
            image=image,
            method=self.methods[0] if method is None else method,
            left=self.models[0] if left is None else left,
            right=self.models[min(1, len(self.models) - 1)] if right is None else right,
            share=share,
            removed=removed,
        )

    @traitlets.validate("image")
    def _image_is_there(self, proposal: Any) -> int:
        return check_image(proposal["value"], len(self._loaded.images))

    @traitlets.validate("method")
    def _method_is_there(self, proposal: Any) -> str:
        return check_choice(proposal["value"], self.methods, "method")

    @traitlets.validate("left", "right")
    def _model_is_there(self, proposal: Any) -> str:
        return check_choice(proposal["value"], self.models, proposal["trait"].name)

    @traitlets.validate("share")
    def _share_fits(self, proposal: Any) -> float:
        return check_part(proposal["value"], *SHARES, "share")

    @traitlets.validate("removed")
    def _removed_fits(self, proposal: Any) -> float:
        return check_part(proposal["value"], 0.0, 1.0, "removed")

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        Computed by ``fewbits.metrics`` on the maps as they arrive in the page.
        """
        places = {name: i for i, name in enumerate(self.models)}
        return compare(
            self._loaded,
            self.image,
            self.methods.index(self.method),
            (places[self.left], places[self.right]),
            self.share,
            self.removed,
            (places[self.seeds[0]], places[self.seeds[1]]) if self.seeds else None,
        )

    def still(self) -> str:
        """The image, both maps and both deletion curves at the present choice."""
        models = [self.models.index(name) for name in (self.left, self.right)]
        method = self.methods.index(self.method)
        titles = (f"{self.method}, {self.left}", f"{self.method}, {self.right}")
        label = self.class_names[self._loaded.labels[self.image]]
        return saliency_still(self._loaded, self.image, method, models, titles, label)


SaliencyCompare._css += source("pictures.css", "saliency_compare.css")
