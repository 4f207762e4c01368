"""The usual wrong answers to *Worse, or just different?*, each told what is wrong with it."""

import math

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import worse as check
from fewbits.training import predict

LOG = math.log(784)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((-1, 0), "Right"),
        ((1, 1), "1 is the same order"),
        ((0, 0), "no relation at all"),
        ((-0.5, 0), "not -0.5"),
        ((-1, 0.5), "half is what chance"),
        ((-1, 1), "compare pixels 3 and 4"),
    ],
)
def test_reversed_ranks(answer, told):
    expect(check.reversed_ranks(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ..., ...), "Not answered"),
        ((0, LOG, 0.1), "Right"),
        ((1, LOG, 0.1), "a single pixel; all equal"),
        ((0.5, LOG, 0.1), "the Gini is not 0.5"),
        ((0, 0, 0.1), "entropy 0 is a map"),
        ((0, math.log2(784), 0.1), "that is in bits"),
        ((0, 784, 0.1), "logarithm of 784"),
        ((0, LOG, 0.01), "a part of *all* pixels"),
        ((0, LOG, 0), "a tenth of a place"),
    ],
)
def test_constant_map(answer, told):
    expect(check.constant_map(*answer), told)


def scores(network, image, own, label, counts, *, start="black", descending=True, in_place=False):
    order = own.flatten().argsort(descending=descending)
    found = []
    for count in counts:
        picture = torch.zeros_like(image) if start == "black" else image.clone()
        if in_place:
            picture = image
        chosen = order[:count]
        picture.view(-1)[chosen] = image.view(-1)[chosen] if start == "black" else 0
        found.append(predict(network, picture).softmax(1)[0, label].item())
    return found


def variant(**change):
    return lambda *given: scores(*given, **change)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda *given: ..., "Not answered"),
        (scores, "Right"),
        (variant(start="image"), "this is deletion"),
        (variant(descending=False), "the weakest pixels come first"),
        (variant(start="image", in_place=True), "the image itself was changed"),
        (lambda *given: [0.5], "one probability for each"),
        (lambda *given: [0.5] * 5, "expected ["),
    ],
)
def test_insertion(answer, told):
    expect(check.insertion(answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, x: (..., ..., ...), "Not answered"),
        (lambda w, x: (w.abs(), w * x, w * x), "Right"),
        (lambda w, x: (w, w * x, w * x), "with its sign dropped"),
        (lambda w, x: (x, w * x, w * x), "is its weight"),
        (lambda w, x: (w.abs(), w, w * x), "what the pixel changed by"),
        (lambda w, x: (w.abs(), x, w * x), "all the way from black"),
        (lambda w, x: (w.abs(), w * x, (w * x).abs()), "keep signs"),
        (lambda w, x: (w.abs(), w * x, w), "blacken pixel i"),
    ],
)
def test_linear_maps(answer, told):
    expect(check.linear_maps(answer), told)


def resampled(values, generator, tail=0.025, count=None):
    draws = torch.randint(len(values), (2000, count or len(values)), generator=generator)
    means = values[draws].mean(1)
    return means.quantile(tail).item(), means.quantile(1 - tail).item()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda v, g: (..., ...), "Not answered"),
        (resampled, "Right"),
        (lambda v, g: resampled(v, g)[::-1], "the wrong way round"),
        (lambda v, g: (v.mean(), v.mean()), "with* replacement"),
        (lambda v, g: (v.quantile(0.025).item(), v.quantile(0.975).item()), "quantiles of the"),
        (lambda v, g: resampled(v, g, tail=0.05), "too narrow for 95"),
        (lambda v, g: resampled(v, g, count=30), "as wide as it should be"),
        (lambda v, g: (0.9, 0.95), "does not hold the mean"),
    ],
)
def test_bootstrap(answer, told):
    expect(check.bootstrap(answer), told)


def test_the_solutions_that_fold_out_are_right():
    given = {"torch": torch, "predict": predict, "check": check}
    found = [verdict(source, dict(given)) for source in solutions("pact/worse_or_different")]
    assert len(found) == 5
    assert all(found), found
