"""What PACT's pictures show and say: the alternative text holds the numbers that are drawn."""

import pytest
import torch

from fewbits import figures
from fewbits.pact.export import Int8Comparison, Timing
from fewbits.pact.weights import SAWB, DoReFa
from fewbits.report import Report


def run(dataset, bits, seed, accuracy):
    return Report(
        method="pact",
        dataset=dataset,
        scale="real",
        seed=seed,
        settings={"bits": bits},
        metrics={"test_accuracy": accuracy},
        provenance={},
    )


def test_recorded_accuracy_tells_mean_range_and_seeds():
    runs = [run("mnist", "32", 1, 0.99), run("mnist", "2", 1, 0.97), run("mnist", "2", 2, 0.98)]
    drawing = figures.recorded_accuracy([*runs, run("fashion-mnist", "32", 1, 0.92)])
    assert "mnist: 32 bits 99.00 % (99.00 to 99.00, 1 seed)" in drawing.alt
    assert "2 bits 97.50 % (97.00 to 98.00, 2 seeds)" in drawing.alt
    panels = dict(zip(("mnist", "fashion-mnist"), drawing.axes, strict=True))
    means = panels["mnist"].get_lines()[-1]
    assert list(means.get_xdata()) == ["32", "2"]
    assert list(means.get_ydata()) == pytest.approx([99.0, 97.5])


def test_the_price_of_bits_by_hand():
    runs = [run("mnist", "32", 1, 0.99), run("mnist", "2", 1, 0.97), run("mnist", "2", 2, 0.98)]
    table = figures.recorded_price(
        [*runs, run("fashion-mnist", "32", 1, 0.92), run("fashion-mnist", "4", 1, 0.925)]
    )
    assert table.rows() == [
        ("mnist", "32", "99.00", "0.00", "0.00"),
        ("mnist", "2", "97.50", "1.00", "1.50"),
        ("fashion-mnist", "32", "92.00", "0.00", "0.00"),
        ("fashion-mnist", "4", "92.50", "0.00", "\N{MINUS SIGN}0.50"),
    ]


def test_clip_paths_draw_every_path_to_its_end():
    drawing = figures.clip_paths({"PACT": [1.0, 2.0, 3.0], "LSQ": [9.0, 4.0]}, 2.5, 5.0)
    assert "PACT ends at 3.00; LSQ ends at 4.00" in drawing.alt
    ends = [line.get_ydata()[-1] for line in drawing.axes[0].get_lines()[:2]]
    assert ends == [3.0, 4.0]


def test_clips_by_layer_says_how_far_clips_moved():
    stuck = [{"act1": 10.0, "act2": 10.0}, {"act1": 9.95, "act2": 10.0}]
    drawing = figures.clips_by_layer({"start at 10": stuck})
    assert "moved by 0.05" in drawing.alt


def test_weight_levels_draws_each_level_once():
    weights = torch.randn(500, generator=torch.Generator().manual_seed(0))
    grids = {"SAWB": SAWB(2).grid(weights), "DoReFa": DoReFa(3).grid(weights)}
    drawing = figures.weight_levels(weights, grids)
    assert [len(axes.get_lines()) for axes in drawing.axes] == [4, 8]


def test_pact_function_marks_both_gradients():
    above, below = figures.pact_function(2.0, 2).axes
    assert above.get_lines()[1].get_ydata().max() == pytest.approx(2.0)
    passed, kept = (line.get_ydata() for line in below.get_lines())
    assert not (passed * kept).any()


def test_what_a_layer_says_counts_the_values():
    maps = torch.tensor([0.0, 1.0, 2.0, 3.0]).view(1, 2, 2).repeat(8, 1, 1)
    drawing = figures.what_a_layer_says(torch.rand(28, 28), {"2 bits": maps})
    assert "2 bits: 4 different values" in drawing.alt
    assert len(drawing.axes) == 9


def test_engines_puts_batches_beside_each_other():
    timings = tuple(
        Timing(engine, batch, float(batch))
        for batch in (1, 100)
        for engine in ("float, PyTorch", "int8, ONNX Runtime")
    )
    found = Int8Comparison(0.99, 0.98, 0.995, 0.1, 1000, 4000, ("QLinearConv",), timings, 2)
    made = figures.engines(found)
    assert made.rows()[1] == ("int8, ONNX Runtime", "98.00", "1000", "1.000", "100.000")
    assert "99.50 %" in made.caption
