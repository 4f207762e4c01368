"""A Q-SENN report as one table for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from fewbits.report import Report


def overview(report: Report) -> Table:
    """A row a network: the dense one, the loop pass by pass, each baseline."""
    metrics: Any = report.metrics
    rows = {"dense": metrics["dense"]}
    for place, one in enumerate(metrics["iterations"], start=1):
        rows[f"pass {place}, rounded"] = {"test_accuracy": one["rounded_accuracy"]}
        rows[f"pass {place}"] = one
    rows |= metrics["baselines"]
    table = Table(title=f"{report.dataset}, {report.settings['backbone']}")
    for column in ("network", "accuracy, %", "a class", "diversity", "dependence", "alignment"):
        names = column == "network"
        table.add_column(column, justify="left" if names else "right", no_wrap=names)
    for name, row in rows.items():
        table.add_row(
            name,
            f"{100 * row['test_accuracy']:.2f}",
            f"{row['features_per_class']['mean']:.1f}" if "features_per_class" in row else "",
            *(_number(row, measure) for measure in ("diversity_at_5", "dependence", "alignment")),
        )
    return table


def sparser(report: Report) -> list[str]:
    """A line for each pass whose fit had fewer weights than the budget."""
    metrics: Any = report.metrics
    asked: Any = report.settings["per_class"]
    return [
        f"pass {place}: {one['features_per_class']['mean']:.1f} features a class, fewer than the "
        f"{asked} asked for: the sparse fit needed no more, and all it had were kept"
        for place, one in enumerate(metrics["iterations"], start=1)
        if one["features_per_class"]["mean"] < asked
    ]


def _number(row: Mapping[str, Any], measure: str) -> str:
    value = row.get(measure)
    return "" if value is None else f"{value:.3f}"
