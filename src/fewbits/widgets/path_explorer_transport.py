"""How the fits of PathExplorer travel: whole numbers times one scale a fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from jaxtyping import Float, Int16
from numpy.typing import NDArray

from fewbits import glm
from fewbits.errors import UsageError

LARGEST_CODE = 32_767


@dataclass(frozen=True)
class StoredFits:
    """What the page gets of the paths: the numbers shown are computed from this.

    Attributes:
        lambdas: falling, the same for all.
        tolerances: falling, so that the strictest is last.
        codes: of the weights; 0 stands for 0 and for nothing else.
        scales: of each fit; a weight is its code times this.
        biases: as fitted.
        objectives: of each fit.
        residuals: of each fit.
        steps: of each fit.
    """

    lambdas: tuple[float, ...]
    tolerances: tuple[float, ...]
    codes: Int16[np.ndarray, "stop place class feature"]
    scales: Float[np.ndarray, "stop place"]
    biases: Float[np.ndarray, "stop place class"]
    objectives: Float[np.ndarray, "stop place"]
    residuals: Float[np.ndarray, "stop place"]
    steps: Float[np.ndarray, "stop place"]

    @property
    def classes(self) -> int:
        """How many classes the layers tell apart."""
        return self.codes.shape[2]

    def layer(self, stop: int, place: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights and bias of one fit as they arrive."""
        return self.codes[stop, place] * self.scales[stop, place], self.biases[stop, place]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it that is packed."""
        names = ("codes", "scales", "biases", "objectives", "residuals", "steps")
        return {name: getattr(self, name) for name in names}


def round_weights(
    weights: Float[np.ndarray, "class feature"],
) -> tuple[Int16[np.ndarray, "class feature"], float]:
    """Codes and their scale; what is not 0 keeps a code of at least 1."""
    scale = float(np.abs(weights).max()) / LARGEST_CODE or 1.0
    codes = np.rint(weights / scale)
    codes = np.where((weights != 0) & (codes == 0), np.sign(weights), codes)
    return codes.astype(np.int16), scale


def store_fits(paths: Mapping[float, glm.Path]) -> StoredFits:
    """Round the fits of paths that differ only in their tolerance.

    Raises:
        UsageError: no path, a tolerance that is no number above 0, or paths at other lambdas or on
            other features.
    """
    if not paths:
        raise UsageError("PathExplorer needs at least one path: paths={tolerance: path}")
    keys: list[object] = list(paths)  # of what a caller gave, whatever it is
    for key in keys:
        if isinstance(key, bool) or not isinstance(key, Real):
            raise UsageError(
                f"the keys of paths must be the tolerances, numbers above 0 like 1e-4, got {key!r}"
            )
        if not 0 < float(key) < float("inf"):
            raise UsageError(f"a path's tolerance must be above 0, got {key}")
    tolerances = tuple(sorted(map(float, paths), reverse=True))
    first = paths[tolerances[-1]]
    for path in paths.values():
        alike = path.lambdas == first.lambdas and (
            path.last.weights.shape == first.last.weights.shape
        )
        if not alike or not path.standardization.mean.equal(first.standardization.mean):
            raise UsageError(
                "all paths must be fitted at the same lambdas on the same features: pass the "
                "first one's lambdas to the others"
            )
    if len(first.lambdas) < 2:
        raise UsageError("a path needs at least two lambdas to move between, got one")
    fits = [list(paths[tolerance].fits) for tolerance in tolerances]
    if not all(
        fit.weights.isfinite().all() and fit.bias.isfinite().all() for f in fits for fit in f
    ):
        raise UsageError("a path holds NaN or infinity: its fit went wrong, look there")
    rounded = [[round_weights(fit.weights.cpu().double().numpy()) for fit in row] for row in fits]

    def each(name: str) -> NDArray[np.float64]:
        return np.array([[float(getattr(fit, name)) for fit in row] for row in fits])

    return StoredFits(
        lambdas=first.lambdas,
        tolerances=tolerances,
        codes=np.array([[codes for codes, _ in row] for row in rounded], dtype=np.int16),
        scales=np.array([[scale for _, scale in row] for row in rounded]),
        biases=np.array([[fit.bias.cpu().double().numpy() for fit in row] for row in fits]),
        objectives=each("objective"),
        residuals=each("residual"),
        steps=each("steps"),
    )
