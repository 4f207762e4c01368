"""A plugin of pytest: what nbval has run and found right need not be run again for the book.

Loaded with `-p keep_outputs`, it puts each notebook whose cells all passed, with its outputs, where
`make book` looks for notebooks that ran: the cache of book/_ext/execution_key.py.
"""

from collections import defaultdict
from collections.abc import Generator
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from execution_key import execution_key
from filelock import FileLock
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbval.plugin import IPyNbCell, IPyNbFile

CACHES = Path("_build", ".jupyter_cache")

_seconds: dict[Path, dict[int, float]] = defaultdict(dict)  # of each cell that passed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes which cells passed; one that was skipped has left its successors without something."""
    report = yield
    if isinstance(item, IPyNbCell) and call.when == "call" and report.passed:
        _seconds[item.path][item.cell_num] = call.duration
    return report


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After a notebook's last cell, keeps it if it ran whole."""
    if not isinstance(item, IPyNbCell):
        return
    if nextitem is not None and nextitem.parent is item.parent:
        return
    cells = [one for one in item.session.items if one.parent is item.parent]
    if len(_seconds[item.path]) == len(cells):
        keep(item.parent, cells, item.config.rootpath)


def keep(notebook: IPyNbFile, items: list[IPyNbCell], root: Path) -> None:
    """Put a notebook and what its cells have just printed into the book's cache."""
    ran = deepcopy(notebook.nb)
    code = [cell for cell in ran.cells if cell.cell_type == "code"]
    for place, (cell, item) in enumerate(zip(code, items, strict=True), start=1):
        cell.outputs, cell.execution_count = deepcopy(item.test_outputs), place
    nbformat.validate(ran)
    folder = root / CACHES / execution_key(root)
    folder.mkdir(parents=True, exist_ok=True)
    seconds = sum(_seconds[notebook.path].values())
    bundle = CacheBundleIn(ran, str(notebook.path), data={"execution_seconds": seconds})
    with FileLock(folder.with_suffix(".lock")):  # workers finish at the same time
        get_cache(folder).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
