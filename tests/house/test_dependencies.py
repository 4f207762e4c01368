"""pyproject.toml, environment.yml and constraints.txt say the same."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"torch": "pytorch"}
NOT_A_DEPENDENCY = {"python", "pip"}


def ranges(lines):
    """Name -> version range, written in one way."""
    found = {}
    for line in lines:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        assert name not in found, f"{name} is listed twice"
        found[name] = str(requirement.specifier)
    return found


def from_pyproject():
    extras = PROJECT["optional-dependencies"]
    assert extras["dev"] == [f"fewbits[{','.join(name for name in extras if name != 'dev')}]"]
    lines = [*PROJECT["dependencies"]]
    for name, extra in extras.items():
        lines += extra if name != "dev" else []
    return ranges(lines)


def from_environment():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    lines = [line for line in environment if isinstance(line, str)]
    lines += [line for entry in environment if isinstance(entry, dict) for line in entry["pip"]]
    found = ranges(lines)
    assert found["python"] == ranges([f"python{PROJECT['requires-python']}"])["python"]
    found = {name: found[name] for name in found.keys() - NOT_A_DEPENDENCY}
    back = {conda: name for name, conda in CONDA_NAMES.items()}
    return {back.get(name, name): spec for name, spec in found.items()}


def pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_conda_and_pip_ask_for_the_same():
    assert from_environment() == from_pyproject()


def test_constraints_lie_inside_the_ranges():
    versions = pinned()
    for line in [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]:
        requirement = Requirement(line)
        if requirement.name == "fewbits":
            continue
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{line}, but constraints.txt has {version}"


def test_constraints_are_names_and_versions_only():
    for name, version in pinned().items():
        assert name == canonicalize_name(name)
        assert "/" not in version
        assert "+" not in version


def test_jupyter_book_stays_below_2():
    assert not Requirement(
        next(r for r in PROJECT["optional-dependencies"]["book"] if r.startswith("jupyter-book"))
    ).specifier.contains("2.0.0")


@pytest.mark.parametrize("version", ["2.11.0", "2.11.0+cu128"])
def test_colab_torch_is_accepted(version):
    torch = next(Requirement(r) for r in PROJECT["dependencies"] if Requirement(r).name == "torch")
    assert torch.specifier.contains(version)
