import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from path_samples import CLASSES, TIGHT, features_and_labels, paths

from fewbits.errors import UsageError
from fewbits.qsenn.ternary import make_ternary
from fewbits.widgets import TernaryThreshold
from fewbits.widgets.ternary_threshold import BIASES, SIZES

HELD_OUT, LABELS = features_and_labels(seed=1)
PATH = paths()[TIGHT]
NONZEROS = int(PATH.last.nonzeros().sum())


def cut(**settings):
    given = {
        "fit": PATH.last,
        "how": PATH.standardization,
        "features": HELD_OUT,
        "labels": LABELS,
        "class_names": CLASSES,
        **settings,
    }
    return TernaryThreshold(**given)


def slowly(kept, sizes, bias):
    """The numbers weight by weight, from the layer itself."""
    weights, fitted = PATH.last.weights.double().tolist(), PATH.last.bias.double().tolist()
    entries = [(abs(w), c, f) for c, row in enumerate(weights) for f, w in enumerate(row)]
    entries.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    stay, first_gone = entries[:kept], entries[kept][0] if kept < len(entries) else 0.0
    magnitude = sum(size for size, _, _ in stay) / kept
    signs = [[0] * len(row) for row in weights]
    for _, c, f in stay:
        signs[c][f] = 1 if weights[c][f] > 0 else -1
    balance = [sum(row) for row in signs]
    reach, low, high = max(map(abs, fitted)), min(balance), max(balance)
    slope = 0.0 if low == high else 2 * reach / (high - low)
    by_counts = [(reach - slope * (n - low)) * (low != high) for n in balance]
    biases = {"counts": by_counts, "fitted": fitted, "none": [0.0] * len(fitted)}

    def share(layer, offsets):
        right = 0
        for picture, label in zip(HELD_OUT, LABELS.tolist(), strict=True):
            z = ((picture - PATH.standardization.mean) / PATH.standardization.scale).tolist()
            logits = [
                sum(w * v for w, v in zip(row, z, strict=True)) + b
                for row, b in zip(layer, offsets, strict=True)
            ]
            right += logits.index(max(logits)) == label
        return right / len(LABELS)

    one = [[magnitude * sign for sign in row] for row in signs]
    as_fitted = [
        [w * abs(s) for w, s in zip(row, codes, strict=True)]
        for row, codes in zip(weights, signs, strict=True)
    ]
    counts = [sum(map(abs, row)) for row in signs]
    return {
        "kept": kept,
        "mean": sum(counts) / len(counts),
        "threshold": (stay[-1][0] + first_gone) / 2,
        "magnitude": magnitude,
        "fewest": min(counts),
        "most": max(counts),
        "used": sum(any(row[f] for row in signs) for f in range(len(signs[0]))),
        "minus": sum(sign < 0 for row in signs for sign in row),
        "alike": sum(signs.count(row) > 1 for row in signs),
        "accuracy": share(one if sizes == "one" else as_fitted, biases[bias]),
        "fitted_accuracy": share(weights, fitted),
    }


@pytest.mark.parametrize("kept", [1, 2, 5, NONZEROS - 1, NONZEROS])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("bias", BIASES)
def test_numbers_are_those_of_the_cut(kept, sizes, bias):
    expected = slowly(kept, sizes, bias)
    assert cut(kept=kept, sizes=sizes, bias=bias).numbers() == pytest.approx(expected, rel=1e-6)


def test_five_a_class_is_the_papers_layer():
    control = cut(kept=2 * len(CLASSES))
    paper = make_ternary(PATH.last.weights, PATH.last.bias, per_class=2)
    weights, bias = control.layer()
    torch.testing.assert_close(weights, paper.weights.double(), rtol=1e-6, atol=0)
    torch.testing.assert_close(bias, paper.bias.double())


def test_all_weights_as_fitted_are_the_layer_itself():
    numbers = cut(kept=NONZEROS, sizes="fitted", bias="fitted").numbers()
    assert numbers["accuracy"] == numbers["fitted_accuracy"] > 0.5


def test_starts_at_five_a_class_or_at_all_there_are():
    assert cut().kept == min(20, NONZEROS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kept": 0}, f"kept must be a whole number from 1 to {NONZEROS}, got 0"),
        ({"kept": NONZEROS + 1}, f"from 1 to {NONZEROS}, got {NONZEROS + 1}"),
        ({"sizes": "two"}, "sizes must be one of one, fitted, got 'two'"),
        ({"bias": "learned"}, "bias must be one of counts, fitted, none, got 'learned'"),
        ({"features": HELD_OUT[:, :3]}, "must be the 9 that the layer was fitted on, got 3"),
        ({"class_names": (*CLASSES, "e")}, "for each of the layer's 4 classes, got 5"),
        (
            {"fit": replace(PATH.last, weights=torch.zeros(4, 9))},
            "all weights of the layer are 0: take a fit at a weaker lambda",
        ),
        (
            {"fit": replace(PATH.last, weights=torch.full((4, 9), float("nan")))},
            "the layer holds NaN or infinity",
        ),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        cut(**settings)


@pytest.mark.parametrize(("name", "value"), [("kept", 2.5), ("sizes", 1), ("bias", "x")])
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = cut()
    before = getattr(control, name)
    with pytest.raises(UsageError, match=name):
        setattr(control, name, value)
    assert getattr(control, name) == before


def test_whole_numbers_of_numpy_are_whole_numbers(unchecked):
    control = cut(kept=np.int64(3))
    assert control.kept == 3 and type(control.kept) is int
    with pytest.raises(UsageError, match="kept must be a whole number from 1 to"):
        control.kept = np.bool_(True)


def test_still_pictures_say_the_numbers():
    numbers = cut(kept=6).numbers()
    still = cut(kept=6).still()
    assert f"6 of {NONZEROS} lie above the threshold" in still
    assert f"Features of each class: {numbers['fewest']} to {numbers['most']}" in still
    assert "nan" not in still + cut(kept=1).still() + cut(kept=NONZEROS).still()
