"""Pictures of maps: what they draw, and what they tell a reader who cannot see them."""

from dataclasses import replace

import pytest
import torch

from fewbits import figures
from fewbits.metrics import Curve, Interval
from fewbits.report import Report
from fewbits.saliency.findings import Findings, NoiseFloor

METHODS = ("gradient", "occlusion")
MODELS = ("float, trained on", "PACT 4", "PACT 2")


def cell(mean: float) -> Interval:
    return Interval(mean, mean - 0.05, mean + 0.05, 9)


@pytest.fixture
def report() -> Report:
    """Agreement 0.1, 0.2, ... by model; the noise floor 0.9."""
    agreement = {
        name: {m: {"agreement.spearman": cell(0.1 * (i + 1))} for m in METHODS}
        for i, name in enumerate(MODELS)
    }
    changed = {
        "agreement.spearman": cell(-0.2),
        "faithfulness.deletion.gain": cell(0.3),
        "faithfulness.road.gain": cell(0.1),
        "clarity.gini": cell(0.0),
    }
    floor = {m: {"agreement.spearman": cell(0.9)} for m in METHODS}
    findings = Findings(
        images=9,
        accuracy={name: cell(0.95) for name in MODELS},
        models={
            name: {m: {"faithfulness.deletion.gain": cell(0.01 * (i + 1))} for m in METHODS}
            for i, name in enumerate(MODELS)
        },
        pairs={f"{name} | float": row for name, row in agreement.items()},
        flipped={},
        noise_floor=NoiseFloor({"float": floor}, agreement["float, trained on"]),
        differences={
            f"{name} | float, trained on": dict.fromkeys(METHODS, changed) for name in MODELS[1:]
        },
    )
    metrics = findings.to_metrics()
    return Report("saliency", "digits", "smoke", 1, {"network": "compact"}, metrics, {})


def test_agreement_is_told_beside_its_floor(report):
    drawing = figures.recorded_maps([report], "agreement.spearman", MODELS, METHODS)
    told = "float, another seed 0.900, float, trained on 0.100, PACT 4 0.200, PACT 2 0.300"
    assert told in drawing.alt
    assert [axes.get_title(loc="left") or axes.get_title() for axes in drawing.axes] == list(
        METHODS
    )
    assert all(len(axes.patches) == 1 for axes in drawing.axes), "the floor is a band"


def test_several_experiments_stand_side_by_side(report):
    other = replace(report, dataset="mnist")
    drawing = figures.recorded_maps([report, other], "agreement.spearman", MODELS, METHODS)
    titles = [axes.get_title() for axes in drawing.axes]
    assert titles[0] == "digits,\ncompact,\ngradient" and titles[3] == "mnist,\ncompact,\nocclusion"
    one = figures.recorded_maps([report, other], "agreement.spearman", MODELS, METHODS[:1])
    assert [axes.get_title() for axes in one.axes] == ["digits,\ncompact", "mnist,\ncompact"]
    assert "mnist, compact: float, another seed 0.900" in one.alt


@pytest.mark.parametrize(("count", "lines"), [(4, [4]), (5, [3, 2]), (6, [3, 3]), (8, [4, 4])])
def test_more_panels_than_fit_abreast_take_another_line(report, count, lines):
    reports = [replace(report, dataset=name) for name in "abcdefgh"[:count]]
    drawing = figures.recorded_maps(reports, "agreement.spearman", MODELS, METHODS[:1])
    tops = [round(axes.get_position().y1, 2) for axes in drawing.axes]
    assert [tops.count(top) for top in dict.fromkeys(tops)] == lines
    named = [axes for axes in drawing.axes if axes.get_xlabel()]
    assert len(named) == lines[0], "every column's lowest panel says what its numbers are"


def test_other_measures_have_no_floor(report):
    drawing = figures.recorded_maps([report], "faithfulness.deletion.gain", MODELS, METHODS)
    assert "another seed" not in drawing.alt
    assert not any(axes.patches for axes in drawing.axes)


