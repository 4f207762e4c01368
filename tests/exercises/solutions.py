"""The solutions that fold out in a chapter, run apart from it, and what a check must say."""

import ast
from pathlib import Path

import nbformat

from fewbits.exercises.verdict import Verdict

BOOK = Path(__file__).resolve().parents[2] / "book"


def solutions(chapter: str) -> list[str]:
    """The source of each solution cell of ``foundations/levels`` and its like, in order."""
    notebook = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]


def definitions(chapter: str, given: dict[str, object]) -> dict[str, object]:
    """What the chapter imports and defines, its functions only, with ``given`` for the rest."""
    notebook = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)
    kept: list[ast.stmt] = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "solution" not in tags and "start()" not in cell.source:
            kinds = ast.Import | ast.ImportFrom | ast.FunctionDef
            kept += [node for node in ast.parse(cell.source).body if isinstance(node, kinds)]
    namespace = dict(given)
    exec(compile(ast.Module(kept, type_ignores=[]), chapter, "exec"), namespace)
    namespace.update(given)
    return namespace


def verdict(source: str, namespace: dict[str, object]) -> object:
    """Run a cell and return the value of its last line."""
    *body, last = ast.parse(source).body
    assert isinstance(last, ast.Expr), "the last line must be the check"
    exec(compile(ast.Module(body, type_ignores=[]), "solution", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "solution", "eval"), namespace)


def expect(found: Verdict, told: str) -> None:
    """The check says ``told``; only "Right" is right."""
    assert told in found.message
    assert bool(found) == (told == "Right")
