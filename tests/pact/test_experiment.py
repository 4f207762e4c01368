"""A whole run: its report, its files, and that a restart changes nothing."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from fewbits import data
from fewbits.data import ImageSet
from fewbits.errors import UsageError
from fewbits.pact import pipeline
from fewbits.pact.experiment import Settings, run
from fewbits.pact.packing import load_packed_weights
from fewbits.report import LOCK_NAME, Report, recorded
from fewbits.training import TrainSettings, stage

QUICK = pipeline.Schedule(
    TrainSettings(epochs=2, batch_size=48), TrainSettings(epochs=2, batch_size=48)
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, few_digits: ImageSet) -> None:
    """96 images, two epochs, two steps each."""
    monkeypatch.setattr(pipeline, "schedule_for", lambda *_: QUICK)
    monkeypatch.setattr(data, "load", lambda *_: few_digits)


class Killed(BaseException):
    pass


def kill_at(stage: str, step: int):
    def show(name: str, at: int, steps: int, loss: float | None) -> None:
        if (name, at) == (stage, step):
            raise Killed

    return show


def numbers(report: Report) -> dict[str, object]:
    """Everything that must not depend on when it ran."""
    return {key: value for key, value in asdict(report).items() if key != "provenance"}


def test_the_report_of_a_quantised_run(tmp_path: Path) -> None:
    settings = Settings("digits", bits="4/2", weights="lsq", seed=3)
    report, fresh = run(settings, None, tmp_path)
    assert fresh and Report.read(tmp_path) == report
    assert (report.method, report.dataset, report.scale, report.seed) == (
        "pact",
        "digits",
        "smoke",
        3,
    )
    assert report.settings == {**settings.identity(), "schedule": asdict(QUICK)}
    metrics = report.metrics
    for name in ("test_accuracy", "float_test_accuracy"):
        right = metrics[name] * data.load("digits").test.count
        assert right == pytest.approx(round(right)) and right > 0, "a share of whole images"
    assert metrics["parameters"] == 103_002
    assert metrics["packed_bytes"] == (tmp_path / "network.npz").stat().st_size
    assert metrics["packed_bytes"] < metrics["float_bytes"] / 6
    assert [len(metrics["losses"][stage]) for stage in ("float", "fine_tuning")] == [2, 2]
    assert len(metrics["clips"]) == 3, "at the start and after each epoch"
    files = {path.name for path in tmp_path.iterdir()} - {LOCK_NAME}
    assert files == {"settings.json", "report.json", "float.pt", "quantized.pt", "network.npz"}
    final = torch.load(tmp_path / "quantized.pt", weights_only=True)[1]
    assert final["act1.alpha"].item() == metrics["clips"][-1]["act1"]
    assert load_packed_weights(tmp_path / "network.npz").keys() == {
        *(f"conv{i}" for i in range(1, 6)),
        "fc",
    }


def test_a_float_run_packs_nothing(tmp_path: Path) -> None:
    report, _ = run(Settings("digits", bits="32"), None, tmp_path)
    assert report.metrics["test_accuracy"] == report.metrics["float_test_accuracy"]
    assert "packed_bytes" not in report.metrics and "fine_tuning" not in report.metrics["losses"]
    assert not (tmp_path / "network.npz").exists()


def test_killed_anywhere_and_started_again_it_ends_the_same(tmp_path: Path) -> None:
    settings = Settings("digits", bits="2", seed=1)
    expected, _ = run(settings, None, tmp_path / "whole")
    killed = tmp_path / "killed"
    # One run, killed five times: within an epoch, between two, in both stages.
    for name, step in (
        ("float network", 1),
        ("float network", 3),
        ("2 bits", 1),
        ("2 bits", 2),
        ("2 bits", 4),
    ):
        with pytest.raises(Killed):
            run(settings, None, killed, on_step=kill_at(name, step))
        assert not (killed / "report.json").exists()
    found, fresh = run(settings, None, killed)
    assert fresh and numbers(found) == numbers(expected)
    ours, theirs = (load_packed_weights(f / "network.npz") for f in (killed, tmp_path / "whole"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    settings = Settings("digits", bits="2")
    report, _ = run(settings, None, tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again, fresh = run(settings, None, tmp_path, on_step=kill_at("float network", 1))
    assert not fresh and again == report
    assert stamps == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "change", [{"bits": "4"}, {"seed": 1}, {"network": "classic"}, {"activations": "lsq"}]
)
def test_another_runs_folder_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    settings = Settings("digits", bits="32")
    run(settings, None, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="holds another run .*nothing was changed"):
        run(replace(settings, **change), None, tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


def test_only_activations_that_are_not_pact_are_named() -> None:
    """Runs from before the choice have no such key: this is word for word what theirs say."""
    old = {
        "dataset": "digits",
        "network": "compact",
        "bits": "2",
        "weights": "sawb",
        "ends": "8",
        "scale": "smoke",
        "seed": 1,
    }
    assert Settings("digits", bits="2", seed=1).identity() == old
    lsq = Settings("digits", bits="2", seed=1, activations="lsq")
    assert lsq.identity() == old | {"activations": "lsq"}


def test_a_run_from_before_activations_could_be_chosen_is_still_finished(
    tmp_path: Path, few_digits: ImageSet
) -> None:
    settings = {"dataset": "digits", "network": "compact", "bits": "2", "weights": "sawb"}
    settings |= {"ends": "8", "scale": "smoke", "seed": 1}
    images = data.digest_of(few_digits)
    note = {"method": "pact", **settings, "images": images}
    (tmp_path / "settings.json").write_text(json.dumps(note))
    old = Report("pact", "digits", "smoke", 1, {**settings, "schedule": {}}, {}, {})
    old.write(tmp_path)
    found, fresh = run(Settings("digits", bits="2", seed=1), None, tmp_path)
    assert not fresh and found == old
    with pytest.raises(UsageError, match="holds another run .activations by default."):
        run(Settings("digits", bits="2", seed=1, activations="lsq"), None, tmp_path)


def test_the_recorded_runs_are_runs_of_today() -> None:
    """Each can be asked for again, and would be told from every other."""
    reports = recorded("pact")
    assert len(reports) >= 24
    for report in reports:
        named = {k: v for k, v in report.settings.items() if k != "schedule"}
        assert Settings(**named).identity() == named


def test_an_lsq_run_says_so_and_packs(tmp_path: Path) -> None:
    settings = Settings("digits", bits="4", activations="lsq")
    pact, _ = run(replace(settings, activations="pact"), None, tmp_path / "pact")
    report, fresh = run(settings, None, tmp_path)
    clips = [r.metrics["clips"] for r in (pact, report)]
    assert clips[0][0] == clips[1][0] and clips[0][1] != clips[1][1], "another gradient"
    assert fresh and report.settings["activations"] == "lsq"
    final = torch.load(tmp_path / "quantized.pt", weights_only=True)[1]
    assert final["act1.alpha"].item() == report.metrics["clips"][-1]["act1"]
    (tmp_path / "report.json").unlink()  # killed just before the report: it ends the same
    again, fresh = run(settings, None, tmp_path)
    assert fresh and numbers(again) == numbers(report)


def test_settings_are_kept_from_the_first_moment(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(Settings("digits"), None, tmp_path, on_step=kill_at("float network", 1))
    kept = json.loads((tmp_path / "settings.json").read_text())
    assert kept.items() >= {"method": "pact", **Settings("digits").identity()}.items()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"network": "resnet"}, "unknown network 'resnet': expected one of classic, compact"),
        ({"bits": "3"}, "unknown bits '3': expected one of 32, 8, 4, 4/2, 2"),
        ({"bits": "0"}, "unknown bits '0'"),
        ({"bits": "9"}, "unknown bits '9'"),
        ({"bits": "x"}, "unknown bits 'x'"),
        ({"weights": "max"}, "unknown weights 'max': expected one of sawb, dorefa, lsq"),
        ({"activations": "relu"}, "unknown activations 'relu': expected one of pact, lsq"),
        ({"ends": "4"}, "unknown ends '4': expected one of 8, same"),
        ({"scale": "huge"}, "unknown scale 'huge': expected one of smoke, real"),
        ({"seed": -1}, "seed must be from 0 to 4294967295, got -1"),
        ({"seed": 2**32}, "seed must be from 0 to 4294967295, got 4294967296"),
    ],
)
def test_settings_that_are_none(change: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Settings("digits", **change)


def test_stages_are_named(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    run(
        Settings("digits", bits="4"),
        None,
        tmp_path,
        on_step=lambda name, step, steps, _: seen.append((name, step, steps)),
    )
    expected = [("float network", i, 4) for i in range(1, 5)]
    assert seen == [*expected, *(("4 bits", i, 4) for i in range(1, 5))]
    assert stage("x", None) is None
