"""The figure of what recorded runs gave up for what."""

import pytest

from fewbits import figures
from fewbits.errors import UsageError

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
        _, seeds, mean = axes.lines[:3]  # the first is the line that joins nothing
        assert list(seeds.get_xdata()) == [seed[column] for seed in FOUND["512 codes"]]
        assert list(seeds.get_ydata()) == pytest.approx([80, 84])
        assert mean.get_ydata()[0] == pytest.approx(82)
        assert mean.get_marker() != axes.lines[3 if axes is right else 4].get_marker()


def test_what_is_joined_is_one_line_of_one_colour_in_the_order_given():
    more = FOUND | {"128 codes": [(0.75, 8.0, -0.02)]}
    joined = ("128 codes", "512 codes")
    for axes in figures.accuracy_over_parts(more, {}, joined).axes:
        line, first, first_mean = axes.lines[:3]
        assert list(line.get_ydata()) == pytest.approx([75, 82])
        assert line.get_color() == first.get_color() == first_mean.get_color()
        other = axes.lines[4 if axes.get_ylabel() else 3]
        assert other.get_color() != line.get_color()


def test_every_level_is_drawn_and_every_number_of_classes_has_a_tick_near_it():
    levels = {"probe": 0.85, "quantised": 0.8, "chance": 0.01}
    many = {"few codes": [(0.6, 14.0, 0.0)]}
    left, _ = figures.accuracy_over_parts(many, levels).axes
    drawn = [line.get_ydata()[0] for line in left.lines if line.get_label() in levels]
    assert drawn == pytest.approx([85, 80, 1])
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["1", "2", "4", "8", "16"]


def test_what_is_joined_must_be_there():
    with pytest.raises(UsageError, match="nothing was found for '64 codes'; there is '512 codes'"):
        figures.accuracy_over_parts(FOUND, {}, ("64 codes", "512 codes"))
