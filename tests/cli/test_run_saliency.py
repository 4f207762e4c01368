"""``fewbits run saliency`` from the outside: its report, restarts, one line for bad input."""

import json
from pathlib import Path

import pytest
import torch
from test_run import contents, few, quick

from fewbits import data
from fewbits.pact import pipeline
from fewbits.saliency import experiment, measuring, models

MEMBERS = ("float", "float, trained on", "PACT 2")
SMALL = ("run", "saliency", "--dataset", "digits", "--seeds", 2)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """48 images, two epochs of two steps, three members a family, one method."""
    load = data.load
    monkeypatch.setattr(data, "load", lambda *arguments: few(load(*arguments)))
    monkeypatch.setattr(pipeline, "schedule_for", quick)
    monkeypatch.setattr(measuring, "COMPARED", ("gradient",))
    monkeypatch.setattr(experiment, "FAMILY", tuple(models.MODELS[name] for name in MEMBERS))
    monkeypatch.setattr(experiment, "ACROSS_SEEDS", ("float",))


def test_what_it_says_and_writes(fewbits, tmp_path: Path) -> None:
    ended = fewbits(*SMALL, "--images", 30, "--out", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    for name in (*MEMBERS, "float, another seed"):
        assert name in ended.out
    last = "20 images explained (30 asked for, the test split has no more)   report: "
    assert last in ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["method"], report["metrics"]["images"]) == ("saliency", 20)
    assert set(report["metrics"]["models"]) == set(MEMBERS)
    before = contents(tmp_path)
    again = fewbits(*SMALL, "--images", 30, "--out", tmp_path)
    assert again.out.startswith("This run was finished before; nothing was trained again")
    assert again.out.endswith(ended.out)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seeds", 1), "at least 2 seeds are needed, got 1"),
        (("--images", 0), "at least 2 images are needed, got 0"),
        (("--network", "deep"), "unknown network 'deep': expected one of classic, compact"),
        (("--scale", "huge"), "unknown scale 'huge'"),
        (("--dataset", "digit"), "digit"),
        (("--runs", "nowhere"), "--runs nowhere: there is no such folder"),
        (("--runs", "."), "--runs .: none of its 0 finished runs is of digits, compact"),
    ],
)
def test_bad_input_is_one_line(
    fewbits, tmp_path: Path, monkeypatch, arguments: tuple[object, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = fewbits(*SMALL, *arguments, "--out", tmp_path / "out")
    assert ended.code == 2
    assert said in ended.line
    assert not (tmp_path / "out").exists()


def test_damage_is_one_line_and_mended_by_deleting(fewbits, tmp_path: Path) -> None:
    ended = fewbits(*SMALL, "--out", tmp_path)
    (tmp_path / "report.json").unlink()
    hurt = tmp_path / "measured" / "2-pact-2.npz"
    hurt.write_bytes(hurt.read_bytes()[:100])
    assert f"{hurt} is damaged (" in fewbits(*SMALL, "--out", tmp_path).line
    hurt.unlink()
    assert fewbits(*SMALL, "--out", tmp_path).out == ended.out
    (tmp_path / "report.json").write_text("{")
    assert "report.json" in fewbits(*SMALL, "--out", tmp_path).line


def test_a_blank_image_is_named_before_anything_is_trained(
    fewbits, tmp_path: Path, monkeypatch
) -> None:
    load = data.load

    def with_a_blank(*arguments):
        images = load(*arguments)
        images.test.images[3] = torch.zeros_like(images.test.images[3])
        return images

    monkeypatch.setattr(data, "load", with_a_blank)
    ended = fewbits(*SMALL, "--out", tmp_path)
    assert "image 3 is constant (every pixel is 0)" in ended.line
    assert not (tmp_path / "networks").exists()
