"""A report of names as tables for a terminal."""

from typing import Any

from rich.table import Table

from fewbits.qsenn.names.board import ATTRIBUTES, CLIP
from fewbits.report import Report

WAYS = {ATTRIBUTES: "by the attributes", CLIP: "by the CLIP"}
UNNAMED = "unnamed"


def names(report: Report) -> Table:
    """A row a feature: its name in each way, with score and runner-up."""
    rows: Any = report.metrics["features"]
    table = Table(title=f"{report.dataset}: the {len(rows)} features that Q-SENN uses")
    table.add_column("feature", justify="right")
    there = [way for way in WAYS if rows and way in rows[0]]
    for way in there:
        for column in (WAYS[way], "score", "runner-up", "score"):
            table.add_column(column, justify="right" if column == "score" else "left")
    for row in rows:
        cells = []
        for way in there:
            one = row[way]
            called = one["concept"] if one["named"] else UNNAMED
            cells += [called, f"{one['score']:.2f}"]
            cells += [one["runner_up"], f"{one['runner_up_score']:.2f}"]
        table.add_row(str(row["feature"]), *cells)
    return table


def rates(report: Report) -> Table | None:
    """A row a network and way: names that are right, in percent; None without a truth."""
    found: Any = {"all concepts": report.metrics["rates"]}
    if "rates_of_birds" in report.metrics:
        found["without habitats"] = report.metrics["rates_of_birds"]
    if found["all concepts"] is None:
        return None
    table = Table(title=f"{report.dataset}: names that are right, in percent of the features used")
    columns = ("network", "concepts", "named by", "used", "named", "right", "of named")
    for column in (*columns, "among 3", "group", "swapped", "chance"):
        table.add_column(column, justify="left" if column in columns[:3] else "right")
    for concepts, networks in found.items():
        for network, block in networks.items():
            for way in filter(block.get, WAYS):
                table.add_row(network, concepts, *_cells(block, way))
    return table


def _cells(block: dict[str, Any], way: str) -> list[str]:
    one = block[way]
    first = one["first"]
    shares = (
        one["named"], first["of_used"], first["of_named"], one["among_three"]["of_used"],
        one["group"]["of_used"], first["swapped"], first["chance"],
    )  # fmt: skip
    told = ["" if share is None else f"{100 * share:.0f}" for share in shares]
    return [WAYS[way], str(block["features_used"]), *told]
