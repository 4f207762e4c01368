"""The figure of what recorded runs gave up for what."""

import pytest

from fewbits import figures

FOUND = {
    "512 codes": [(0.80, 2.0, 0.03), (0.84, 3.0, 0.01)],
    "inner layer": [(0.60, 4.0, 0.09), (0.62, 4.0, -0.01)],
}


def test_means_and_levels_are_told():
    drawing = figures.accuracy_over_parts(FOUND, {"linear probe": 0.85})
    assert "512 codes: 82.0 %, 2.5 classes a code, purity +0.020" in drawing.alt
    assert "inner layer: 61.0 %, 4.0 classes a code, purity +0.040" in drawing.alt
    assert drawing.alt.endswith("linear probe 85.0 %.")


def test_each_seed_is_a_point_in_both_panels_beside_their_mean():
    left, right = figures.accuracy_over_parts(FOUND, {}).axes
    for axes, column in ((left, 1), (right, 2)):
        seeds, mean = axes.lines[:2]
        assert list(seeds.get_xdata()) == [seed[column] for seed in FOUND["512 codes"]]
        assert list(seeds.get_ydata()) == pytest.approx([80, 84])
        assert mean.get_ydata()[0] == pytest.approx(82)
        assert mean.get_marker() != axes.lines[2 if axes is right else 3].get_marker()
