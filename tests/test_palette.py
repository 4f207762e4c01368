from itertools import combinations

import numpy as np
import pytest

from fewbits.palette import METHODS, THEMES, css_variables

# Machado, Oliveira and Fernandes (2009), full severity: linear RGB as three kinds of eyes see it.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ rgb
    )
    scaled = xyz / [0.9505, 1.0, 1.089]
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["paper", "wash"])
@pytest.mark.parametrize("name", [*METHODS, "wrong", "ink"])
def test_every_colour_can_be_read_as_text(theme, ground, name):
    assert contrast(THEMES[theme][name], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("pair", list(combinations([*METHODS, "wrong"], 2)), ids="-".join)
def test_no_two_meanings_look_alike(theme, eyes, pair):
    seen = [lab(np.clip(EYES[eyes] @ linear(THEMES[theme][name]), 0, 1)) for name in pair]
    assert np.linalg.norm(seen[0] - seen[1]) > 14


def test_both_themes_name_the_same_things():
    assert set(THEMES["light"]) == set(THEMES["dark"])


def test_css_variables_carry_every_colour():
    assert "--fb-ink: #1D222B;" in css_variables("light")
    assert css_variables("dark").count("--fb-") == len(THEMES["dark"])
