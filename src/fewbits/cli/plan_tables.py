"""What ``fewbits plan`` shows: bytes, rates and stages, a table each."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fewbits.protoquant.planning.plan import Plan
    from fewbits.protoquant.planning.rates import Rates
    from fewbits.protoquant.planning.stages import Stage
    from fewbits.protoquant.planning.task import Task

GB = 1e9
UNKNOWN = "not measured"


def show_bytes(task: "Task") -> None:
    """Bytes on disk and in memory, and whether the memory here does."""
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.glm.planning.memory import available
    from fewbits.protoquant.planning.task import IN_MEMORY, SCORED

    table = Table(
        "bytes",
        "GB",
        "made of",
        title=f"{task.dataset}, {task.train:,} pictures to train and {task.test:,} to test with, "
        f"{task.backbone} at {task.side} px",
    )
    maps = f"({task.train:,} + {task.test:,}) x {task.features} x {task.high} x {task.wide}"
    for name, size, made in (
        ("feature caches on disk, fp16", task.cache_bytes, maps),
        (
            "a head's scores and places in memory",
            task.score_bytes,
            f"{task.train:,} x {task.codes} x {SCORED} bytes",
        ),
        (
            "stage 2 in memory, at the worst",
            task.held_bytes,
            f"{task.train:,} x {task.words} x {IN_MEMORY} bytes",
        ),
    ):
        table.add_row(name, f"{size / GB:,.1f}", made)
    console().print(table)
    free = available()
    verdict = "it fits" if task.held_bytes <= free else "it does not fit"
    typer.echo(
        f"memory that is free here: {free / GB:.1f} GB; stage 2 keeps scores there, {verdict}"
    )


def show_rates(task: "Task", rates: "Rates") -> None:
    """What was measured."""
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.protoquant.planning.rates import MEASURED

    table = Table("a second", "measured", title=f"rates; the backbone is on {rates.device}")
    for name, what in MEASURED.items():
        value = getattr(rates, name)
        table.add_row(f"{name}: {what}", UNKNOWN if value is None else f"{value:,.4g}")
    console().print(table)
    if rates.assign and rates.product:
        share = 2 * task.features * task.codes * rates.assign / rates.product
        typer.echo(f"finding nearest codes reaches {100 * share:.0f} % of the product's rate")


def show_stages(found: "Plan") -> None:
    """Hours a stage, where each runs, and what is not counted or not known."""
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.protoquant.planning.measuring import BEHIND
    from fewbits.protoquant.planning.plan import REMEDIES

    shared = [f"{found.devices} devices"] if found.devices > 1 else []
    table = Table("stage", "passes", "on", "as run", *shared)
    for stage in found.stages:
        table.add_row(stage.name, stage.passes, stage.where, *_times(stage)[: 1 + len(shared)])
    least = "at least " if found.missing else ""
    totals = (least + _hours(found.one), least + _hours(found.many))
    table.add_row("all", "", "", *totals[: 1 + len(shared)])
    console().print(table)
    if found.rates.device != BEHIND:
        typer.echo(f"k-means and finding nearest codes are the CPU's, not {found.rates.device}'s")
    if shared:
        typer.echo(
            f"one process a device: torchrun --nproc-per-node {found.devices} -m -- fewbits run "
            "protoquant; what they tell each other is not counted"
        )
    typer.echo(
        "planned with the run's default --baselines. Not counted: training the backbone (a run "
        "without --weights does, unless --tune 0), what is measured of annotated parts, and the "
        "baseline aligned with its second feature cache"
    )
    for name in found.missing:
        remedy = f"{name} is not measured: measure it again with --record"
        typer.echo(REMEDIES.get(name, remedy))


def _times(stage: "Stage") -> tuple[str, str]:
    if stage.missing and not stage.one:
        return UNKNOWN, UNKNOWN
    least = "at least " if stage.missing else ""
    return least + _hours(stage.one), least + _hours(stage.many)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.2f} h" if seconds >= 36 else f"{seconds:.1f} s"
