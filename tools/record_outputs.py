"""Run notebooks and store what their checked cells print, so that later runs are compared with it.

Only cells tagged `nbval-check-output` keep an output. Run it at smoke scale and look at the diff:
whatever it records becomes what is right.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from first_cell import ROOT, notebooks
from nbclient import NotebookClient
from tidy_notebooks import tidy


def record(path: Path) -> bool:
    """Execute ``path`` in an empty folder, write it back tidy; return whether it changed."""
    before = path.read_text("utf8")
    notebook = nbformat.reads(before, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=1800, kernel_name="python3", resources=resources).execute()
    after = nbformat.writes(tidy(notebook)) + "\n"
    path.write_text(after, "utf8")
    return after != before


def main() -> int:
    """Command line: the notebooks, or none for all of the book."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the book")
    for path in parser.parse_args().notebooks or notebooks():
        changed = record(path)
        where = path.resolve().relative_to(ROOT)
        print(f"{where}: {'recorded' if changed else 'unchanged'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
