"""A saliency report as one table for a terminal."""

from rich.table import Table

from fewbits.report import Report
from fewbits.saliency.findings import Cells, Findings


def overview(report: Report, method: str = "gradient") -> Table:
    """Each model's accuracy, and for one method's maps agreement, faithfulness and clarity."""
    found = Findings.of(report)
    table = Table(title=f"{report.dataset}, {report.settings['network']}, {method} maps")
    for column in ("model", "accuracy, %", "agreement", "deletion", "Gini"):
        names = column == "model"  # a narrow terminal breaks numbers before names
        table.add_column(column, justify="left" if names else "right", no_wrap=names)
    for name, own in found.models.items():
        table.add_row(
            name,
            f"{100 * found.accuracy[name].mean:.2f}",
            _number(found.agreement(name), method, "agreement.spearman"),
            _number(own, method, "faithfulness.deletion"),
            _number(own, method, "clarity.gini"),
        )
    for name, alike in found.noise_floor.seeds.items():
        number = _number(alike, method, "agreement.spearman")
        table.add_row(f"{name}, another seed", "", number, "", "")
    return table


def _number(rows: Cells, method: str, measure: str) -> str:
    cell = rows.get(method, {}).get(measure)
    return "" if cell is None else f"{cell.mean:.3f} ({cell.low:.3f} to {cell.high:.3f})"
