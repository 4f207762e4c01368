"""A small finished run, opened again and named: the file, the command, and every bad input."""

import json
import re
import shutil
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from fewbits.cli import app, main
from fewbits.data import pictures
from fewbits.data.birds.mixed import NAMES
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn import experiment as qsenn
from fewbits.qsenn import finished
from fewbits.qsenn.names import experiment, tables, tiny_clip
from fewbits.qsenn.names.clip import Clip
from fewbits.training import TrainSettings, accuracy

SHORT = TrainSettings(epochs=1, batch_size=16, learning_rate=3e-3, shift=0)
RUN = qsenn.Settings("birds", features=8, per_class=2, iterations=1, side=32)
NETWORKS = {"qsenn", "dense", "dense, trained on", "random layer"}
NAME = {
    "concept", "score", "runner_up", "runner_up_score", "opposite", "opposite_score",
    "evidence", "named",
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Little of everything: a folder with the data, and a finished run."""
    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("run") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pictures.DRAWN, "smoke", (3, 8, 4))
        patch.setattr(experiment, "PICTURES", 12)
        patch.setitem(tiny_clip.PLANS, "smoke", tiny_clip.Plan(6, SHORT))
        plan = qsenn.Plan(SHORT, (SHORT,))
        patch.setattr(qsenn, "plan_for", lambda settings: plan)
        qsenn.run(RUN, data, out)
        yield data, out


@pytest.fixture(scope="module")
def named(small, tmp_path_factory):
    data, run = small
    out = tmp_path_factory.mktemp("names")
    return out, experiment.run(experiment.Settings(run), data, out)


def photographs(small, folder) -> finished.FinishedRun:
    """The same run, said to be of the birds as anybody's photographs: no attributes are known."""
    data, run = small
    known = pictures.load_pictures("birds", data)
    for part, photos in (("train", known.train), ("test", known.test)):
        for path, label in zip(photos.paths, photos.labels.tolist(), strict=True):
            place = folder / "set" / part / str(label)
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / path.name)
    settings = replace(RUN, dataset=f"imagefolder:{folder / 'set'}")
    qsenn.run(settings, None, folder / "run")
    return finished.read_run(folder / "run")


def test_the_file_has_a_row_a_feature_and_a_block_a_network(named, small):
    out, report = named
    written = json.loads((out / "names.json").read_text())
    assert written["method"] == "names" and written["settings"]["clip"] == "tiny"
    source = {"pictures": 12, "source": "birds of no species, seed 999"}
    assert written["settings"]["named_on"] == source
    assert written["settings"]["run"]["iterations"] == 1 and written["provenance"]["threads"]
    features, rates = written["metrics"]["features"], written["metrics"]["rates"]
    network = finished.read_run(small[1]).networks()["qsenn"]
    used = torch.where((network.head.weight != 0).any(0))[0].tolist()
    assert [row["feature"] for row in features] == used
    for row in features:
        assert set(row) == {"feature", "attributes", "clip"}
        for way in ("attributes", "clip"):
            assert set(row[way]) == NAME and len(row[way]["evidence"]) == 9
            level = rates["qsenn"][way]["threshold"]
            assert row[way]["named"] == (row[way]["score"] >= level)
            assert row[way]["concept"] in NAMES
    assert set(rates) == set(written["metrics"]["rates_of_birds"]) == NETWORKS
    assert rates["qsenn"]["features_used"] == len(used)
    assert rates["dense"]["features_used"] == 128
    assert rates["dense"]["clip"]["first"]["chance"] <= 1 / len(NAMES)
    habitats = {"has_habitat"} & set(
        written["metrics"]["rates_of_birds"]["dense"]["clip"]["groups"]
    )
    assert not habitats
    assert json.loads(json.dumps(report.metrics)) == written["metrics"]


def test_networks_are_those_of_the_run(small):
    data, run = small
    opened = finished.read_run(run)
    networks, (_, pixels) = opened.networks(), opened.pictures(data)
    metrics = json.loads((run / "report.json").read_text())["metrics"]
    found = {name: accuracy(network, pixels.test) for name, network in networks.items()}
    baselines = metrics["baselines"]
    assert found == pytest.approx(
        {
            "qsenn": metrics["test_accuracy"],
            "dense": metrics["dense_accuracy"],
            **{name: baselines[name]["test_accuracy"] for name in NETWORKS - {"qsenn", "dense"}},
        }
    )
    assert not any(network.training for network in networks.values())


