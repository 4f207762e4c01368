"""Small tables for a notebook: a few named columns, numbers at three figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from torch import Tensor

LONG = 48  # characters from which on a cell is a sentence, broken into lines

# The class is doubled so that the rules outweigh those of the page around it.
CSS = """<style>
.fb-table.fb-table{border-collapse:collapse;margin:.5rem 0;font-size:.95em;
 font-variant-numeric:tabular-nums}
.fb-table.fb-table caption{text-align:left;padding:.2rem .6rem;white-space:nowrap}
.fb-table.fb-table :is(th,td){padding:.2rem .6rem;text-align:right;
 border-bottom:1px solid var(--fb-faint,#D5DAE1)}
.fb-table.fb-table td{white-space:nowrap}
.fb-table.fb-table td.fb-long{white-space:normal;min-width:16rem;text-align:left}
.fb-table.fb-table :is(th,td):first-child{text-align:left}
</style>"""


@dataclass(frozen=True)
class Table:
    """Columns of text, ready to be shown."""

    columns: Mapping[str, Sequence[str]]
    caption: str = ""

    def rows(self) -> list[tuple[str, ...]]:
        """The table row by row, without its heading."""
        return list(zip(*self.columns.values(), strict=True))

    def __repr__(self) -> str:
        lines = [tuple(self.columns), *self.rows()]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td{_kind(cell)}>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows()
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return (
            f'{CSS}<div style="overflow-x: auto" tabindex="0" role="group" '
            f'aria-label="{escape(self.caption or "table")}">'
            f'<table class="fb-table">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )


def _kind(cell: str) -> str:
    return ' class="fb-long"' if len(cell) > LONG else ""


def table(columns: Mapping[str, Sequence[object] | Tensor], caption: str = "") -> Table:
    """A table from named columns of equal length: numbers, strings or one-dimensional tensors."""
    return Table({name: [_text(v) for v in values] for name, values in columns.items()}, caption)


def percent(share: Tensor | float) -> str:
    """A share for a table, in whole percent: 0.254 is ``25 %``."""
    return f"{100 * float(share):.0f} %".replace("-", "\N{MINUS SIGN}")


def _text(value: object) -> str:
    if isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    return str(value)
