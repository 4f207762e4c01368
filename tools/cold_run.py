"""Run notebooks as a stranger's machine would: each one alone in an empty folder.

Runs under any Python that has Jupyter and torch, Colab's for one, and needs nothing of this project
installed: the notebook's first cell fetches `fewbits` from FEWBITS_SOURCE (default: this checkout).
No version that was there before may be another one afterwards; what was added is removed again, so
that the next notebook starts cold too.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ColdRun:
    """What one run took and what it left.

    Attributes:
        ready: seconds from starting the kernel to the end of the first cell.
        done: seconds to the end of the last cell.
        added: distributions that the first cell installed, with their versions.
        changed: distributions that were there and are not, or have another version.
    """

    notebook: str
    ready: float
    done: float
    added: dict[str, str]
    changed: dict[str, tuple[str, str | None]]


def installed() -> dict[str, str]:
    """Name and version of every distribution that pip sees."""
    command = [sys.executable, "-m", "pip", "list", "--format", "json"]
    command += ["--disable-pip-version-check"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {entry["name"]: entry["version"] for entry in json.loads(listed)}


def execute(notebook: Path, folder: Path) -> tuple[float, float]:
    """Run a copy of ``notebook``; return the seconds to the end of its first cell and its last."""
    copied = folder / notebook.name
    shutil.copyfile(notebook, copied)
    content = nbformat.read(copied, as_version=4)
    ends: list[float] = []
    begin = time.perf_counter()
    client = NotebookClient(
        content,
        timeout=1800,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=lambda **_: ends.append(time.perf_counter() - begin),
    )
    client.execute()
    first = next(cell for cell in content.cells if cell.cell_type == "code")
    print("".join(o.get("text", "") for o in first.outputs), end="", flush=True)
    return ends[0], ends[-1]


def cold_run(notebook: Path) -> ColdRun:
    """Run one notebook and compare what is installed before and after."""
    before = installed()
    with tempfile.TemporaryDirectory() as folder:
        ready, done = execute(notebook, Path(folder))
    after = installed()
    added = {name: version for name, version in after.items() if name not in before}
    changed = {
        name: (version, after.get(name))
        for name, version in before.items()
        if after.get(name) != version
    }
    if added:
        command = [sys.executable, "-m", "pip", "uninstall", "--yes", "--quiet", *added]
        subprocess.run(command, check=True)
    return ColdRun(notebook.name, round(ready, 1), round(done, 1), added, changed)


def main() -> int:
    """Command line: the notebooks, or none for all of the book; exit code 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the book")
    parser.add_argument("--report", type=Path, help="write the figures here as JSON")
    arguments = parser.parse_args()
    os.environ.setdefault("FEWBITS_SOURCE", str(ROOT))
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # this Python's kernel, no other
    runs, failed = [], 0
    for notebook in arguments.notebooks or sorted((ROOT / "book").rglob("*.ipynb")):
        try:
            run = cold_run(notebook)
        except CellExecutionError as error:
            print(f"{notebook}: {error}")
            failed += 1
            continue
        runs.append(vars(run))
        failed += bool(run.changed)
        print(f"{run.notebook}: ready after {run.ready} s, done after {run.done} s")
        print(f"  added: {run.added or 'nothing'}; changed: {run.changed or 'nothing'}", flush=True)
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(json.dumps(runs, indent=2) + "\n", "utf8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
