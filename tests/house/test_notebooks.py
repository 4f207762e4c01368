"""Notebooks as they are committed: one first cell, tidy, and exercises that can be checked."""

import re
import subprocess
import sys
from pathlib import Path

import first_cell
import nbformat
import pytest
import tidy_notebooks

ROOT = Path(__file__).parents[2]
NOTEBOOKS = first_cell.notebooks()
PARTS = ("foundations", "pact", "qsenn", "protoquant")
CHAPTERS = [p for p in NOTEBOOKS if p.parent.name in PARTS]
EXERCISE = re.compile(r"\*\*Exercise (\d+) \(([^)]+)\)\.\*\*")
FEWEST_EXERCISES = 4


def relative(path):
    return str(path.relative_to(ROOT))


def cells(path):
    return nbformat.read(path, as_version=4).cells


def tags(cell):
    return cell.metadata.get("tags", [])


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=relative)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=relative)


@every_notebook
def test_is_valid_and_begins_alike(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    assert first_cell.holds(notebook, first_cell.first_cell())


@every_notebook
def test_is_tidy(path):
    before = path.read_text("utf8")
    assert (
        nbformat.writes(tidy_notebooks.tidy(nbformat.reads(before, as_version=4))) + "\n" == before
    )


@every_notebook
def test_defines_no_class_and_hides_nothing(path):
    source = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "code")
    assert not re.search(r"^class \w+(?!.*Function\))", source, re.MULTILINE)
    assert "%%capture" not in source
    assert not re.search(r"\binteract(ive)?\(", source), "frozen in the page: write a widget"


@every_notebook
def test_checked_cells_say_something(path):
    """A checked cell without a stored output would be compared with nothing."""
    for cell in cells(path):
        if "nbval-check-output" in tags(cell):
            assert cell.outputs, f"no output is stored for:\n{cell.source}"
            assert not re.search(r"/(home|tmp|root|work)/", str(cell.outputs))


def test_whoever_is_cited_is_in_the_bibliography_and_the_other_way_round():
    """The book says so too, but only once every notebook has run."""
    pages = [cell.source for path in NOTEBOOKS for cell in cells(path)]
    pages += [path.read_text("utf8") for path in (ROOT / "book").rglob("*.md")]
    cited = {
        key.strip()
        for page in pages
        for group in re.findall(r"\{cite[:a-z]*\}`([^`]+)`", page)
        for key in group.split(",")
    }
    entries = (ROOT / "book" / "references.bib").read_text("utf8")
    assert cited == set(re.findall(r"^@\w+\{([^,]+),", entries, re.MULTILINE))


def exercises(path):
    """(number, kind, cells up to the next exercise or heading) of each exercise of a chapter."""
    found = []
    for cell in cells(path):
        match = EXERCISE.match(cell.source) if cell.cell_type == "markdown" else None
        if match:
            found.append((int(match[1]), match[2], []))
        elif cell.cell_type == "markdown" and cell.source.startswith("#"):
            if found:
                found.append((0, "", []))
        elif found:
            found[-1][2].append(cell)
    return [exercise for exercise in found if exercise[0]]


@every_chapter
def test_exercises_are_numbered_and_enough(path):
    found = exercises(path)
    assert [number for number, _, _ in found] == list(range(1, len(found) + 1))
    answered = [e for e in found if any("solution" in tags(cell) for cell in e[2])]
    assert len(answered) >= FEWEST_EXERCISES


@every_chapter
def test_exercises_have_an_answer_cell_and_a_folded_solution(path):
    for number, kind, following in exercises(path):
        code = [cell for cell in following if cell.cell_type == "code"]
        solutions = [i for i, cell in enumerate(code) if "solution" in tags(cell)]
        if not solutions:
            assert "open" in kind, f"exercise {number} has no solution and is not called open"
            continue
        assert solutions[0] >= 1, (
            f"exercise {number} has no cell for the reader before its solution"
        )
        for i in solutions:
            assert {"solution", "hide-cell"} <= set(tags(code[i]))
        last = code[solutions[-1]]
        assert "nbval-check-output" in tags(last)
        check = last.source.rstrip().splitlines()[-1]
        assert "check" in check, f"exercise {number}: the solution ends with its check"
        assert code[0].source.rstrip().splitlines()[-1].startswith(check.split("(")[0])


def test_the_tool_writes_the_cell_once(tmp_path):
    path = tmp_path / "new.ipynb"
    title, code = nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("1 + 1")
    nbformat.write(nbformat.v4.new_notebook(cells=[title, code]), path)
    assert first_cell.update(path, "old\nfrom fewbits.session import start")
    assert first_cell.update(path, first_cell.first_cell())
    assert not first_cell.update(path, first_cell.first_cell())
    kinds = [cell.source.splitlines()[0] for cell in cells(path)]
    assert kinds == ["# Title", first_cell.first_cell().splitlines()[0], "1 + 1"]
    compile(first_cell.first_cell(), "first cell", "exec")


def test_the_first_cell_is_in_style():
    command = [sys.executable, "-m", "ruff", "format", "--check", "-"]
    source = first_cell.first_cell() + "\n"
    subprocess.run(command, input=source, text=True, check=True, capture_output=True, cwd=ROOT)


def test_tidying_drops_pictures_and_keeps_checked_text():
    output = nbformat.v4.new_output
    cell = nbformat.v4.new_code_cell(
        "x",
        execution_count=3,
        metadata={"tags": ["nbval-check-output", "solution"], "scrolled": True},
        outputs=[
            output("stream", name="stderr", text="noise"),
            output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"}),
            output("display_data", {"image/png": "AAAA"}),
            output("execute_result", {"text/plain": "15"}, execution_count=3),
        ],
    )
    unchecked = nbformat.v4.new_code_cell("y", outputs=[output("stream", text="gone")])
    notebook = nbformat.v4.new_notebook(cells=[cell, unchecked], metadata={"widgets": {"a": 1}})
    tidied = tidy_notebooks.tidy(notebook)
    assert "widgets" not in tidied.metadata
    assert [o["data"] for o in tidied.cells[0].outputs] == [
        {"text/plain": "<Figure>"},
        {"text/plain": "15"},
    ]
    assert tidied.cells[0].metadata["mystnb"] == tidy_notebooks.SOLUTION
    assert "scrolled" not in tidied.cells[0].metadata
    assert tidied.cells[0].execution_count == 1
    assert tidied.cells[1].outputs == []


@every_notebook
def test_formulas_are_not_escaped_twice(path):
    r"""``\\lambda`` in a formula is a line break and a word; the page would show just that."""
    for cell in cells(path):
        if cell.cell_type == "markdown":
            assert not re.search(r"\\\\[a-z]", cell.source), cell.id
