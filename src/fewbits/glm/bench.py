"""The path solver beside glm-saga and scikit-learn, on the same problems, in one run."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.glm.path import Path, fit_path, lambda_max, lambdas_below
from fewbits.glm.standardize import standardize

ALPHA, LAMBDAS = 0.99, 20
# What its users run it with (debuggable networks, arXiv 2105.04857): stop after three epochs that
# improve by less than 1e-4.
SAGA = {"max_lr": 0.1, "nepochs": 2000, "tol": 1e-4, "lookbehind": 3}
SAGA_BATCH = 256
SKLEARN_TOLERANCE = 2e-3
# Tight enough to lie below both at every lambda, which the bench checks.
RACE_TOLERANCE = 1e-4
ALONE_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Problem:
    """A regression to solve.

    Attributes:
        name: what the bench calls it.
        features: standardised.
        labels: from 0.
        classes: how many.
        lambdas: strengths, falling.
    """

    name: str
    features: Float[Tensor, "image feature"]
    labels: Int[Tensor, " image"]
    classes: int
    lambdas: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """What a solver found.

    Attributes:
        seconds: of wall clock, for all lambdas.
        objectives: one a lambda.
        nonzeros: weights a class at the last lambda, mean.
    """

    seconds: float
    objectives: tuple[float, ...]
    nonzeros: float


@dataclass(frozen=True)
class Race:
    """One problem, two solvers; ``ratio`` is how many times as long the other took."""

    problem: str
    other: str
    ours: Answer
    theirs: Answer

    @property
    def ratio(self) -> float:
        """Their seconds over ours."""
        return self.theirs.seconds / self.ours.seconds

    @property
    def worst(self) -> float:
        """The largest amount by which an objective of ours lies above theirs; below 0: none."""
        pairs = zip(self.ours.objectives, self.theirs.objectives, strict=True)
        return max(own - other for own, other in pairs)

    def line(self) -> str:
        """Name, our seconds, theirs, ratio."""
        return (
            f"{self.problem} beside {self.other}: {self.ours.seconds:.2f} s, "
            f"{self.theirs.seconds:.2f} s, {self.ratio:.1f} x"
        )


def digits_problem() -> Problem:
    """scikit-learn's digits: 1797 images of 8 x 8, of which 61 pixels vary."""
    datasets: Any = import_module("sklearn.datasets")
    pixels, labels = datasets.load_digits(return_X_y=True)
    table = torch.from_numpy(pixels).float()
    table = table[:, (table != table[0]).any(0)]
    return _problem("digits 1797 x 61 x 10", table, torch.from_numpy(labels), 10)


def birds_problem(images: int = 5394, features: int = 50, classes: int = 200) -> Problem:
    """As large as a Q-SENN refit on CUB-200-2011: each class has a few features of its own."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(images) % classes
    own = torch.rand(classes, features, generator=generator) < 6 / features
    strength = own * (1.4 + 1.2 * torch.rand(classes, features, generator=generator))
    noise = 0.35 * torch.randn(images, features, generator=generator)
    shared = 0.15 * torch.randn(images, 1, generator=generator)
    table = torch.relu(strength[labels] + noise + shared)
    return _problem(f"birds {images} x {features} x {classes}", table, labels, classes)


def _problem(name: str, table: Tensor, labels: Tensor, classes: int) -> Problem:
    features, _ = standardize(table)
    most = lambda_max(features, labels, classes, ALPHA)
    return Problem(name, features, labels, classes, lambdas_below(most, LAMBDAS))


def ours(problem: Problem, tolerance: float, lambdas: Sequence[float] | None = None) -> Answer:
    """This package's path; its residual is at most ``tolerance`` at every lambda."""
    chosen = problem.lambdas if lambdas is None else lambdas

    def solve() -> Path:
        return fit_path(
            problem.features,
            problem.labels,
            problem.classes,
            ALPHA,
            chosen,
            tolerance=tolerance,
        )

    seconds, path = _timed(solve)
    return Answer(
        seconds,
        tuple(fit.objective for fit in path.fits),
        path.last.nonzeros().double().mean().item(),
    )


def saga(problem: Problem) -> Answer:
    """glm-saga's path with its usual stop."""
    module: Any = import_module("glm_saga.elasticnet")
    count, width = problem.features.shape
    linear = torch.nn.Linear(width, problem.classes)
    torch.nn.init.zeros_(linear.weight)
    torch.nn.init.zeros_(linear.bias)
    data = module.IndexedTensorDataset(problem.features, problem.labels)
    loader = torch.utils.data.DataLoader(
        data, SAGA_BATCH, shuffle=True, generator=torch.Generator().manual_seed(0)
    )

    def solve() -> Any:
        return module.glm_saga(
            linear,
            loader,
            alpha=ALPHA,
            k=len(problem.lambdas),
            do_zero=False,
            n_ex=count,
            n_classes=problem.classes,
            **SAGA,
        )

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        seconds, found = _timed(solve)
    steps = found["path"]
    nonzeros = (steps[-1]["weight"] != 0).sum().item() / problem.classes
    return Answer(seconds, tuple(_objective(problem, step) for step in steps), nonzeros)


def _objective(problem: Problem, step: dict[str, Any]) -> float:
    """In double precision, as ours is."""
    weights, bias = step["weight"].double(), step["bias"].double()
    logits = problem.features.double() @ weights.T + bias
    loss = torch.nn.functional.cross_entropy(logits, problem.labels)
    ridge = (1 - ALPHA) / 2 * weights.square().sum()
    return float(loss + float(step["lam"]) * (ALPHA * weights.abs().sum() + ridge))


def sklearn_saga(problem: Problem) -> Answer:
    """scikit-learn's saga, warm from lambda to lambda."""
    linear_model: Any = import_module("sklearn.linear_model")
    features, labels = problem.features.numpy(), problem.labels.numpy()
    model = linear_model.LogisticRegression(
        solver="saga", l1_ratio=ALPHA, tol=SKLEARN_TOLERANCE, max_iter=2000, warm_start=True
    )

    def solve() -> list[dict[str, Any]]:
        steps = []
        for strength in problem.lambdas:
            model.set_params(C=1 / (len(features) * strength)).fit(features, labels)
            weights, bias = (torch.from_numpy(p.copy()) for p in (model.coef_, model.intercept_))
            steps.append({"lam": strength, "weight": weights, "bias": bias})
        return steps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds, steps = _timed(solve)
    nonzeros = (steps[-1]["weight"] != 0).sum().item() / problem.classes
    return Answer(seconds, tuple(_objective(problem, step) for step in steps), nonzeros)


def races(tolerance: float = RACE_TOLERANCE, saga_too: bool = True) -> Iterator[Race]:
    """Each problem's races, one by one: the path, and the last lambda without the way there.

    Args:
        tolerance: of the KKT residual, of ours; the lambda alone is held to 1e-5 at least.
        saga_too: whether glm-saga runs, minutes on the larger problem.
    """
    digits, birds = digits_problem(), birds_problem()
    ours(digits, tolerance)  # whatever is done once is done before the clock runs
    yield Race(digits.name, "scikit-learn", ours(digits, tolerance), sklearn_saga(digits))
    for problem in (digits, birds) if saga_too else ():
        theirs = saga(problem)
        yield Race(problem.name, "glm-saga", ours(problem, tolerance), theirs)
        last = Answer(theirs.seconds, theirs.objectives[-1:], theirs.nonzeros)
        alone = ours(problem, min(tolerance, ALONE_TOLERANCE), problem.lambdas[-1:])
        yield Race(f"{problem.name}, last lambda alone", "glm-saga", alone, last)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found
