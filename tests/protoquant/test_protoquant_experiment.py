"""One whole run on a few photographs of our own making: report, baselines, resumption, command."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from part_toys import check_same_numbers
from PIL import Image
from typer.testing import CliRunner

from fewbits import backbones
from fewbits.cli import app
from fewbits.data.pictures import load_pictures
from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant import checking, experiment, pipeline, tables
from fewbits.protoquant.vocabulary import CodeVocabulary

STEADY = {"consistency", "stability", "consistency_chance", "stability_chance"}
BLOCK = {
    "whole_head", "test_accuracy", "local_size", "carrying", "global_size", "classes_per_code",
    "purity_train", "purity_test", "purity_chance", "purity_fixed_cells",
    "purity_centred_train", "purity_centred_test", "purity_centred_chance",
    "purity_centred_fixed_cells",
    *STEADY,
}  # fmt: skip
ATTACKED = {"plc", "pac", "prc"}
ALONE = {
    "backbone_accuracy", "linear_probe_accuracy", "quantized_map_accuracy", "codes_alive",
    "nearest_patch_cosine", "stage_one", "baselines", "left_out",
    "field_shift",
}  # fmt: skip


def draw(folder, label, number):
    """A grey square with a bright block in one of two colours; the block's place says nothing."""
    generator = np.random.default_rng(1000 * label + number)
    pixels = generator.integers(90, 130, (32, 32, 3), dtype=np.uint8)
    top, left = generator.integers(0, 20, 2)
    pixels[top : top + 12, left : left + 12] = ((220, 40, 40), (40, 220, 40), (40, 40, 220))[label]
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / f"{number:03}.png")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for split, count in (("train", 12), ("val", 6)):
        for label, name in enumerate(("red", "green", "blue")):
            for number in range(count):
                draw(folder / split / name, label, number + 100 * (split == "val"))
    return folder


@pytest.fixture(scope="module")
def settings(photographs):
    """Without noise and attack, which take most of so small a run's time: one test has them."""
    folder = f"imagefolder:{photographs}"
    return experiment.Settings(folder, tune=2, codes=8, learn=2, per_class=2, side=32, still=False)


