"""Which way is down: optimisers, their schedules, and what decays."""

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR, StepLR

from fewbits.errors import UsageError
from fewbits.training.settings import TrainSettings


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay the weight matrices; leave clips, steps, norms and biases alone.

    A clip has a penalty of its own in PACT; decay on top would count twice.
    """
    decayed = [p for p in network.parameters() if p.ndim > 1]
    free = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def descent(
    network: nn.Module, settings: TrainSettings, per_epoch: int
) -> tuple[Optimizer, LRScheduler]:
    """An optimiser and its schedule, which is to be moved on after every step.

    Args:
        per_epoch: steps in an epoch.

    Raises:
        UsageError: the backbone is to learn at another rate than a last layer that is not there.
    """
    decay, rate = settings.weight_decay, settings.learning_rate
    if settings.decay is None:
        optimizer: Optimizer = AdamW(parameter_groups(network, decay))
        return optimizer, OneCycleLR(optimizer, rate, max(1, settings.epochs * per_epoch))
    fall = settings.decay
    head = [p for name, p in network.named_parameters() if name.startswith("head.")]
    if not head and fall.backbone != 1:
        raise UsageError(
            f"backbone is {fall.backbone:g}, but nothing in the network is called head: set it to "
            "1, or name the last layer so"
        )
    rest = [p for name, p in network.named_parameters() if not name.startswith("head.")]
    groups = [{"params": rest, "lr": rate * fall.backbone}, {"params": head, "lr": rate}]
    optimizer = SGD(groups, rate, momentum=fall.momentum, weight_decay=decay)
    return optimizer, StepLR(optimizer, max(1, fall.every * per_epoch), fall.factor)
