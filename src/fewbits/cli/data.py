"""``fewbits data``: which sets there are, get one, check what is here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewbits.errors import FewbitsError, UsageError

if TYPE_CHECKING:
    from fewbits.data.fetching import FileReport

app = typer.Typer(help="List, get and check data sets.", no_args_is_help=True)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Where data lies. Default: FEWBITS_DATA, else your cache folder."),
]


@app.command("list")
def list_sets(data: DataOption = None) -> None:
    """Show every known set: images, classes, download, licence, and where it is."""
    from fewbits.data import MADE, SETS, find_sources, where

    rows = [("name", "images", "classes", "download", "licence", "where")]
    for info in (SETS | MADE).values():
        images = info.train + info.validation + info.test
        theirs = [f"{it.name}'s" for it in find_sources(info).values() if not it.embedded]
        own = f"{info.download_bytes / 1e6:.0f} MB" if info.download_bytes else "none"
        size = " and ".join(theirs) or own
        place = where(info, data)
        rows.append((info.name, f"{images:,}", str(info.classes), size, info.licence, place))
    rows.append(("idx:DIR", "yours", "yours", "none", "yours", "DIR: four IDX files like MNIST's"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


@app.command("get")
def get_set(
    name: Annotated[str, typer.Argument(help="mnist, fashion-mnist or two-digits")],
    data: DataOption = None,
) -> None:
    """Download a set, or those it is made from. Stopped and started again, it goes on."""
    from fewbits.data import find_set, get, where

    if name.startswith("idx:"):
        raise UsageError(f"{name} is a folder of yours: there is nothing to get, use it as it is")
    info = find_set(name)
    if info.embedded and not info.made_from:
        typer.echo(f"{name} is embedded (it comes with scikit-learn): nothing to download")
        return
    try:
        with _download_bars() as report:
            fetched = get(info, data, report)
    except KeyboardInterrupt:
        again = "what has come is kept, run the same command again and it goes on from there"
        raise KeyboardInterrupt(f"stopped: {again}") from None
    typer.echo(f"{name}: {'whole' if fetched else 'whole already'}, {where(info, data)}")


@app.command("check")
def check_sets(
    name: Annotated[
        str | None, typer.Argument(help="One set; without it all that are here.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Read every image and label of a set, or of all sets here, and say whether they are whole."""
    from fewbits.data import SETS, data_folder, describe, find_set, is_here, load, named_folder

    if name is not None:
        if name.startswith("idx:"):
            found = load(name, scale="real")
            counts = (found.train.count, found.validation.count, found.test.count)
            split = " + ".join(f"{count:,}" for count in counts)
            typer.echo(f"{name}: whole, {split} images, {found.num_classes} classes")
        else:
            typer.echo(f"{name}: {describe(find_set(name), data)}")
        return
    named, folder = named_folder(data), data_folder(data)
    if named and not folder.is_dir():
        raise FewbitsError(f"{folder}: there is no such folder; name the one that holds the sets")
    present = [info for info in SETS.values() if is_here(info, data)]
    damaged = []
    for info in SETS.values():
        try:
            result = describe(info, data) if info in present else "not here"
        except FewbitsError as error:
            damaged.append(info.name)
            result = f"not whole: {error}"
        typer.echo(f"{info.name}: {result}")
    if damaged:
        raise FewbitsError(f"not whole: {', '.join(damaged)}; the lines above say what to do")
    if named and all(info.embedded for info in present):
        raise FewbitsError(f"{folder}: holds no known set; fewbits data get NAME fetches one")


@contextmanager
def _download_bars() -> Iterator["FileReport"]:
    """A bar a file, on a terminal's stderr; the value yielded is told how far each file is."""
    from rich import progress as bar
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        bar.TextColumn("{task.description}"),
        bar.BarColumn(),
        bar.DownloadColumn(),
        bar.TransferSpeedColumn(),
        bar.TimeRemainingColumn(),
    )
    shown = console.is_terminal
    with bar.Progress(*columns, console=console, transient=True, disable=not shown) as bars:
        files: dict[str, bar.TaskID] = {}

        def report(name: str, have: int, total: int) -> None:
            if name not in files:
                files[name] = bars.add_task(name, total=total)
            bars.update(files[name], completed=have)

        yield report
