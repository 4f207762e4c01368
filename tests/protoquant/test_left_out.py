"""A run over pictures of which some do not decode: it stops, or goes on and says without which."""

import json

import pytest
from part_toys import check_same_numbers
from typer.testing import CliRunner
from wordnet_toys import THREE, write_folders

from fewbits.cli import app
from fewbits.data.cub import decodable
from fewbits.data.pictures import load_pictures
from fewbits.errors import FewbitsError, UsageError
from fewbits.features import open_cache
from fewbits.protoquant import experiment, pipeline, tables
from fewbits.protoquant.storing import load_model

HEADER, PIXELS = f"train/{THREE[0]}/{THREE[0]}_3.JPEG", f"train/{THREE[1]}/{THREE[1]}_4.JPEG"
TESTED = f"val/{THREE[2]}/{THREE[2]}_1.JPEG"
LOST = [HEADER, PIXELS, TESTED]


@pytest.fixture
def whole(tmp_path):
    return write_folders(tmp_path / "set", train=10, test=3)


@pytest.fixture
def broken(whole):
    """One file of text, and two that end within their pixels."""
    (whole / HEADER).write_text("no picture")
    for name in (PIXELS, TESTED):
        content = (whole / name).read_bytes()
        (whole / name).write_bytes(content[: 2 * len(content) // 3])
    return whole


def settings(folder, **changes):
    few = {"tune": 0, "codes": 6, "learn": 1, "per_class": 2, "side": 32, "scale": "real"}
    return experiment.Settings(f"imagefolder:{folder}", **few | changes)


def test_it_stops_at_the_first_unless_asked_to_go_on(broken, tmp_path):
    with pytest.raises(FewbitsError, match=f"{THREE[0]}_3.JPEG: expected a picture"):
        experiment.run(settings(broken), None, tmp_path / "out")
    (broken / HEADER).unlink()
    with pytest.raises(FewbitsError, match=f"{THREE[1]}_4.JPEG: expected a picture"):
        experiment.run(settings(broken), None, tmp_path / "out")
    assert not (tmp_path / "out" / "report.json").exists()
    # The same folder goes on once it is asked to: nothing was measured without.
    report, fresh = experiment.run(settings(broken), None, tmp_path / "out", skip_broken=True)
    assert fresh and report.metrics["left_out"] == {"count": 2, "pictures": [PIXELS, TESTED]}


def test_labels_stay_with_their_pictures_and_each_that_is_lost_is_told_once(broken, tmp_path):
    """The probe and the model asked again, on the pictures that decode and no others."""
    told, out = [], tmp_path / "out"
    report, _ = experiment.run(settings(broken), None, out, on_note=told.append, skip_broken=True)
    assert report.metrics["left_out"] == {"count": 3, "pictures": LOST}
    for name in LOST:
        assert sum(str(broken / name) in line for line in told) == 1, name
    known = load_pictures(f"imagefolder:{broken}", scale="real", skip_broken=True)
    cache = {name: open_cache(out / "features" / name) for name in ("train", "test")}
    labels = {name: decodable(getattr(known, name)).labels for name in cache}
    assert [(cache[name].count, len(labels[name])) for name in cache] == [(25, 25), (8, 8)]
    probe = pipeline.fit_probe(cache["train"], labels["train"], 3, experiment.PROBE, 0)
    found = probe.accuracy(cache["test"].means(), labels["test"])
    assert report.metrics["linear_probe_accuracy"] == pytest.approx(found, abs=1e-6)
    logits = load_model(out / experiment.MODEL).logits(cache["test"].rows(range(8)))
    right = (logits.argmax(1) == labels["test"]).double().mean().item()
    assert report.metrics["test_accuracy"] == pytest.approx(right, abs=1e-6)


def test_a_backbone_is_trained_without_them(broken, tmp_path):
    report, _ = experiment.run(settings(broken, tune=1), None, tmp_path / "out", skip_broken=True)
    assert report.metrics["left_out"]["count"] == 3
    assert report.metrics["backbone_accuracy"] is not None


def test_what_is_whole_comes_to_the_same_with_and_without(whole, tmp_path):
    one, other = (
        experiment.run(settings(whole), None, tmp_path / str(skip), skip_broken=skip)[0]
        for skip in (False, True)
    )
    check_same_numbers(one, other)
    assert one.settings == other.settings
    _, fresh = experiment.run(settings(whole), None, tmp_path / "True")
    assert not fresh


def test_a_class_of_which_nothing_is_left_is_told(whole, tmp_path):
    for path in (whole / "train" / THREE[1]).iterdir():
        path.write_bytes(path.read_bytes()[:-500])
    said = "to train with, got none that decodes of English springer; put some there, or"
    with pytest.raises(FewbitsError, match=said):
        experiment.run(settings(whole), None, tmp_path / "out", skip_broken=True)


@pytest.mark.parametrize("tune", [0, 1])
@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("rest", [-500, 20])
def test_a_class_that_is_lost_is_told_before_the_backbone_is_trained(
    rest, split, tune, whole, tmp_path, monkeypatch
):
    """Whether the headers are gone or only pixels; and without one the test has fewer classes."""
    for path in (whole / split / THREE[1]).iterdir():
        path.write_bytes(path.read_bytes()[:rest])
    begun = []
    monkeypatch.setattr(pipeline, "train_backbone", lambda *given, **named: begun.append(given))
    use = {"train": "train", "val": "test"}[split]
    with pytest.raises(
        FewbitsError, match=f"each class to {use} with, got none that decodes of Eng"
    ):
        experiment.run(settings(whole, tune=tune), None, tmp_path / "out", skip_broken=True)
    assert not begun


def test_pictures_that_no_run_reads_are_not_missed(whole, tmp_path):
    """Validation's, and at the small scale those beyond the few."""
    known = load_pictures(f"imagefolder:{whole}", scale="real")
    unread, read = known.validation.paths[0], known.test.paths[0]
    for path in (unread, read):
        path.write_text("no picture")
    told, out = [], tmp_path / "out"
    report, _ = experiment.run(settings(whole), None, out, on_note=told.append, skip_broken=True)
    name = read.relative_to(whole).as_posix()
    assert report.metrics["left_out"] == {"count": 1, "pictures": [name]}
    assert not any(str(unread) in line for line in told)
    assert tables.left_out(report) == f"1 picture was left out because it does not decode: {name}"


def test_more_codes_than_vectors_are_left_is_told(whole, tmp_path):
    """27 training pictures of 4 x 4 cells are enough for 430 codes; 26 are not."""
    path = next((whole / "train" / THREE[1]).iterdir())
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UsageError, match="430"):
        experiment.run(settings(whole, codes=430), None, tmp_path / "out", skip_broken=True)


def test_the_command_says_how_many_each_time_it_shows_the_report(broken, tmp_path):
    out = tmp_path / "out"
    command = [
        "run", "protoquant", "--dataset", f"imagefolder:{broken}", "--out", str(out), "--tune",
        "0", "--codes", "6", "--learn", "1", "--per-class", "2", "--side", "32", "--scale", "real",
    ]  # fmt: skip
    assert CliRunner().invoke(app, command).exit_code == 1
    said = f"3 pictures were left out because they do not decode: {', '.join(LOST)}"
    for _ in range(2):
        told = CliRunner().invoke(app, [*command, "--skip-broken"])
        assert told.exit_code == 0, told.output
        assert said in told.output.replace("\n", " ")
    report = json.loads((out / "report.json").read_text())
    assert report["metrics"]["left_out"] == {"count": 3, "pictures": LOST}
