"""One whole run on few drawn birds: report, baselines, resumption, command."""

import json
import re
from dataclasses import replace

import pytest
import torch
from PIL import Image
from torchvision import models
from typer.testing import CliRunner

from fewbits import backbones
from fewbits.cli import app
from fewbits.data import pictures
from fewbits.errors import FewbitsError, UsageError
from fewbits.metrics import features as measures
from fewbits.qsenn import experiment, measuring, pipeline, tables
from fewbits.qsenn.finished import read_run
from fewbits.qsenn.rounding import Rounding
from fewbits.training import StepDecay, TrainSettings, accuracy, to_float

BLOCK = {
    "test_accuracy", "retention", "features_used", "features_per_class", "diversity_at_5",
    "sid_at_5", "dependence", "alignment", "structural_grounding", "class_independence",
    "contrastiveness", "correlation", "fidelity", "binarity",
}  # fmt: skip
BASELINES = {
    "dense, trained on",
    "sldd",
    "glm-saga-5",
    "first layer kept",
    "random layer",
    "attributes' layer",
}
SETTINGS = experiment.Settings("birds", features=8, per_class=2, iterations=2, side=32)
SHORT = TrainSettings(epochs=1, batch_size=16, learning_rate=3e-3, shift=0)
REAL_PLAN = experiment.plan_for


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Little data and short trainings; the folder that holds the birds."""
    folder = tmp_path_factory.mktemp("birds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pictures.DRAWN, "smoke", (3, 8, 4))
        patch.setattr(
            experiment,
            "plan_for",
            lambda settings: experiment.Plan(SHORT, (SHORT,) * settings.iterations),
        )
        yield folder


@pytest.fixture(scope="module")
def finished(few, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    return out, experiment.run(SETTINGS, few, out)[0]


def test_the_report_has_the_same_block_for_every_network(finished):
    metrics = finished[1].metrics
    assert set(metrics) > BLOCK and set(metrics["dense"]) == BLOCK
    assert set(metrics["baselines"]) == BASELINES
    assert all(set(row) == BLOCK for row in metrics["baselines"].values())
    assert len(metrics["iterations"]) == 2
    assert all(set(row) > BLOCK for row in metrics["iterations"])
    last = metrics["iterations"][-1]
    assert {key: metrics[key] for key in BLOCK} == {key: last[key] for key in BLOCK}
    assert metrics["dense"]["test_accuracy"] == metrics["dense_accuracy"]
    assert last["features_used"] <= 8 and last["features_per_class"]["mean"] <= 2
    assert last["alignment"] is not None and last["structural_grounding"] is not None


def test_numbers_are_those_of_the_networks(finished, few):
    """The dense network and the loop made again by hand, and asked again."""
    out, report = finished
    known = pictures.load_pictures("birds", few)
    images = pictures.with_pixels(known, 32)
    torch.manual_seed(0)
    # The same memory format: another one rounds otherwise, and another feature may be kept.
    backbone = backbones.build("tiny").to(memory_format=torch.channels_last)
    dense = pipeline.train_dense(images, backbone, SHORT, 0)
    assert report.metrics["dense_accuracy"] == accuracy(dense, images.test)
    kept = pipeline.keep_features(dense, images.train, 3, 8)
    tuned = pipeline.iterate(dense, images, kept, (SHORT, SHORT), 0, rounding=Rounding(2))[-1].tuned
    assert report.metrics["test_accuracy"] == pytest.approx(accuracy(tuned, images.test))
    maps = tuned.maps(to_float(images.test.images)).detach()
    predicted = tuned.logits(maps).argmax(1)
    expected = measures.diversity(maps, tuned.head.weight, predicted).mean().item()
    assert report.metrics["diversity_at_5"] == pytest.approx(expected, abs=1e-4)
    # Contributions are weights in the features' own units; what is unusual is so beside training.
    table, shown = (pipeline.features_of(tuned, part) for part in (images.train, images.test))
    slope = (tuned.head.weight / tuned.head.scale).detach()
    given = tuned.head(table).argmax(1)
    parts = (table * slope[given]).abs()
    depends = (parts.amax(1) / parts.sum(1)).mean().item()
    assert report.metrics["dependence"] == pytest.approx(depends, abs=1e-4)
    mean = table.mean(0)
    alone = torch.where(
        (shown - mean).mul(slope[predicted]) != 0, shown, mean
    )  # two reasons a class
    same = (tuned.head(alone).argmax(1) == predicted).double().mean().item()
    assert report.metrics["fidelity"] == pytest.approx(same, abs=1e-4)


def test_diversity_does_not_depend_on_batches(finished, few):
    images = pictures.with_pixels(pictures.load_pictures("birds", few), 32)
    network = pipeline.make_dense(backbones.build("tiny"), 3).eval()
    whole, parts = (measuring.overlap(network, images.test, size) for size in (99, 5))
    torch.testing.assert_close(whole.plain, parts.plain)
    torch.testing.assert_close(whole.scaled, parts.scaled)


def test_a_finished_run_is_read_again_and_a_killed_one_goes_on(finished, few, tmp_path):
    out, report = finished
    again, fresh = experiment.run(SETTINGS, few, out)
    assert not fresh and again == report

    def stop(stage, step, steps, loss):
        if stage.startswith("pass 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(SETTINGS, few, tmp_path, on_stage=stop)
    assert not (tmp_path / "report.json").exists()
    seen = []
    resumed, _ = experiment.run(
        SETTINGS, few, tmp_path, on_stage=lambda name, *_: seen.append(name)
    )
    assert "dense network" not in seen and "pass 2" in seen
    assert resumed.metrics == report.metrics


def test_a_report_tells_whether_the_run_was_resumed(finished, few, tmp_path):
    origin = finished[1].provenance
    assert origin["resumed"] is False and origin["duration_seconds"] > 0
    out = tmp_path / "out"
    out.mkdir()
    (out / "dense.pt").write_bytes((finished[0] / "dense.pt").read_bytes())
    again, _ = experiment.run(SETTINGS, few, out)
    assert again.provenance["resumed"] is True and again.metrics == finished[1].metrics


def test_a_random_layer_that_cannot_be_drawn_matters_only_if_asked_for(few):
    known = pictures.load_pictures("birds", few)
    crowded = replace(known, class_names=tuple(map(str, range(50))))
    settings = replace(SETTINGS, per_class=1, features=8)
    with pytest.raises(UsageError, match="50 different classes of 1 features out of 8"):
        experiment.check(settings, crowded)
    assert experiment.check(replace(settings, baselines=("sldd",)), crowded).name == "tiny"


def test_what_is_off_the_papers_recipe_is_told(tmp_path):
    paper = experiment.Settings("cub", "resnet50", "published", scale="paper")
    assert experiment._off_recipe(paper) == ""
    other = replace(paper, backbone="tiny", weights="")
    assert experiment._off_recipe(other).endswith("this run tiny without weights")
    assert experiment._off_recipe(replace(other, scale="real")) == ""


def test_another_run_is_not_overwritten(finished, few):
    with pytest.raises(UsageError, match="holds another run"):
        experiment.run(experiment.Settings("birds", features=9, side=32), few, finished[0])


def test_photographs_without_attributes_have_null_where_nothing_is_known(few, tmp_path):
    known = pictures.load_pictures("birds", few)
    for part, photos in (("train", known.train), ("test", known.test)):
        for path, label in zip(photos.paths, photos.labels.tolist(), strict=True):
            place = tmp_path / "set" / part / str(label)
            place.mkdir(parents=True, exist_ok=True)
            (place / path.name).write_bytes(path.read_bytes())
    settings = experiment.Settings(
        f"imagefolder:{tmp_path / 'set'}", features=8, per_class=2, iterations=1, side=32
    )
    report, _ = experiment.run(settings, None, tmp_path / "out")
    assert report.metrics["alignment"] is None and report.metrics["structural_grounding"] is None
    assert set(report.metrics["baselines"]) == BASELINES - {"attributes' layer"}
    assert (
        json.loads((tmp_path / "out" / "report.json").read_text())["metrics"]["alignment"] is None
    )


def test_a_run_can_do_without_baselines_and_round_in_other_ways(finished, few, tmp_path):
    other = replace(SETTINGS, baselines=(), cut="class", bias="solved")
    report, _ = experiment.run(other, few, tmp_path)
    assert report.metrics["baselines"] == {}
    assert report.metrics["dense"] == finished[1].metrics["dense"]
    assert not (tmp_path / "random-1.pt").exists()
    uses = report.metrics["iterations"][0]["features_per_class"]
    assert uses["max"] <= 2
    head = torch.load(tmp_path / "round-1.pt", weights_only=False)[1]
    assert head["head.bias"].sum().item() == pytest.approx(0, abs=1e-4)


def test_weights_are_told_apart_by_what_they_hold(tmp_path):
    for name, text in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(text)
    one, same, other = (
        experiment.Settings("birds", "resnet18", str(tmp_path / name)).identity() for name in "abc"
    )
    assert one == same != other
    with pytest.raises(UsageError, match="--weights gone: there is no such file"):
        experiment.Settings("birds", "resnet18", "gone").identity()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scale": "huge"}, "unknown scale 'huge'"),
        ({"features": 1}, "features must be from 2 to 10,000, got 1"),
        ({"per_class": 51}, "per_class must be from 1 to 50, got 51"),
        ({"iterations": 0}, "iterations must be from 1 to 100, got 0"),
        ({"cut": "none"}, "cut must be one of layer, class, got 'none'"),
        ({"bias": "best"}, "bias must be one of counts, fitted, zero, solved, got 'best'"),
        ({"side": -1}, "side must be from 0 to 2,048, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(changed, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        experiment.Settings("birds", **changed)


@pytest.mark.parametrize("scale", ["smoke", "real"])
@pytest.mark.parametrize("dataset", ["birds", "cub"])
def test_the_last_pass_is_twice_as_long(dataset, scale):
    plan = REAL_PLAN(experiment.Settings(dataset, scale=scale))
    first, *_, last = plan.rounds
    assert len(plan.rounds) == 4 and last.epochs == 2 * first.epochs
    assert last.learning_rate == pytest.approx(0.729 * first.learning_rate)


def test_the_papers_plan():
    """Epochs, rates and schedule as in the public code (150; 10, 10, 10, 40)."""
    settings = experiment.Settings("cub", "resnet50", "published", scale="paper")
    assert settings.shown_side == 448 and settings.data_scale == "real"
    plan = REAL_PLAN(settings)
    assert [one.epochs for one in (plan.dense, *plan.rounds)] == [150, 10, 10, 10, 40]
    rates = [one.learning_rate for one in plan.rounds]
    assert rates == pytest.approx([1e-4, 0.9e-4, 0.81e-4, 0.729e-4])
    assert plan.dense.learning_rate == 0.01 and plan.dense.decay == StepDecay(30, 0.4, 0.9, 0.5)
    assert all(one.decay == StepDecay(10, 0.4, 0.95) for one in plan.rounds)
    every = (plan.dense, *plan.rounds)
    assert all(one.batch_size == 16 and one.weight_decay == 5e-4 for one in every)
    assert all(one.varied and one.mirror and not one.shift for one in every)


def test_the_papers_recipe_runs_on_photographs(tmp_path, monkeypatch):
    """On few small ones, its epochs cut to one; the drawn birds are no paper's."""
    generator = torch.Generator().manual_seed(2)
    for part, count in (("train", 12), ("test", 4)):
        for kind in "abc":
            folder = tmp_path / "set" / part / kind
            folder.mkdir(parents=True)
            for place in range(count):
                pixels = torch.randint(0, 256, (32, 32, 3), generator=generator, dtype=torch.uint8)
                Image.fromarray(pixels.numpy()).save(folder / f"{place}.png")

    def short(settings):
        plan = REAL_PLAN(settings)
        rounds = tuple(replace(one, epochs=1) for one in plan.rounds)
        return experiment.Plan(replace(plan.dense, epochs=1), rounds)

    monkeypatch.setattr(experiment, "plan_for", short)
    settings = experiment.Settings(
        f"imagefolder:{tmp_path / 'set'}", features=8, per_class=2, iterations=2, side=32,
        scale="paper", baselines=("sldd",),
    )  # fmt: skip
    report, _ = experiment.run(settings, None, tmp_path / "out")
    assert report.scale == "paper" and report.settings["plan"]["dense"]["decay"]["every"] == 30
    assert set(report.metrics["baselines"]) == {"sldd"}
    finished = read_run(tmp_path / "out")
    assert finished.settings == replace(settings, weights="")
    assert {"qsenn", "dense"} <= set(finished.networks())
    assert finished.pictures()[1].test.count == 12
    with pytest.raises(UsageError, match="birds are drawn here, no paper knows them; use real"):
        experiment.Settings("birds", scale="paper")


