"""A plan by hand: bytes of known networks, seconds at rates that divide well, what is missing."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from fewbits.data.picture_sets import PICTURES
from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.planning import disk, measuring
from fewbits.protoquant.planning.disk import decode_rate, disk_rates
from fewbits.protoquant.planning.measuring import measure
from fewbits.protoquant.planning.plan import plan
from fewbits.protoquant.planning.rates import MEASURED, Rates, read_rates
from fewbits.protoquant.planning.task import Task, task_of

CONVNEXT = Task("imagenet", 1_153_050, 50_000, 1000, "convnext_tiny", 224, 768, 7, 7, 2048, 10)
SMALL = Task("toy", 100_000, 10_000, 10, "tiny", 32, 8, 2, 2, 16, learn=3)
"""64 bytes a picture: 6.4 MB and 400,000 vectors to train with, a tenth of that to test with."""
EVEN = Rates(
    "tiny", 32, 16, 10, "cpu", free=10**9,
    look=100.0, product=1e9, assign=1e4, learn=1e3, score=1e4, channels=2e4, head=1e5, probe=1e5,
    write=6.4e4, read=6.4e5, decode=400.0,
)  # fmt: skip


def test_imagenets_bytes():
    """Those known of, all training pictures: 96 GB and 257 GB of feature maps."""
    official = replace(CONVNEXT, train=1_281_167, test=0)
    assert round(official.cache_bytes / 1e9) == 96
    assert round(replace(official, features=2048).cache_bytes / 1e9) == 257
    assert CONVNEXT.cache_bytes == 1_203_050 * 768 * 49 * 2, "both splits, no validation"
    assert CONVNEXT.score_bytes == 1_153_050 * 2048 * 8
    assert CONVNEXT.held_bytes == 6 * CONVNEXT.score_bytes
    few = replace(CONVNEXT, codes=256)
    assert few.held_bytes == 6 * 8 * few.train * 768, "the channels' head is the widest"


def test_a_network_is_asked_for_its_maps():
    task, network = task_of("imagenet", "resnet50", 224, 2048, 10)
    assert (task.features, task.high, task.wide) == (2048, 7, 7)
    assert (task.train, task.test, task.pictures) == (1_153_050, 50_000, 1_203_050)
    assert network.features == 2048
    scenes, _ = task_of("scenes", "tiny", 64, 2, 0)
    known = PICTURES["scenes"]
    assert (scenes.train, scenes.test) == (16 * (150 - 15), known.test)
    assert scenes.classes == known.classes
    assert (scenes.features, scenes.cells) == (128, 64)


def test_a_vision_transformer_is_planned_at_any_side():
    """Built for this side: its own is 224."""
    task, network = task_of("imagenet", "vit_b_32", 64, 16, 1)
    assert (task.features, task.high, task.wide) == (768, 2, 2)
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 768, 2, 2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("imagnet", "tiny", 64, 16, 1), "no plan for 'imagnet': expected one of birds"),
        (("imagenet", "convnext_tinny", 64, 16, 1), "no backbone is called 'convnext_tinny'"),
        (("imagenet", "tiny", 0, 16, 1), "--side must be from 1 to 2,048, got 0"),
        (("imagenet", "tiny", 8, 16, 1), "makes maps of a single place"),
        (("imagenet", "tiny", 64, 1, 1), "--codes must be from 2 to 65,536, got 1"),
        (("imagenet", "tiny", 64, 16, -1), "--learn must be from 0 to 1,000, got -1"),
    ],
)
def test_a_task_that_is_none(asked, said):
    with pytest.raises(UsageError, match=said):
        task_of(*asked)


ATTACKS = 64 * 122 * (2 / 100 + 1 / 1e4 + 1 / 2e4)  # seconds: looks, scores, channels


def test_seconds_by_hand():
    found = {stage.name: stage for stage in plan(SMALL, EVEN, 2).stages}
    # 110,000 pictures at 100 a second, then 7.04 MB at 64 kB a second; decoding takes 275 s
    assert (found["extraction"].one, found["extraction"].many) == (1100 + 110, 550 + 110)
    stream, tested = 10, 1  # 6.4 MB and a tenth of that at 640 kB a second
    assert found["linear probe"].one == stream + 60 + tested
    # maps of 60,000 pictures, 3.84 MB; 8 rounds over 60,000 vectors
    assert found["stage 1, k-means"].one == 6 + 48
    assert found["stage 1, by gradient"].one == 3 * (stream + 100)
    assert found["maps made of codes"].one == tested + 4
    head = (stream + 10 + 40) + (tested + 1)
    assert found["stage 2, whole head"].one == found["stage 2, short head"].one == head
    assert found["nearest patches, usage"].one == 2 * (stream + 40)
    # 64 pictures, looked at before, after, and for 40 steps of which each takes three looks;
    # once for codes and once for channels
    assert found["misalignment"].one == pytest.approx(ATTACKS)
    channels = (stream + 5 + 40) + (tested + 0.5)
    assert found["baselines"].one == 48 + 4 * head + 2 * channels
    # two devices halve what they share, and nothing else
    assert found["linear probe"].many == stream + 30 + tested
    assert found["stage 1, by gradient"].many == 3 * (stream + 50)
    assert found["stage 2, whole head"].many == stream + (10 + 40) / 2 + (tested + 1)
    assert found["baselines"].many == found["baselines"].one - 4 * 25 - 2 * 22.5
    for name in ("stage 1, k-means", "maps made of codes", "nearest patches, usage"):
        assert found[name].one == found[name].many
    assert not plan(SMALL, EVEN, 2).missing


def test_many_devices_wait_for_decoding_and_the_disk():
    many = plan(SMALL, EVEN, 1000)
    assert many.stages[0].many == 275 + 110
    # of the rest stays what one disk and one process do, as Amdahl said in 1967
    reads = 11 + 6 + 30 + 1 + 2 * 11 + 20 + 6 * 11
    nearest = 2 * 48 + 4 + 2 * 40
    tests = 6 * 1 + 2 * 0.5 + ATTACKS
    shared = 60 + 3 * 100 + 2 * 50 + 4 * 50 + 2 * 45
    assert many.many == pytest.approx(385 + reads + nearest + tests + shared / 1000)


def test_k_means_and_nearest_codes_are_not_the_devices():
    found = plan(SMALL, replace(EVEN, device="cuda"), 1).stages
    beside = [stage.name for stage in found if stage.where == "cpu"]
    assert beside == ["stage 1, k-means", "maps made of codes", "nearest patches, usage"]
    assert {stage.where for stage in found} == {"cuda", "cpu"}


def test_what_is_not_measured_is_named_and_not_made_up():
    found = plan(SMALL, replace(EVEN, decode=None, read=None), 2)
    assert found.missing == ["decode", "read"]
    first, *others = found.stages
    assert (first.one, first.missing) == (1210, ("decode",))
    lacking = [stage.name for stage in others if stage.missing]
    assert "linear probe" in lacking and "misalignment" not in lacking
    nothing = plan(SMALL, Rates("tiny", 32, 16, 10, "cpu"), 2)
    assert nothing.one == 0 and set(nothing.missing) == set(MEASURED) - {"product"}


def test_no_learning_needs_no_rate_for_it():
    found = plan(replace(SMALL, learn=0), replace(EVEN, learn=None), 1)
    assert not found.missing and found.stages[3].one == 0


def test_every_rate_is_measured(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(measuring, "product_rate", lambda device, seconds: 7.0)
    monkeypatch.setattr(disk, "BLOCK", 2**16)
    pictures = tmp_path / "pictures" / "train" / "ant"
    pictures.mkdir(parents=True)
    for name in "ab":
        Image.new("RGB", (40, 30), "red").save(pictures / f"{name}.png")
    task, network = task_of("scenes", "tiny", 32, 16, 1)
    found = measure(task, network, tmp_path / "out", tmp_path / "pictures", 0.001, "cpu")
    assert all(getattr(found, name) for name in MEASURED)
    assert (found.product, found.device) == (7.0, "cpu")
    assert not (tmp_path / "out").exists()
    blind = measure(task, network, tmp_path, None, 0.001, "cpu")
    assert blind.decode is None and blind.look
    with pytest.raises(UsageError, match="--seconds must be above 0 and at most 600, got 0"):
        measure(task, network, tmp_path, None, 0, "cpu")


def test_a_device_is_timed_with_all_but_nearest_codes(tmp_path: Path, monkeypatch):
    """On torch's meta device, where nothing is computed: nothing is done, only placed."""
    timed = []

    def recorded(work, units, seconds, device):
        timed.append(device)
        return 1.0

    monkeypatch.setattr(measuring, "pace", recorded)
    monkeypatch.setattr(
        measuring, "product_rate", lambda device, seconds: timed.append(device) or 7.0
    )
    monkeypatch.setattr(measuring, "disk_rates", lambda out, seconds: (None, None))
    monkeypatch.setitem(measuring.LOOKED, "meta", 2)
    task, network = task_of("scenes", "tiny", 32, 16, 1)
    found = measure(task, network, tmp_path, None, 0.001, "meta")
    assert found.device == timed[0] == "meta"
    assert timed == ["meta", "cpu", "cpu", "meta", "meta", "meta", "meta", "meta"]


