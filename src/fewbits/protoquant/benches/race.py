"""What a race between two assignments of vectors to codes has found."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

OTHER = "vector-quantize-pytorch"
NEAR_TIE = 1e-6
"""Of two cosines: a sum of rounded 32-bit products cannot tell directions that lie nearer."""


@dataclass(frozen=True)
class Problem:
    """How much there is to assign."""

    vectors: int
    features: int
    codes: int

    def __str__(self) -> str:
        return f"{self.vectors} x {self.features} to {self.codes} codes"

    @property
    def operations(self) -> float:
        """Floating-point operations of all cosines."""
        return 2.0 * self.vectors * self.features * self.codes

    def draw(
        self, device: str
    ) -> tuple[Float[Tensor, "vector feature"], Float[Tensor, "code feature"]]:
        """Vectors and codes of normal noise: nothing is far nearer than the rest."""
        generator = torch.Generator().manual_seed(0)
        vectors = torch.randn(self.vectors, self.features, generator=generator)
        codes = torch.randn(self.codes, self.features, generator=generator)
        return vectors.to(device), codes.to(device)


@dataclass(frozen=True)
class Answers:
    """How two assignments compare.

    Attributes:
        same: vectors with the same code.
        near: with another code whose cosine, in 64 bits, is as large but for 1e-6.
        apart: with another code that is nearer or farther: an error of one of the two.
    """

    same: int
    near: int
    apart: int


@dataclass(frozen=True)
class Cost:
    """What an assignment takes.

    Attributes:
        seconds: median.
        peak: bytes above the inputs at the worst moment of several tries; None where the system
            does not tell.
    """

    seconds: float
    peak: int | None


@dataclass(frozen=True)
class Race:
    """One problem on one device, two assignments.

    Attributes:
        product: floating-point operations a second of a plain product, measured in the same run.
    """

    problem: Problem
    device: str
    ours: Cost
    theirs: Cost
    answers: Answers
    product: float

    @property
    def ratio(self) -> float:
        """Their seconds over ours."""
        return self.theirs.seconds / self.ours.seconds

    @property
    def memory_ratio(self) -> float | None:
        """Their peak over ours; None where either is not known."""
        if not self.ours.peak or self.theirs.peak is None:
            return None
        return self.theirs.peak / self.ours.peak

    @property
    def share(self) -> float:
        """Of the plain product's rate, what our cosines reach, all else we do included."""
        return self.problem.operations / self.ours.seconds / self.product

    def line(self) -> str:
        """Name, our seconds, theirs, ratio; then the ratio of memory."""
        kept = self.memory_ratio
        memory = "not told" if kept is None else f"{kept:.1f} x"
        return (
            f"{self.problem} on {self.device} beside {OTHER}: {self.ours.seconds:.4f} s, "
            f"{self.theirs.seconds:.4f} s, {self.ratio:.1f} x, memory {memory}"
        )


def compare(
    vectors: Tensor, codes: Tensor, first: Int[Tensor, " vector"], second: Int[Tensor, " vector"]
) -> Answers:
    """Count vectors with the same code, and of the others those between two equally near ones."""
    differ = (first != second).nonzero()[:, 0]
    unit = torch.nn.functional.normalize
    directions = unit(vectors[differ].double(), dim=1)
    cosines = [
        (directions * unit(codes[chosen[differ]].double(), dim=1)).sum(1)
        for chosen in (first, second)
    ]
    near = int(((cosines[0] - cosines[1]).abs() <= NEAR_TIE).sum())
    return Answers(len(vectors) - len(differ), near, len(differ) - near)
