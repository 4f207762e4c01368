"""A ProtoQuant report as one table for a terminal: accuracy never without what has to be read."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from fewbits.report import Report

NAMED = 5  # pictures that are left out, in a terminal; the report names all
COLUMNS = {
    "accuracy, %": ("test_accuracy", 100, 2),
    "codes read": ("local_size", 1, 1),
    "in all": ("global_size", 1, 0),
    "classes a code": ("classes_per_code", 1, 2),
    "purity": ("purity_test", 1, 3),
    "chance": ("purity_chance", 1, 3),
}


def overview(report: Report) -> Table:
    """The probe, the whole head, the short one, and each baseline's two."""
    metrics: Any = report.metrics
    rows: dict[str, Mapping[str, Any]] = {
        "linear probe": {"test_accuracy": metrics["linear_probe_accuracy"]},
        "maps made of codes": {"test_accuracy": metrics["quantized_map_accuracy"]},
    }
    for name, block in {"codes": metrics, **metrics["baselines"]}.items():
        rows[f"{name}, whole head"] = block["whole_head"]
        rows[f"{name}, short"] = block
    table = Table(title=f"{report.dataset}, {report.settings['backbone']}")
    table.add_column("model", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_number(row, *how) for how in COLUMNS.values()))
    return table


def left_out(report: Report) -> str:
    """A line on the pictures that the run went without; nothing if there were none."""
    lost: Any = report.metrics.get("left_out", {"count": 0})  # older reports know none
    if not lost["count"]:
        return ""
    few, names = lost["pictures"][:NAMED], ", ".join(lost["pictures"][:NAMED])
    more = " and more" if lost["count"] > len(few) else ""
    one, many = "picture was left out because it does", "pictures were left out because they do"
    which = one if lost["count"] == 1 else many
    return f"{lost['count']:,} {which} not decode: {names}{more}"


def _number(row: Mapping[str, Any], measure: str, factor: int, digits: int) -> str:
    value = row.get(measure)
    return "" if value is None else f"{factor * value:.{digits}f}"