def test_a_disk_is_timed_and_left_as_found(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(disk, "BLOCK", 2**16)
    write, read = disk_rates(tmp_path / "not" / "there", 0.01)
    assert write > 0 and (read is None or read > 0)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_not_tried(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: disk.SPARE + disk.BLOCK - 1)
    assert disk_rates(tmp_path, 0.01) == (None, None)


def test_a_disk_that_refuses_is_one_line(tmp_path: Path, monkeypatch):
    def refuse(**settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk.tempfile, "TemporaryFile", refuse)
    with pytest.raises(FewbitsError, match=r"cannot be written \(Permission denied\): choose"):
        disk_rates(tmp_path, 0.01)


def test_where_no_pictures_are(tmp_path: Path):
    with pytest.raises(FewbitsError, match="there is no such folder"):
        decode_rate(tmp_path / "none", 32, 0.01, 1)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(FewbitsError, match="expected pictures in it or in its folders"):
        decode_rate(tmp_path, 32, 0.01, 1)


def test_rates_come_back_from_their_file(tmp_path: Path):
    file = tmp_path / "rates.json"
    file.write_text(json.dumps({"rates": asdict(EVEN)}))
    assert read_rates(file, SMALL) == EVEN


@pytest.mark.parametrize(
    "change",
    [
        {"look": 0},
        {"look": "fast"},
        {"read": True},
        {"write": float("inf")},
        {"free": -1},
        {"device": 3},
        {"more": 1},
    ],
)
def test_a_file_that_holds_no_rates(tmp_path: Path, change):
    file = tmp_path / "rates.json"
    file.write_text(json.dumps({"rates": asdict(EVEN) | change}))
    with pytest.raises(FewbitsError, match="holds no rates: expected a file written by"):
        read_rates(file, SMALL)


def test_a_file_that_holds_a_list(tmp_path: Path):
    file = tmp_path / "rates.json"
    file.write_text("[1]")
    with pytest.raises(FewbitsError, match="expected rates of fewbits plan protoquant --record"):
        read_rates(file, SMALL)


def test_rates_of_another_task_are_refused(tmp_path: Path):
    file = tmp_path / "rates.json"
    file.write_text(json.dumps({"rates": asdict(EVEN)}))
    with pytest.raises(UsageError, match="measured for codes 16, the plan is for codes 32"):
        read_rates(file, replace(SMALL, codes=32))
