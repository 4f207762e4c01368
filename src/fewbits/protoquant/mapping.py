"""The mapping m: what is done to feature vectors before their directions are compared.

A cosine asks for an angle seen from 0. Features after a ReLU all lie in one corner, and a few loud
ones decide every angle; moved to their mean, or whitened, the same vectors differ in more ways.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits.errors import UsageError

KINDS = ("none", "centred", "whitened", "lda", "mixed")
WHITENED_DIRECTIONS = 256
LDA_SHARE = 0.7  # of the class-aware block beside the whitened one, in "mixed"
FAINTEST = 1e-6  # of the strongest direction's variance: below it there is noise only

Vectors = Float[Tensor, "vector feature"]
Basis = Float[Tensor, "feature direction"]


class Mapping(nn.Module):
    """From the backbone's vectors to unit vectors whose products are cosines.

    Vectors are moved by ``mean``, expressed in each basis, there brought to length one, weighted
    and put beside each other.

    Attributes:
        kind: one of :data:`KINDS`.
        weights: of the blocks.
        directions: length of what comes out.
    """

    mean: Tensor

    def __init__(
        self,
        kind: str,
        mean: Float[Tensor, " feature"],
        bases: Sequence[Tensor | None] = (None,),
        weights: Sequence[float] = (1.0,),
    ) -> None:
        """Put the blocks together; a basis of None leaves the features as they are."""
        super().__init__()
        self.kind, self.count = kind, len(bases)
        self.register_buffer("mean", mean.float().clone())
        for place, basis in enumerate(bases):
            self.register_buffer(f"basis{place}", None if basis is None else basis.float().clone())
        self.weights = tuple(weights)

    @property
    def directions(self) -> int:
        """How many numbers a mapped vector has."""
        return sum(len(self.mean) if b is None else b.shape[1] for b in self.bases())

    def forward(self, vectors: Float[Tensor, "*place feature"]) -> Float[Tensor, "*place mapped"]:
        """Unit vectors; a vector at the mean itself points nowhere and becomes 0."""
        moved = vectors - self.mean
        blocks = [moved if basis is None else moved @ basis for basis in self.bases()]
        whole = sum(weight**2 for weight in self.weights) ** 0.5
        parts = [
            weight / whole * nn.functional.normalize(block, dim=-1)
            for weight, block in zip(self.weights, blocks, strict=True)
        ]
        return torch.cat(parts, -1) if len(parts) > 1 else parts[0]

    def bases(self) -> list[Tensor | None]:
        """The basis of each block; None where features stay as they are."""
        return [getattr(self, f"basis{place}") for place in range(self.count)]


@torch.no_grad()
def fit_mapping(
    kind: str,
    vectors: Vectors,
    labels: Int[Tensor, " vector"] | None = None,
    directions: int = WHITENED_DIRECTIONS,
) -> Mapping:
    """The mapping of a kind, fitted to a sample of training vectors.

    ``none`` compares vectors as they are; ``centred`` from their mean; ``whitened`` in the
    ``directions`` in which they vary most, each scaled to spread 1; ``lda`` in the directions in
    which classes differ most for how much they vary within (one fewer than there are classes; the
    covariance within gets its mean eigenvalue as ridge); ``mixed`` puts the last two side by side,
    each of length one, the second weighted with 0.7.

    Args:
        labels: class of the picture that each vector is from; ``lda`` and ``mixed`` need them.

    Raises:
        UsageError: unknown kind, no labels where they are needed, fewer than two vectors or
            classes, or NaN or infinity among the vectors.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown mapping {kind!r}: expected one of {', '.join(KINDS)}")
    if len(vectors) < 2:
        raise UsageError(f"a mapping is fitted to at least 2 vectors, got {len(vectors)}")
    if not vectors.isfinite().all():
        raise UsageError("vectors must be finite, got NaN or infinity: look at the feature maps")
    mean = torch.zeros(vectors.shape[1]) if kind == "none" else vectors.double().mean(0).float()
    if kind in ("none", "centred"):
        return Mapping(kind, mean)
    if kind == "whitened":
        return Mapping(kind, mean, (whitening(vectors, directions),))
    if labels is None:
        raise UsageError(f"mapping {kind} needs the class of each vector, got none")
    if kind == "lda":
        return Mapping(kind, mean, (between_classes(vectors, labels),))
    bases = (whitening(vectors, directions), between_classes(vectors, labels))
    return Mapping(kind, mean, bases, (1.0, LDA_SHARE))


def whitening(vectors: Vectors, directions: int = WHITENED_DIRECTIONS) -> Basis:
    """The directions of most variance, scaled so that vectors vary by 1 along each.

    Raises:
        UsageError: fewer than one direction is asked for.
    """
    if directions < 1:
        raise UsageError(f"directions must be at least 1, got {directions}")
    moved = vectors.double() - vectors.double().mean(0)
    strengths, axes = torch.linalg.eigh(moved.T @ moved / len(moved))
    strengths, axes = strengths.flip(0)[:directions], axes.flip(1)[:, :directions]
    loud = strengths > FAINTEST * strengths[0].clamp_min(1e-30)
    return (axes[:, loud] / strengths[loud].sqrt()).float()


def between_classes(vectors: Vectors, labels: Int[Tensor, " vector"]) -> Basis:
    """Fisher's discriminant directions, scaled by the spread within classes.

    Raises:
        UsageError: labels of another number, or of one class only.
    """
    if len(labels) != len(vectors):
        raise UsageError(f"expected a label for each of {len(vectors)} vectors, got {len(labels)}")
    held, rows = labels.unique(return_inverse=True)
    if len(held) < 2:
        raise UsageError("class-aware directions need at least 2 classes, got 1")
    wide = vectors.double()
    counts = rows.bincount().double()
    means = torch.zeros(len(held), wide.shape[1], dtype=wide.dtype).index_add_(0, rows, wide)
    means /= counts[:, None]
    inside = wide - means[rows]
    within = inside.T @ inside / len(wide)
    ridge = within.trace() / len(within)
    strengths, axes = torch.linalg.eigh(within + ridge * torch.eye(len(within)))
    sphere = axes / strengths.clamp_min(1e-30).sqrt()  # within-class spread is 1 all around
    shares = (counts / counts.sum()).sqrt()[:, None]
    apart = (means - wide.mean(0)) * shares @ sphere
    _, _, turned = torch.linalg.svd(apart, full_matrices=False)
    return (sphere @ turned[: len(held) - 1].T).float()
