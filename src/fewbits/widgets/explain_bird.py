"""ExplainBird: why a picture got its class, feature by feature, and what a change would do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from jaxtyping import UInt8

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.qsenn.network import FeatureNetwork
from fewbits.qsenn.pipeline import features_of
from fewbits.widgets.base import Given, Widget, source
from fewbits.widgets.explain_bird_checks import (
    check_class,
    check_classes,
    check_cover,
    check_dropped,
    check_flipped,
    check_layer,
)
from fewbits.widgets.explain_bird_numbers import Changes, Numbers, explain, pair_of, ranked, used_by
from fewbits.widgets.explain_bird_still import explain_still
from fewbits.widgets.explain_bird_transport import StoredNetwork, standardised, store_network
from fewbits.widgets.feature_evidence import Evidence, find_evidence
from fewbits.widgets.packing import pack
from fewbits.widgets.picture_sheet import check_pictures, make_sheet, shrink
from fewbits.widgets.saliency_compare_checks import check_image

SIDES = (64, 96)  # pictures of fewer than 96 pixels a side arrive at 64
MOST_BYTES = 225_000  # of packed text: with code, style and still picture under a page's 300 KB


class ExplainBird(Widget):
    """A picture, its class's features, where each fires, and the logits when one is changed.

    In a chapter, one line::

        ExplainBird(rounds[-1].tuned, birds.test.first(24), birds.train, birds.class_names)

    The reader chooses a picture and two classes, drops features and flips signs; in a notebook
    ``widget.image``, ``.explained``, ``.against``, ``.dropped``, ``.flipped`` and ``.cover``
    follow, and setting them from Python moves the control.

    To drop a feature is to set it to its zero, where it says nothing, for every class. To flip one
    is to change the sign of its weight for one class alone. Logits are those of the network
    (:meth:`numbers`); maps are rounded to 8 bits on their way into the page.

    Args:
        network: with a fixed last layer of 1 to 20 features a class.
        pictures: to choose from; 24 of drawn birds and 47 used features take 200 KB.
        training: where the evidence comes from: the pictures that the network was trained on.
        class_names: one a class, all different.
        names: one a feature of the last layer, None where it has none.
        image: number of the picture to start with.
        explained: the class to explain; default the one decided for each picture.
        against: the class beside it; default, of the others, the one with the largest logit.
        dropped: numbers of features.
        flipped: pairs of a class's name and a feature's number.
        cover: how strongly a map covers its picture, 0 to 1.

    Raises:
        UsageError: a layer that is not fixed or has a class without features, names or labels that
            do not fit, no picture, NaN, a setting that is not there, or more than a page can carry.
    """

    scripts = (
        "packing.js",
        "canvas.js",
        "picture_strip.js",
        "picture_sheet.js",
        "explain_bird_math.js",
        "explain_bird_cards.js",
        "explain_bird_parts.js",
        "explain_bird.js",
    )

    cargo = traitlets.Dict().tag(sync=True)  # read once, when the control is drawn
    image = Given().tag(sync=True)  # any, so that a wrong one meets a check that says more
    explained = Given().tag(sync=True)
    against = Given().tag(sync=True)
    dropped = Given().tag(sync=True)
    flipped = Given().tag(sync=True)
    cover = Given().tag(sync=True)

    def __init__(
        self,
        network: FeatureNetwork,
        pictures: Split,
        training: Split,
        class_names: Sequence[str],
        names: Sequence[str | None] | None = None,
        image: int = 0,
        explained: str = "",
        against: str = "",
        dropped: Sequence[int] = (),
        flipped: Sequence[tuple[str, int]] = (),
        cover: float | int = 0.8,
    ) -> None:
        check_pictures(pictures.images, "pictures")
        check_pictures(training.images, "training")
        self._stored: StoredNetwork = store_network(network, pictures, class_names, names)
        check_classes(class_names, training.labels, len(self._stored.bias))
        self._evidence = _evidence(network, training, self._stored)
        side = SIDES[pictures.images.shape[-1] >= SIDES[1]]
        self._pixels: UInt8[np.ndarray, "image side side 3"] = shrink(pictures.images, side)
        super().__init__(
            cargo=self._pack(),
            image=image,
            explained=explained,
            against=against,
            dropped=dropped,
            flipped=flipped,
            cover=cover,
        )

    def _pack(self) -> dict[str, Any]:
        stored, sheet = self._stored, make_sheet(self._pixels)
        arrays = {"pictures": sheet.data, **stored.arrays(), **self._evidence.arrays()}
        packed = pack(arrays)
        if len(packed["data"]) > MOST_BYTES:
            raise UsageError(
                f"{sheet.count} pictures and {len(stored.features)} features take "
                f"{len(packed['data']) / 1000:.0f} KB in the page, at most "
                f"{MOST_BYTES / 1000:.0f} KB fit: give ExplainBird fewer pictures"
            )
        return {
            **packed,
            "classes": list(stored.class_names),
            "features": list(stored.features),
            "titles": [stored.title(place) for place in range(len(stored.features))],
            "map": list(stored.codes.shape[2:]),
            "sheets": {"pictures": sheet.shape(), "evidence": self._evidence.sheet.shape()},
        }

    @traitlets.validate("image")
    def _image_is_there(self, proposal: Any) -> int:
        return check_image(proposal["value"], len(self._stored.labels))

    @traitlets.validate("explained", "against")
    def _class_is_there(self, proposal: Any) -> str:
        return check_class(proposal["value"], proposal["trait"].name, self._stored.class_names)

    @traitlets.validate("dropped")
    def _dropped_are_there(self, proposal: Any) -> list[int]:
        return check_dropped(proposal["value"], self._stored.features)

    @traitlets.validate("flipped")
    def _flipped_are_there(self, proposal: Any) -> list[list[str | int]]:
        return check_flipped(proposal["value"], self._stored.pairs())

    @traitlets.validate("cover")
    def _cover_is_a_share(self, proposal: Any) -> float:
        return check_cover(proposal["value"])

    @property
    def changes(self) -> Changes:
        """What is dropped and flipped, by places in what is stored."""
        rows, places = self._stored.class_names, self._stored.features
        return Changes(
            frozenset(map(places.index, self.dropped)),
            frozenset((rows.index(name), places.index(number)) for name, number in self.flipped),
        )

    def numbers(self) -> Numbers:
        """What the page shows at the present choice, by the names of its outputs.

        ``value_7``, ``weight_7`` and ``part_7`` are of feature 7 and the class explained;
        ``own_7``, ``other_7`` and ``share_7`` of both classes and the difference of their logits.
        """
        found = explain(self._stored, self.image, self.explained, self.against, self.changes)
        return {"cover": self.cover, **found}

    def still(self) -> str:
        """The picture, the parts of its class's logit, and all logits, at the present choice."""
        stored = self._stored
        own, _ = pair_of(stored, self.image, self.explained, self.against)
        numbers, used = self.numbers(), used_by(stored, own)
        parts = np.zeros(len(stored.features))
        for place in used:
            parts[place] = numbers[f"part_{stored.features[place]}"]
        rows = [(stored.title(place), float(parts[place])) for place in ranked(parts, used)]
        logits = [float(numbers[f"logit_{row}"]) for row in range(len(stored.class_names))]
        label = stored.class_names[int(stored.labels[self.image])]
        names = (label, stored.class_names[own])
        pixels = self._pixels[self.image]
        return explain_still(
            pixels, names, rows, float(numbers["bias"]), stored.class_names, logits
        )


def _evidence(network: FeatureNetwork, training: Split, stored: StoredNetwork) -> Evidence:
    """The training pictures that raise each stored feature most."""
    used = list(stored.features)
    means = features_of(network, training)[:, used]
    return find_evidence(standardised(check_layer(network), means, used), training)


ExplainBird._css += source("qsenn.css", "pictures.css", "explain_bird.css")
