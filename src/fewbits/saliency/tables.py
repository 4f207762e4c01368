"""A saliency report as one table for a terminal."""

from typing import Any

from rich.table import Table

from fewbits.report import Report


def overview(report: Report, method: str = "gradient") -> Table:
    """Each model's accuracy, and for one method's maps agreement, faithfulness and clarity."""
    found: Any = report.metrics
    table = Table(title=f"{report.dataset}, {report.settings['network']}, {method} maps")
    for column in ("model", "accuracy, %", "agreement", "deletion", "Gini"):
        table.add_column(column, justify="left" if column == "model" else "right")
    pairs = {name.split(" | ")[0]: pair for name, pair in found["pairs"].items()}
    for name, own in found["models"].items():
        table.add_row(
            name,
            f"{100 * found['accuracy'][name]['mean']:.2f}",
            _number(pairs.get(name, {}), method, "agreement.spearman"),
            _number(own, method, "faithfulness.deletion"),
            _number(own, method, "clarity.gini"),
        )
    for name, pair in found["noise_floor"]["seeds"].items():
        table.add_row(
            f"{name}, another seed", "", _number(pair, method, "agreement.spearman"), "", ""
        )
    return table


def _number(row: dict[str, Any], method: str, measure: str) -> str:
    cell = row.get(method, {}).get(measure)
    return "" if cell is None else f"{cell['mean']:.3f} ({cell['low']:.3f} to {cell['high']:.3f})"
