"""The scripts behind the make targets, and the targets' own promises."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cold_run
import constraints
import layers_picture
import nbformat
import pytest
import record_outputs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path):
    """A folder with no more than `make install` reads."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder, *arguments):
    command = ["make", "--no-print-directory", *arguments]  # `make test` runs these tests
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def fake_python(folder, script):
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_an_unsupported_python_is_refused_in_a_line(bare):
    path = fake_python(bare, '[ "$1" = -V ] && echo Python 3.9.2\nexit 1')
    code, said = make(bare, "install", f"PYTHON={path}")
    assert code != 0
    assert "is Python 3.9.2, Python 3.11 to 3.13 is needed" in said
    assert not (bare / ".venv").exists()


def test_a_python_without_venv_is_told_what_to_install(bare):
    path = fake_python(bare, '[ "$1" = -m ] && exit 1\nexit 0')
    code, said = make(bare, "install", f"PYTHON={path}")
    assert code != 0
    assert "apt install python3-venv" in said


def test_installing_twice_does_nothing_the_second_time(bare):
    stamp = bare / ".venv" / ".installed"
    stamp.parent.mkdir()
    stamp.touch()
    path = fake_python(bare, "exit 1")
    assert make(bare, "install", f"PYTHON={path}")[0] == 0
    (bare / "pyproject.toml").touch()
    assert make(bare, "install", f"PYTHON={path}")[0] != 0, "a changed pyproject.toml reinstalls"


@pytest.mark.parametrize("target", ["book", "test", "install", "serve", "gpu", "screenshot"])
def test_targets_exist(target):
    code, said = make(ROOT, "--dry-run", "--always-make", target)
    assert code == 0, said


def test_scale_and_data_reach_the_notebooks(bare):
    (bare / "Makefile").write_text(
        (bare / "Makefile").read_text() + '\nshow:\n\t@echo "$$FEWBITS_SCALE $$FEWBITS_DATA"\n'
    )
    assert make(bare, "show", "SCALE=real", "DATA=sets")[1].split() == ["real", f"{bare}/sets"]


def test_checks_run_from_the_quickest_to_the_slowest():
    _, said = make(ROOT, "--dry-run", "--always-make", "test")
    marks = ["ruff check", "mypy", "lint-imports", "'not browser'", "--nbval-lax"]
    marks += ["jupyter-book build", "-m browser"]
    places = [said.index(mark) for mark in marks]
    assert places == sorted(places)


def test_everything_that_is_pulled_in_is_pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0] for line in lines if not line.startswith("#")}
    missing = constraints.closure("fewbits", frozenset({"dev"})).keys() - pinned
    assert not missing, "run `make constraints`"


def test_the_picture_shows_the_contract():
    picture = layers_picture.draw(layers_picture.layers())
    assert picture == layers_picture.TARGET.read_text()
    for row in layers_picture.layers():
        for name in row:
            assert f">{name}</text>" in picture
            module = ROOT / "src" / "fewbits" / name
            assert module.is_dir() or module.with_suffix(".py").is_file()


def notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_cold_run_is_alone_in_an_empty_folder(tmp_path, monkeypatch, capsys):
    states = iter([{"torch": "2.11", "old": "1"}, {"torch": "2.12", "new": "3"}])
    uninstalled = []
    monkeypatch.setattr(cold_run, "installed", lambda: next(states))
    monkeypatch.setattr(
        cold_run.subprocess, "run", lambda command, **_: uninstalled.append(command)
    )
    path = notebook(tmp_path / "n.ipynb", "import os; print(os.listdir())", "1 + 1")
    run = cold_run.cold_run(path)
    assert "['n.ipynb']" in capsys.readouterr().out
    assert 0 < run.ready <= run.done
    assert run.added == {"new": "3"}
    assert run.changed == {"torch": ("2.11", "2.12"), "old": ("1", None)}
    assert uninstalled[0][-1] == "new"


def test_a_notebook_that_fails_cold_is_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cold_run, "installed", dict)
    good = notebook(tmp_path / "good.ipynb", "1")
    bad = notebook(tmp_path / "bad.ipynb", "raise ValueError('cold feet')")
    report = tmp_path / "reports" / "cold.json"
    monkeypatch.setattr(sys, "argv", ["cold_run", str(bad), str(good), "--report", str(report)])
    assert cold_run.main() == 1
    assert "cold feet" in capsys.readouterr().out
    assert [run["notebook"] for run in json.loads(report.read_text())] == ["good.ipynb"]


def test_recording_keeps_what_checked_cells_print(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "print(6 * 7)", "print('noise')")
    content = nbformat.read(path, as_version=4)
    content.cells[0].metadata["tags"] = ["nbval-check-output"]
    nbformat.write(content, path)
    assert record_outputs.record(path)
    assert not record_outputs.record(path)
    first, second = nbformat.read(path, as_version=4).cells
    assert first.outputs[0]["text"] == "42\n"
    assert second.outputs == []
