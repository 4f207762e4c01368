"""``fewbits run pact`` from the outside: reports, restarts, and one line for every bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toys import write_set

from fewbits import data
from fewbits.data import ImageSet
from fewbits.pact import pipeline
from fewbits.report import LOCK_NAME, Report, held
from fewbits.training import TrainSettings

DRIVER = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it
sys.path.insert(0, sys.argv[1])
from test_run import few, quick
from fewbits import cli, data
from fewbits.pact import experiment, pipeline

marker, (stage, step) = Path(sys.argv[2]), sys.argv[3].split(":")
load = data.load
data.load = lambda *arguments: few(load(*arguments))
pipeline.schedule_for = quick
named = experiment.stage

def stop(name, on_step):
    show = named(name, on_step)
    def wait(at, steps, progress):
        show(at, steps, progress)
        if name == stage and at == int(step):
            marker.touch()
            time.sleep(300)
    return wait

experiment.stage = stop
cli.main(sys.argv[4:])
"""


def few(images: ImageSet) -> ImageSet:
    return replace(
        images,
        train=images.train.first(48),
        validation=images.validation.first(20),
        test=images.test.first(20),
    )


def quick(*_: object) -> pipeline.Schedule:
    settings = TrainSettings(epochs=2, batch_size=24)
    return pipeline.Schedule(settings, settings)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """48 images, two epochs of two steps."""
    load = data.load
    monkeypatch.setattr(data, "load", lambda *arguments: few(load(*arguments)))
    monkeypatch.setattr(pipeline, "schedule_for", quick)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_whole_smoke_run(fewbits, tmp_path: Path) -> None:
    """Nothing shortened: what a reader gets who types the command."""
    ended = fewbits("run", "pact", "--dataset", "digits", "--bits", "2", "--out", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    report = Report.read(tmp_path)
    accuracy = report.number("test_accuracy")
    assert accuracy > 0.97
    said = f"test accuracy {100 * accuracy:.2f} %   report: {tmp_path / 'report.json'}\n"
    assert ended.out == said
    assert report.number("packed_bytes") < report.number("float_bytes") / 10
    assert report.provenance["duration_seconds"] > 0


QUICK_RUNS = [
    *(("compact", b, w, "8") for b in ("8", "4", "4/2", "2") for w in ("sawb", "dorefa", "lsq")),
    ("classic", "4", "sawb", "8"),
    ("classic", "2", "dorefa", "same"),
    ("classic", "4/2", "lsq", "same"),
    ("classic", "32", "sawb", "8"),
    ("compact", "32", "sawb", "8"),
]


@pytest.mark.parametrize(("network", "bits", "weights", "ends"), QUICK_RUNS)
def test_every_setting_runs(
    fewbits, small, tmp_path: Path, network: str, bits: str, weights: str, ends: str
) -> None:
    options = {"network": network, "bits": bits, "weights": weights, "ends": ends, "seed": 5}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    ended = fewbits("run", "pact", "--dataset", "digits", *arguments, "--out", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    report = json.loads((tmp_path / "report.json").read_text())
    expected = ["method", "dataset", "scale", "seed", "settings", "metrics", "provenance"]
    assert list(report) == expected
    assert [report[key] for key in expected[:4]] == ["pact", "digits", "smoke", 5]
    assert report["settings"].items() >= options.items()
    right = report["metrics"]["test_accuracy"] * data.load("digits").test.count
    assert right == pytest.approx(round(right)), "a share of whole images"
    assert f"test accuracy {100 * report['metrics']['test_accuracy']:.2f} %" in ended.out
    assert (tmp_path / "network.npz").exists() == (bits != "32")
    again = fewbits("run", "pact", "--dataset", "digits", *arguments, "--out", tmp_path)
    assert again.out.startswith("This run was finished before; nothing was trained again")
    assert again.out.endswith(ended.out)


def test_activations_that_learn_as_lsq(fewbits, small, tmp_path: Path) -> None:
    run = ["run", "pact", "--dataset", "digits", "--bits", "2", "--out", tmp_path]
    assert fewbits(*run, "--activations", "lsq").code == 0
    assert Report.read(tmp_path).settings["activations"] == "lsq"
    ended = fewbits(*run)
    assert ended.code == 2 and "holds another run (activations='lsq')" in ended.line


def test_a_set_of_ones_own(fewbits, small, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    ended = fewbits("run", "pact", "--dataset", f"idx:{folder}", "--out", tmp_path / "out")
    assert ended.code == 0
    assert Report.read(tmp_path / "out").dataset == f"idx:{folder}"


@pytest.mark.parametrize(
    ("number", "at"),
    [(signal.SIGKILL, "2 bits:3"), (signal.SIGINT, "float network:3")],
    ids=["SIGKILL", "Ctrl-C"],
)
def test_a_stopped_run_goes_on_and_ends_the_same(
    fewbits, small, tmp_path: Path, number: signal.Signals, at: str
) -> None:
    run = ["run", "pact", "--dataset", "digits", "--bits", "2", "--seed", "1", "--out"]
    stopped, marker = tmp_path / "stopped", tmp_path / "here"
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, Path(__file__).parent, marker, at, *run, stopped],
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    deadline = time.monotonic() + 240
    while not marker.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert process.returncode == 1
        assert said == (
            "fewbits: stopped: run the same command again and it goes on from the last whole "
            "epoch\n"
        )
    else:
        assert process.returncode == -signal.SIGKILL
    kept = {path.name for path in stopped.iterdir()} - {LOCK_NAME}
    checkpoints = {"float.pt"} | ({"quantized.pt"} if at.startswith("2") else set())
    assert kept == {"settings.json"} | checkpoints

    assert fewbits(*run, stopped).code == 0
    assert fewbits(*run, tmp_path / "whole").code == 0
    ours, theirs = (Report.read(folder) for folder in (stopped, tmp_path / "whole"))
    assert (ours.settings, ours.metrics) == (theirs.settings, theirs.metrics)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--bits", "3", "unknown bits '3': expected one of 32, 8, 4, 4/2, 2"),
        ("--bits", "0", "unknown bits '0'"),
        ("--bits", "9", "unknown bits '9'"),
        ("--bits", "x", "unknown bits 'x'"),
        ("--dataset", "cifar", "unknown data set 'cifar'"),
        ("--dataset", "idx:", "idx: needs a folder"),
        ("--network", "resnet", "unknown network 'resnet': expected one of classic, compact"),
        ("--weights", "max", "unknown weights 'max': expected one of sawb, dorefa, lsq"),
        ("--activations", "relu", "unknown activations 'relu': expected one of pact, lsq"),
        ("--ends", "2", "unknown ends '2': expected one of 8, same"),
        ("--scale", "huge", "unknown scale 'huge': expected one of smoke, real"),
        ("--seed", "-1", "Invalid value for '--seed'"),
        ("--seed", "one", "Invalid value for '--seed'"),
        ("--seed", str(2**32), "seed must be from 0 to 4294967295"),
        ("--nope", "1", "No such option: --nope"),
    ],
)
def test_wrong_usage(fewbits, tmp_path: Path, option: str, value: str, says: str) -> None:
    options = {"--dataset": "digits", "--out": str(tmp_path / "out")} | {option: value}
    ended = fewbits("run", "pact", *(part for pair in options.items() for part in pair))
    assert ended.code == 2 and says in ended.line
    assert not (tmp_path / "out").exists(), "nothing is begun"


