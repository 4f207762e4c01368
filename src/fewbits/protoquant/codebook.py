"""The codebook: vectors that stand for parts, and which of them a place of a picture is nearest to.

A code lives in the backbone's own space. Codes and features are compared after the same mapping.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.protoquant.kmeans import AT_ONCE, ROUNDS, nearest, spherical_kmeans
from fewbits.protoquant.mapping import Mapping

Maps = Float[Tensor, "image feature high wide"]


def flat(maps: Maps) -> Float[Tensor, "vector feature"]:
    """The feature vector of each place, picture by picture and row by row."""
    return maps.movedim(1, -1).reshape(-1, maps.shape[1])


class Codebook(nn.Module):
    """K codes.

    Attributes:
        codes: [code, feature], learned or not.
        mapping: what codes and features go through before the cosine.
        usage: how often each was the nearest since last reset; part of the ``state_dict``.
    """

    usage: Tensor

    def __init__(self, codes: Float[Tensor, "code feature"], mapping: Mapping) -> None:
        """Start with these codes.

        Raises:
            UsageError: codes of another width than the mapping's, not finite, or fewer than 2.
        """
        super().__init__()
        if codes.shape[1] != len(mapping.mean):
            raise UsageError(
                f"codes of {codes.shape[1]} features and a mapping of {len(mapping.mean)} do not "
                "belong together"
            )
        _check_count(len(codes))
        if not codes.isfinite().all():
            raise UsageError("codes must be finite, got NaN or infinity: lower the learning rate")
        self.codes = nn.Parameter(codes.float().clone())
        self.mapping = mapping
        self.register_buffer("usage", torch.zeros(len(codes), dtype=torch.long))

    @property
    def count(self) -> int:
        """Number of codes, K."""
        return len(self.codes)

    def keys(self) -> Float[Tensor, "code mapped"]:
        """The codes as unit vectors, as features are compared with them."""
        keys: Tensor = self.mapping(self.codes)
        return keys

    def cosines(self, maps: Maps) -> Float[Tensor, "image code high wide"]:
        """How near each place is to each code, -1 to 1."""
        mapped = self.mapping(maps.movedim(1, -1))
        return (mapped @ self.keys().T).movedim(-1, 1)

    @torch.no_grad()
    def assign(self, vectors: Float[Tensor, "vector feature"]) -> Int[Tensor, " vector"]:
        """The nearest code of each vector.

        Memory for :data:`fewbits.protoquant.kmeans.AT_ONCE` mapped vectors, whatever their number.
        """
        keys = self.keys()
        return torch.cat([nearest(self.mapping(part), keys)[0] for part in vectors.split(AT_ONCE)])

    def quantise(self, maps: Maps) -> tuple[Maps, Int[Tensor, "image high wide"]]:
        """Each place's vector replaced by its nearest code, and which that is.

        No straight-through estimator is needed: the choice has no gradient, and what was chosen is
        a parameter, which the gradient reaches directly. In training mode usage is counted.
        """
        images, _, high, wide = maps.shape
        chosen = self.assign(flat(maps))
        if self.training:
            self.usage += chosen.bincount(minlength=self.count)
        places = chosen.view(images, high, wide)
        return self.codes[places].movedim(-1, 1), places

    def forget_usage(self) -> None:
        """Count usage from 0 again."""
        self.usage.zero_()

    def dead(self) -> Int[Tensor, " dead"]:
        """Codes that were nearest to nothing since usage was last forgotten."""
        return (self.usage == 0).nonzero()[:, 0]


def random_codes(
    vectors: Float[Tensor, "vector feature"], count: int, generator: torch.Generator
) -> Float[Tensor, "code feature"]:
    """Normal noise with the vectors' mean and spread, feature by feature: they know nothing else.

    Raises:
        UsageError: fewer than 2 codes.
    """
    _check_count(count)
    noise = torch.randn(count, vectors.shape[1], generator=generator)
    return vectors.mean(0) + vectors.std(0) * noise


def orthogonal_codes(
    count: int, features: int, generator: torch.Generator
) -> Float[Tensor, "code feature"]:
    """Directions at right angles to each other, as the reference code begins.

    More codes than features cannot all be; then each block of ``features`` of them is.

    Raises:
        UsageError: fewer than 2 codes.
    """
    _check_count(count)
    blocks = []
    for start in range(0, count, features):
        noise = torch.randn(features, features, generator=generator)
        turned, upper = torch.linalg.qr(noise)
        blocks.append((turned * upper.diagonal().sign())[: count - start])
    return torch.cat(blocks)


def kmeans_codes(
    vectors: Float[Tensor, "vector feature"],
    mapping: Mapping,
    count: int,
    generator: torch.Generator,
    rounds: int = ROUNDS,
) -> Float[Tensor, "code feature"]:
    """The mean vector of each group that spherical k-means finds after the mapping.

    Raises:
        UsageError: as :func:`fewbits.protoquant.kmeans.spherical_kmeans`, or fewer than 2 codes.
    """
    _check_count(count)
    groups = spherical_kmeans(mapping(vectors), count, generator, rounds)
    sums = torch.zeros(count, vectors.shape[1]).index_add_(0, groups, vectors)
    return sums / groups.bincount(minlength=count)[:, None]


def _check_count(count: int) -> None:
    if count < 2:
        raise UsageError(f"a codebook has at least 2 codes, got {count}")