def test_attributes_make_a_layer():
    table = torch.tensor([[1.0, 0.5, 0.0, 0.3], [0.0, 0.5, 0.2, 0.3], [0.0, 0.5, 0.1, 0.9]])
    codes = experiment.attribute_codes(table, 5, per_class=2)
    # By spread: the first, the last, the third; the second never varies.
    assert codes.tolist() == [[1, 0, -1, 0, 0], [-1, 0, 1, 0, 0], [-1, 1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"backbone": "resnet5"}, "no backbone is called 'resnet5'"),
        ({"features": 200}, "--features 200: tiny has 128"),
        ({"features": 2, "per_class": 1, "classes": 5}, "5 different classes of 1 features out of"),
        ({"side": 4}, "--side 4: tiny cannot see pictures of this size"),
        ({"side": 8}, "--side 8: of such pictures tiny makes maps of a single place"),
        ({"backbone": "alexnet", "side": 32}, "--side 32: alexnet cannot see"),
    ],
)
def test_what_cannot_work_is_refused_before_the_folder_is_claimed(
    few, tmp_path, monkeypatch, changed, message
):
    if classes := changed.pop("classes", None):
        monkeypatch.setitem(pictures.DRAWN, "smoke", (classes, 2, 1))
    with pytest.raises(UsageError, match=re.escape(message)):
        experiment.run(experiment.Settings("birds", **changed), few, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_set_without_test_pictures_is_refused(few, tmp_path):
    known = pictures.load_pictures("birds", few)
    with pytest.raises(FewbitsError, match="expected pictures to test with, got none"):
        experiment.check(SETTINGS, replace(known, test=known.test.take([])))


def test_a_layer_without_weights_has_null_where_there_is_nothing_to_ask(few):
    known = pictures.load_pictures("birds", few)
    images = pictures.with_pixels(known, 32)
    network = pipeline.make_dense(backbones.build("tiny"), 3).eval()
    with torch.no_grad():
        network.head.weight.zero_()
    found = measuring.measure(network, images, known, dense_accuracy=0.0)
    nothing = {
        "alignment",
        "class_independence",
        "contrastiveness",
        "binarity",
        "correlation",
        "dependence",
        "fidelity",
        "retention",
    }
    assert {name for name, value in found.items() if value is None} == nothing
    assert found["features_used"] == 0 and found["diversity_at_5"] == 0
    json.dumps(found, allow_nan=False)


def test_the_command_says_what_it_found(few, tmp_path):
    command = ["run", "qsenn", "--dataset", "birds", "--data", str(few), "--out", str(tmp_path)]
    command += ["--features", "8", "--per-class", "2", "--iterations", "2", "--side", "32"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    for name in ("dense", "pass 1, rounded", "pass 2", "random layer", "glm-saga-5"):
        assert name in result.output
    assert re.search(r"test accuracy [\d.]+ %, retention [\d.]+ %   report: ", result.output)
    again = CliRunner().invoke(app, command)
    assert "finished before" in again.output


def test_some_baselines_can_be_asked_for(finished, few, tmp_path):
    some = replace(SETTINGS, baselines=("glm-saga-5", "sldd"))
    report, _ = experiment.run(some, few, tmp_path)
    assert list(report.metrics["baselines"]) == ["sldd", "glm-saga-5"]  # the order of training
    whole = finished[1].metrics["baselines"]
    assert report.metrics["baselines"] == {name: whole[name] for name in ("sldd", "glm-saga-5")}
    again = replace(SETTINGS, baselines=("sldd", "glm-saga-5"))
    assert not experiment.run(again, few, tmp_path)[1]


@pytest.mark.parametrize("harm", [{"metrics": {}}, {"metrics": {"dense": 3, "iterations": None}}])
def test_a_damaged_report_of_a_finished_run_is_one_line(finished, few, tmp_path, harm):
    for name in ("report.json", "settings.json"):
        (tmp_path / name).write_bytes((finished[0] / name).read_bytes())
    file = tmp_path / "report.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | harm))
    command = ["run", "qsenn", "--dataset", "birds", "--data", str(few), "--out", str(tmp_path)]
    command += ["--features", "8", "--per-class", "2", "--iterations", "2", "--side", "32"]
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, FewbitsError)
    assert "report.json is damaged" in str(result.exception)
    assert "Delete it and run again" in str(result.exception)


def test_attributes_that_are_asked_for_must_be_there(few):
    known = replace(pictures.load_pictures("birds", few), class_attributes=None)
    with pytest.raises(UsageError, match="--baselines attributes: birds has no table of attr"):
        experiment.check(replace(SETTINGS, baselines=("attributes",)), known)
    assert experiment.check(SETTINGS, known).name == "tiny", "all is all that can be had"


@pytest.mark.parametrize(
    "asked", ["", "sldd,", "slddd", "none,sldd", "all,sldd", "dense, trained on"]
)
def test_an_unknown_baseline_is_named(asked, tmp_path):
    command = ["run", "qsenn", "--dataset", "birds", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*command, "--baselines", asked])
    assert isinstance(result.exception, UsageError)
    said = "stands alone" if asked[:3] in ("all", "non") else "unknown baseline"
    assert said in str(result.exception)
    assert "expected all, none, or some of dense-longer" in str(result.exception)
    assert "glm-saga-5, first-layer, random" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_a_pass_sparser_than_the_budget_is_told(finished):
    report = finished[1]
    wanted = replace(report, settings={**report.settings, "per_class": 7})
    found = tables.sparser(wanted)
    assert len(found) == 2 and found[0].startswith("pass 1: ")
    assert "fewer than the 7 asked for" in found[0]
    assert tables.sparser(replace(report, settings={**report.settings, "per_class": 0})) == []


def test_retention_of_nothing_is_unknown(finished, monkeypatch, tmp_path):
    report = replace(finished[1], metrics={**finished[1].metrics, "retention": None})
    monkeypatch.setattr(experiment, "run", lambda *_, **__: (report, True))
    command = ["run", "qsenn", "--dataset", "birds", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0 and "retention unknown" in result.output


def test_the_command_says_what_of_a_file_of_weights_is_not_used(
    finished, few, tmp_path, monkeypatch
):
    file = tmp_path / "tuned.pth"
    torch.save(models.get_model("resnet18", num_classes=7).state_dict(), file)
    monkeypatch.setattr(experiment, "run_once", lambda *_: (finished[1], False))
    asked = ["run", "qsenn", "--dataset", "birds", "--backbone", "resnet18", "--weights", file]
    asked += ["--data", few, "--out", tmp_path / "out", "--features", 8, "--per-class", 2]
    said = CliRunner().invoke(app, list(map(str, asked))).output
    assert f"{file}: its classifier is another one (fc.weight: 7 x 512 instead of" in said
