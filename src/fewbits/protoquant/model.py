"""The model behind a frozen backbone: codes, a temperature, and a head over their scores."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import Linear
from fewbits.protoquant.scores import CodeMaps, Scored, code_maps, score, strongest

GONE = -1


@dataclass(frozen=True)
class PartModel:
    """Feature maps to classes, by way of parts.

    Attributes:
        codebook: all codes it was trained with.
        temperature: of the softmax over codes; None for plain cosines.
        head: what each part is worth to each class.
        belongs: which part each code stands for, most often itself. Two codes of one part count
            together; one that stands for nothing, -1, is left out of the softmax.
        forbidden: weights that have to stay 0, whatever is trained again.
    """

    codebook: Codebook
    temperature: float | None
    head: Linear
    belongs: Int[Tensor, " code"]
    forbidden: Bool[Tensor, "class code"]

    @staticmethod
    def fresh(codebook: Codebook, temperature: float | None, head: Linear) -> "PartModel":
        """A model nobody has edited: each code is its own part.

        Raises:
            UsageError: the head was made for another number of codes.
        """
        if head.weights.shape[1] != codebook.count:
            raise UsageError(
                f"a head over {head.weights.shape[1]} scores does not fit {codebook.count} codes"
            )
        itself = torch.arange(codebook.count)
        return PartModel(
            codebook, temperature, head, itself, torch.zeros_like(head.weights, dtype=torch.bool)
        )

    @property
    def present(self) -> Bool[Tensor, " code"]:
        """Codes that take part in the softmax."""
        return self.belongs != GONE

    def maps(self, features: Float[Tensor, "image feature high wide"]) -> CodeMaps:
        """Each part's map; those of parts that are gone are 0."""
        return self.shared(self.codebook.cosines(features))

    def shared(self, cosines: CodeMaps) -> CodeMaps:
        """The same from all codes' cosines.

        Codes of one part add up: at each place their shares, or without temperature the largest of
        their cosines.
        """
        here = self.present.nonzero()[:, 0]
        found = code_maps(cosines[:, here], self.temperature)
        maps = found.new_zeros(len(found), self.codebook.count, *found.shape[2:])
        into = self.belongs[here]
        if self.temperature is None:
            lowest = torch.full_like(maps, -1.0)
            index = into[None, :, None, None].expand_as(found)
            best = lowest.scatter_reduce(1, index, found, "amax")
            used = torch.zeros(self.codebook.count, dtype=torch.bool)
            used[into] = True
            return torch.where(used[:, None, None], best, maps)
        return maps.index_add(1, into, found)

    def logits(
        self, features: Float[Tensor, "image feature high wide"]
    ) -> Float[Tensor, "image class"]:
        """What the model says of pictures, from their feature maps."""
        return self.head(strongest(self.maps(features)).scores)

    def score(self, batches: Iterable[Tensor]) -> Scored:
        """Scores and cells of all pictures, a batch of feature maps at a time.

        Raises:
            UsageError: no pictures, or NaN in their maps.
        """
        return score(self.maps, batches)
