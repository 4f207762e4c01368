"""``fewbits plan``: what a large run would take in bytes and hours, before it is begun."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewbits.errors import FewbitsError, UsageError

if TYPE_CHECKING:
    from fewbits.protoquant.planning.plan import Plan, Stage
    from fewbits.protoquant.planning.rates import Rates
    from fewbits.protoquant.planning.task import Task

app = typer.Typer(help="Plan a run that is too large to try.", no_args_is_help=True)
GB = 1e9
UNKNOWN = "not measured"


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
    gpus: Annotated[int, typer.Option(min=1, help="Devices that share the extraction.")] = 1,
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
    """Bytes, passes and hours of ProtoQuant on a large set, from rates that are measured here.

    Ends with exit code 1 if the disk is too small.
    """
    from fewbits.protoquant.planning.measuring import measure
    from fewbits.protoquant.planning.plan import plan as plan_of
    from fewbits.protoquant.planning.rates import read_rates
    from fewbits.protoquant.planning.task import task_of
    from fewbits.report import begin, provenance, write_json
    from fewbits.training import pick_device

    if rates is not None and pictures is not None:
        raise UsageError("--pictures are timed here, --rates are from elsewhere: give one of them")
    begun = begin()
    task, network = task_of(dataset, backbone, side, codes, learn)
    _show_bytes(task)
    here = out or Path()
    if rates is None:
        known = measure(task, network, here, pictures, seconds, str(pick_device()))
    else:
        known = read_rates(rates, task)
    found = plan_of(task, known, gpus)
    _show_rates(task, known)
    _show_stages(found)
    if record is not None:
        entry = {"plan": "protoquant", "task": asdict(task), "rates": asdict(known)}
        stages = [asdict(stage) for stage in found.stages]
        origin = provenance(begun)
        write_json({**entry, "devices": gpus, "stages": stages, "provenance": origin}, record)
    _check_disk(task, known, None if rates is not None and out is None else here)


def _show_bytes(task: "Task") -> None:
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.glm.planning.memory import available

    table = Table(
        "bytes",
        "GB",
        "made of",
        title=f"{task.dataset}, {task.pictures:,} pictures, {task.backbone} at {task.side} px",
    )
    maps = f"{task.pictures:,} x {task.features} x {task.high} x {task.wide}"
    scores = f"{task.pictures:,} x {task.codes}"
    for name, size, made in (
        ("feature cache, fp16", task.cache_bytes, maps),
        ("scores, fp16", task.score_bytes, scores),
        ("stage 2, held in memory", task.held_bytes, f"{scores} x 12 bytes"),
    ):
        table.add_row(name, f"{size / GB:,.1f}", made)
    console().print(table)
    free = available()
    verdict = "it fits" if task.held_bytes <= free else "it does not fit"
    typer.echo(f"memory that is free here: {free / GB:.1f} GB; stage 2 holds all scores, {verdict}")


def _show_rates(task: "Task", rates: "Rates") -> None:
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.protoquant.planning.rates import MEASURED

    table = Table("a second", "measured", title=f"rates, {rates.device}")
    for name, what in MEASURED.items():
        value = getattr(rates, name)
        table.add_row(f"{name}: {what}", UNKNOWN if value is None else f"{value:,.4g}")
    console().print(table)
    if rates.assign and rates.product:
        share = 2 * task.features * task.codes * rates.assign / rates.product
        typer.echo(f"finding nearest codes reaches {100 * share:.0f} % of the product's rate")


def _show_stages(found: "Plan") -> None:
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.protoquant.planning.plan import REMEDIES

    table = Table("stage", "passes", "one device", f"{found.devices} devices")
    for stage in found.stages:
        table.add_row(stage.name, stage.passes, *_times(stage))
    least = "at least " if found.missing else ""
    table.add_row("all", "", least + _hours(found.one), least + _hours(found.many))
    console().print(table)
    typer.echo("devices share the extraction; the other stages run on one of them")
    for name in found.missing:
        remedy = f"{name} is not measured: measure it again with --record"
        typer.echo(REMEDIES.get(name, remedy))


def _times(stage: "Stage") -> tuple[str, str]:
    if stage.missing and not stage.one:
        return UNKNOWN, UNKNOWN
    least = "at least " if stage.missing else ""
    return least + _hours(stage.one), least + _hours(stage.many)


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
    needed = task.disk_bytes + SPARE
    where = "where the rates are from" if out is None else str(out.absolute())
    if free < needed:
        raise FewbitsError(
            f"the disk is too small: expected {needed / GB:,.1f} GB for cache and scores, there "
            f"are {free / GB:,.1f} GB free, {where}: free some space, choose another --out, or a "
            "backbone with smaller maps"
        )
    typer.echo(f"disk: {needed / GB:,.1f} GB of {free / GB:,.1f} GB free, it fits")


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.2f} h" if seconds >= 36 else f"{seconds:.1f} s"
