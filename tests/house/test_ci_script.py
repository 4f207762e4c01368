""".ci/run fetches what a bare machine lacks, or says what that is, and then runs every check."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fewbits.cli.doctor import BROWSERS

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"
SHELL = "chromium-headless-shell"


@pytest.fixture
def machine(tmp_path):
    """A machine with few commands: ``machine(user_id, ...)`` -> (exit code, what was said)."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname"):
        (folder / name).symlink_to(shutil.which(name))

    def fake(name, script):
        (folder / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
        (folder / name).chmod(0o755)

    def run(user_id, *missing):
        fake("id", f"echo {user_id}")
        fake("apt-get", f'echo "apt-get $*"; exit {100 if "network" in missing else 0}')
        fake("make", 'echo "make $* in $PWD"')
        for name in ("git", SHELL, "chromium"):
            if name not in missing:
                fake(name, "")
        fake("python3", "exit 1" if "python3-venv" in missing else "")
        environment = {**os.environ, "PATH": str(folder)}
        environment["FEWBITS_CHROMIUM"] = str(folder / "make") if "named" in missing else ""
        done = subprocess.run(
            [str(SCRIPT)], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()

    return run


def test_a_complete_machine_goes_straight_to_the_checks(machine):
    code, said = machine(0)
    assert (code, said) == (0, [f"make test in {SCRIPT.parents[1]}"])


def test_root_installs_what_is_missing(machine):
    code, said = machine(0, "git", "python3-venv", SHELL, "chromium")
    assert code == 0
    assert f"apt-get install --yes --no-install-recommends {SHELL}" in said
    assert said[-2].startswith("apt-get install")
    # The stand-in installs nothing: so the last way to a browser is tried, too.
    assert said[-2].endswith(" git python3-venv chromium")
    assert said[-1].startswith("make test in")


@pytest.mark.parametrize("also", [(), ("network",)])
def test_a_machine_with_a_chromium_of_its_own_goes_on_with_it(machine, also):
    code, said = machine(0, SHELL, *also)
    assert code == 0
    assert said[0] == "apt-get update"
    assert any(line.endswith(SHELL) for line in said) == (not also)
    assert said[-1].startswith("make test in")
    assert machine(1000, SHELL)[1] == [f"make test in {SCRIPT.parents[1]}"]


def test_others_are_told(machine):
    code, said = machine(1000, SHELL, "chromium")
    assert code == 1
    assert said == ["missing: chromium. As root: apt-get install chromium"]


def test_a_browser_that_is_named_is_enough(machine):
    for user in (0, 1000):
        assert machine(user, SHELL, "chromium", "named")[1] == [f"make test in {SCRIPT.parents[1]}"]


def test_it_looks_for_the_browsers_that_the_tests_take():
    told = SCRIPT.read_text().partition("for name in $shell")[2].partition("; do")[0]
    assert [SHELL, *told.replace("\\", "").split()] == list(BROWSERS)
