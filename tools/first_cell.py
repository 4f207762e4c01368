"""Write the same first cell into every notebook, or check that it is there.

The cell is made here and nowhere else: the repository's address comes from `_config.yml`, the
release tag from the package's version. `python tools/first_cell.py` writes it, `--check`
only compares.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent

TEMPLATE = """\
# Every notebook starts like this: fetch `fewbits` if it is missing, change nothing else.
import importlib.util
import os
import subprocess
import sys

SOURCE = os.environ.get(
    "FEWBITS_SOURCE",
    "{archive}",
)
if importlib.util.find_spec("fewbits") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, SOURCE], check=True)

from fewbits.session import start

here = start()"""


def release_archive(root: Path = ROOT) -> str:
    """The address of the archive of the release tag that matches the package's version."""
    repository = yaml.safe_load((root / "_config.yml").read_text())["repository"]["url"]
    source = (root / "src/fewbits/__init__.py").read_text()
    version = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    if version is None:
        raise SystemExit('src/fewbits/__init__.py: expected a line __version__ = "..."')
    return f"{repository}/archive/refs/tags/v{version[1]}.tar.gz"


def first_cell(root: Path = ROOT) -> str:
    """The source of the cell."""
    return TEMPLATE.format(archive=release_archive(root))


def notebooks(root: Path = ROOT) -> list[Path]:
    """Every notebook of the book, in a fixed order."""
    return sorted(
        p for p in (root / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts
    )


def cell(source: str) -> nbformat.NotebookNode:
    """The whole cell: in the rendered page its code is folded, its line of output is not."""
    made: nbformat.NotebookNode = nbformat.v4.new_code_cell(
        source, id="start", metadata={"tags": ["hide-input"]}
    )
    return made


def first_code(notebook: nbformat.NotebookNode) -> int | None:
    """The position of the first code cell, if there is one."""
    kinds = [c.cell_type for c in notebook.cells]
    return kinds.index("code") if "code" in kinds else None


def holds(notebook: nbformat.NotebookNode, source: str) -> bool:
    """Whether the notebook's first code cell is the one made here."""
    at = first_code(notebook)
    if at is None:
        return False
    found, wanted = notebook.cells[at], cell(source)
    return all(found.get(key) == wanted[key] for key in ("id", "source", "metadata"))


def update(path: Path, source: str) -> bool:
    """Put the cell where the notebook's first code cell is; return whether the file changed."""
    notebook = nbformat.read(path, as_version=4)
    if holds(notebook, source):
        return False
    at = first_code(notebook)
    if at is not None and "fewbits.session import start" in notebook.cells[at].source:
        notebook.cells[at] = cell(source)
    else:  # after the title, which is the first cell of a page
        titled = notebook.cells and notebook.cells[0].cell_type == "markdown"
        notebook.cells.insert(1 if titled else 0, cell(source))
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)  # cells have ids since 4.5
    nbformat.write(notebook, path)
    return True


def main() -> int:
    """Command line: write, or with ``--check`` compare; exit code 1 when they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    check = parser.parse_args().check
    source = first_cell()
    if check:
        wrong = [p for p in notebooks() if not holds(nbformat.read(p, as_version=4), source)]
        for path in wrong:
            print(f"{path.relative_to(ROOT)}: the first code cell differs; run `make first-cells`")
        return 1 if wrong else 0
    for path in notebooks():
        if update(path, source):
            print(f"{path.relative_to(ROOT)}: first cell written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
