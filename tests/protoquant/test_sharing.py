"""Two processes, started by torchrun and talking over gloo, beside one: the same numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fewbits.protoquant.experiment import MODEL
from fewbits.protoquant.storing import load_model

SCRIPT = Path(__file__).with_name("sharing.py")
TOGETHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def environment() -> dict[str, str]:
    """One thread a process, and this source."""
    source = Path(__file__).parents[2] / "src"
    path = os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}


def started(folder: Path, *lost: int, many: bool = True) -> subprocess.CompletedProcess[str]:
    """The script's end, in fresh processes."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, *(TOGETHER if many else ()), SCRIPT, folder, *lost]
    return subprocess.run(
        list(map(str, command)),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def found(folder: Path, *lost: int, many: bool = True) -> dict:
    ended = started(folder, *lost, many=many)
    assert ended.returncode == 0, ended.stderr
    return json.loads((folder / "found.json").read_text())


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return folder, found(folder, many=False)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    return folder, found(folder)


def test_two_processes_lose_what_one_loses(one, two):
    alone, shared = one[1], two[1]
    assert (alone["world"], shared["world"]) == (1, 2)
    for name in ("probe", "task", "dictionary", "head"):
        np.testing.assert_allclose(shared[name], alone[name], rtol=2e-5)
    assert shared["task"][-1] < 0.8 * shared["task"][0], "something was learned"


def test_usage_counts_add_up(one, two):
    alone, shared = one[1], two[1]
    assert shared["usage"] == alone["usage"] and sum(shared["usage"]) == 83 * 9
    assert shared["dead"] == alone["dead"]


def test_the_same_codes_scores_and_weights(one, two):
    alone, shared = one[1], two[1]
    for name in ("codes", "scores", "weights"):
        np.testing.assert_allclose(shared[name], alone[name], atol=2e-4)


def test_shards_are_the_same_bytes(one, two):
    files = sorted(path.name for path in (one[0] / "features").glob("*.npy"))
    assert len(files) == 8
    for name in files:
        alone, shared = (folder / "features" / name for folder, _ in (one, two))
        assert alone.read_bytes() == shared.read_bytes()


def test_a_run_that_lost_a_process_goes_on_to_the_same_numbers(two, tmp_path):
    """The second process is lost after epoch 2; torchrun ends the first; both begin again."""
    ended = started(tmp_path / "out", 1, 2)
    assert ended.returncode != 0 and not (tmp_path / "out" / "found.json").exists()
    kept = torch.load(tmp_path / "out" / "codes.pt", weights_only=True)
    assert len(kept[-2]["losses"]) in (2, 3), "what was learned until then is there"
    assert found(tmp_path / "out") == two[1]


def test_a_whole_run_of_two_processes_is_that_of_one(tmp_path):
    """The command itself: one report, written and shown once."""
    generator = np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 4)):
        for name in "ab":
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 255, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / name / f"{number}.png")
    asked = ["run", "protoquant", "--dataset", f"imagefolder:{tmp_path}", "--tune", 1, "--side", 32,
             "--codes", 8, "--learn", 2, "--per-class", 2, "--start", "kmeans"]  # fmt: skip

    def run(name: str, *how: str, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *how, "fewbits", *asked, *more, "--out", tmp_path / name]
        return subprocess.run(
            list(map(str, command)),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    ended = {"one": run("one", "-m"), "two": run("two", *TOGETHER, "-m", "--")}
    for name, end in ended.items():
        assert end.returncode == 0, end.stderr
        assert end.stdout.count("test accuracy") == 1, "the first process alone shows it"
        assert not (tmp_path / name / "scores").exists()
    one, two = (json.loads((tmp_path / name / "report.json").read_text()) for name in ended)
    assert one["settings"] == two["settings"] and "processes" not in one["provenance"]
    assert two["provenance"]["processes"] == 2
    losses = [[epoch["task"] for epoch in run["metrics"]["stage_one"]] for run in (one, two)]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for name in ("linear_probe_accuracy", "test_accuracy", "global_size", "codes_alive"):
        assert one["metrics"][name] == two["metrics"][name]
    models = [load_model(tmp_path / name / MODEL) for name in ended]
    np.testing.assert_allclose(*(model.codebook.codes.detach() for model in models), atol=1e-4)
    np.testing.assert_allclose(*(model.head.weights for model in models), atol=1e-3)
    refused = run("two", *TOGETHER, "-m", "--", more=("--seed", "5"))
    assert refused.returncode != 0 and "holds another run" in refused.stderr
    assert "gloo" not in refused.stderr, "the other process ends by itself"
