"""All that is known of the names of one network's features, for a report or a reader to choose."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.matching import Match, best_by_group, match
from fewbits.qsenn.names.naming import Name, Naming, name_by
from fewbits.qsenn.names.probing import Answers, Probes
from fewbits.qsenn.names.scoring import chance_level, correlations, sight

ATTRIBUTES, CLIP = "attributes", "clip"
"""The two ways to a name: who truly has an attribute, and what a CLIP says of the pictures."""


@dataclass(frozen=True)
class NameBoard:
    """One network's features against all concepts, before any threshold.

    Attributes:
        columns: of the last layer, one a feature.
        naming: scores, names under any threshold, and the pictures of evidence, as rows of the
            naming pictures.
        chance: the score that a feature's best concept reaches by chance, 0 to 1; the threshold
            unless another is chosen.
        truth: correlations of the features with who truly has each concept, on other pictures;
            None where nobody knows.
        floor: what the best of these reaches by chance; 0 without a truth.
    """

    columns: tuple[int, ...]
    naming: Naming
    chance: float
    truth: Float[Tensor, "feature concept"] | None
    floor: float

    def names(self, threshold: float | int | None = None) -> list[Name]:
        """Every feature's name, numbered by the last layer's columns.

        Raises:
            UsageError: a threshold outside of 0 to 1.
        """
        return self.naming.at(self.chance if threshold is None else threshold, self.columns)

    def judge(self, threshold: float | int | None = None) -> Match:
        """How many names are right.

        Raises:
            UsageError: a threshold outside of 0 to 1, or nobody knows the truth.
        """
        level = self.chance if threshold is None else threshold
        return match(self.naming, self._known(), level, self.floor)

    def by_group(self, threshold: float | int | None = None) -> dict[str, dict[str, int]]:
        """The same by the group that features truly go with best.

        Raises:
            UsageError: as :meth:`judge`.
        """
        level = self.chance if threshold is None else threshold
        return best_by_group(self.naming, self._known(), level, self.floor)

    def _known(self) -> Float[Tensor, "feature concept"]:
        if self.truth is None:
            raise UsageError("names are judged by the truth, and nobody knows it of these concepts")
        return self.truth


def boards_for(
    answers: Answers,
    probes: Probes,
    concepts: Concepts,
    seen: Float[Tensor, "image concept"] | None = None,
    seed: int = 0,
) -> dict[str, NameBoard]:
    """Name the features that a network uses in each way there is.

    Args:
        answers: of the network, from :func:`fewbits.qsenn.names.probing.ask`.
        probes: the pictures that were asked about. Where they know their concepts, these are
            ``concepts``, one by one.
        seen: what a CLIP sees of the concepts in the naming pictures, from
            :meth:`fewbits.qsenn.names.clip.Clip.see`, so that it is asked once for all networks.
        seed: of the permutations behind the levels of chance.

    Returns:
        :data:`ATTRIBUTES` where the presence of concepts is known, :data:`CLIP` where a CLIP has
        looked; nothing for a layer that uses no feature.

    Raises:
        UsageError: tables and concepts that do not go together, or NaN among the features.
    """
    if not answers.columns:
        return {}
    named_on, judged_on = probes.named_on, probes.judged_on
    truth, floor = None, 0.0
    if judged_on.presence is not None:
        truth = correlations(answers.judged, judged_on.presence)
        floor = chance_level(answers.judged, judged_on.presence, seed, judged_on.classes)

    def board(
        presence: Float[Tensor, "image concept"], weight: Float[Tensor, " concept"] | None
    ) -> NameBoard:
        naming = name_by(answers.named, presence, concepts, weight=weight)
        chance = chance_level(answers.named, presence, seed, named_on.classes, weight)
        return NameBoard(answers.columns, naming, min(chance, 1.0), truth, floor)

    found = {}
    if named_on.presence is not None:
        found[ATTRIBUTES] = board(named_on.presence, None)
    if seen is not None:
        found[CLIP] = board(seen, sight(seen))
    return found
