"""``fewbits plan``: what a large run would take in bytes and hours, before it is begun."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewbits.cli.options import check_file
from fewbits.cli.plan_tables import GB, show_bytes, show_rates, show_stages
from fewbits.errors import FewbitsError, UsageError

if TYPE_CHECKING:
    from fewbits.protoquant.planning.rates import Rates
    from fewbits.protoquant.planning.task import Task

app = typer.Typer(help="Plan a run that is too large to try.", no_args_is_help=True)


@app.callback()
def plan() -> None:
    """Plan a run that is too large to try."""


@app.command()
def protoquant(
    dataset: Annotated[
        str, typer.Option(help="imagenet, or a set that fewbits data list names.")
    ] = "imagenet",
    backbone: Annotated[
        str, typer.Option(help="tiny, or a classifier of torchvision: convnext_tiny, resnet50, ...")
    ] = "convnext_tiny",
    gpus: Annotated[
        int,
        typer.Option(min=1, help="Devices of one machine that share the work, a process each."),
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the cache would lie; its disk is timed. Default: this folder."),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="A folder with some pictures, to time how fast they are read."),
    ] = None,
    rates: Annotated[
        Path | None,
        typer.Option(help="Rates from a file that --record wrote, on another machine say."),
    ] = None,
    side: Annotated[int, typer.Option(help="Pictures' side in pixels.")] = 224,
    codes: Annotated[int, typer.Option(help="How many the codebook has.")] = 2048,
    learn: Annotated[int, typer.Option(help="Epochs of learning them by gradient.")] = 10,
    seconds: Annotated[float, typer.Option(help="How long each rate is timed, about.")] = 2,
    record: Annotated[
        Path | None, typer.Option(help="A JSON file for the plan and its rates.")
    ] = None,
) -> None:
    """Bytes, passes and hours of fewbits run protoquant on a large set, from rates measured here.

    Of a run at the real scale whose backbone comes with weights. Ends with exit code 1 if the disk
    is too small.
    """
    from fewbits.protoquant.planning.measuring import check_seconds, measure
    from fewbits.protoquant.planning.plan import plan as plan_of
    from fewbits.protoquant.planning.rates import read_rates
    from fewbits.protoquant.planning.task import task_of
    from fewbits.report import begin, provenance, write_json
    from fewbits.training import pick_device

    if rates is not None and pictures is not None:
        raise UsageError("--pictures are timed here, --rates are from elsewhere: give one of them")
    check_seconds(seconds)
    if record is not None:
        check_file(record, "--record")
    begun = begin()
    task, network = task_of(dataset, backbone, side, codes, learn)
    show_bytes(task)
    here = out or Path()
    if rates is None:
        known = measure(task, network, here, pictures, seconds, str(pick_device()))
    else:
        known = read_rates(rates, task)
    found = plan_of(task, known, gpus)
    show_rates(task, known)
    show_stages(found)
    if record is not None:
        entry = {"plan": "protoquant", "task": asdict(task), "rates": asdict(known)}
        stages = [asdict(stage) for stage in found.stages]
        origin = provenance(begun)
        write_json({**entry, "devices": gpus, "stages": stages, "provenance": origin}, record)
    _check_disk(task, known, None if rates is not None and out is None else here)


def _check_disk(task: "Task", rates: "Rates", out: Path | None) -> None:
    """Refuse a plan that the disk has no room for.

    Args:
        out: a folder on it; None: the disk of the machine that the rates are from.

    Raises:
        FewbitsError: it does not fit.
    """
    from fewbits.data.disk import free_bytes
    from fewbits.features.folder import SPARE

    free = rates.free if out is None else free_bytes(out)
    if free is None:
        typer.echo("free disk is not known: give --out DIR")
        return
    needed = task.cache_bytes + SPARE
    where = "where the rates are from" if out is None else str(out.absolute())
    if free < needed:
        raise FewbitsError(
            f"the disk is too small: expected {needed / GB:,.1f} GB for the feature caches, "
            f"there are {free / GB:,.1f} GB free, {where}: free some space, choose another --out, "
            "or a backbone with smaller maps"
        )
    typer.echo(f"disk: {needed / GB:,.1f} GB of {free / GB:,.1f} GB free, it fits")
