"""``fewbits doctor``: what it sees, and that each thing wrong is named with what to do."""

import importlib
from importlib import metadata
from pathlib import Path

import pytest
from toys import write_set

from fewbits import __version__
from fewbits.cli import doctor


def marks(text: str) -> dict[str, tuple[str, str]]:
    """What was looked at -> (ok, note or WRONG; the rest of the line)."""
    return {line.split()[1]: (line.split()[0], line) for line in text.splitlines()}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has all that is optional."""
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    real = metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: "1.30" if name == "onnxruntime" else real(name)
    )


def test_a_sound_machine(fewbits, quiet, tmp_path: Path, mirror) -> None:
    write_set(tmp_path / "Toy" / "raw")
    ended = fewbits("doctor", "--data", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    seen = marks(ended.out)
    for what in ("python", "fewbits", "torch", "torchvision", "numpy", "device", "disk", "toy"):
        assert seen[what][0] == "ok", seen[what]
    assert __version__ in seen["fewbits"][1]
    assert metadata.version("torch") in seen["torch"][1]
    assert "official order" in seen["toy"][1]
    assert f"{tmp_path} (--data)" in seen["data"][1]
    assert seen["mnist"] == (
        "note",
        "note  mnist           not here: fewbits data get mnist fetches 12 MB",
    )


def test_damaged_data_is_wrong_and_says_how_to_mend_it(fewbits, tmp_path: Path, mirror) -> None:
    folder = write_set(tmp_path / "Toy" / "raw")
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"")
    ended = fewbits("doctor", "--data", tmp_path)
    assert ended.code == 1 and "wrong here: toy;" in ended.line
    mark, line = marks(ended.out)["toy"]
    assert mark == "WRONG" and f"fewbits data get toy --data {tmp_path}" in line


def test_a_named_folder_that_is_missing_is_wrong(
    fewbits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWBITS_DATA", str(tmp_path / "nowhere"))
    ended = fewbits("doctor")
    assert ended.code == 1
    assert marks(ended.out)["data"][0] == "WRONG"


def test_a_cache_folder_that_is_not_there_yet_is_fine(fewbits, quiet, cache: Path) -> None:
    ended = fewbits("doctor")
    assert ended.code == 0 and not cache.exists()
    assert f"{cache} (your cache folder)" in marks(ended.out)["data"][1]


def test_what_is_optional_is_only_noted(fewbits, monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor.metadata, "version", version)
    ended = fewbits("doctor")
    assert ended.code == 0
    seen = marks(ended.out)
    assert seen["chromium"][0] == seen["onnxruntime"][0] == "note"
    assert "apt install chromium-headless-shell" in seen["chromium"][1]


@pytest.mark.parametrize(("version", "says"), [("1.0", "got 1.0"), (None, "it is not installed")])
def test_a_requirement_that_is_not_met_is_wrong(
    fewbits, monkeypatch: pytest.MonkeyPatch, version: str | None, says: str
) -> None:
    real = metadata.version

    def pretend(name: str) -> str:
        if name != "scikit-learn":
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(doctor.metadata, "version", pretend)
    ended = fewbits("doctor")
    assert ended.code == 1
    mark, line = marks(ended.out)["scikit-learn"]
    assert mark == "WRONG" and says in line and 'pip install "scikit-learn' in line


def test_builds_that_do_not_fit_are_wrong_and_the_rest_is_still_shown(
    fewbits, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def broken(name: str) -> object:
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
        return real(name)

    monkeypatch.setattr(doctor.importlib, "import_module", broken)
    ended = fewbits("doctor")
    assert ended.code == 1 and "wrong here: torchvision" in ended.line
    assert "nms does not exist" in ended.out and "chromium" in ended.out


def test_little_space_and_a_read_only_disk_are_noted(
    fewbits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr("fewbits.data.disk.free_bytes", lambda _: 10**6)
        assert marks(fewbits("doctor").out)["disk"][0] == "note"
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert "read-only" in marks(fewbits("doctor").out)["disk"][1]
