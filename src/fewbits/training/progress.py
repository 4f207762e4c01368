"""Where a training stands, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Where a training stands: losses so far and the seconds spent, over all restarts."""

    losses: list[float] = field(default_factory=list)
    records: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.losses)


OnStep = Callable[[int, int, Progress], None]
OnStage = Callable[[str, int, int, float | None], None]


def stage(name: str, on_step: OnStage | None) -> OnStep | None:
    """A training's own progress, told under the name of its stage."""
    if on_step is None:
        return None

    def show(step: int, steps: int, progress: Progress) -> None:
        on_step(name, step, steps, progress.losses[-1] if progress.losses else None)

    return show
