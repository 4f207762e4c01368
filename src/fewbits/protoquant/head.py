"""Linear layers over scores or features: the readable head, and the probe it is held against."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError

Table = Float[Tensor, "image column"]
OnStep = Callable[[int, int], None]
FLATTEST = 1e-8  # a column that varies by less tells nothing
ROUNDING = 1e-6  # of a column's largest: what 32 bits make of numbers that are all alike


@dataclass(frozen=True)
class HeadSettings:
    """How a layer is trained.

    Attributes:
        epochs: passes over all pictures.
        batch_size: pictures a step.
        learning_rate: Adam's, falling to 0 along a cosine.
        decay: weight decay, a square's price.
        sparsity: what a weight's size costs. Where weights are put back on 0 after each step they
            can come back. (Behind a ReLU, as in the reference code, they cannot: below 0 there is
            no gradient and a weight is dead.)
    """

    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 0.01
    decay: float = 1e-3
    sparsity: float = 0.0


@dataclass(frozen=True)
class Linear:
    """A linear layer over columns divided by their spread.

    Attributes:
        weights: for the divided columns.
        bias: all 0 in a readable head.
        scale: what each column is divided by.
        losses: mean cross-entropy of each epoch.
    """

    weights: Float[Tensor, "class column"]
    bias: Float[Tensor, " class"]
    scale: Float[Tensor, " column"]
    losses: tuple[float, ...] = ()

    @property
    def slope(self) -> Float[Tensor, "class column"]:
        """Weights for the columns as they come."""
        return self.weights / self.scale

    def __call__(self, table: Table) -> Float[Tensor, "image class"]:
        """Logits."""
        return table @ self.slope.T + self.bias

    def contributions(
        self, table: Table, classes: Int[Tensor, " image"]
    ) -> Float[Tensor, "image column"]:
        """What each column adds to the logit of one class an image."""
        return table * self.slope[classes]

    def accuracy(self, table: Table, labels: Int[Tensor, " image"]) -> float:
        """Share of the images whose largest logit is the label's."""
        right = [
            (self(part).argmax(1) == own).double().sum()
            for part, own in zip(table.split(8192), labels.split(8192), strict=True)
        ]
        return torch.stack(right).sum().item() / len(labels)


def spread_of(table: Table) -> Float[Tensor, " column"]:
    """Each column's standard deviation; 1 where a column does not vary.

    A score that is 1 in all pictures but for rounding does not: divided by what rounding left, it
    would drown all others.
    """
    spread = table.std(0)
    least = (ROUNDING * table.abs().amax(0)).clamp_min(FLATTEST)
    return torch.where(spread > least, spread, torch.ones_like(spread))


def fit_linear(
    table: Table,
    labels: Int[Tensor, " image"],
    classes: int,
    settings: HeadSettings,
    seed: int,
    *,
    readable: bool = True,
    allowed: Bool[Tensor, "class column"] | None = None,
    start: Linear | None = None,
    on_step: OnStep | None = None,
) -> Linear:
    """Train a layer by Adam on cross-entropy.

    Args:
        table: scores, or means of feature maps; the layer is trained where they lie.
        readable: no bias, and weights at least 0: after each step what fell below is put back on
            0. False for a probe: any sign, and a bias.
        allowed: weights that may differ from 0; all by default.
        start: a layer to begin with, of the same columns. Default: all weights alike in a
            readable head (a class's columns tell themselves apart by their gradients), 0 in a
            probe.
        on_step: told of each epoch: its number from 1 and how many there are.

    Raises:
        UsageError: shapes or labels that do not belong together, NaN, or a class left with no
            weight that may differ from 0.
        FewbitsError: the loss became NaN.
    """
    _check(table, labels, classes, allowed)
    scale = spread_of(table) if start is None else start.scale
    inputs = table / scale
    weights = nn.Parameter(_first(classes, inputs, readable, start))
    bias = torch.zeros(classes, device=table.device) if start is None else start.bias.clone()
    bias = nn.Parameter(bias)
    learned = [weights] if readable else [weights, bias]
    adam = torch.optim.Adam(learned, settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, settings.epochs)
    generator = torch.Generator().manual_seed(seed)
    _project(weights, readable, allowed)
    losses = []
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in torch.randperm(len(inputs), generator=generator).split(settings.batch_size):
            logits = inputs[rows] @ weights.T + bias
            loss = nn.functional.cross_entropy(logits, labels[rows])
            # The sum has a slope at 0, too, where a size has none.
            size = weights.sum() if readable else weights.abs().sum()
            adam.zero_grad()
            (
                loss + settings.decay / 2 * weights.square().sum() + settings.sparsity * size
            ).backward()
            adam.step()
            _project(weights, readable, allowed)
            total += loss.item() * len(rows)
        schedule.step()
        losses.append(total / len(inputs))
        if losses[-1] != losses[-1]:
            raise FewbitsError(f"the loss became NaN in epoch {epoch + 1}: lower the learning rate")
        if on_step is not None:
            on_step(epoch + 1, settings.epochs)
    return Linear(weights.detach(), bias.detach(), scale, tuple(losses))


def keep_strongest(head: Linear, per_class: int) -> Bool[Tensor, "class column"]:
    """For each class the ``per_class`` columns of largest weight; fewer where fewer are above 0.

    Of equal ones the first. A class in which none is above 0 keeps its first: it has to say
    something.

    Raises:
        UsageError: ``per_class`` is below 1.
    """
    if per_class < 1:
        raise UsageError(f"codes a class must be at least 1, got {per_class}")
    order = head.weights.argsort(dim=1, descending=True, stable=True)[:, :per_class]
    kept = torch.zeros_like(head.weights, dtype=torch.bool).scatter_(1, order, True)
    return (kept & (head.weights > 0)).scatter_(1, order[:, :1], True)


def _first(classes: int, inputs: Table, readable: bool, start: Linear | None) -> Tensor:
    if start is not None:
        return start.weights.clone()
    fill = 1.0 / inputs.shape[1] if readable else 0.0
    return torch.full((classes, inputs.shape[1]), fill, device=inputs.device)


@torch.no_grad()
def _project(weights: Tensor, readable: bool, allowed: Bool[Tensor, "class column"] | None) -> None:
    """Put back on 0 what may not be anything else; in place."""
    if readable:
        weights.clamp_(min=0)
    if allowed is not None:
        weights.mul_(allowed)


def _check(
    table: Table,
    labels: Int[Tensor, " image"],
    classes: int,
    allowed: Bool[Tensor, "class column"] | None,
) -> None:
    if len(table) != len(labels) or not len(table):
        raise UsageError(f"expected a label for each of {len(table)} images, got {len(labels)}")
    if not table.isfinite().all():
        raise UsageError("scores must be finite, got NaN or infinity")
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise UsageError(
            f"labels must be from 0 to {classes - 1}, got {int(labels.min())} to "
            f"{int(labels.max())}"
        )
    if allowed is None:
        return
    if allowed.shape != (classes, table.shape[1]):
        raise UsageError(
            f"allowed must say yes or no for {classes} classes x {table.shape[1]} columns, got "
            f"{' x '.join(map(str, allowed.shape))}"
        )
    if not allowed.any(1).all():
        bare = int((~allowed.any(1)).nonzero()[0])
        raise UsageError(f"class {bare} has no weight left: allow it at least one code")
