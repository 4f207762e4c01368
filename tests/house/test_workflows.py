"""The workflows cannot run here; what they would run can, and they ask for few rights."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
NO_TARGET = {".ci/run", "nvidia-smi"}  # the script around `make test`, and a look at the machine

every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)


def load(path):
    """The workflow; YAML reads the key `on` as true."""
    found = yaml.safe_load(path.read_text())
    return {**found, "on": found.get("on", found.get(True))}


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_they_are_all_there():
    assert {p.name for p in FILES} == {"ci.yml", "gpu.yml", "colab.yml", "pages.yml"}


@every_file
def test_commands_are_make_targets(path):
    for step in steps(load(path)):
        command = step.get("run")
        if command is None or command in NO_TARGET:
            continue
        assert re.fullmatch(r"make [a-z-]+( [A-Z]+=\S+)*", command), command
        dry = ["make", "--dry-run", *command.split()[1:]]
        assert subprocess.run(dry, cwd=ROOT, capture_output=True).returncode == 0, command


@every_file
def test_actions_are_pinned_and_rights_are_few(path):
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    assert "secrets." not in path.read_text()
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 180, name
    for step in steps(workflow):
        if "uses" in step:
            assert PINNED.fullmatch(step["uses"]), step["uses"]
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert re.search(r"# v\d+\.\d+\.\d+$", line), "say which version the hash is"


def test_checks_run_on_the_oldest_and_the_newest_python():
    (job,) = load(ROOT / ".github/workflows/ci.yml")["jobs"].values()
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    allowed = [f"3.{minor}" for minor in range(30) if SpecifierSet(asked).contains(f"3.{minor}.0")]
    assert job["strategy"]["matrix"]["python"] == [allowed[0], allowed[-1]]


def test_our_own_machine_never_runs_a_forks_code():
    for path in FILES:
        workflow = load(path)
        for job in workflow["jobs"].values():
            if "self-hosted" not in job["runs-on"] or "pull_request" not in workflow["on"]:
                continue
            assert "pull_request.head.repo.full_name == github.repository" in job["if"]


def test_ci_script_is_executable_and_ends_in_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("exec make test")
    subprocess.run(["sh", "-n", script], check=True)