def test_the_tiny_clip_is_trained_once_and_can_be_lent(named, small, tmp_path):
    data, run = small
    out, report = named
    asked = []
    settings = experiment.Settings(run, threshold=0.0)
    again = experiment.run(settings, data, out, on_stage=lambda *step: asked.append(step))
    assert not asked, "all its epochs are in its checkpoint"
    said = [row["clip"] for row in again.metrics["features"]]
    assert [one["named"] for one in said] == [one["score"] > 0 for one in said]
    lent = experiment.Settings(run, "tiny", str(out / "tiny-clip.pt"))
    elsewhere = experiment.run(lent, data, tmp_path)
    assert elsewhere.metrics == report.metrics
    assert re.fullmatch("[0-9a-f]{16}", elsewhere.settings["clip_weights"])
    assert [file.name for file in tmp_path.iterdir()] == ["names.json"]


def test_the_tiny_clip_can_train_longer_than_the_run_did(small, tmp_path, monkeypatch):
    data, run = small
    plan = tiny_clip.Plan(6, replace(SHORT, epochs=2), text_width=32)
    monkeypatch.setitem(tiny_clip.PLANS, "real", plan)
    steps = []
    settings = experiment.Settings(run, scale="real")
    report = experiment.run(settings, data, tmp_path, on_stage=lambda *step: steps.append(step))
    assert [step[:3] for step in steps] == [("tiny CLIP", 1, 2), ("tiny CLIP", 2, 2)]
    assert report.scale == "real" and report.settings["run"]["scale"] == "smoke"


def test_concepts_of_ones_own_are_named_and_not_judged(named, small, tmp_path):
    data, run = small
    (tmp_path / "mine.txt").write_text("a bird with blue wings\na bird in snow\n")
    settings = experiment.Settings(
        run, "tiny", str(named[0] / "tiny-clip.pt"), tmp_path / "mine.txt", 0.1
    )
    report = experiment.run(settings, data, tmp_path)
    assert report.metrics["rates"] is None and "rates_of_birds" not in report.metrics
    for row in report.metrics["features"]:
        assert set(row) == {"feature", "clip"}
        assert row["clip"]["concept"] in ("a bird with blue wings", "a bird in snow")
        assert row["clip"]["named"] == (row["clip"]["score"] >= 0.1)
    assert tables.rates(report) is None


def test_a_model_of_open_clip_names_photographs(small, tmp_path, monkeypatch):
    """Pictures without attributes, whose ids are evidence; a CLIP is all that can name them."""
    opened = photographs(small, tmp_path)
    (tmp_path / "mine.txt").write_text("a red crown\nblue wings\n")
    asked = []

    def load_clip(name, weights):
        asked.append((name, weights))
        clip = tiny_clip.build_tiny(32, seed=0)
        return Clip(name, clip.model.eval(), clip.tokenize)

    monkeypatch.setattr(experiment, "load_clip", load_clip)
    settings = experiment.Settings(opened.folder, "ViT-B-32", "w.pt", tmp_path / "mine.txt", 0)
    report = experiment.run(settings, None, tmp_path / "out")
    assert asked == [("ViT-B-32", "w.pt")] and report.metrics["rates"] is None
    ids = set(opened.pictures()[0].train.image_ids.tolist())
    assert all(set(row["clip"]["evidence"]) <= ids for row in report.metrics["features"])
    with pytest.raises(
        UsageError, match="the set has no attributes to name features with: give a li"
    ):
        experiment.run(experiment.Settings(opened.folder), None, tmp_path / "out")
    with pytest.raises(UsageError, match="--clip tiny: it has seen drawn birds alone, and this ru"):
        experiment.run(experiment.Settings(opened.folder, "tiny"), None, tmp_path / "out")


def test_a_set_in_cubs_layout_is_judged_on_its_test_pictures(small, tmp_path, monkeypatch):
    """As CUB is: names by the table and by a CLIP with weights, and how many agree."""
    data, run = small
    monkeypatch.setattr(experiment, "_is_drawn", lambda dataset: False)
    clip = tiny_clip.build_tiny(32, seed=0)
    monkeypatch.setattr(experiment, "load_clip", lambda *_: clip)
    settings = experiment.Settings(run, "ViT-B-32", "w.pt")
    report = experiment.run(settings, data, tmp_path)
    known = pictures.load_pictures("birds", data)
    told = {part: getattr(known, part).count for part in ("train", "test")}
    for key, part in (("named_on", "train"), ("judged_on", "test")):
        assert report.settings[key] == {"pictures": told[part], "source": f"birds, {part}"}
    assert "rates_of_birds" not in report.metrics
    block = report.metrics["rates"]["qsenn"]
    rows = report.metrics["features"]
    same = [row["attributes"]["concept"] == row["clip"]["concept"] for row in rows]
    assert block["agree"] == pytest.approx(sum(same) / len(same))
    alone = experiment.run(experiment.Settings(run, "none"), data, tmp_path)
    assert set(alone.metrics["features"][0]) == {"feature", "attributes"}
    assert alone.metrics["rates"]["qsenn"]["clip"] is None


