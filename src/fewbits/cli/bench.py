"""``fewbits bench``: what a step costs."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure what a training step costs.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure what a training step costs."""


@app.command()
def pact(
    rounds: Annotated[int, typer.Option(min=2, help="How often each step is timed.")] = 20,
    brevitas: Annotated[bool, typer.Option(help="Time Brevitas' layers too.")] = True,
    out: Annotated[Path | None, typer.Option(help="A JSON file for the figures.")] = None,
) -> None:
    """Time a training step: float, PACT with each weight quantiser, and Brevitas' layers."""
    from rich.console import Console
    from rich.table import Table

    from fewbits.pact.bench import step_times
    from fewbits.pact.networks import NAMES
    from fewbits.report import provenance, write_json

    console, found, started = Console(), [], time.perf_counter()
    for network in NAMES:
        table = Table("layers", "ms a step", "quartiles", "x float", title=network)
        for row in step_times(network, rounds, brevitas):
            quartiles = f"{row.low:.1f} to {row.high:.1f}"
            table.add_row(row.layers, f"{row.median:.1f}", quartiles, f"{row.ratio:.2f}")
            found.append(asdict(row))
        console.print(table)
    if out is not None:
        origin = provenance(time.perf_counter() - started)
        write_json({"bench": "pact", "steps": found, "provenance": origin}, out)
