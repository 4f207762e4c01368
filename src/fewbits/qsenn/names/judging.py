"""Networks' features named with the same pictures and concepts, as rows and rates of a report."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from jaxtyping import Float
from torch import Tensor

from fewbits.qsenn.measuring import Block
from fewbits.qsenn.names.block import naming_block
from fewbits.qsenn.names.board import NameBoard, boards_for
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.probing import Answers, Probes

SEED = 0  # of the permutations behind levels of chance


@dataclass(frozen=True)
class Judging:
    """What all networks are named with.

    Attributes:
        probes: pictures to name on and to judge on.
        concepts: what there is to choose from; those of the probes, where they know any.
        seen: what a CLIP sees of them in the naming pictures, if one was asked.
        threshold: from which score on a feature has a name; None for what chance reaches.
    """

    probes: Probes
    concepts: Concepts
    seen: Float[Tensor, "image concept"] | None
    threshold: float | int | None

    def boards(self, answers: Answers) -> dict[str, NameBoard]:
        """One network's names in each way there is."""
        return boards_for(answers, self.probes, self.concepts, self.seen, SEED)

    def rows(self, answers: Answers) -> list[Block]:
        """A row for each feature that a network uses.

        Returns:
            ``feature``, its column of the last layer, and under each way the rest of its
            :class:`fewbits.qsenn.names.naming.Name`, with the ids of the pictures as evidence.
        """
        ids = self.probes.named_on.ids
        named = {way: one.names(self.threshold) for way, one in self.boards(answers).items()}
        rows: list[Block] = []
        for names in zip(*named.values(), strict=True):
            row: Block = {"feature": names[0].feature}
            for way, name in zip(named, names, strict=True):
                told = asdict(name) | {"evidence": ids[list(name.evidence)].tolist()}
                row[way] = {key: value for key, value in told.items() if key != "feature"}
            rows.append(row)
        return rows

    def rates(self, answers: Mapping[str, Answers]) -> dict[str, Block] | None:
        """A :func:`fewbits.qsenn.names.block.naming_block` a network; None without a truth."""
        if not self.probes.attributes:
            return None
        return {
            name: naming_block(self.boards(said), self.threshold) for name, said in answers.items()
        }

    def without(self, left_out: str) -> "Judging":
        """The same without the concepts of a group."""
        groups = enumerate(self.concepts.groups)
        chosen = [place for place, group in groups if group != left_out]
        seen = None if self.seen is None else self.seen[:, chosen]
        only = self.concepts.only(chosen)
        return Judging(self.probes.only(chosen), only, seen, self.threshold)
