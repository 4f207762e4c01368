"""``fewbits name``: what the features of a finished run mean, in words."""

from pathlib import Path
from typing import Annotated

import typer

from fewbits.cli.options import Data
from fewbits.errors import UsageError

app = typer.Typer(help="Name the features of a finished run.", no_args_is_help=True)


@app.callback()
def name() -> None:
    """Name the features of a finished run."""


@app.command()
def qsenn(
    run: Annotated[Path, typer.Option(help="The --out of a finished `fewbits run qsenn`.")],
    out: Annotated[str, typer.Option(help="Folder for names.json and the tiny CLIP.")],
    clip: Annotated[
        str,
        typer.Option(
            help="tiny (drawn birds only), none (the attributes alone) or one of open_clip's "
            "models: ViT-B-32, local-dir:DIR, ... Default: tiny for drawn birds, else none."
        ),
    ] = "",
    clip_weights: Annotated[
        str, typer.Option(help="A file with the CLIP's weights, or one of open_clip's tags.")
    ] = "",
    concepts: Annotated[
        Path | None,
        typer.Option(help="A text file, one concept a line. Default: the set's attributes."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Score from which on a feature is named. Default: what chance reaches."),
    ] = None,
    scale: Annotated[
        str,
        typer.Option(
            help="How long the tiny CLIP trains: smoke (a minute) or real (a few). Default: as "
            "the run."
        ),
    ] = "",
    data: Data = None,
) -> None:
    """Names of the features that Q-SENN uses, and how many are right, beside other networks'.

    The tiny CLIP is kept in --out: run it again with the same --out, and only names are made.
    """
    from fewbits.cli.progress import stoppable, training_bar
    from fewbits.cli.showing import console
    from fewbits.qsenn.names import experiment, tables

    if not out.strip():
        raise UsageError("--out is empty: name a folder for names.json")
    settings = experiment.Settings(run, clip, clip_weights, concepts, threshold, scale)
    folder = Path(out)
    with stoppable(), training_bar() as bar:
        report = experiment.run(settings, data, folder, on_stage=bar)
    shown = console()
    shown.print(tables.names(report))
    if (rates := tables.rates(report)) is not None:
        shown.print(rates)
    typer.echo(f"names: {folder / experiment.NAMES_NAME}")
