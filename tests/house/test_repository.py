"""What may lie in the repository, and what its files agree on."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import fewbits

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        # In a container the clone can belong to another user than the one who tests it.
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
TEXT = [path for path in TRACKED if path.suffix not in (".png", ".woff2", ".npz", ".gz", ".pt")]
MOST_BYTES = 1_000_000
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b"
)
MACHINE = re.compile(r"/(?:home|root|work|Users)/\w|files\.pythonhosted|//pypi\.|//registry\.")


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEXT, ids=relative)
def test_text_names_no_machine_and_nothing_unfinished(path):
    text = path.read_text("utf8")
    assert not UNFINISHED.search(text)
    if path != Path(__file__):
        assert not MACHINE.search(text), MACHINE.search(text)
    assert text.endswith("\n") or not text


def test_no_file_is_large():
    large = {relative(p): p.stat().st_size for p in TRACKED if p.stat().st_size > MOST_BYTES}
    assert large == {}


def test_no_built_thing_is_tracked():
    built = re.compile(r"(^|/)(_build|\.venv|__pycache__|node_modules|\.ipynb_checkpoints)/")
    assert [relative(p) for p in TRACKED if built.search(relative(p))] == []


def test_the_version_is_the_same_everywhere():
    version = fewbits.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert config["repository"]["branch"] == f"v{version}"
    assert citation["repository-code"] == config["repository"]["url"]
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_licences():
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    prose = (ROOT / "LICENSE-BOOK").read_text()
    assert "Attribution 4.0 International" in prose
    assert all(f"Section {n} -- " in prose for n in range(1, 9))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"


def test_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        named = set(re.findall(r"(?:^|`|\()make ([a-z-]+)", text, re.MULTILINE))
        assert named <= targets, f"{name} names {named - targets}"
    assert {"book", "test", "install", "serve"} <= targets


def test_every_page_of_the_book_is_in_the_toc():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = {toc["root"]} | {
        chapter["file"] for part in toc["parts"] for chapter in part["chapters"]
    }
    pages = {
        relative(p.with_suffix(""))
        for p in TRACKED
        if p.suffix in (".md", ".ipynb") and relative(p).startswith("book/")
    }
    assert listed == pages
