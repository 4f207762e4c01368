"""What a head may speak of: codes of a codebook, or a backbone's own channels."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.scores import CodeMaps, check_temperature, code_maps

Features = Float[Tensor, "image feature high wide"]


@runtime_checkable
class Vocabulary(Protocol):
    """Words that a picture's feature maps are told in."""

    @property
    def count(self) -> int:
        """How many there are."""

    def maps(self, features: Features) -> CodeMaps:
        """Where in each picture each word is, and how loudly."""

    def to(self, device: torch.device) -> "Vocabulary":
        """The same words on a device, a copy where it is another."""

    def only(self, kept: Int[Tensor, " kept"]) -> "Vocabulary":
        """Some of the words; where words share places among them, these share what the rest had."""


@dataclass(frozen=True)
class CodeVocabulary:
    """The codes of a codebook, compared by cosine; a softmax lets them compete for each place.

    Raises:
        UsageError: the temperature is not above 0.
    """

    codebook: Codebook
    temperature: float | None

    def __post_init__(self) -> None:
        check_temperature(self.temperature)

    @property
    def count(self) -> int:
        """K."""
        return self.codebook.count

    def maps(self, features: Features) -> CodeMaps:
        """Shares of each place, or cosines where there is no temperature."""
        here = features.to(self.codebook.codes.device)
        return code_maps(self.codebook.cosines(here), self.temperature)

    def to(self, device: torch.device) -> "CodeVocabulary":
        """A copy of the codebook, if it has to move."""
        if self.codebook.codes.device == device:
            return self
        return CodeVocabulary(deepcopy(self.codebook).to(device), self.temperature)

    def only(self, kept: Int[Tensor, " kept"]) -> "CodeVocabulary":
        """A smaller codebook."""
        codes = self.codebook.codes.detach()[kept]
        return CodeVocabulary(Codebook(codes, self.codebook.mapping), self.temperature)


@dataclass(frozen=True)
class ChannelVocabulary:
    """The backbone's own channels, as in PIP-Net (arXiv 2302.14844): a softmax over them.

    PIP-Net trains the backbone until one channel stands out at each place; here it stays as it is.

    Attributes:
        kept: which channels.
    """

    kept: Int[Tensor, " kept"]

    @property
    def count(self) -> int:
        """Number of channels."""
        return len(self.kept)

    def maps(self, features: Features) -> CodeMaps:
        """Shares of each place."""
        return features[:, self.kept].softmax(1)

    def to(self, device: torch.device) -> "ChannelVocabulary":
        """Numbers of channels, wherever the maps are."""
        return ChannelVocabulary(self.kept.to(device))

    def only(self, kept: Int[Tensor, " kept"]) -> "ChannelVocabulary":
        """Some of the channels."""
        return ChannelVocabulary(self.kept[kept])
