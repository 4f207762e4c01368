"""``fewbits bench`` from the outside."""

import json
from pathlib import Path

import pytest


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