@pytest.mark.parametrize("missing", ["--dataset", "--out"])
def test_what_must_be_named(fewbits, tmp_path: Path, missing: str) -> None:
    options = {"--dataset": "digits", "--out": str(tmp_path / "out")}
    del options[missing]
    ended = fewbits("run", "pact", *(part for pair in options.items() for part in pair))
    assert ended.code == 2 and f"Missing option '{missing}'" in ended.line


def test_data_that_are_not_there(fewbits, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = fewbits("run", "pact", "--dataset", "mnist", "--data", tmp_path, "--out", out)
    assert ended.code == 1 and "mnist" in ended.line and "fewbits data get mnist" in ended.line
    ended = fewbits("run", "pact", "--dataset", f"idx:{tmp_path / 'none'}", "--out", out)
    assert ended.code == 1 and str(tmp_path / "none") in ended.line
    assert not out.exists()


@pytest.mark.parametrize("deeper", ["MNIST", "MNIST/raw"])
def test_a_data_folder_named_too_deep(fewbits, tmp_path: Path, deeper: str) -> None:
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    run = ["run", "pact", "--dataset", "mnist", "--out", tmp_path / "out", "--data"]
    ended = fewbits(*run, tmp_path / deeper)
    assert ended.code == 1 and f"name the folder that holds MNIST: --data {tmp_path}" in ended.line
    ended = fewbits(*run, tmp_path)
    assert ended.code == 1 and f"fewbits data get mnist --data {tmp_path}" in ended.line


def test_a_folder_with_another_run_is_refused(fewbits, small, tmp_path: Path) -> None:
    run = ["run", "pact", "--dataset", "digits", "--out", tmp_path, "--bits"]
    assert fewbits(*run, "32").code == 0
    before = contents(tmp_path)
    ended = fewbits(*run, "2")
    assert ended.code == 2
    assert "holds another run (bits='32'): choose another --out, nothing was changed" in ended.line
    assert contents(tmp_path) == before


def test_a_folder_in_which_another_run_is_at_work(fewbits, small, tmp_path: Path) -> None:
    run = ["run", "pact", "--dataset", "digits", "--bits", "32", "--out", tmp_path]
    with held(tmp_path):
        ended = fewbits(*run)
    assert ended.code == 2 and f"{tmp_path} is in use by another run: let it finish" in ended.line
    assert not (tmp_path / "report.json").exists() and not (tmp_path / "float.pt").exists()
    assert fewbits(*run).code == 0


def test_a_folder_that_is_a_file(fewbits, small, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    ended = fewbits("run", "pact", "--dataset", "digits", "--out", file)
    assert ended.code == 2 and "could not write" in ended.line and "another folder" in ended.line
    assert file.read_text() == "mine"


def test_a_broken_checkpoint(fewbits, small, tmp_path: Path) -> None:
    run = ["run", "pact", "--dataset", "digits", "--bits", "32", "--out", tmp_path]
    assert fewbits(*run).code == 0
    (tmp_path / "report.json").unlink()
    checkpoint = tmp_path / "float.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    ended = fewbits(*run)
    assert ended.code == 1 and "float.pt is damaged, or not a checkpoint" in ended.line
    assert "Delete it" in ended.line


def test_training_that_breaks_down(fewbits, small, tmp_path: Path, monkeypatch) -> None:
    wild = TrainSettings(epochs=1, batch_size=24, learning_rate=1e30)
    monkeypatch.setattr(pipeline, "schedule_for", lambda *_: pipeline.Schedule(wild, wild))
    ended = fewbits("run", "pact", "--dataset", "digits", "--out", tmp_path)
    assert ended.code == 1 and "the loss became nan in epoch 1" in ended.line
    assert not (tmp_path / "report.json").exists()
