"""Features -> names: the concept that is there when a feature is loud, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from fewbits.data.cub import BirdSet, Photos
from fewbits.errors import UsageError
from fewbits.qsenn.names.clip import Clip
from fewbits.qsenn.names.concepts import Concepts, concepts_of
from fewbits.qsenn.names.probing import presence_of
from fewbits.qsenn.names.scoring import correlations, sight

SHOWN = 9  # pictures of evidence


@dataclass(frozen=True)
class Name:
    """What one feature is called, and why.

    Attributes:
        feature: its column in the table that was named, or of the last layer.
        concept: the best one's name; what the feature would be called if it is not ``named``.
        score: how well it goes with the feature, -1 to 1.
        runner_up: the second best.
        runner_up_score: its score; close to the first where the two cannot be told apart.
        opposite: the concept that is most clearly absent when the feature is loud.
        opposite_score: its score, the lowest of all.
        evidence: the pictures on which the feature is loudest, loudest first.
        named: whether the score reaches the threshold.
    """

    feature: int
    concept: str
    score: float
    runner_up: str
    runner_up_score: float
    opposite: str
    opposite_score: float
    evidence: tuple[int, ...]
    named: bool


@dataclass(frozen=True)
class Naming:
    """All scores of all features, from which names follow under any threshold.

    Attributes:
        concepts: what there was to choose from.
        scores: correlations, -1 to 1, by a CLIP times how clearly it sees the concept; 0 where a
            feature or a concept never changes.
        evidence: for each feature the pictures on which it is loudest.
    """

    concepts: Concepts
    scores: Float[Tensor, "feature concept"]
    evidence: Int[Tensor, "feature shown"]

    @property
    def best(self) -> Int[Tensor, " feature"]:
        """The concept with the largest score, the first of equal ones.

        A feature is named by what is there when it is loud. One that is loud where something is
        missing has that as its ``opposite``, and is named by what is there instead, or not at all.
        """
        return self.scores.argmax(1)

    def named(self, threshold: float | int) -> Bool[Tensor, " feature"]:
        """Which features have a name: the best score reaches the threshold, and is above 0.

        Raises:
            UsageError: a threshold outside of 0 to 1.
        """
        if not 0 <= threshold <= 1:
            raise UsageError(f"the threshold must be a score from 0 to 1, got {threshold}")
        best = self.scores.amax(1)
        return (best >= threshold) & (best > 0)

    def at(self, threshold: float | int, columns: Sequence[int] | None = None) -> list[Name]:
        """Every feature's name under a threshold. Another one costs nothing: scores stay.

        Args:
            columns: what the features are numbered by. Default: their columns in the table.

        Raises:
            UsageError: a threshold outside of 0 to 1, or another number of columns.
        """
        numbers = range(len(self.scores)) if columns is None else columns
        if len(numbers) != len(self.scores):
            raise UsageError(f"expected {len(self.scores)} columns, got {len(numbers)}")
        named = self.named(threshold).tolist()
        order = self.scores.argsort(dim=1, descending=True, stable=True)
        return [
            Name(
                numbers[feature],
                *self._told(feature, int(ranked[0])),
                *self._told(feature, int(ranked[1])),
                *self._told(feature, int(ranked[-1])),
                tuple(self.evidence[feature].tolist()),
                named[feature],
            )
            for feature, ranked in enumerate(order)
        ]

    def _told(self, feature: int, concept: int) -> tuple[str, float]:
        return self.concepts.names[concept], self.scores[feature, concept].item()


def name_by(
    features: Float[Tensor, "image feature"],
    presence: Float[Tensor, "image concept"],
    concepts: Concepts,
    shown: int = SHOWN,
    weight: Float[Tensor, " concept"] | None = None,
) -> Naming:
    """Name features by how much of each concept is in each picture, wherever that is known from.

    A score is a correlation over the pictures, times the concept's weight.

    Args:
        features: a row a picture, only features that the layer uses.
        presence: what a CLIP sees, or 0 and 1 of a table of attributes.
        weight: 0 to 1, :func:`fewbits.qsenn.names.scoring.sight` for what a CLIP sees; 1 by
            default, for tables that see all concepts alike.
        shown: how many pictures of evidence, at most as many as there are.

    Raises:
        UsageError: tables of different pictures or another number of concepts, no feature, NaN, or
            ``shown`` below 1.
    """
    if presence.shape[1] != concepts.count:
        raise UsageError(
            f"expected a column for each of {concepts.count} concepts, got {presence.shape[1]}"
        )
    if shown < 1:
        raise UsageError(f"expected at least 1 picture of evidence, got {shown}")
    scores = correlations(features, presence)
    if weight is not None:
        scores = scores * weight
    loudest = features.argsort(dim=0, descending=True, stable=True)[:shown].T
    return Naming(concepts, scores, loudest.contiguous())


def name_features(
    features: Float[Tensor, "image feature"],
    images: UInt8[Tensor, "image 3 height width"],
    clip: Clip,
    concepts: Concepts,
    shown: int = SHOWN,
) -> Naming:
    """Name features without any annotation: a CLIP says what is in the pictures.

    Q-SENN (arXiv 2312.13839) names features with a CLIP; no code of it is public, and this way is
    ours: a concept's score is the correlation of the feature with how much the CLIP sees of it in
    each picture, times how clearly it sees it (:func:`fewbits.qsenn.names.scoring.sight`).

    Args:
        features: of these images, only those that the layer uses.
        images: what both the network and the CLIP look at.

    Raises:
        UsageError: as :func:`name_by`.
    """
    if len(images) != len(features):
        raise UsageError(
            f"expected features of the same pictures, got {len(features)} rows for {len(images)}"
        )
    seen = clip.see(images, concepts)
    return name_by(features, seen, concepts, shown, sight(seen))


def name_from_attributes(
    features: Float[Tensor, "image feature"], known: BirdSet, photos: Photos, shown: int = SHOWN
) -> Naming:
    """Name features by what people saw in the pictures: what a CLIP could do at best.

    Args:
        features: of these photos, only those that the layer uses.
        known: the set they belong to.

    Raises:
        UsageError: as :func:`name_by`, or the set knows no attributes.
    """
    concepts = concepts_of(known.attribute_names)
    return name_by(features, presence_of(known, photos), concepts, shown)
