"""Linear layers over scores or features: the readable head, and the probe it is held against."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from fewbits.errors import FewbitsError, UsageError
from fewbits.training import ALONE, Processes

Table = Float[Tensor, "image column"]
OnStep = Callable[[int, int], None]
FLATTEST = 1e-8  # a column that varies by less tells nothing
ROWS = 8192  # of a table that are looked at together
WIDE_ROWS = 1024  # the same where they are made four times as wide
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
        as_published: columns as they come, and weights that begin as N(1, 0.1), as in the
            reference code. False: each column divided by its spread, all weights alike.
    """

    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 0.01
    decay: float = 1e-3
    sparsity: float = 0.0
    as_published: bool = False

    def told(self) -> dict[str, object]:
        """As reports tell them; what came later is told only where it is used."""
        told = asdict(self)
        return told if self.as_published else {n: v for n, v in told.items() if n != "as_published"}


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

    def to(self, device: torch.device) -> "Linear":
        """The same layer there."""
        weights, bias = self.weights.to(device), self.bias.to(device)
        return Linear(weights, bias, self.scale.to(device), self.losses)

    def only(self, kept: Int[Tensor, " kept"]) -> "Linear":
        """The layer over some of the columns."""
        return Linear(self.weights[:, kept], self.bias, self.scale[kept], self.losses)

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
            for part, own in zip(table.split(ROWS), labels.split(ROWS), strict=True)
        ]
        return torch.stack(right).sum().item() / len(labels)


def spread_of(table: Table) -> Float[Tensor, " column"]:
    """Each column's standard deviation; 1 where a column does not vary.

    A score that is 1 in all pictures but for rounding does not: divided by what rounding left, it
    would drown all others.
    """
    spread = _spread_of_half(table) if table.dtype == torch.float16 else table.std(0)
    largest = torch.maximum(table.amax(0), -table.amin(0)).to(spread.dtype)
    least = (ROUNDING * largest).clamp_min(FLATTEST)
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
    device: torch.device | None = None,
    many: Processes = ALONE,
) -> Linear:
    """Train a layer by Adam on cross-entropy.

    Args:
        table: scores, or means of feature maps; one of 16 bits may lie on disk, mapped into
            memory: rows are read and made wide a batch at a time, the table is never copied.
        readable: no bias, and weights at least 0: after each step what fell below is put back on
            0. False for a probe: any sign, and a bias.
        allowed: weights that may differ from 0; all by default.
        start: a layer to begin with, of the same columns. Default: all weights alike in a
            readable head (a class's columns tell themselves apart by their gradients), 0 in a
            probe.
        on_step: told of each epoch: its number from 1 and how many there are.
        device: where the layer is trained. Default: where the table lies.
        many: processes that share each batch; all of them call this with the same table.

    Returns:
        The layer, where the table lies.

    Raises:
        UsageError: shapes or labels that do not belong together, NaN, or a class left with no
            weight that may differ from 0.
        FewbitsError: the loss became NaN.
    """
    _check(table, labels, classes, allowed)
    there = table.device if device is None else device
    fit = _Fit.begun(table, classes, settings, seed, readable, allowed, start, there)
    adam = torch.optim.Adam(fit.learned, settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, settings.epochs)
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in torch.randperm(len(table), generator=generator).split(settings.batch_size):
            own = many.part(rows)
            adam.zero_grad()
            if len(own):  # the last batch may have fewer rows than there are processes
                total += fit.add_gradients(table[own], labels[own], len(own) / len(rows))
            many.add_gradients(fit.learned)
            adam.step()
            fit.project()
        schedule.step()
        losses.append(many.sum(torch.tensor(total, dtype=torch.double)).item() / len(table))
        if losses[-1] != losses[-1]:
            raise FewbitsError(f"the loss became NaN in epoch {epoch + 1}: lower the learning rate")
        if on_step is not None:
            on_step(epoch + 1, settings.epochs)
    found = Linear(fit.weights.detach(), fit.bias.detach(), fit.scale, tuple(losses))
    return found.to(table.device)


@dataclass(frozen=True)
class _Fit:
    """A layer while it is trained."""

    weights: nn.Parameter
    bias: nn.Parameter
    scale: Tensor
    settings: HeadSettings
    readable: bool
    allowed: Tensor | None

    @staticmethod
    def begun(
        table: Table,
        classes: int,
        settings: HeadSettings,
        seed: int,
        readable: bool,
        allowed: Bool[Tensor, "class column"] | None,
        start: Linear | None,
        device: torch.device,
    ) -> "_Fit":
        """The layer that training begins with."""
        if start is None:
            columns = table.shape[1]
            scale = torch.ones(columns) if settings.as_published else spread_of(table)
            start = Linear(_first((classes, columns), settings, seed, readable),
                           torch.zeros(classes), scale)  # fmt: skip
        weights = nn.Parameter(start.weights.clone().to(device))
        bias = nn.Parameter(start.bias.clone().to(device))
        where = None if allowed is None else allowed.to(device)
        fit = _Fit(weights, bias, start.scale.to(device), settings, readable, where)
        fit.project()
        return fit

    @property
    def learned(self) -> list[nn.Parameter]:
        """What the optimiser moves."""
        return [self.weights] if self.readable else [self.weights, self.bias]

    def add_gradients(self, rows: Table, labels: Int[Tensor, " image"], share: float) -> float:
        """Gradients of rows that are a share of their batch; the sum of their losses."""
        wide = rows.to(self.scale.device, torch.promote_types(rows.dtype, torch.float32))
        logits = wide / self.scale @ self.weights.T + self.bias
        loss = nn.functional.cross_entropy(logits, labels.to(logits.device))
        # The sum has a slope at 0, too, where a size has none.
        size = self.weights.sum() if self.readable else self.weights.abs().sum()
        decay = self.settings.decay / 2 * self.weights.square().sum()
        (share * (loss + decay + self.settings.sparsity * size)).backward()
        return loss.item() * len(rows)

    @torch.no_grad()
    def project(self) -> None:
        """Put back on 0 what may not be anything else; in place."""
        if self.readable:
            self.weights.clamp_(min=0)
        if self.allowed is not None:
            self.weights.mul_(self.allowed)


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


def _first(
    shape: tuple[int, int], settings: HeadSettings, seed: int, readable: bool
) -> Float[Tensor, "class column"]:
    if readable and settings.as_published:
        return 1 + 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return torch.full(shape, 1.0 / shape[1] if readable else 0.0)


def _spread_of_half(table: Table) -> Float[Tensor, " column"]:
    """The same in 32 bits, some rows at a time: a sum in 16 would end at 65,504."""
    parts = table.split(WIDE_ROWS)
    mean = sum(part.double().sum(0) for part in parts) / len(table)
    squares = sum((part.double() - mean).square().sum(0) for part in parts)
    return torch.as_tensor(squares / (len(table) - 1)).sqrt().float()


def _check(
    table: Table,
    labels: Int[Tensor, " image"],
    classes: int,
    allowed: Bool[Tensor, "class column"] | None,
) -> None:
    if len(table) != len(labels) or not len(table):
        raise UsageError(f"expected a label for each of {len(table)} images, got {len(labels)}")
    if not all(part.isfinite().all() for part in table.split(ROWS)):
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
