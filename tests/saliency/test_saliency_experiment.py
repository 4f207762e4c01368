"""The whole experiment on the smallest data: what it writes, how it resumes, what it refuses."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from fewbits import data, metrics
from fewbits.errors import FewbitsError, UsageError
from fewbits.metrics import MEASURES
from fewbits.pact import experiment as pact_experiment
from fewbits.pact import pipeline
from fewbits.report import Report
from fewbits.saliency import experiment, measuring, models, summary, tables
from fewbits.saliency.findings import Findings
from fewbits.saliency.maps import explain
from fewbits.training import TrainSettings, content_digest, to_float

MEMBERS = ("float", "float, trained on", "PACT 2", "PTQ 2", "float, 2-bit gradient")
COPIES = (", trained on", " 2")
SETTINGS = experiment.Settings("digits", seeds=2, images=12)


METHODS = ("gradient", "grad-cam")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Few digits, one epoch, five members a family, two methods."""
    whole = data.load("digits")
    few = replace(whole, train=whole.train.first(200), test=whole.test.first(20))
    monkeypatch.setattr(data, "load", lambda *given: few)
    monkeypatch.setattr(measuring, "COMPARED", METHODS)
    monkeypatch.setattr(measuring, "ROUNDABLE", METHODS[:1])
    settings = TrainSettings(epochs=1, batch_size=64, shift=0)
    schedule = pipeline.Schedule(settings, settings)
    monkeypatch.setattr(pipeline, "schedule_for", lambda *given: schedule)
    family = tuple(models.MODELS[name] for name in MEMBERS)
    monkeypatch.setattr(experiment, "FAMILY", family)
    monkeypatch.setattr(experiment, "ACROSS_SEEDS", ("float", "PACT 2"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One whole run, and where it lies."""
    with pytest.MonkeyPatch.context() as patch:
        short.__wrapped__(patch)
        out = tmp_path_factory.mktemp("saliency")
        return experiment.run(SETTINGS, None, out)[0], out


def test_the_report_has_every_number_with_its_interval(finished):
    found = finished[0].metrics
    assert set(found["models"]) == set(MEMBERS)
    assert set(found["pairs"]) == {f"{name} | float" for name in MEMBERS[1:]}
    assert set(found["noise_floor"]) == {"seeds", "trained_on"}
    assert set(found["noise_floor"]["seeds"]) == {"float", "PACT 2"}
    methods = {*METHODS, "random", "edges"}
    for name in MEMBERS[:4]:
        assert set(found["models"][name]) == methods
        for method, row in found["models"][name].items():
            faithful = {f"faithfulness.{way}" for way in ("deletion", "insertion", "road")}
            gains = set() if method == "random" else {f"{measure}.gain" for measure in faithful}
            assert set(row) == {*faithful, *gains, "clarity.gini", "clarity.entropy"}
            for cell in row.values():
                assert cell["low"] <= cell["mean"] <= cell["high"]
    for pair in (found["pairs"]["PACT 2 | float"], found["noise_floor"]["seeds"]["float"]):
        assert set(pair) == set(METHODS)
        assert {"agreement.spearman", "agreement.topk", "agreement.ssim"} <= set(pair["gradient"])
    assert set(found["pairs"]["float, 2-bit gradient | float"]) == {"gradient"}


def test_numbers_are_those_of_the_measures(finished):
    """One network and one pair worked out again, without the experiment's own code."""
    report, out = finished
    images = data.load("digits")
    split = images.test.first(12)
    workshop = models.Workshop(
        images, "compact", pipeline.schedule_for("digits", "smoke"), out / "networks"
    )
    pixels, deletions, alike = to_float(split.images), [], []
    for seed in (1, 2):
        networks = [workshop.make(models.MODELS[name], seed) for name in ("float", "PACT 2")]
        right = [n(pixels).argmax(1) == split.labels for n in networks]
        maps = [explain(n, split.images, split.labels) for n in networks]
        area = metrics.deletion(networks[1], pixels, maps[1], split.labels).area()
        deletions.append(area[right[1]])
        alike.append(metrics.spearman(*maps)[right[0] & right[1]])
    cell = report.metrics["models"]["PACT 2"]["gradient"]["faithfulness.deletion"]
    assert cell["mean"] == pytest.approx(
        torch.stack([d.mean() for d in deletions]).mean().item(), abs=1e-6
    )
    cell = report.metrics["pairs"]["PACT 2 | float"]["gradient"]["agreement.spearman"]
    assert cell["mean"] == pytest.approx(
        torch.stack([a.mean() for a in alike]).mean().item(), abs=1e-6
    )


def test_differences_are_paired_and_of_models_that_are_there(finished):
    found = Findings.of(finished[0]).differences
    assert set(found) == {
        "float, trained on | float",
        "PACT 2 | float, trained on",
        "PTQ 2 | float",
        "float, 2-bit gradient | float",
    }
    assert set(found["float, 2-bit gradient | float"]) == {"gradient"}
    row = found["PACT 2 | float, trained on"]["gradient"]
    assert {"agreement.spearman", "faithfulness.deletion.gain", "clarity.gini"} <= set(row)
    assert "agreement.spearman" not in found["PTQ 2 | float"]["gradient"], "float started anew"


def test_a_difference_by_hand():
    """Three images; PACT 2 is wrong on the last, the float network on the first."""
    right = {("float", 1): [0, 1, 1], ("float, trained on", 1): [1, 1, 1], ("PACT 2", 1): [1, 1, 0]}
    masks = {member: torch.tensor(mask, dtype=torch.bool) for member, mask in right.items()}
    worth = {
        ("float, trained on", 1): {"gradient clarity.gini": torch.tensor([0.1, 0.2, 0.3])},
        ("PACT 2", 1): {"gradient clarity.gini": torch.tensor([0.5, 0.7, 0.9])},
    }
    alike = {
        (("PACT 2", 1), ("float", 1)): {"gradient agreement.ssim": torch.tensor([0.9, 0.4, 0.9])},
        (("float, trained on", 1), ("float", 1)): {
            "gradient agreement.ssim": torch.tensor([0.1, 0.6, 0.1])
        },
    }
    found = summary.difference("PACT 2", "float, trained on", worth, alike, masks, [1])["gradient"]
    assert found["clarity.gini"].mean == pytest.approx(0.5)
    assert found["agreement.ssim"].mean == pytest.approx(-0.2)
    assert {cell.count for cell in found.values()} == {1}


def test_every_number_has_a_measure(finished):
    found = Findings.of(finished[0])
    tables = [*found.models.values(), *found.pairs.values(), *found.differences.values()]
    named = {measure for rows in tables for row in rows.values() for measure in row}
    assert len(named) == 14 and named <= set(MEASURES)


def test_findings_survive_the_file(finished):
    report, out = finished
    again = Findings.of(Report.read(out))
    assert again == Findings.of(report)
    assert again.to_metrics().items() <= report.metrics.items()


def test_another_kind_of_report_has_no_findings(finished):
    strange = replace(finished[0], method="pact", metrics={"test_accuracy": 0.9})
    with pytest.raises(FewbitsError, match="this pact report of digits holds no findings"):
        Findings.of(strange)


def test_differences_ask_for_models_of_the_family():
    named = {name for pair in summary.DIFFERENCES for name in pair}
    assert named <= set(models.MODELS)
    assert len(set(summary.DIFFERENCES)) == len(summary.DIFFERENCES)


def test_a_finished_experiment_is_not_done_again(finished):
    report, fresh = experiment.run(SETTINGS, None, finished[1])
    assert not fresh
    assert report == Report.read(finished[1])


def test_a_killed_experiment_goes_on_and_ends_the_same(finished, tmp_path):
    calls = []

    def stop(stage, step, steps, loss):
        calls.append(stage)
        if stage == "seed 1: measured" and step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(SETTINGS, None, tmp_path, on_stage=stop)
    assert not (tmp_path / "report.json").exists()
    measured = {p: p.stat().st_mtime_ns for p in (tmp_path / "measured").iterdir()}
    report, fresh = experiment.run(SETTINGS, None, tmp_path)
    assert fresh
    assert report.metrics == finished[0].metrics
    assert report.provenance["resumed"] and not finished[0].provenance["resumed"]
    assert all(path.stat().st_mtime_ns == time for path, time in measured.items())


def test_another_experiments_folder_is_left_alone(finished):
    with pytest.raises(UsageError, match="holds another run"):
        experiment.run(replace(SETTINGS, images=13), None, finished[1])


def test_a_damaged_measurement_is_named(finished, tmp_path):
    report, out = finished
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "1-float.npz").write_bytes(b"not an archive")
    with pytest.raises(FewbitsError, match=r"1-float.npz is damaged \(.*delete it and run again"):
        experiment.run(SETTINGS, None, tmp_path)


def test_finished_runs_are_not_trained_again(tmp_path):
    for bits in ("32", "2"):
        for seed in (1, 2):
            settings = pact_experiment.Settings("digits", bits=bits, seed=seed)
            pact_experiment.run(settings, None, tmp_path / "runs" / f"{bits}-{seed}")
    trained = []

    def watch(stage, step, steps, loss):
        trained.append(stage)

    out = tmp_path / "out"
    experiment.run(SETTINGS, None, out, tmp_path / "runs", on_stage=watch)
    assert {s for s in trained if "measured" not in s} == {
        "seed 1: float, trained on",
        "seed 2: float, trained on",
    }
    assert sorted(p.name for p in (out / "networks").iterdir()) == [
        "1-float-trained-on.pt",
        "2-float-trained-on.pt",
    ]


def test_runs_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no such folder"):
        experiment.run(SETTINGS, None, tmp_path / "out", tmp_path / "none")
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "settings.json").write_text(json.dumps({"method": "pact"}))
    (tmp_path / "runs" / "one" / "report.json").write_text("{}")
    (tmp_path / "runs" / "one" / "float.pt").touch()
    with pytest.raises(UsageError, match="none of its 1 finished runs is of digits, compact"):
        experiment.run(SETTINGS, None, tmp_path / "out", tmp_path / "runs")
    assert not (tmp_path / "out").exists()


