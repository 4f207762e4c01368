"""The family portrait: one operation in three places, and the cell that a chapter is about, lit."""

from dataclasses import dataclass
from html import escape

from fewbits.errors import UsageError
from fewbits.palette import LIGHT

METHODS = {"pact": "PACT", "qsenn": "Q-SENN", "protoquant": "ProtoQuant"}

ROWS = {
    "quantised": (
        "What is quantised",
        ("activations, to 2ᵏ levels", "last-layer weights, to −a, 0, +a", "patches, to K codes"),
    ),
    "gradient": (
        "How the gradient gets through",
        (
            "straight through, with a learned clip",
            "it does not: solve, quantise, freeze, train around it",
            "chosen codes learn directly",
        ),
    ),
    "readable": (
        "What becomes readable",
        (
            "that is the question: its saliency map",
            "five named features a class",
            "this part looks like those parts",
        ),
    ),
    "knob": (
        "The reader’s knob",
        ("alpha, bits", "threshold, budget, lambda", "K, temperature, codes a class"),
    ),
    "failure": (
        "How it fails",
        (
            "alpha stuck; a dead range; maps that look fine and are not faithful",
            "too coarse a cut; class detectors; one feature carries all",
            "dead codes; diffuse scores; codes that match no patch",
        ),
    ),
    "truth": (
        "Truth to test against",
        (
            "two float seeds, deletion, a two-digit canvas",
            "attributes, swapped habitats",
            "part points, removed parts",
        ),
    ),
}

# Each drawn in a box of 48 by 28: a staircase that clips, three weights, a patch among patches.
GLYPHS = {
    "pact": '<path d="M2 25H12V18H20V11H28V4H46" fill="none" stroke="{c}" stroke-width="2.5"/>',
    "qsenn": (
        '<path d="M4 14H44" stroke="{f}" stroke-width="1.5"/><path d="M10 14V25M38 14V3" '
        'stroke="{c}" stroke-width="6"/><circle cx="24" cy="14" r="3" fill="{c}"/>'
    ),
    "protoquant": (
        '<path d="M11 1h8v8h-8zM20 1h8v8h-8zM29 1h8v8h-8zM11 10h8v8h-8zM29 10h8v8h-8zM11 19h8v8h-8z'
        'M20 19h8v8h-8zM29 19h8v8h-8z" fill="{f}" fill-opacity=".35"/>'
        '<path d="M20 10h8v8h-8z" fill="{c}"/>'
    ),
}

# The class is doubled so that the rules outweigh those of the page around it.
CSS = """<style>
.fb-portrait.fb-portrait{border-collapse:separate;border-spacing:.2rem .1rem;width:100%;
 max-width:46rem;table-layout:fixed;margin:.5rem 0 1rem;font-size:.85em;line-height:1.3}
.fb-portrait.fb-portrait caption{text-align:left;font-size:.95em;padding:.2rem .35rem}
.fb-portrait.fb-portrait :is(th,td){text-align:left;vertical-align:top;padding:.3rem .35rem;
 border:0;overflow-wrap:break-word;background:none}
.fb-portrait.fb-portrait thead th{border-top:3px solid var(--fb-own);color:var(--fb-own)}
.fb-portrait.fb-portrait thead svg{display:block;width:3rem;height:1.75rem;margin:.2rem 0}
.fb-portrait.fb-portrait th[colspan]{font-weight:normal;color:var(--fb-float,#5D6673);
 padding:.4rem .35rem 0}
.fb-portrait.fb-portrait td.lit{outline:2px solid var(--fb-own);border-radius:.3rem;
 background:var(--fb-wash,#F3F5F8);color:var(--fb-ink,#1D222B)}
@media (max-width:30rem){.fb-portrait.fb-portrait{font-size:.75em}}
</style>"""


@dataclass(frozen=True)
class Portrait:
    """A table that shows itself as HTML; ``lit`` holds (row, method) pairs."""

    rows: tuple[str, ...]
    lit: frozenset[tuple[str, str]]

    def __repr__(self) -> str:
        cells = [f"{METHODS[m]}: {ROWS[r][1][list(METHODS).index(m)]}" for r, m in sorted(self.lit)]
        return "The family portrait, lit: " + "; ".join(cells)

    def _repr_html_(self) -> str:
        heads = "".join(
            f'<th scope="col" style="{_own(m)}">{_glyph(m)}{name}</th>'
            for m, name in METHODS.items()
        )
        body = "".join(self._row(row) for row in self.rows)
        return (
            f'{CSS}<table class="fb-portrait"><caption>One operation, three places. '
            "What this chapter is about is outlined.</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _row(self, row: str) -> str:
        title, cells = ROWS[row]
        filled = ""
        for method, cell in zip(METHODS, cells, strict=True):
            lit = (row, method) in self.lit
            shown = f"<strong>{escape(cell)}</strong>" if lit else escape(cell)
            filled += f'<td{" class=lit" * lit} style="{_own(method)}">{shown}</td>'
        return f'<tr><th scope="rowgroup" colspan="3">{title}</th></tr><tr>{filled}</tr>'


def family_portrait(lit: str, rows: str = "quantised gradient readable") -> Portrait:
    """The three methods side by side.

    Args:
        lit: a cell ("pact/quantised"), a whole column ("pact") or a whole row ("gradient").
        rows: which rows to show, out of quantised, gradient, readable, knob, failure, truth.

    Raises:
        UsageError: no method, row or cell has that name.
    """
    shown = tuple(rows.split())
    names = lit.split("/")
    if unknown := [n for n in (*names, *shown) if n not in METHODS and n not in ROWS]:
        raise UsageError(
            f"unknown {unknown[0]!r}: expected a method ({', '.join(METHODS)}), "
            f"a row ({', '.join(ROWS)}), or both as method/row"
        )
    methods = [n for n in names if n in METHODS] or list(METHODS)
    lit_rows = [n for n in names if n in ROWS] or list(shown)
    return Portrait(shown, frozenset((r, m) for r in lit_rows for m in methods))


def _own(method: str) -> str:
    return f"--fb-own: var(--fb-{method}, {LIGHT[method]})"


def _glyph(method: str) -> str:
    drawn = GLYPHS[method].format(c="var(--fb-own)", f=f"var(--fb-float, {LIGHT['float']})")
    return f'<svg viewBox="0 0 48 28" aria-hidden="true">{drawn}</svg>'
