"""The progress bar of a training."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fewbits.pact.experiment import OnStage


@contextmanager
def training_bar() -> Iterator[OnStage]:
    """A bar for each stage; the value yielded is called as ``bar(stage, step, steps, loss)``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps  {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        tasks: dict[str, object] = {}

        def show(stage: str, step: int, steps: int, loss: float | None) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=steps, loss="")
            note = "" if loss is None else f"loss {loss:.4f}"
            progress.update(tasks[stage], completed=step, loss=note)  # type: ignore[arg-type]

        yield show
