"""What a run leaves behind: whole, its own, and honest about where it comes from."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

from fewbits import __version__, report
from fewbits.errors import FewbitsError, UsageError
from fewbits.report import Report, begin, claim_folder, provenance, write_json, write_whole

SETTINGS = {"method": "pact", "bits": "4", "seed": 0}


def made() -> Report:
    return Report(
        method="pact",
        dataset="digits",
        scale="smoke",
        seed=1,
        settings={"bits": "4/2"},
        metrics={"test_accuracy": 0.975, "clips": [{"act1": 1.5}]},
        provenance={"git_revision": None},
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    path = made().write(tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "report.json"
    assert Report.read(path.parent) == made()
    expected = ["method", "dataset", "scale", "seed", "settings", "metrics", "provenance"]
    assert list(json.loads(path.read_text())) == expected
    assert contents(path.parent).keys() == {"report.json"}


def test_a_metric_that_is_a_number() -> None:
    assert made().number("test_accuracy") == 0.975
    with pytest.raises(
        FewbitsError, match="metric 'clips' should be a finite number, got.*Delete it"
    ):
        made().number("clips")
    with pytest.raises(FewbitsError, match="should be a finite number, got None"):
        made().number("speed")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "report.json is missing: run the command that writes it first"),
        ("", "report.json cannot be read as JSON"),
        ('{"method": "pact"', "report.json cannot be read as JSON"),
        ("[1]", "is not a file of this project: expected the keys dataset, method, metrics"),
        ('{"method": "pact"}', "is not a file of this project: expected the keys dataset"),
    ],
)
def test_what_is_no_report(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(FewbitsError, match=says) as caught:
        Report.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_run_is_done_once_and_a_killed_one_again(tmp_path: Path) -> None:
    done: list[str] = []

    def work() -> Report:
        done.append("work")
        if len(done) == 1:
            raise KeyboardInterrupt
        return made()

    with pytest.raises(KeyboardInterrupt):
        report.run_once(tmp_path, SETTINGS, work)
    assert not (tmp_path / "report.json").exists()
    assert report.run_once(tmp_path, SETTINGS, work) == (made(), True)
    assert report.run_once(tmp_path, SETTINGS, work) == (made(), False)
    assert len(done) == 2
    with pytest.raises(UsageError, match="holds another run"):
        report.run_once(tmp_path, SETTINGS | {"seed": 1}, work)
    with report.held(tmp_path), pytest.raises(UsageError, match="in use by another run"):
        (tmp_path / "report.json").unlink()
        report.run_once(tmp_path, SETTINGS, work)


def test_claiming_an_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert claim_folder(folder, SETTINGS) is False
    assert claim_folder(folder, dict(reversed(SETTINGS.items()))) is False, "order does not matter"
    made().write(folder)
    assert claim_folder(folder, SETTINGS) is True


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"bits": "2"}, r"\(bits='4'\)"),
        ({"bits": "2", "seed": 7}, r"\(bits='4', seed=0\)"),
        ({"new": 1}, r"\(new by default\)"),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_another_runs_folder_is_refused_and_untouched(
    tmp_path: Path, other: dict[str, object], says: str, finished: bool
) -> None:
    claim_folder(tmp_path, SETTINGS)
    if finished:
        made().write(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=f"holds another run {says}: choose another --out"):
        claim_folder(tmp_path, SETTINGS | other)
    assert contents(tmp_path) == before


def test_a_report_without_its_settings_is_refused(tmp_path: Path) -> None:
    made().write(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match="holds a report without its settings: choose another"):
        claim_folder(tmp_path, SETTINGS)
    assert contents(tmp_path) == before


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(FewbitsError, match="settings.json cannot be read as JSON"):
        claim_folder(tmp_path, SETTINGS)
    (tmp_path / "settings.json").write_text("3")
    with pytest.raises(FewbitsError, match="is not a file of this project: expected settings"):
        claim_folder(tmp_path, SETTINGS)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for folder in (file, file / "deeper"):
        with pytest.raises(UsageError, match="a file is in the way, choose another") as caught:
            claim_folder(folder, SETTINGS)
        assert "\n" not in str(caught.value)
    assert file.read_text() == "mine"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_json({"old": 1}, tmp_path / "x.json")

    def half(part: Path) -> None:
        part.write_text("{")
        raise OSError(28, "No space left on device")

    with pytest.raises(FewbitsError, match="No space left on device. Free some space"):
        write_whole(path, half)
    assert contents(tmp_path).keys() == {"x.json"} and json.loads(path.read_text()) == {"old": 1}

    def interrupted(part: Path) -> None:
        part.write_text("{")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, interrupted)
    assert contents(tmp_path).keys() == {"x.json"} and json.loads(path.read_text()) == {"old": 1}


def test_nan_is_no_json(tmp_path: Path) -> None:
    broken = replace(made(), metrics={"test_accuracy": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_provenance_says_where_a_number_comes_from() -> None:
    found = provenance(begin(), 12.345)
    assert found["duration_seconds"] == 12.3
    assert found["versions"]["fewbits"] == __version__
    assert found["versions"].keys() == {"fewbits", "torch", "torchvision", "numpy"}
    assert {"python", "device", "threads", "git_revision"} <= found.keys()
    json.dumps(found)


def test_a_missing_package_has_no_version() -> None:
    assert report._version("no-such-package-anywhere") is None


@pytest.mark.parametrize(
    "failure",
    [
        OSError("no git"),
        subprocess.CalledProcessError(128, "git"),
        subprocess.TimeoutExpired("g", 9),
    ],
)
def test_without_git_the_revision_is_unknown(monkeypatch, failure: Exception) -> None:
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(subprocess, "run", fail)
    assert report.git_revision() is None


def test_a_copy_in_another_project_does_not_report_that_projects_commit(
    monkeypatch, tmp_path: Path
) -> None:
    class Done:
        stdout = "abc123\n"

    monkeypatch.setattr(subprocess, "run", lambda *_, **__: Done())
    inside = tmp_path / "site-packages" / "fewbits"
    inside.mkdir(parents=True)
    monkeypatch.setattr(report, "__file__", str(inside / "report.py"))
    assert report.git_revision() is None
    inside = tmp_path / "src" / "fewbits"
    inside.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(report, "__file__", str(inside / "report.py"))
    assert report.git_revision() == "abc123"


def test_recorded_runs_can_be_read() -> None:
    runs = report.recorded("pact")
    assert runs and all(run.method == "pact" for run in runs)
    seeds = {(r.dataset, r.settings["bits"]): set() for r in runs}
    for run in runs:
        assert 0.9 < run.number("test_accuracy") <= 1 and run.scale == "real"
        seeds[run.dataset, run.settings["bits"]].add(run.seed)
    sets, plans = ("mnist", "fashion-mnist"), ("32", "4", "4/2", "2")
    assert seeds == {(name, plan): {1, 2, 3} for name in sets for plan in plans}


def test_what_the_chapter_says_of_the_recorded_runs() -> None:
    found: dict[tuple[str, object], list[float]] = {}
    for run in report.recorded("pact"):
        key = (run.dataset, run.settings["bits"])
        found.setdefault(key, []).append(100 * run.number("test_accuracy"))
        assert run.settings["ends"] == "8"
    for name, price in (("mnist", 0.2), ("fashion-mnist", 1.1)):
        whole, four, two = (found[name, bits] for bits in ("32", "4", "2"))
        assert mean(whole) - mean(four) < max(whole) - min(whole), "four bits are free"
        assert mean(whole) - mean(two) == pytest.approx(price, abs=0.05)
        assert max(two) < min(whole)
    errors = [100 - mean(found["mnist", bits]) for bits in ("2", "32")]
    assert errors[0] / errors[1] == pytest.approx(1.4, abs=0.02)
    with pytest.raises(FewbitsError, match="no recorded runs of 'none'"):
        report.recorded("none")