@pytest.fixture(scope="module")
def finished(settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    return out, experiment.run(settings, None, out)[0]


def begun(finished, out):
    """A folder with the backbone and the maps of a finished run: the rest is made anew."""
    shutil.copytree(finished[0] / "features", out / "features")
    shutil.copy(finished[0] / "backbone.pt", out)
    return out


def test_the_report_has_the_same_block_for_every_vocabulary(finished):
    metrics = finished[1].metrics
    assert set(metrics) == BLOCK | ATTACKED | ALONE
    assert set(metrics["baselines"]) == {"random-codes", "kmeans-codes", "channels"}
    for name, block in metrics["baselines"].items():
        assert set(block) == (BLOCK | ATTACKED if name == "channels" else BLOCK)
    assert metrics["local_size"] <= 2 and metrics["global_size"] <= 6
    assert metrics["purity_test"] is None and metrics["stability"] is None
    assert [set(epoch) for epoch in metrics["stage_one"]] == [{"task", "dictionary", "dead"}] * 2
    assert {metrics[name] for name in STEADY | ATTACKED} == {None}


def test_an_attack_and_noise_change_no_other_number(finished, settings, tmp_path):
    report, _ = experiment.run(
        replace(settings, still=True), None, begun(finished, tmp_path / "out")
    )
    blocks = {"own": report.metrics, **report.metrics["baselines"]}
    for name in ("own", "channels"):
        assert 0 <= blocks[name]["plc"] <= 100 and blocks[name]["pac"] <= 100
    for name, block in {"own": finished[1].metrics, **finished[1].metrics["baselines"]}.items():
        assert {key: blocks[name][key] for key in BLOCK - STEADY} == {
            key: block[key] for key in BLOCK - STEADY
        }
        assert blocks[name]["stability"] is None, "there are no parts to be steady on"
    with pytest.raises(UsageError, match=r"holds another run \(still by default\)"):
        experiment.run(settings, None, tmp_path / "out")


def test_numbers_are_those_of_a_model_made_by_hand(finished, settings, photographs):
    """From the run's own feature maps: the k-means baseline, step by step."""
    from fewbits.features import open_cache

    out, report = finished
    cache = {name: open_cache(out / "features" / name) for name in ("train", "test")}
    known = load_pictures(settings.dataset)
    labels = known.train.labels
    sample = pipeline.draw_sample(cache["train"], labels, 0)
    mapping = pipeline.make_mapping(sample, "centred")
    words = CodeVocabulary(pipeline.make_codes(sample, mapping, 8, "kmeans", 0), 0.1)
    whole = pipeline.explain(words, cache["train"], labels, 3, experiment.HEAD, 0)
    short = pipeline.shorten(whole, cache["train"], labels, 2, experiment.HEAD, 0)
    scored = short.look(cache["test"])
    block = report.metrics["baselines"]["kmeans-codes"]
    assert block["test_accuracy"] == pytest.approx(
        short.head.accuracy(scored.scores, known.test.labels), abs=1e-6
    )
    assert block["global_size"] == short.vocabulary.count
    assert block["whole_head"]["global_size"] == int((whole.head.weights > 0).any(0).sum())


def test_a_finished_run_is_not_made_again(finished, settings):
    out, report = finished
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again, fresh = experiment.run(settings, None, out)
    assert not fresh and again.metrics == report.metrics
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_killed_run_goes_on_to_the_same_numbers(finished, settings, tmp_path):
    def stop(name, step, steps, loss):
        if name == "codes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(settings, None, tmp_path / "out", on_stage=stop)
    assert (tmp_path / "out" / "backbone.pt").exists()
    assert not (tmp_path / "out" / "report.json").exists()
    again, fresh = experiment.run(settings, None, tmp_path / "out")
    assert fresh
    check_same_numbers(again, finished[1])
    assert again.provenance["resumed"] and not finished[1].provenance["resumed"]


def test_a_run_goes_on_from_what_it_kept_whatever_would_come_out_today(
    finished, settings, tmp_path, monkeypatch
):
    """On other threads the last bits of a probe differ; codes are learned on from the one kept."""

    def stop(name, step, steps, loss):
        if name == "codes" and step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(settings, None, tmp_path / "out", on_stage=stop)
    real = pipeline.fit_probe

    def otherwise(*given):
        probe = real(*given)
        return replace(probe, weights=probe.weights * (1 + 1e-6))

    monkeypatch.setattr(pipeline, "fit_probe", otherwise)
    again, _ = experiment.run(settings, None, tmp_path / "out")
    check_same_numbers(again, finished[1])


def test_the_model_is_left_as_it_was_measured(finished, settings):
    from fewbits.features import open_cache
    from fewbits.protoquant.storing import load_model

    out, report = finished
    model = load_model(out / experiment.MODEL)
    cache = open_cache(out / "features" / "test")
    labels = load_pictures(settings.dataset).test.labels
    right = (model.logits(cache.rows(range(cache.count))).argmax(1) == labels).double().mean()
    assert right.item() == pytest.approx(report.metrics["test_accuracy"], abs=1e-6)
    (out / "broken.pt").write_bytes(b"none")
    with pytest.raises(FewbitsError, match="broken.pt is damaged, or does not hold a model of par"):
        load_model(out / "broken.pt")
    (out / "broken.pt").unlink()
    with pytest.raises(FewbitsError, match="broken.pt is missing"):
        load_model(out / "broken.pt")


def test_the_backbone_is_frozen(settings, photographs, tmp_path):
    known = load_pictures(settings.dataset)
    torch.manual_seed(0)
    backbone = backbones.build("tiny").train()
    bench = experiment.Bench(
        replace(settings, tune=0), known, backbone, tmp_path, None, 1, lambda line: None
    )
    frozen, found = bench.frozen()
    state = {name: value.clone() for name, value in frozen.state_dict().items()}
    bench.look(frozen, "train")
    assert found is None and not frozen.training
    assert not any(value.requires_grad for value in frozen.parameters())
    assert all(torch.equal(state[name], value) for name, value in frozen.state_dict().items())


def test_the_terminal_shows_accuracy_beside_what_has_to_be_read(finished):
    table = tables.overview(finished[1])
    assert [column.header for column in table.columns][:4] == [
        "model", "accuracy, %", "codes read", "in all"
    ]  # fmt: skip
    assert table.row_count == 2 + 2 * 4


def test_the_command_writes_the_same_report(finished, settings, tmp_path):
    out = tmp_path / "out"
    told = CliRunner().invoke(
        app,
        ["run", "protoquant", "--dataset", settings.dataset, "--out", str(out), "--tune", "2",
         "--codes", "8", "--learn", "2", "--per-class", "2", "--side", "32", "--no-still"],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "codes a class   report:" in told.output.replace("\n", " ")
    assert json.loads((out / "report.json").read_text())["metrics"] == finished[1].metrics


def test_a_run_without_baselines_has_the_same_codes(finished, settings, tmp_path):
    full, few = finished[1], replace(settings, baselines=())
    report, _ = experiment.run(few, None, begun(finished, tmp_path / "out"))
    assert report.metrics["baselines"] == {}
    one, other = (
        {name: block[name] for name in BLOCK - STEADY} for block in (report.metrics, full.metrics)
    )
    assert one == other
    with pytest.raises(UsageError, match=r"holds another run \(baselines=\[\]\)"):
        experiment.run(settings, None, tmp_path / "out")
    with pytest.raises(UsageError, match=r"another run \(baselines by default\)"):
        experiment.run(few, None, finished[0])


def test_prototypes_are_aligned_over_the_same_maps(finished, settings, photographs, tmp_path):
    from fewbits.features import open_cache
    from fewbits.protoquant.aligned import AlignSettings, learn_aligned

    few = replace(settings, baselines=("aligned",), still=True)
    out = begun(finished, tmp_path / "out")

    def stop(name, step, steps, loss):
        if name == "aligned prototypes":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(few, None, out, on_stage=stop)
    report, _ = experiment.run(few, None, out)
    assert set(report.metrics["baselines"]) == {"aligned"}
    block = report.metrics["baselines"]["aligned"]
    assert set(block) == BLOCK | ATTACKED and block["whole_head"]["global_size"] <= 8
    train, other = (open_cache(out / "features" / n) for n in ("train", "train-recoloured"))
    assert other.views == ("recoloured",)
    labels = load_pictures(settings.dataset).train.labels
    words = learn_aligned(train.rows, other.rows, train.count, 8, AlignSettings(), 0).vocabulary
    whole = pipeline.explain(words, train, labels, 3, experiment.HEAD, 0)
    size = int((whole.head.weights > 0).any(0).sum())
    assert size == block["whole_head"]["global_size"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"baselines": ("kmeans",)}, "unknown baseline 'kmeans': expected all, none, or some of r"),
        ({"codes": 1}, "codes must be from 2 to 65,536, got 1"),
        ({"codes": 5000}, "--codes 5,000: they are made of 528 feature vectors"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"mapping": "pca"}, "unknown mapping 'pca'"),
        ({"start": "zeros"}, "unknown start 'zeros'"),
        ({"per_class": 9}, "per_class must be from 1 to 8, got 9"),
        ({"side": 8}, "maps of a single place"),
        ({"weights": "gone.pt", "backbone": "resnet18"}, "--weights gone.pt: there is no such fil"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_is_made(change, text, settings, tmp_path):
    with pytest.raises(UsageError, match=text):
        experiment.run(replace(settings, **change), None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_backbone_that_memory_cannot_be_trained_in_is_told(settings, tmp_path, monkeypatch):
    """36 and 18 pictures of 3 x 32 x 32 bytes, of which validation's 3 are not read."""
    needed = (36 - 3 + 18) * 3 * 32**2
    monkeypatch.setattr(checking, "available", lambda: needed - 1)
    with pytest.raises(UsageError, match="--tune 2: .* give --weights and --tune 0, or a smaller"):
        experiment.run(settings, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(checking, "available", lambda: needed)
    assert experiment.run(settings, None, tmp_path / "out")[1]
    monkeypatch.setattr(checking, "available", lambda: 0)
    assert not experiment.run(settings, None, tmp_path / "out")[1], "to show a report takes none"
    assert experiment.run(replace(settings, tune=0), None, tmp_path / "frozen")[1]


def test_bad_pictures_are_told(settings, photographs, tmp_path):
    one = tmp_path / "one"
    for split in ("train", "val"):
        for number in range(12):
            draw(one / split / "red", 0, number)
    with pytest.raises(FewbitsError, match="at least two folders, one a class, got 1"):
        experiment.run(replace(settings, dataset=f"imagefolder:{one}"), None, tmp_path / "out")
    draw(one / "train" / "green", 1, 0)
    draw(one / "val" / "green", 1, 1)
    (one / "train" / "green" / "001.png").write_bytes(b"no picture")
    with pytest.raises(FewbitsError, match="001.png"):
        experiment.run(
            replace(settings, dataset=f"imagefolder:{one}", tune=0), None, tmp_path / "out"
        )


def test_a_temperature_that_is_no_number_is_told():
    told = CliRunner().invoke(
        app, ["run", "protoquant", "--dataset", "scenes", "--out", "x", "--temperature", "warm"]
    )
    assert "'warm': expected a number above 0, or none" in str(told.exception)
