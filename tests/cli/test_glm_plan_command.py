"""``fewbits bench glm-plan`` from the outside."""

import json
from pathlib import Path

import pytest


def test_a_plan_is_shown_tried_and_written(fewbits, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    ended = fewbits("bench", "glm-plan", "3000x60x4", "--selected", 6, "--minutes", 5, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    written = json.loads(out.read_text())
    plan, done = written["plan"], written["trial"]
    assert plan["fits"] and plan["most_rows"] > 3000
    for part in plan["parts"]:
        assert part["name"] in ended.out
    assert f"the most rows that do: {plan['most_rows']}\n" in ended.out
    assert "that number is an assumption" in ended.out
    assert "running 3000 x 60 -> 6, 4 classes ..." in ended.out
    assert done["shape"] == plan["shape"]
    for stage in done["stages"]:
        assert f"{stage['seconds']:.1f}" in ended.out
    assert written["provenance"]["device"].startswith("cpu") or "cuda" in str(written)


def test_a_plan_that_does_not_fit_says_what_would(fewbits) -> None:
    ended = fewbits("bench", "glm-plan", "9000000x60x4", "--selected", 6, "--memory", 1)
    assert ended.code == 0
    assert "there are 1.00 GB, it does not fit; the most rows that do: " in ended.out
    most = int(ended.out.split("rows that do: ")[1].split()[0])
    assert 10**6 < most < 9 * 10**6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("12x",), "expected ROWSxFEATURESxCLASSES, 1281167x2048x1000 say, got '12x'"),
        (("0x0x0",), "expected at least 2 classes and 2 rows a class, got 0 rows and 0 classes"),
        (("-5x20x3",), "No such option: -5"),
        (("100x20x3",), "selected must be from 1 to the number of features, 20, got 50"),
        (("100x20x3", "--selected", 0), "got 0"),
        (("100x60x3", "--memory", 0), "memory must be between 0 and 1,000,000,000 GB, got 0"),
        (("100x60x3", "--memory", "nan"), "memory must be between 0 and 1,000,000,000 GB, got nan"),
        (("900x600x30", "--memory", 0.001), "a rehearsal on 900 x 600 -> 50, 30 classes takes"),
        (("100x60x3", "--minutes", -1), "--minutes"),
        (("100x999999999x3",), "a rehearsal on 100 x 999999999 -> 50, 3 classes takes up to"),
    ],
)
def test_nonsense_is_one_line(fewbits, arguments: tuple[object, ...], said: str) -> None:
    ended = fewbits("bench", "glm-plan", *arguments)
    assert ended.code == 2
    assert said in ended.line


def test_a_place_that_cannot_be_written_costs_no_trial(fewbits, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "plan.json"
    ended = fewbits("bench", "glm-plan", "300x60x3", "--minutes", 5, "--out", out)
    assert ended.code == 2
    assert "running" not in ended.out and "plan.json" in ended.err
