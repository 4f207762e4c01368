"""``fewbits run``: train, evaluate and report one method."""

from pathlib import Path
from typing import Annotated

import typer

from fewbits.errors import UsageError

app = typer.Typer(help="Train, evaluate and report one method.", no_args_is_help=True)


@app.callback()
def run() -> None:
    """Train, evaluate and report one method."""


@app.command()
def pact(
    dataset: Annotated[str, typer.Option(help="digits, mnist, fashion-mnist or idx:DIR")],
    out: Annotated[str, typer.Option(help="Folder for the report and the checkpoints.")],
    network: Annotated[str, typer.Option(help="classic or compact")] = "compact",
    bits: Annotated[str, typer.Option(help="32 (float), 8, 4, 4/2 or 2")] = "4",
    weights: Annotated[str, typer.Option(help="sawb, dorefa or lsq")] = "sawb",
    ends: Annotated[str, typer.Option(help="First and last layer: 8 bits, or the same")] = "8",
    scale: Annotated[str, typer.Option(help="smoke (seconds) or real (minutes)")] = "smoke",
    seed: Annotated[int, typer.Option(min=0, help="Draws weights and batches.")] = 0,
    data: Annotated[Path | None, typer.Option(help="Where the data sets lie.")] = None,
) -> None:
    """Quantisation-aware training with PACT: float network, conversion, fine-tuning, packing.

    Run it again with the same --out after a kill: it goes on where it stopped.
    """
    from fewbits.cli.progress import training_bar
    from fewbits.data.folders import expand
    from fewbits.pact import experiment

    if not out:
        raise UsageError("--out is empty: name a folder for the report and the checkpoints")
    folder = Path(out)
    if dataset.startswith("idx:") and dataset != "idx:":  # the same folder, however it is written
        dataset = f"idx:{expand(dataset.removeprefix('idx:')).resolve()}"
    settings = experiment.Settings(
        dataset=dataset,
        network=network,
        bits=bits,
        weights=weights,
        ends=ends,
        scale=scale,
        seed=seed,
    )
    try:
        with training_bar() as bar:
            report, fresh = experiment.run(settings, data, folder, on_step=bar)
    except KeyboardInterrupt:
        again = "run the same command again and it goes on from the last whole epoch"
        raise KeyboardInterrupt(f"stopped: {again}") from None
    if not fresh:
        typer.echo(f"This run was finished before; nothing was trained again: {folder}")
    accuracy = report.number("test_accuracy")
    typer.echo(f"test accuracy {100 * accuracy:.2f} %   report: {folder / 'report.json'}")