def test_runs_of_one_seed_must_share_their_float_network(tmp_path):
    """As if the second had been trained on a machine that rounds otherwise."""
    for bits in ("4", "2"):
        settings = pact_experiment.Settings("digits", bits=bits, seed=1)
        pact_experiment.run(settings, None, tmp_path / bits)
    checkpoint = tmp_path / "2" / "float.pt"
    *state, _ = torch.load(checkpoint, weights_only=True)
    state[1]["fc.bias"] += 1e-6
    torch.save([*state, content_digest(state)], checkpoint)
    with pytest.raises(UsageError, match="hold different float networks of one seed"):
        experiment.run(SETTINGS, None, tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "big"}, "unknown network 'big': expected one of classic, compact"),
        ({"scale": "huge"}, "unknown scale 'huge': expected one of"),
        ({"seeds": 1}, "at least 2 seeds are needed, got 1: how much two float networks differ"),
        ({"images": 1}, "at least 2 images are needed, got 1"),
    ],
)
def test_bad_settings_say_what_is_wrong(change, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        replace(SETTINGS, **change)


def test_the_overview_names_every_model(finished):
    table = tables.overview(finished[0])
    assert table.row_count == len(MEMBERS) + 2
    cells = list(table.columns[2].cells)
    mean = finished[0].metrics["pairs"]["PACT 2 | float"]["gradient"]["agreement.spearman"]["mean"]
    assert cells[MEMBERS.index("PACT 2")].startswith(f"{mean:.3f} (")


def test_a_family_without_guided_training(monkeypatch):
    monkeypatch.setattr(experiment, "FAMILY", models.FAMILY)
    plain = replace(SETTINGS, guided=False).family
    left_out = {model.name for model in models.FAMILY} - {model.name for model in plain}
    assert left_out == {f"{kind}{rest}" for kind in ("guided", "masked") for rest in ("", *COPIES)}
    seen = {one[0] for one, _ in experiment.across_seeds(plain, range(1, 4))}
    assert seen == {"float", "PACT 2"}


def test_file_names_do_not_collide():
    names = [models.file_name(name) for name in models.MODELS]
    assert len(set(names)) == len(names)
    assert models.file_name("PACT 4/2") == "pact-4-2"


def test_the_family_hangs_together():
    for model in models.FAMILY:
        assert model.start is None or model.start in models.MODELS
        assert model.training in models.LOSSES
    assert np.all([name in models.MODELS for name in experiment.ACROSS_SEEDS])


def test_gains_over_random_are_paired_and_signed():
    numbers = {
        "random faithfulness.deletion": torch.tensor([0.5, 0.4]),
        "random faithfulness.insertion": torch.tensor([0.5, 0.4]),
        "gradient faithfulness.deletion": torch.tensor([0.2, 0.5]),
        "gradient faithfulness.insertion": torch.tensor([0.7, 0.3]),
        "gradient clarity.gini": torch.tensor([0.1, 0.2]),
    }
    found = summary.with_gains(numbers)
    assert set(found) - set(numbers) == {
        "gradient faithfulness.deletion.gain",
        "gradient faithfulness.insertion.gain",
    }
    for way, expected in (("deletion", [0.3, -0.1]), ("insertion", [0.2, -0.1])):
        gain = found[f"gradient faithfulness.{way}.gain"]
        torch.testing.assert_close(gain, torch.tensor(expected))
