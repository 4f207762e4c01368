"""``fewbits bench`` from the outside."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fewbits.glm import bench as glm_bench


def test_bench_saliency_writes_what_it_shows(fewbits, tmp_path: Path) -> None:
    out = tmp_path / "costs.json"
    ended = fewbits("bench", "saliency", "--images", 3, "--quantus-images", 0, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    written = json.loads(out.read_text())
    assert (written["dataset"], written["network"], written["images"]) == ("digits", "compact", 3)
    for cost in written["costs"]:
        assert f"{cost['ours']:.3f}" in ended.out and cost["work"] in ended.out
    assert "1,000 images, 5 methods, maps and every measure: " in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--images", 1), "--images"),
        (("--images", 3, "--network", "deep"), "unknown network 'deep'"),
        (("--images", 3, "--dataset", "mnits"), "mnits"),
    ],
)
def test_bad_input_is_told(fewbits, arguments: tuple[object, ...], said: str) -> None:
    ended = fewbits("bench", "saliency", "--quantus-images", 0, *arguments)
    assert ended.code == 2
    assert said in ended.err


def test_bench_glm_ends_with_a_line_a_problem(fewbits, tmp_path: Path, monkeypatch) -> None:
    """The races themselves, on a problem of a few images."""
    generator = torch.Generator().manual_seed(0)
    table, labels = torch.randn(60, 4, generator=generator), torch.arange(60) % 3
    table[:, 0] += labels
    small = glm_bench._problem("small 60 x 4 x 3", table, labels, 3)
    monkeypatch.setattr(glm_bench, "digits_problem", lambda: small)
    monkeypatch.setattr(glm_bench, "birds_problem", lambda: replace(small, name="birds"))
    out, threads = tmp_path / "races.json", torch.get_num_threads()
    ended = fewbits("bench", "glm", "--out", out)
    assert (ended.code, ended.err) == (0, "")
    assert torch.get_num_threads() == threads
    races = json.loads(out.read_text())["races"]
    lines = ended.out.splitlines()[-len(races) :]
    names = [(race["problem"], race["other"]) for race in races]
    assert names == [
        ("small 60 x 4 x 3", "scikit-learn"),
        ("small 60 x 4 x 3", "glm-saga"),
        ("small 60 x 4 x 3, last lambda alone", "glm-saga"),
        ("birds", "glm-saga"),
        ("birds, last lambda alone", "glm-saga"),
    ]
    for race, line in zip(races, lines, strict=True):
        ours, theirs = race["ours"], race["theirs"]
        assert line == (
            f"{race['problem']} beside {race['other']}: {ours['seconds']:.2f} s, "
            f"{theirs['seconds']:.2f} s, {theirs['seconds'] / ours['seconds']:.1f} x"
        )
        pairs = zip(ours["objectives"], theirs["objectives"], strict=True)
        assert all(own <= other + 1e-6 for own, other in pairs), "ours is never behind"
