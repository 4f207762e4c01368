"""The book takes what nbval has run: outputs under its own key, and none of a run that failed."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from execution_key import execution_key
from jupyter_cache import get_cache
from keep_outputs import CACHES

ROOT = Path(__file__).parents[2]


def notebook(*sources, tags=()):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells.insert(1, nbformat.v4.new_markdown_cell("Between."))
    cells[0].metadata["tags"] = list(tags)
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def validated(tmp_path):
    """Runs nbval over notebooks by name; returns the exit status and the book's cache."""

    def run(**notebooks):
        for name, one in notebooks.items():
            nbformat.write(one, tmp_path / f"{name}.ipynb")
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        paths = os.pathsep.join([str(ROOT / "tools"), str(ROOT / "book" / "_ext")])
        command = [sys.executable, "-m", "pytest", "-q", "-p", "keep_outputs", "-n", "2"]
        command += ["--dist", "loadfile", "--nbval-lax", "--nbval-current-env", "."]
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}, capture_output=True
        )
        return done.returncode, get_cache(tmp_path / CACHES / execution_key(tmp_path))

    return run


def test_outputs_are_kept_as_the_book_looks_for_them(validated):
    one = notebook("x = 6\nprint('six')", "print('teen')\nx * 7")
    other = notebook("1 / 2")
    status, cache = validated(one=one, other=other)
    assert status == 0
    _, ran = cache.merge_match_into_notebook(one)
    first, _, second = ran.cells
    assert [output.text for output in first.outputs] == ["six\n"]
    assert second.outputs[0].text == "teen\n"
    assert second.outputs[1].data["text/plain"] == "42"
    assert [first.execution_count, second.execution_count] == [1, 2]
    _, ran = cache.merge_match_into_notebook(other)
    assert ran.cells[0].outputs[0].data["text/plain"] == "0.5"


def test_what_failed_or_was_left_out_is_run_again(validated):
    failing, leaving = notebook("x = 1", "1 / 0"), notebook("x = 1", "x", tags=["nbval-skip"])
    status, cache = validated(failing=failing, leaving=leaving)
    assert status == 1
    for one in (failing, leaving):
        with pytest.raises(KeyError):
            cache.match_cache_notebook(one)


def test_another_cell_is_another_notebook(validated):
    _, cache = validated(one=notebook("2 + 2"))
    with pytest.raises(KeyError):
        cache.match_cache_notebook(notebook("2 + 3"))
