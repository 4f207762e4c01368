"""The progress bars of a download."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as bar
from rich.console import Console

from fewbits.data.fetching import FileReport


@contextmanager
def download_bars() -> Iterator[FileReport]:
    """A bar a file, on a terminal's stderr; the value yielded is told how far each file is.

    Ctrl-C ends a download with one line that says how to go on.
    """
    console = Console(stderr=True)
    columns = (
        bar.TextColumn("{task.description}"),
        bar.BarColumn(),
        bar.DownloadColumn(),
        bar.TransferSpeedColumn(),
        bar.TimeRemainingColumn(),
    )
    shown = console.is_terminal
    try:
        with bar.Progress(*columns, console=console, transient=True, disable=not shown) as bars:
            files: dict[str, bar.TaskID] = {}

            def report(name: str, have: int, total: int) -> None:
                if name not in files:
                    files[name] = bars.add_task(name, total=total)
                bars.update(files[name], completed=have)

            yield report
    except KeyboardInterrupt:
        again = "what has come is kept, run the same command again and it goes on from there"
        raise KeyboardInterrupt(f"stopped: {again}") from None
