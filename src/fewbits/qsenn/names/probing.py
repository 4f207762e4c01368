"""Pictures that features are asked about, and what is truly in them."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from fewbits.data import ImageSet, Split
from fewbits.data.birds import MixedBirds, draw_mixed
from fewbits.data.birds.mixed import NAMES
from fewbits.data.cub import BirdSet, Photos
from fewbits.data.folders import data_folder
from fewbits.errors import UsageError
from fewbits.qsenn.network import FeatureNetwork
from fewbits.qsenn.pipeline import features_of

NAMED_SEED, JUDGED_SEED = 999, 998
"""Of the mixed birds that names are found and judged on; no picture is among both."""


@dataclass(frozen=True)
class Probe:
    """Pictures with their truth.

    Attributes:
        images: as the network looks at them.
        ids: what each is called: as in a set's files, or its number among mixed birds.
        presence: how much of each concept is in each picture, 0 to 1; None where nobody knows.
        classes: the pictures' classes, where attributes belong to classes and so go together;
            None where each attribute goes its own way, as with mixed birds.
        source: where the pictures are from, so that an id can be looked up.
    """

    images: UInt8[Tensor, "image 3 height width"]
    ids: Int[Tensor, " image"]
    presence: Float[Tensor, "image concept"] | None
    classes: Int[Tensor, " image"] | None = None
    source: str = ""

    def told(self) -> dict[str, object]:
        """For a report: how many pictures, and from where."""
        return {"pictures": len(self.images), "source": self.source}

    def only(self, concepts: list[int]) -> "Probe":
        """The same pictures with some of the concepts."""
        known = self.presence
        return self if known is None else replace(self, presence=known[:, concepts])


@dataclass(frozen=True)
class Probes:
    """Pictures to find names on, and others to judge them on.

    Attributes:
        attributes: names of the concepts whose presence both know; none where nobody does.
    """

    named_on: Probe
    judged_on: Probe
    attributes: tuple[str, ...]

    def only(self, concepts: list[int]) -> "Probes":
        """The same pictures with some of the concepts."""
        named = tuple(self.attributes[place] for place in concepts)
        return Probes(self.named_on.only(concepts), self.judged_on.only(concepts), named)

    def unknown(self) -> "Probes":
        """The same pictures without the truth, for concepts that nobody has looked for."""
        named, judged = (replace(one, presence=None) for one in (self.named_on, self.judged_on))
        return Probes(named, judged, ())


def presence_of(known: BirdSet, photos: Photos) -> Float[Tensor, "image attribute"]:
    """What was seen on each picture; where nobody looked, the share of its class that shows it.

    Raises:
        UsageError: the set knows no attributes.
    """
    if photos.attributes is not None:
        return photos.attributes.float()
    if known.class_attributes is None:
        raise UsageError(
            f"{known.name} knows no attributes of its pictures or classes: name its features with "
            "a CLIP and a list of concepts"
        )
    return known.class_attributes[photos.labels].float()


def probe_set(
    known: BirdSet, photos: Photos, images: UInt8[Tensor, "image 3 height width"]
) -> Probe:
    """A split of a set as a probe; its truth is as good as the set's, or None."""
    told = photos.attributes is not None or known.class_attributes is not None
    presence = presence_of(known, photos) if told else None
    return Probe(images, photos.image_ids, presence, photos.labels)


def probe_mixed(birds: MixedBirds) -> Probe:
    """Birds of no species as a probe: what a feature answers to there, it answers to alone."""
    return Probe(birds.images, torch.arange(birds.count), birds.shown.float())


def set_probes(known: BirdSet, pixels: ImageSet) -> Probes:
    """Names found on a set's training pictures and judged on its test pictures."""
    train = probe_set(known, known.train, pixels.train.images)
    test = probe_set(known, known.test, pixels.test.images)
    return Probes(
        replace(train, source=f"{known.name}, train"),
        replace(test, source=f"{known.name}, test"),
        known.attribute_names,
    )


def mixed_probes(count: int, side: int, data_dir: Path | None = None, workers: int = 1) -> Probes:
    """Names found on ``count`` birds of no species and judged on as many others.

    Args:
        side: of the pictures, in pixels, as the network looks at them.
        data_dir: where drawn birds are kept.
    """
    folder = data_folder(data_dir)
    named, judged = (
        replace(
            probe_mixed(draw_mixed(count, seed, side, folder, workers)),
            source=f"birds of no species, seed {seed}",
        )
        for seed in (NAMED_SEED, JUDGED_SEED)
    )
    return Probes(named, judged, NAMES)


@dataclass(frozen=True)
class Answers:
    """What the features that a network uses say of both probes' pictures.

    Attributes:
        columns: of the last layer, one a feature.
        named: of the pictures that names are found on.
        judged: of those that they are judged on.
    """

    columns: tuple[int, ...]
    named: Float[Tensor, "image used"]
    judged: Float[Tensor, "other used"]


def ask(network: FeatureNetwork, probes: Probes) -> Answers:
    """Show a network the pictures of both probes."""
    columns = tuple(torch.where(used_features(network))[0].tolist())
    return Answers(columns, answers(network, probes.named_on), answers(network, probes.judged_on))


def used_features(network: FeatureNetwork) -> Bool[Tensor, " kept"]:
    """Which features have a weight to any class."""
    return (network.head.weight != 0).any(0).cpu()


def answers(network: FeatureNetwork, probe: Probe) -> Float[Tensor, "image used"]:
    """The features of a probe's pictures that the last layer uses."""
    nothing = torch.zeros(len(probe.images), dtype=torch.int64)
    return features_of(network, Split(probe.images, nothing))[:, used_features(network)]
