"""A drawn problem of any size, and the two fits of a sparse layer run on it and counted."""

import time
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.defaults import (
    LAMBDAS,
    PATH_ALPHA,
    PRECISION,
    SELECTION_ALPHA,
)
from fewbits.glm.loss import Multinomial
from fewbits.glm.path import lambdas_below, largest_strength, walk
from fewbits.glm.standardize import measure
from fewbits.glm.table import Table

DRAWN_ROWS = 1024
OWN, NOISE = 0.1, 0.7  # share of the features that a class has; what is added to all of them
FALL = -0.5  # a feature's strength over the strongest's is its rank to this power


@dataclass(frozen=True)
class Shape:
    """How large a problem is.

    Attributes:
        rows: images, at least two a class.
        features: of which some are selected.
        classes: at least two.
        selected: how many features the selection keeps.
    """

    rows: int
    features: int
    classes: int
    selected: int = 50

    def __post_init__(self) -> None:
        if self.classes < 2 or self.rows < 2 * self.classes:
            raise UsageError(
                f"expected at least 2 classes and 2 rows a class, got {self.rows} rows and "
                f"{self.classes} classes"
            )
        if not 1 <= self.selected <= self.features:
            raise UsageError(
                f"selected must be from 1 to the number of features, {self.features}, got "
                f"{self.selected}"
            )

    def __str__(self) -> str:
        return f"{self.rows} x {self.features} -> {self.selected}, {self.classes} classes"


@dataclass(frozen=True)
class Stage:
    """One of the two fits, done.

    Attributes:
        seconds: of wall clock.
        lambdas: how many strengths it went through.
        steps: of the solver, at all of them.
        evaluations: of the loss, by number of columns.
    """

    seconds: float
    lambdas: int
    steps: int
    evaluations: dict[int, int]

    @property
    def asked(self) -> int:
        """How often the loss was evaluated."""
        return sum(self.evaluations.values())


def draw(
    shape: Shape, device: str = "cpu", seed: int = 0
) -> tuple[Float[Tensor, "row feature"], Int[Tensor, " row"]]:
    """Features as behind a ReLU, few of them telling and many faint; float32, made in place."""
    generator = torch.Generator(device).manual_seed(seed)
    labels = torch.arange(shape.rows, device=device) % shape.classes
    chance, size = torch.rand(2, shape.classes, shape.features, generator=generator, device=device)
    rank = 1 + torch.arange(shape.features, device=device)
    strength = (chance < OWN) * (1.4 + 1.2 * size) * rank**FALL
    features = torch.empty(shape.rows, shape.features, device=device)
    for part, own in zip(features.split(DRAWN_ROWS), labels.split(DRAWN_ROWS), strict=True):
        part.normal_(0, NOISE, generator=generator).add_(strength[own]).relu_()
    return features, labels


@torch.no_grad()
def run(
    features: Float[Tensor, "row feature"], labels: Int[Tensor, " row"], shape: Shape
) -> tuple[Stage, Stage]:
    """Select features by the grouped path, then the elastic net's path over them.

    Raises:
        FewbitsError: the selection's path ends before enough features have entered.
    """
    started = time.perf_counter()
    loss = Multinomial(Table(features, measure(features)), labels, shape.classes)
    strengths = lambdas_below(largest_strength(loss, SELECTION_ALPHA, True), LAMBDAS)
    steps = []
    for fit in walk(loss, strengths, SELECTION_ALPHA, True, PRECISION, relative=True):
        steps.append(fit.steps)
        entered = (fit.weights != 0).any(0).nonzero()[:, 0]
        if len(entered) >= shape.selected:
            break
    else:
        raise FewbitsError(
            f"only {len(entered)} of {shape.selected} features entered: draw more rows"
        )
    seconds = time.perf_counter() - started
    selection = Stage(seconds, len(steps), sum(steps), dict(loss.evaluations))
    return selection, _path(features[:, entered[: shape.selected]], labels, shape.classes)


def _path(features: Float[Tensor, "row kept"], labels: Int[Tensor, " row"], classes: int) -> Stage:
    started = time.perf_counter()
    loss = Multinomial(Table(features, measure(features)), labels, classes)
    strengths = lambdas_below(largest_strength(loss, PATH_ALPHA), LAMBDAS)
    fits = list(walk(loss, strengths, PATH_ALPHA, False, PRECISION, relative=True))
    steps = sum(fit.steps for fit in fits)
    return Stage(time.perf_counter() - started, len(fits), steps, dict(loss.evaluations))