def test_the_command_shows_names_and_rates(named, small, monkeypatch):
    data, run = small
    monkeypatch.setenv("COLUMNS", "250")
    command = ["name", "qsenn", "--run", str(run), "--data", str(data), "--out", str(named[0])]
    result = CliRunner().invoke(app, [*command, "--threshold", "1"])
    assert result.exit_code == 0, result.output
    assert "unnamed" in result.output and "without habitats" in result.output
    for word in (*NETWORKS, "by the attributes", "by the CLIP", "names.json"):
        assert word in result.output


def complaint(capsys, *arguments) -> tuple[int, str]:
    """How the command ends, and its one line on stderr."""
    with pytest.raises(SystemExit) as end:
        main(["name", "qsenn", *map(str, arguments)])
    said = capsys.readouterr().err
    assert said.startswith("fewbits: ") and said.count("\n") == 1, said
    return end.value.code, said


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (["--threshold", "1.5"], 2, "--threshold must be a score from 0 to 1, got 1.5"),
        (["--threshold", "nan"], 2, "--threshold must be a score from 0 to 1, got nan"),
        (["--scale", "huge"], 2, "unknown scale 'huge': expected one of smoke, real"),
        (["--clip-weights", "w.pt"], 2, "--clip-weights w.pt: say with --clip which model they a"),
        (["--clip", "ViT-B-23"], 2, "open_clip has no model 'ViT-B-23'; expected one of"),
        (["--clip", "ViT-B-32"], 2, "ViT-B-32 without weights cannot tell a picture from another"),
        (["--clip", "ViT-B-32", "--clip-weights", "w.pt"], 1, "w.pt is not there: expected a file"),
        (["--clip", "tiny", "--clip-weights", "w.pt"], 1, "w.pt is not there: expected a checkpo"),
        (["--clip", "none", "--concepts", "x"], 2, "--concepts x: only a CLIP can look for them"),
        (["--concepts", "x.txt"], 1, "x.txt is not there: expected a text file of concepts"),
        (["--out", ""], 2, "--out is empty: name a folder for names.json"),
        (["--data", "gone"], 2, "was trained on other pictures than those in"),
    ],
)
def test_bad_input_is_one_line(small, tmp_path, monkeypatch, capsys, given, code, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(pictures.DRAWN, "smoke", (3, 8, 4) if "gone" not in given else (3, 4, 4))
    arguments = ["--run", small[1], "--out", tmp_path / "out", "--data", small[0], *given]
    ended, said = complaint(capsys, *arguments)
    assert ended == code and message in said
    assert not (tmp_path / "out").exists()


def test_an_empty_list_of_concepts(small, tmp_path, capsys):
    (tmp_path / "none.txt").write_text("\n")
    out = tmp_path / "out"
    _, said = complaint(
        capsys, "--run", small[1], "--out", out, "--concepts", tmp_path / "none.txt"
    )
    assert "none.txt: expected at least two concepts to choose from, got 0" in said


def test_folders_that_hold_no_finished_run(small, tmp_path, capsys):
    out = tmp_path / "out"
    code, said = complaint(capsys, "--run", tmp_path / "gone", "--out", out)
    assert code == 2 and "expected the folder of a finished `fewbits run qsenn`, got no set" in said
    copy = shutil.copytree(small[1], tmp_path / "copy")
    (copy / "report.json").unlink()
    assert "the run in it has not finished" in complaint(capsys, "--run", copy, "--out", out)[1]
    note = json.loads((copy / "settings.json").read_text())
    (copy / "settings.json").write_text(json.dumps(note | {"method": "pact"}))
    assert "expected a run of qsenn, got one of pact" in complaint(
        capsys, "--run", copy, "--out", out
    )[1]  # fmt: skip
    (copy / "report.json").write_text("{}")
    del note["pictures"]
    (copy / "settings.json").write_text(json.dumps(note))
    assert "is not of this version's runs ('pictures')" in complaint(
        capsys, "--run", copy, "--out", out
    )[1]  # fmt: skip


def test_checkpoints_that_are_missing_or_others(small, tmp_path):
    copy = shutil.copytree(small[1], tmp_path / "copy")
    (copy / "random-1.pt").unlink()
    opened = finished.read_run(copy)
    assert set(opened.networks()) == NETWORKS - {"random layer"}
    with pytest.raises(FewbitsError, match=r"dense.pt does not hold a network on resnet18: "):
        finished.load_network(copy / "dense.pt", "resnet18")
    clip = tmp_path / "clip.pt"
    tiny_clip.train_tiny(tiny_clip.birds_for(tiny_clip.Plan(2, SHORT), tmp_path), 0, SHORT,
                         checkpoint=clip)  # fmt: skip
    with pytest.raises(FewbitsError, match=r"clip.pt does not hold a network on tiny: 'head.weig"):
        finished.load_network(clip, "tiny")
    (copy / "round-1.pt").unlink()
    with pytest.raises(FewbitsError, match=r"round-1.pt is missing: expected the last pass"):
        opened.networks()
