"""Q-SENN from pictures to a ternary layer: the paper's steps (arXiv 2312.13839), one call each."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits import glm
from fewbits.backbones import Backbone
from fewbits.data import ImageSet, Split
from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.defaults import PRECISION
from fewbits.qsenn.diversity import WEIGHT, diversity_loss
from fewbits.qsenn.network import FeatureNetwork, FixedHead, make_dense
from fewbits.qsenn.rounding import PAPERS, Rounding
from fewbits.qsenn.selection import select_features
from fewbits.qsenn.ternary import PER_CLASS, TernaryLayer
from fewbits.training import (
    LARGEST_SEED,
    OnStep,
    TrainSettings,
    fit,
    modes_kept,
    repeatable,
    to_float,
)

MOST_AT_ONCE, PIXELS_AT_ONCE = 256, 256 * 160**2  # maps of large pictures fill a GPU
SLDD_MOST = 10  # non-zeros a class on average at the point of the path that SLDD-Model starts from


@dataclass(frozen=True)
class DiverseLoss:
    """Cross-entropy, and features that look at different places.

    Attributes:
        weight: of the diversity loss; 0 leaves cross-entropy alone.
    """

    weight: float = WEIGHT

    @property
    def identity(self) -> str:
        """Tells trainings apart in checkpoints."""
        return f"cross-entropy and {self.weight:g} x diversity"

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        """The loss of one batch of a :class:`FeatureNetwork`."""
        if not isinstance(network, FeatureNetwork):
            raise UsageError(f"expected a FeatureNetwork, got {type(network).__name__}")
        maps = network.maps(images)
        logits = network.logits(maps)
        loss = nn.functional.cross_entropy(logits, labels)
        if self.weight:
            weights = network.head.weight
            loss = loss + self.weight * diversity_loss(maps, weights, logits.argmax(1))
        return loss


@torch.no_grad()
@repeatable()
def features_of(network: FeatureNetwork, split: Split) -> Float[Tensor, "image kept"]:
    """The means of the kept maps of all pictures, on the CPU; the network's mode stays."""
    device = next(network.parameters()).device
    found = []
    high, wide = split.images.shape[2:]
    at_once = min(MOST_AT_ONCE, max(1, PIXELS_AT_ONCE // (high * wide)))
    with modes_kept(network):
        network.eval()
        for part in split.images.split(at_once):
            found.append(network.maps(to_float(part).to(device)).mean((2, 3)).cpu())
    return torch.cat(found)


def train_dense(
    pictures: ImageSet,
    backbone: Backbone,
    settings: TrainSettings,
    seed: int,
    *,
    diversity: float = WEIGHT,
    frozen: bool = False,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> FeatureNetwork:
    """Step 1: a last layer over all features, and the backbone with it, unless it is frozen.

    Raises:
        FewbitsError: as :func:`fewbits.training.fit`.
    """
    torch.manual_seed(seed)
    network = make_dense(backbone, pictures.num_classes, frozen=frozen)
    _train(network, pictures.train, settings, seed, diversity, checkpoint, on_step)
    return network


def keep_features(
    network: FeatureNetwork, split: Split, classes: int, count: int
) -> Int[Tensor, " kept"]:
    """Step 2: the ``count`` features that a grouped path takes in first."""
    return select_features(features_of(network, split), split.labels, classes, count).features


def fit_sparse(
    network: FeatureNetwork,
    kept: Int[Tensor, " kept"],
    split: Split,
    classes: int,
    precision: float = PRECISION,
) -> glm.Path:
    """Step 3: the elastic-net path over the kept features of a network.

    Args:
        precision: at which each fit stops: its KKT residual as a share of lambda.

    Raises:
        FewbitsError: a fit of it did not become so precise.
    """
    return _fit_table(features_of(network, split)[:, kept], split, classes, precision)


def _fit_table(
    table: Float[Tensor, "image kept"], split: Split, classes: int, precision: float
) -> glm.Path:
    """The path over features that were computed already."""
    path = glm.fit_path(table, split.labels, classes, tolerance=precision, relative=True)
    for strength, point in zip(path.lambdas, path.fits, strict=True):
        if not point.converged:
            raise FewbitsError(
                f"the sparse fit at lambda {strength:.2e} stopped at a residual of "
                f"{point.residual:.1e} after {point.steps} steps, expected "
                f"{precision * strength:.1e}: look for features that repeat each other, or keep "
                "fewer"
            )
    return path


def with_layer(
    network: FeatureNetwork,
    kept: Int[Tensor, " kept"],
    weights: Float[Tensor, "class kept"],
    bias: Float[Tensor, " class"],
    start: glm.Standardization,
    dropout: float = 0.1,
) -> FeatureNetwork:
    """Step 4: a copy of the network with a fixed layer over the kept ones of its features."""
    head = FixedHead(weights, bias, start)
    backbone = deepcopy(network.backbone)
    copy = FeatureNetwork(backbone, network.kept[kept], head, dropout, network.frozen)
    return copy.to(next(network.parameters()).device).eval()


def fine_tune(
    network: FeatureNetwork,
    split: Split,
    settings: TrainSettings,
    seed: int,
    *,
    diversity: float = WEIGHT,
    checkpoint: Path | None = None,
    on_step: OnStep | None = None,
) -> FeatureNetwork:
    """Step 5: train what feeds a fixed layer, in place."""
    _train(network, split, settings, seed, diversity, checkpoint, on_step)
    return network


@dataclass(frozen=True)
class Round:
    """One pass of the loop: refit, round, fine-tune.

    Attributes:
        path: the elastic-net path over the features as they were.
        layer: its last point, rounded. Where the features tell the classes apart with fewer weights
            than the budget, it has fewer.
        rounded: the network with that layer, before any training.
        tuned: the same after fine-tuning.
    """

    path: glm.Path
    layer: TernaryLayer
    rounded: FeatureNetwork
    tuned: FeatureNetwork


def iterate(
    dense: FeatureNetwork,
    pictures: ImageSet,
    kept: Int[Tensor, " kept"],
    rounds: Sequence[TrainSettings],
    seed: int,
    *,
    rounding: Rounding = PAPERS,
    diversity: float = WEIGHT,
    precision: float = PRECISION,
    checkpoints: Path | None = None,
    on_stage: Callable[[int], OnStep | None] | None = None,
) -> list[Round]:
    """Steps 3 to 5 once for each of ``rounds``: the loop of the paper's section 3.

    Args:
        kept: positions among the dense network's features, chosen once.
        rounds: how each fine-tuning trains. Each draws its batches and noise anew.
        rounding: how a fit becomes ternary; default the paper's way.
        precision: of each sparse fit, as in :func:`fit_sparse`.
        checkpoints: a folder for them, ``round-1.pt`` and so on.
        on_stage: from a pass's number to what is called in its training, for a progress bar.
    """
    done: list[Round] = []
    network, positions = dense, kept
    for place, settings in enumerate(rounds, start=1):
        table = features_of(network, pictures.train)[:, positions]
        path = _fit_table(table, pictures.train, pictures.num_classes, precision)
        how = path.standardization
        layer = rounding(path.last, how.apply(table), pictures.train.labels)
        rounded = with_layer(network, positions, layer.weights, layer.bias, how)
        file = None if checkpoints is None else checkpoints / f"round-{place}.pt"
        tuned = fine_tune(
            deepcopy(rounded),
            pictures.train,
            settings,
            seed_of(seed, place),
            diversity=diversity,
            checkpoint=file,
            on_step=None if on_stage is None else on_stage(place),
        )
        done.append(Round(path, layer, rounded, tuned))
        network, positions = tuned, torch.arange(len(kept))
    return done


def seed_of(seed: int, place: int) -> int:
    """The seed of a run's pass ``place``, counted from 1."""
    return (seed + 1_000_033 * place) % LARGEST_SEED


def sldd_layer(path: glm.Path, per_class: int = PER_CLASS) -> glm.Fit:
    """SLDD-Model's layer: of the path's densest point within ten a class, the largest weights.

    They are not rounded. A point with fewer weights than the budget keeps all it has.
    """
    classes = len(path.last.bias)
    densest = densest_within(path, max(SLDD_MOST, per_class) * classes)
    strength = densest.weights.abs()
    budget = min(per_class * classes, int(densest.nonzeros().sum()))
    threshold = strength.flatten().topk(budget).values[-1] if budget else 0.0
    return replace(densest, weights=torch.where(strength >= threshold, densest.weights, 0.0))


def densest_within(path: glm.Path, budget: int) -> glm.Fit:
    """Of a path's fits with at most ``budget`` non-zeros the one with the most.

    The first fit of a path has none, so there always is one.
    """
    within = [fit for fit in path.fits if int(fit.nonzeros().sum()) <= budget]
    return max(within, key=lambda fit: int(fit.nonzeros().sum()))


def _train(
    network: FeatureNetwork,
    split: Split,
    settings: TrainSettings,
    seed: int,
    diversity: float,
    checkpoint: Path | None,
    on_step: OnStep | None,
) -> None:
    """Train in place; the network comes out in evaluation mode."""
    loss = DiverseLoss(diversity)
    fit(network, split, settings, seed, loss=loss, checkpoint=checkpoint, on_step=on_step)
    network.eval()


def falling(settings: TrainSettings, rounds: int, factor: float = 0.9) -> list[TrainSettings]:
    """Settings for so many rounds, each with the learning rate of the one before times ``factor``.

    Raises:
        UsageError: no rounds.
    """
    if rounds < 1:
        raise UsageError(f"expected at least one round, got {rounds}")
    rates = [settings.learning_rate * factor**place for place in range(rounds)]
    return [replace(settings, learning_rate=rate) for rate in rates]
