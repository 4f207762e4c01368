"""Strip notebooks of what a run leaves behind: pictures, widget state, counters, kernel details.

What stays are the text outputs of cells tagged `nbval-check-output`, because those are compared.
`python tools/tidy_notebooks.py` writes, `--check` only says which notebooks are not tidy.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import nbformat
from first_cell import ROOT, notebooks

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

# What the rendered page writes on the fold that hides a solution.
SOLUTION = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}


def tidy_output(output: dict[str, Any]) -> dict[str, Any] | None:
    """The text of an output, or None if it has none worth keeping."""
    if output["output_type"] == "stream":
        return output if output["name"] == "stdout" else None
    if output["output_type"] not in ("execute_result", "display_data"):
        return None
    text = {kind: value for kind, value in output["data"].items() if kind.startswith("text/")}
    if not text:
        return None
    kept = {**output, "data": text, "metadata": {}}
    if "execution_count" in kept:
        kept["execution_count"] = None
    return kept


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Clean ``notebook`` in place and return it."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        kept_metadata: dict[str, Any] = {"tags": tags} if tags else {}
        if "solution" in tags:
            kept_metadata["mystnb"] = SOLUTION
        cell.metadata = nbformat.from_dict(kept_metadata)
        if cell.cell_type != "code":
            continue
        outputs = cell.outputs if "nbval-check-output" in tags else []
        kept = [tidy_output(output) for output in outputs]
        cell.outputs = [nbformat.from_dict(output) for output in kept if output]
        # nbval takes a cell without a count for one that was never run, and compares nothing.
        cell.execution_count = 1 if cell.outputs else None
    return notebook


def main() -> int:
    """Command line: write, or with ``--check`` compare; exit code 1 when they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the book")
    arguments = parser.parse_args()
    changed = []
    for path in arguments.notebooks or notebooks():
        before = path.read_text("utf8")
        after = nbformat.writes(tidy(nbformat.reads(before, as_version=4))) + "\n"
        if after != before:
            changed.append(path)
            if not arguments.check:
                path.write_text(after, "utf8")
    for path in changed:
        where = path.resolve().relative_to(ROOT)
        print(f"{where}: {'not tidy; run `make tidy`' if arguments.check else 'tidied'}")
    return 1 if arguments.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
