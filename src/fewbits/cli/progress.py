"""The progress bar of a training, and how one is stopped."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fewbits.training import OnStage


@contextmanager
def training_bar() -> Iterator[OnStage]:
    """A bar a stage, on what is yielded: ``bar(stage, step, steps, loss)``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps  {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    # On the error stream, and only for a reader: a log keeps the result, not the bar.
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: dict[str, object] = {}

        def show(stage: str, step: int, steps: int, loss: float | None) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=steps, loss="")
            note = "" if loss is None else f"loss {loss:.4f}"
            progress.update(tasks[stage], completed=step, loss=note)  # type: ignore[arg-type]

        yield show


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C ends a run with one line that says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        again = "run the same command again and it goes on from the last whole epoch"
        raise KeyboardInterrupt(f"stopped: {again}") from None
