"""``fewbits plan``, ``bench codebook`` and ``bench stage2`` from the outside."""

import json
import re
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from fewbits.protoquant.benches import codebook as race_bench
from fewbits.protoquant.benches.race import Problem
from fewbits.protoquant.planning import disk, measuring

PLAN = ("plan", "protoquant", "--backbone", "tiny", "--side", 32, "--codes", 16)
QUICK = ("--seconds", 0.001)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, and no product of large matrices."""
    monkeypatch.setattr(disk, "BLOCK", 2**16)
    monkeypatch.setattr(measuring, "product_rate", lambda device, seconds: 1e9)
    monkeypatch.setattr(race_bench, "product_rate", lambda device: 1e9)


def test_a_plan_is_shown_and_recorded(fewbits, tmp_path: Path) -> None:
    record = tmp_path / "plan.json"
    ended = fewbits(
        *PLAN, *QUICK, "--dataset", "scenes", "--gpus", 4, "--out", tmp_path, "--record", record
    )
    assert (ended.code, ended.err) == (0, "")
    written = json.loads(record.read_text())
    for name, value in written["rates"].items():
        if name in ("look", "assign", "head", "write"):
            assert value > 0 and f"{value:,.4g}" in ended.out
    for stage in written["stages"]:
        assert stage["name"] in ended.out and stage["passes"] in ended.out
    assert written["devices"] == 4 and "4 devices" in ended.out
    assert "torchrun --nproc-per-node 4 -m -- fewbits run protoquant" in ended.out
    assert "give --pictures DIR, a folder with some of them" in ended.out
    assert "at least" in ended.out and "it fits" in ended.out.splitlines()[-1]

    again = fewbits(*PLAN, "--dataset", "scenes", "--gpus", 4, "--rates", record)
    assert (again.code, again.err) == (0, "")
    table = re.findall(r"│ (?:extraction|all) .*", ended.out)
    assert len(table) == 2 and table == re.findall(r"│ (?:extraction|all) .*", again.out)


def test_a_disk_that_is_too_small_is_refused(fewbits, tmp_path: Path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**10, 0, 10**9))
    record = tmp_path / "plan.json"
    ended = fewbits(*PLAN, *QUICK, "--out", tmp_path, "--record", record)
    assert ended.code == 1
    # 1,153,050 + 50,000 pictures x 128 maps x 16 cells of 2 bytes, and 0.1 GB to spare
    assert "the disk is too small: expected 5.0 GB for the feature caches" in ended.line
    assert "there are 1.0 GB free" in ended.line
    assert "extraction" in ended.out, "the hours are told all the same"
    monkeypatch.undo()
    elsewhere = fewbits(*PLAN, "--rates", record)
    assert elsewhere.code == 1 and "where the rates are from" in elsewhere.line


def test_one_device_is_one_column_and_told_apart_from_the_cpu(fewbits, tmp_path: Path) -> None:
    record = tmp_path / "plan.json"
    ended = fewbits(*PLAN, *QUICK, "--dataset", "scenes", "--out", tmp_path, "--record", record)
    assert "devices" not in ended.out and "run on the CPU" not in ended.out
    written = json.loads(record.read_text())
    written["rates"]["device"] = "cuda"
    record.write_text(json.dumps(written))
    faster = fewbits(*PLAN, "--dataset", "scenes", "--rates", record)
    assert "k-means and finding nearest codes are the CPU's, not cuda's" in faster.out
    assert re.search(r"│ extraction .*│ cuda ", faster.out)
    assert re.search(r"│ linear probe .*│ cuda ", faster.out)
    assert re.search(r"│ stage 1, k-means .*│ cpu ", faster.out)


@pytest.mark.parametrize(
    ("command", "option", "began"),
    [
        (("plan", "protoquant"), "--record", "fewbits.protoquant.planning.measuring.measure"),
        (("bench", "stage2"), "--out", "fewbits.protoquant.benches.stage_two.stage_two_epoch"),
        (("bench", "codebook"), "--out", "fewbits.protoquant.benches.codebook.races"),
        (("bench", "glm"), "--out", "fewbits.glm.bench.races"),
        (("bench", "saliency"), "--out", "fewbits.saliency.bench.costs"),
        (("bench", "pact"), "--out", "fewbits.pact.bench.step_times"),
    ],
)
def test_a_place_that_cannot_be_written_costs_no_minute(
    fewbits, tmp_path: Path, monkeypatch, command, option: str, began: str
) -> None:
    monkeypatch.setattr(began, lambda *given: pytest.fail("it was measured before it was refused"))
    folder = fewbits(*command, option, tmp_path)
    assert folder.code == 2
    assert f"{option} {tmp_path}: expected a file to write, got a folder" in folder.line
    (tmp_path / "file").write_text("")
    inside = fewbits(*command, option, tmp_path / "file" / "plan.json")
    assert inside.code == 1
    assert f"{option} {tmp_path / 'file' / 'plan.json'}: cannot be written" in inside.line
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["file"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--dataset", "imagnet"), 2, "no plan for 'imagnet': expected one of birds"),
        (("--backbone", "convnext"), 2, "no backbone is called 'convnext'"),
        (("--gpus", 0), 2, "--gpus"),
        (("--codes", 1), 2, "--codes must be from 2"),
        (("--side", 4), 2, "--side 4: tiny"),
        (("--seconds", 0), 2, "--seconds must be above 0"),
        (("--seconds", "nan"), 2, "--seconds must be above 0"),
        (("--pictures", "nowhere"), 1, "--pictures nowhere: there is no such folder"),
        (("--rates", "a.json", "--pictures", "b"), 2, "--pictures are timed here"),
        (("--rates", "nowhere.json"), 1, "nowhere.json is missing"),
        (("--rates", "nowhere.json", "--seconds", "nan"), 2, "--seconds must be above 0"),
        (("--backbone", "vit_b_32", "--side", 100), 2, "choose a multiple of 32, 96 for example"),
    ],
)
def test_nonsense_is_one_line(fewbits, tmp_path: Path, arguments, code: int, said: str) -> None:
    ended = fewbits(*PLAN, *QUICK, "--out", tmp_path, *arguments)
    assert ended.code == code
    assert said in ended.line


def test_bench_codebook_ends_with_a_line_a_problem(fewbits, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("vector_quantize_pytorch")
    real = race_bench.races
    small = [Problem(200, 8, 10), Problem(300, 12, 20)]
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(race_bench, "peak_of", lambda prepare, given, device, times: 1000)
    monkeypatch.setattr(race_bench, "races", lambda device, rounds: real(device, rounds, small))
    out = tmp_path / "races.json"
    ended = fewbits("bench", "codebook", "--rounds", 1, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    written = json.loads(out.read_text())
    lines = ended.out.splitlines()[-2:]
    for race, line, size in zip(written["races"], lines, small, strict=True):
        ours, theirs = race["ours"]["seconds"], race["theirs"]["seconds"]
        assert line == (
            f"{size} on cpu beside vector-quantize-pytorch: {ours:.4f} s, {theirs:.4f} s, "
            f"{theirs / ours:.1f} x, memory 1.0 x"
        )
        assert race["answers"]["same"] + race["answers"]["near"] == size.vectors
    assert written["provenance"]["threads"] == 1


def test_bench_codebook_without_the_library_is_one_line(fewbits, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vector_quantize_pytorch", None)
    ended = fewbits("bench", "codebook")
    assert ended.code == 1
    assert 'pip install "fewbits[bench]"' in ended.line


def test_bench_stage2_writes_what_it_shows(fewbits, tmp_path: Path) -> None:
    out = tmp_path / "epoch.json"
    small = ("--pictures", 4, "--backbone", "tiny", "--side", 32, "--codes", 16, "--rounds", 1)
    ended = fewbits("bench", "stage2", *small, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    epoch = json.loads(out.read_text())["epoch"]
    assert epoch["ratio"] == pytest.approx(epoch["in_loop"] / epoch["cached"])
    last = ended.out.splitlines()[-1]
    assert last.endswith(
        f"{epoch['cached']:.4f} s, {epoch['in_loop']:.2f} s, {epoch['ratio']:.1f} x"
    )
    assert f"included: {epoch['whole_ratio']:.1f} x" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("stage2", "--pictures", 1), "expected at least 2 pictures, got 1"),
        (("stage2", "--backbone", "vgg"), "no backbone is called 'vgg'"),
        (("stage2", "--rounds", 0), "--rounds"),
        (("codebook", "--rounds", 0), "--rounds"),
    ],
)
def test_a_bench_that_cannot_be_is_one_line(fewbits, arguments, said: str) -> None:
    ended = fewbits("bench", *arguments)
    assert ended.code == 2
    assert said in ended.line