def test_differences_stand_beside_zero(report):
    pairs = [(name, "float, trained on") for name in MODELS[1:]]
    drawing = figures.recorded_differences([report], "faithfulness.deletion.gain", pairs, METHODS)
    assert len({axes.get_xlim() for axes in drawing.axes}) == 1, "one scale"
    assert "deletion.gain, each model's minus that of float, trained on, with" in drawing.alt
    assert "PACT 4 0.300" in drawing.alt
    for axes in drawing.axes:
        assert [line.get_xdata()[0] for line in axes.lines].count(0) == 1, "the line at zero"


def test_the_verdict_has_a_row_a_model(report):
    table = figures.recorded_verdict([report], ("PACT 4", "PACT 2"))
    assert [row[:4] for row in table.rows()] == [
        ("digits, compact", "PACT 4", "95.0", "95.0"),
        ("digits, compact", "PACT 2", "95.0", "95.0"),
    ]
    minus = "\N{MINUS SIGN}0.200"
    assert table.rows()[0][4:] == (minus, "0.300", "0.100", "(0.000)"), "what could be 0 is told"


def test_an_interval_in_a_table():
    shown = figures.with_interval(Interval(-0.123, -0.2, 0.05, 4))
    assert shown == "\N{MINUS SIGN}0.12 (\N{MINUS SIGN}0.20 to 0.05)"


def test_no_two_curves_look_alike():
    shares = torch.linspace(0, 1, 3)
    found = {str(i): Curve(shares, torch.rand(2, 3)) for i in range(9)}
    (axes,) = figures.curves(found).axes
    looks = {(str(line.get_color()), str(line.get_linestyle())) for line in axes.lines}
    assert len(looks) == 9


def test_maps_have_a_row_a_network():
    images, maps = torch.rand(3, 1, 28, 28), torch.randn(3, 28, 28)
    drawing = figures.map_rows(images, {"float": maps, "2 bits": maps})
    assert len(drawing.axes) == 9
    assert "3 digits" in drawing.alt and "float, 2 bits" in drawing.alt
    assert drawing.svg().startswith("<svg")


def test_a_strongest_pixel_is_crossed_within_its_frame_or_without():
    maps, inside = torch.zeros(2, 6, 6), torch.zeros(2, 6, 6, dtype=torch.bool)
    inside[:, 1:4, 2:5] = True
    maps[0, 3, 4] = maps[1, 4, 4] = 1
    drawing = figures.map_rows(torch.rand(2, 1, 6, 6), {"float": maps}, inside=inside)
    assert "within the frame it is, of 2: float 1." in drawing.alt
    for axes, (row, column) in zip(drawing.axes[2:], ((3, 4), (4, 4)), strict=True):
        (frame,) = axes.patches
        assert frame.get_bbox().bounds == (1.5, 0.5, 3, 3)
        assert axes.lines[0].get_xydata().tolist() == [[column, row]]


def test_every_curve_told_of_is_drawn():
    curve = Curve(torch.tensor([0.0, 1.0]), torch.tensor([[1.0, 0.0]]))
    names = [f"map {i}" for i in range(8)]
    drawing = figures.curves(dict.fromkeys(names, curve))
    assert len(drawing.axes[0].lines) == 8
    assert all(f"{name}: area 0.500" in drawing.alt for name in names)


def test_a_cascade_starts_at_one_and_tells_its_end():
    found = {"gradient": {"fc": torch.tensor([0.5]), "conv1": torch.tensor([0.25])}}
    drawing = figures.cascade(found)
    assert drawing.axes[0].lines[0].get_ydata().tolist() == [1.0, 0.5, 0.25]
    assert "gradient ends at 0.25" in drawing.alt


def test_a_share_in_a_table():
    assert figures.percent(0.254) == "25 %"
    assert figures.percent(torch.tensor(-0.08)) == "\N{MINUS SIGN}8 %"
