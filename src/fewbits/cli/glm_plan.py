"""``fewbits bench glm-plan``: what a large sparse fit would take, and a trial of the plan."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewbits.errors import UsageError

if TYPE_CHECKING:
    from fewbits.glm.planning.plan import Plan
    from fewbits.glm.planning.rehearsal import Shape
    from fewbits.glm.planning.trial import Trial

GB = 1e9


def glm_plan(
    size: Annotated[str, typer.Argument(help="ROWSxFEATURESxCLASSES")] = "1281167x2048x1000",
    selected: Annotated[int, typer.Option(help="How many features are selected.")] = 50,
    memory: Annotated[
        float | None, typer.Option(help="GB that it may take. Default: what is free.")
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Run the largest part that takes so long; 0: run nothing.")
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="A JSON file for the figures.")] = None,
) -> None:
    """Plan a selection and a sparse path in memory and time; run what fits, to check the plan."""
    import torch

    from fewbits.glm.planning.plan import plan_fit
    from fewbits.glm.planning.trial import affordable, trial
    from fewbits.report import begin, provenance, write_json

    begun = begin()
    shape = _shape(size, selected)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    room = None if memory is None else _bytes(memory)
    plan = plan_fit(shape, device, room)
    _show(plan)
    written: dict[str, Any] = {"bench": "glm-plan", "plan": _plain(plan)}

    def write() -> None:
        if out is not None:
            write_json({**written, "provenance": provenance(begun)}, out)

    write()  # before minutes of work, so that a place that cannot be written costs none
    if minutes > 0:
        part = affordable(plan, 60 * minutes)
        typer.echo(f"running {part.shape} ...")
        done = trial(part.shape, device)
        _compare(part, done)
        written |= {"part": _plain(part), "trial": asdict(done)}
        write()


def _shape(size: str, selected: int) -> "Shape":
    from fewbits.glm.planning.rehearsal import Shape

    found = re.fullmatch(r"(\d{1,15})x(\d{1,9})x(\d{1,9})", size.strip().lower())
    if found is None:
        raise UsageError(
            f"expected ROWSxFEATURESxCLASSES, 1281167x2048x1000 say, got {size!r}: write three "
            "whole numbers"
        )
    rows, features, classes = map(int, found.groups())
    return Shape(rows, features, classes, selected)


def _bytes(memory: float) -> int:
    if not 0 < memory < 1e9:
        raise UsageError(f"memory must be between 0 and 1,000,000,000 GB, got {memory:g}")
    return int(memory * GB)


def _show(plan: "Plan") -> None:
    import torch
    from rich.console import Console
    from rich.table import Table

    threads = torch.get_num_threads()
    where = f"cpu, {threads} thread{'s' * (threads != 1)}" if plan.device == "cpu" else plan.device
    table = Table("GB held, at the most", "selection", "path", title=f"{plan.shape}, {where}")
    for part in plan.parts:
        table.add_row(part.name, f"{part.selection / GB:.3f}", f"{part.path / GB:.3f}")
    console = Console()
    console.print(table)
    verdict = "it fits" if plan.fits else "it does not fit"
    typer.echo(
        f"peak: {plan.peak / GB:.2f} GB, at most {plan.bound / GB:.2f} GB; there are "
        f"{plan.available / GB:.2f} GB, {verdict}; the most rows that do: {plan.most_rows}"
    )
    names = ("selection", "path")
    for name, stage, seconds in zip(names, plan.stages, plan.seconds, strict=True):
        typer.echo(
            f"{name}: {_clock(seconds)}, if it takes as on {plan.rehearsed}: {stage.lambdas} "
            f"lambdas, {stage.asked} evaluations"
        )
    typer.echo(
        "that number is an assumption: the rehearsal's features are drawn, and a network's, more "
        "alike, may take several times as many"
    )


def _compare(plan: "Plan", done: "Trial") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "planned", "measured", "ratio", title=str(done.shape))
    for name, planned, stage in zip(
        ("selection, s", "path, s"), plan.seconds, done.stages, strict=True
    ):
        ratio = stage.seconds / planned
        table.add_row(name, f"{planned:.1f}", f"{stage.seconds:.1f}", f"{ratio:.2f}")
    pairs = zip(("selection", "path"), plan.stages, done.stages, strict=True)
    for name, before, stage in pairs:
        counts = before.asked, stage.asked
        table.add_row(f"{name}, evaluations", *map(str, counts), f"{counts[1] / counts[0]:.2f}")
    if done.peak is not None:
        ratio = done.peak / plan.peak
        table.add_row("peak, GB", f"{plan.peak / GB:.3f}", f"{done.peak / GB:.3f}", f"{ratio:.2f}")
    Console().print(table)


def _plain(plan: "Plan") -> dict[str, Any]:
    return {**asdict(plan), "peak": plan.peak, "bound": plan.bound, "fits": plan.fits}


def _clock(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
