"""IterationStepper in Python: its numbers written slowly, what it stores, what it refuses."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from path_samples import CLASSES
from step_samples import PASSES, steps

from fewbits.errors import UsageError
from fewbits.metrics.features import contrastiveness
from fewbits.widgets import IterationStepper
from fewbits.widgets.iteration_stepper_transport import separates, store_steps

MOMENTS, TABLES, LABELS = steps()


def stepper(**changed):
    given = {"moments": MOMENTS, "tables": TABLES, "labels": LABELS, "class_names": CLASSES}
    return IterationStepper(**{**given, **changed})


def signs_of(moment):
    return [[(w > 0) - (w < 0) for w in row] for row in moment.weights.tolist()]


def slowly(at, feature):
    """The numbers picture by picture, from what was given and not from what is stored."""
    moment = MOMENTS[at]
    table, signs = moment.how.apply(TABLES[moment.table]), signs_of(moment)
    right = 0
    for z, label in zip(table.tolist(), LABELS.tolist(), strict=True):
        logits = [
            sum(w * v for w, v in zip(row, z, strict=True)) + b
            for row, b in zip(moment.weights.tolist(), moment.bias.tolist(), strict=True)
        ]
        right += logits.index(max(logits)) == label
    before = [one for one in MOMENTS if one.place == moment.place - 1]
    changed = 0
    if before:
        earlier = signs_of(before[-1])
        changed = sum(a != b for old, new in zip(earlier, signs, strict=True)
                      for a, b in zip(old, new, strict=True))  # fmt: skip

    def apart(f):
        column = [row[f] for row in signs]
        says = [column[label] for label in LABELS.tolist()]
        wanted = (lambda s: s > 0) if 1 in says else (lambda s: s >= 0)
        pairs = [
            (table[i, f] > table[j, f]).item() + (table[i, f] == table[j, f]).item() / 2
            for i, a in enumerate(says) if wanted(a)
            for j, b in enumerate(says) if not wanted(b)
        ]  # fmt: skip
        return sum(pairs) / len(pairs) if pairs else 0.5

    used = [f for f in range(len(signs[0])) if any(row[f] for row in signs)]
    humps = contrastiveness(TABLES[moment.table]).tolist()
    return {
        "moment": at,
        "accuracy": right / len(LABELS),
        "nonzeros": sum(sign != 0 for row in signs for sign in row),
        "changed": changed,
        "used": len(used),
        "apart_mean": sum(map(apart, used)) / len(used),
        "contrast_mean": sum(humps[f] for f in used) / len(used),
        "apart": apart(feature),
        "contrast": humps[feature],
        "speaks_for": sum(row[feature] > 0 for row in signs),
        "speaks_against": sum(row[feature] < 0 for row in signs),
    }


@pytest.mark.parametrize("at", range(3 * PASSES))
def test_numbers_are_those_of_the_moment(at):
    made = stepper(moment=at)
    for feature in (0, 8):
        made.feature = feature
        assert made.numbers() == pytest.approx(slowly(at, feature), abs=1e-4)


def test_separation_by_hand():
    values, labels = np.array([3.0, 1.0, 2.0, 2.0]), np.array([0, 1, 2, 0], dtype=np.uint16)

    def apart(*signs):
        return separates(values, labels, np.array(signs, dtype=np.int8))

    assert apart(1, 0, 0) == pytest.approx((2 + 1.5) / 4)  # 3 beats both, 2 beats 1 and ties with 2
    assert apart(1, -1, 0) == apart(1, 0, 0)  # what it speaks against counts among the others
    assert apart(0, -1, 0) == 1.0  # the quietest is the one it speaks against
    assert apart(0, 0, 0) == apart(1, 1, 1) == 0.5
    assert separates(-values, labels, np.array([1, 0, 0], dtype=np.int8)) == pytest.approx(0.125)


def test_what_is_stored_is_within_half_a_step_of_what_was_given():
    stored = store_steps(MOMENTS, TABLES, LABELS)
    for at, moment in enumerate(MOMENTS):
        given = moment.how.apply(TABLES[moment.table]).double().numpy()
        step = stored.units[moment.table] / stored.scales[at]
        assert (np.abs(stored.features(at) - given) <= 0.51 * step + 1e-6).all()


def test_more_pictures_than_a_page_carries_are_thinned_evenly():
    tables = [table.repeat(40, 1) for table in TABLES]
    stored = store_steps(MOMENTS, tables, LABELS.repeat(40))
    assert stored.given == 2400 and stored.codes.size <= 80_000
    counts = np.bincount(stored.labels)
    assert len(counts) == len(CLASSES) and counts.max() - counts.min() <= 1


def test_a_constant_feature_is_stored_as_it_is():
    tables = [table.clone() for table in TABLES]
    tables[0][:, 2] = 7.0
    stored = store_steps(MOMENTS, tables, LABELS)
    assert (stored.lows[0, 2] + stored.codes[0, :, 2] * stored.units[0, 2] == 7.0).all()


NAN = torch.full_like(TABLES[1], torch.nan)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"moments": ()}, "needs the moments of at least one pass"),
        ({"tables": TABLES[:2]}, "features before the first pass and after each, 4, got 2"),
        ({"tables": (TABLES[0], NAN, *TABLES[2:])}, "table 1 holds NaN or infinity"),
        ({"tables": (TABLES[0][:9], *TABLES[1:])}, "table 0 must have a row for each of 60 labels"),
        ({"labels": LABELS[:0]}, "table 0 must have a row for each of 0 labels, at least one"),
        (
            {"labels": LABELS + 1},
            "labels must be from 0 to 3, a name each in class_names, got 1 to",
        ),
        ({"class_names": CLASSES[:3]}, "one for each of the layer's 4 classes, got 3"),
        ({"class_names": ("a",) * 4}, "class_names must be different names"),
        ({"moment": 9}, "moment must be a whole number from 0 to 8, got 9"),
        ({"moment": True}, "moment must be a whole number from 0 to 8, got True"),
        ({"feature": -1}, "feature must be a whole number from 0 to 8, got -1"),
    ],
)
def test_bad_input_says_what_is_wrong(changed, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        stepper(**changed)


def test_layers_of_other_loops_or_with_nan_are_refused():
    narrow = replace(MOMENTS[1], weights=MOMENTS[1].weights[:, :3])
    with pytest.raises(UsageError, match="layers have different shapes"):
        stepper(moments=(MOMENTS[0], narrow, *MOMENTS[2:]))
    broken = replace(MOMENTS[1], bias=MOMENTS[1].bias * torch.nan)
    with pytest.raises(UsageError, match="a layer holds NaN"):
        stepper(moments=(MOMENTS[0], broken, *MOMENTS[2:]))
