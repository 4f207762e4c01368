"""The usual wrong answers to *On real birds*, each told what is wrong with it."""

import math

import numpy as np
import pytest
import torch
from solutions import expect, solutions, verdict
from torch import nn

from fewbits.exercises import real_birds as check
from fewbits.report import recorded


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 1000), "Not answered yet"),
        ((1.23, 1000), "Right"),
        ((1.2, 1000), "Right"),
        ((1.3, 1000), "1,000 places"),
        ((1000 / 816, 1000), "Right"),
        ((0.488, 1000), "in nobody's list"),
        ((0.1225, 1000), "keeps ten codes"),
        ((8.16, 1000), "one species' own"),
        ((3, 1000), "1,000 places"),
        ((1.23, 2048), "no room"),
        ((1.23, 816), "a code of its own"),
    ],
)
def test_sharing(answer, told):
    expect(check.sharing(*answer), told)


def usual(codes=512):
    """Runs of the page's usual setting, and of as many codes."""
    wanted = {
        "dataset": "cub",
        "mapping": "mixed",
        "codes": codes,
        "per_class": 10,
        "learn": 0,
        "tune": 0,
        "side": 224,
    }
    return [
        run
        for run in recorded("protoquant")
        if all(run.settings[name] == value for name, value in wanted.items())
        and "layer" not in run.settings
    ]


def test_exercise_1_is_about_the_recorded_runs():
    used = [run.number("global_size") for run in usual(2048)]
    assert len(used) == 3 and round(sum(used) / len(used)) == check.IN_USE


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., 0.02), "Not answered yet"),
        ((1 - (48 / 49) ** 12, 1 / 49), "Right"),
        ((0.22, 0.0204), "Right"),
        ((1 / 49, 1 / 49), "any of the twelve"),
        ((12 / 49, 1 / 49), "count the picture twice"),
        ((0.24, 1 / 49), "count the picture twice"),
        ((0.2, 1 / 49), "all twelve miss"),
        ((0.02, 0.02), "any of the twelve"),
        ((0.5, 1 / 49), "all twelve miss"),
        ((0.22, 0.22), "close to its mean"),
        ((0.22, 0), "now and then"),
        ((0.22, 0.1), "goes to 1/49"),
    ],
)
def test_chance(answer, told):
    expect(check.chance(*answer), told)


def test_exercise_2_by_drawing():
    draw = np.random.default_rng(0)
    there = draw.random((20_000, 12)) < 1 / 49
    assert there.any(1).mean() == pytest.approx(check.ANY_OF_TWELVE, abs=0.01)
    many = (draw.random((12, 200_000)) < 1 / 49).mean(1).max()
    assert many == pytest.approx(check.ONE, abs=2e-3)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (1 / 3, "Right"),
        (0.333, "Right"),
        (0.33, "Right"),
        (0.3, "= 0.48"),
        (0.36, "= 0.48"),
        (0.26, "need no luck"),
        (0.48, "by luck"),
        (0.48 / 0.22, "write it down"),
        (0.48 * 0.78, "write it down"),
        (0.7, "= 0.48"),
    ],
)
def test_held(answer, told):
    expect(check.held(answer), told)


def by_cells(layers, start=0.5, sign=1, far=True, tiles=True, late=False):
    middle, tile = start, 1
    for kernel, stride, padding in layers:
        step = (kernel - 1) / 2 - padding
        middle += step * ((tile * stride if late else tile) if far else 1)
        tile *= stride
    return sign * (middle - tiles * tile / 2)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda layers: ..., "Not answered yet"),
        (by_cells, "Right"),
        (lambda layers: torch.tensor(by_cells(layers)), "Right"),
        (lambda layers: by_cells(layers, sign=-1), "the other way round"),
        (lambda layers: by_cells(layers, tiles=False), "take the middle of its tile away"),
        (lambda layers: by_cells(layers, start=0), "at 0.5, not at 0"),
        (lambda layers: by_cells(layers, far=False), "a step of a later layer"),
        (lambda layers: by_cells(layers, late=True), "its own kernel"),
        (lambda layers: -15.5, "it is -1.5 pixels, got -15.5"),
        (lambda layers: layers.mean(), "it stopped with AttributeError"),
        (lambda: 0, "it stopped with TypeError"),
    ],
)
def test_aside(answer, told):
    expect(check.aside(answer), told)


def seen(network, cell, pixel):
    line = torch.zeros(1, 1, 256)
    line[..., pixel] = torch.nan
    return bool(network(line).flatten()[cell].isnan())


def test_exercise_4_is_what_networks_do():
    """Convolutions of these shapes, asked which pixels a cell sees."""
    for layers in check.CASES:
        network = nn.Sequential(*(nn.Conv1d(1, 1, *layer) for layer in layers))
        tile = math.prod(stride for _, stride, _ in layers)
        cell = 128 // tile
        pixels = [pixel for pixel in range(256) if seen(network, cell, pixel)]
        middle = (pixels[0] + pixels[-1] + 1) / 2
        assert middle - (cell + 0.5) * tile == by_cells(layers)


def test_exercise_3_is_about_the_recorded_runs():
    for number, said in (("stability", check.STABLE), ("stability_chance", check.LUCKY)):
        found = [run.number(number) for run in usual() if run.metrics[number] is not None]
        assert round(sum(found) / len(found), 2) == said


def test_the_chapters_own_solutions():
    sources = solutions("protoquant/on_real_birds")
    assert len(sources) == 4
    for source in sources:
        assert verdict(source, {"check": check})
