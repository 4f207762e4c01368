import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from bird_samples import SPECIES
from budget_samples import COUNTS, TESTED, budgets, code_budget
from code_samples import maps_and_labels, trained

from fewbits.errors import UsageError
from fewbits.protoquant.budgets import cut
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.code_budget_transport import STEP

LABELS = maps_and_labels(TESTED, 2)[1]


def slowly(place, per_class, weights, least, row):
    """The numbers picture by picture and code by code, from the heads themselves."""
    own = budgets(place)
    head = cut(own.whole, per_class) if weights == "fitted" else own.again[per_class]
    slopes = (head.weights.double() / head.scale.double()).tolist()
    for codes in slopes:
        for code, share in enumerate(own.usage.tolist()):
            if share < least:
                codes[code] = 0.0
    used = [[code for code, slope in enumerate(codes) if slope > 0] for codes in slopes]
    predicted, local, carried = [], 0, 0
    for scores in own.tested.double().tolist():
        parts = [[s * w for s, w in zip(scores, codes, strict=True)] for codes in slopes]
        logits = [sum(part) for part in parts]
        best = logits.index(max(logits))
        predicted.append(best)
        local += len(used[best])
        so_far = 0.0
        for part in sorted(parts[best], reverse=True):
            if so_far >= 0.95 * logits[best] * (1 - 1e-9):
                break
            so_far += part
            carried += 1
    right = [p == label for p, label in zip(predicted, LABELS.tolist(), strict=True)]
    every = {code for codes in used for code in codes}
    found = {
        "accuracy": sum(right) / TESTED,
        "local": local / TESTED,
        "carrying": carried / TESTED,
        "used": len(every),
        "shared": sum(map(len, used)) / len(every) if every else None,
        "rare": sum(share < least for share in own.usage.tolist()),
        "alike": sum(used.count(codes) > 1 for codes in used),
        "bare": used.count([]),
    }
    for number in range(len(SPECIES)):
        own_right = [
            ok for ok, label in zip(right, LABELS.tolist(), strict=True) if label == number
        ]
        found[f"right_{number}"] = sum(own_right) / len(own_right)
        found[f"codes_{number}"] = len(used[number])
    number = SPECIES.index(row)
    for code in sorted(used[number], key=lambda code: -slopes[number][code])[:8]:
        found[f"weight_{code}"] = slopes[number][code]
        found[f"usage_{code}"] = own.usage[code].item()
        found[f"classes_{code}"] = sum(code in codes for codes in used)
    return found


@pytest.mark.parametrize("weights", ["again", "fitted"])
@pytest.mark.parametrize("per_class", COUNTS)
@pytest.mark.parametrize(("place", "codes"), [(2, "twelve"), (1, "seven")])
def test_numbers_are_those_of_the_head_that_is_left(place, codes, per_class, weights):
    for least in (0.0, 0.05):
        control = code_budget(
            codes=codes, kept=per_class, weights=weights, least=least, row="Winter_Kite"
        )
        found, expected = control.numbers(), slowly(place, per_class, weights, least, "Winter_Kite")
        whole, given = found.pop("whole"), (found.pop("kept"), found.pop("least"))
        assert given == (per_class, least)
        assert whole == pytest.approx(budgets(place).whole.accuracy(budgets(place).tested, LABELS))
        assert found == pytest.approx(expected, rel=1e-6)


def test_the_sample_shows_what_it_is_for():
    short, long = (code_budget(kept=count).numbers() for count in (1, 12))
    assert short["accuracy"] < long["accuracy"] == long["whole"] > 0.6
    assert short["used"] < long["used"]
    rarest, commonest = budgets(2).usage.min(), budgets(2).usage.max()
    assert rarest < 0.05 < commonest, "the threshold divides these codes"


def test_a_silenced_code_moves_no_score_of_another():
    """Logits of the codes that are left are those the whole head gave for them."""
    control = code_budget(weights="fitted", kept=12)
    before = control.numbers()
    control.least = 0.05
    after = control.numbers()
    assert after["rare"] > 0
    assert after["used"] == before["used"] - after["rare"]
    for name, value in after.items():
        if name.startswith("weight_") and name in before:
            assert value == before[name]


def test_a_class_can_lose_its_last_code():
    own = budgets(2)
    usage = torch.full_like(own.usage, 0.001)
    control = code_budget({"rare": replace(own, usage=usage)}, least=0.002)
    numbers = control.numbers()
    assert (numbers["bare"], numbers["used"], numbers["shared"]) == (len(SPECIES), 0, None)
    assert numbers["carrying"] == numbers["local"] == 0
    assert numbers["accuracy"] == (LABELS == 0).double().mean()  # of equal logits the first
    assert "nan" not in control.still()


def test_rounding_moves_no_score_by_a_step():
    for own, place in zip(code_budget()._stored.lists, (2, 1), strict=True):
        exact = budgets(place).tested.double().numpy()
        assert np.abs(own.scores * STEP - exact).max() <= STEP


def test_begins_at_five_codes_or_what_is_nearest():
    assert code_budget().kept == 5
    assert code_budget({"few": budgets(2, (1, 3))}).kept == 3
    assert (code_budget().codes, code_budget().weights, code_budget().row) == (
        "twelve",
        "again",
        SPECIES[0],
    )


# Bad input

OWN = budgets(2)
SHORT = replace(OWN, again={1: OWN.whole})
SIGNED = replace(OWN, whole=replace(OWN.whole, weights=-OWN.whole.weights))
BIASED = replace(OWN, whole=replace(OWN.whole, bias=torch.ones(5)))
SCALED = replace(OWN, whole=replace(OWN.whole, scale=2 * OWN.whole.scale))
LOUD = replace(OWN, tested=3 * OWN.tested)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lists": {}}, "CodeBudget needs at least one list of codes: {name: budgets}"),
        ({"lists": {"a": OWN, "b": SHORT}}, "of the same lengths, 1, 2, 3, 5, 12 codes a class"),
        ({"lists": {"a": SIGNED}}, "'a': heads must be readable, weights finite and at least 0"),
        ({"lists": {"a": BIASED}}, "'a': heads must be readable, weights finite and at least 0"),
        ({"lists": {"a": SCALED}}, "all heads must have 5 classes, 12 codes and one scale"),
        ({"lists": {"a": LOUD}}, "'a': scores must be shares or cosines, from -1 to 1"),
        ({"labels": LABELS[:9]}, "expected scores of 9 pictures and 12 codes and a usage"),
        ({"class_names": SPECIES[:4]}, "class_names must be 5 different names"),
        ({"codes": "ten"}, "codes must be one of twelve, seven, got 'ten'"),
        ({"kept": 4}, "there are heads for, 1, 2, 3, 5, 12, got 4"),
        ({"weights": "new"}, "weights must be one of again, fitted, got 'new'"),
        ({"least": 0.06}, "least must be a share of training cells from 0 to 0.05, got 0.06"),
        ({"least": True}, "least must be a share of training cells from 0 to 0.05, got True"),
        ({"row": ""}, "row must be a class, one of Reed_Lancer"),
        ({"row": "Dodo"}, "row must be a class, one of Reed_Lancer"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        code_budget(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("codes", 2), ("kept", 2.0), ("weights", None), ("least", "x"), ("row", 1)],
)
def test_a_bad_value_set_later_is_refused_too(name, value, unchecked):
    control = code_budget()
    before = getattr(control, name)
    with pytest.raises(UsageError, match=name):
        setattr(control, name, value)
    assert getattr(control, name) == before


def test_what_does_not_fit_a_page_is_refused_when_made():
    noise = torch.rand(9000, 12, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(9000) % 5
    with pytest.raises(UsageError, match=r"9000 pictures and 1 lists of codes take \d+ KB"):
        code_budget({"noise": replace(OWN, tested=noise)}, labels=labels)


def test_the_page_of_the_sample_is_small():
    assert len(code_budget().html()) < LIMIT_BYTES / 4


def test_heads_stay_as_they_were():
    before = trained()[2].head.weights.clone()
    code_budget(weights="fitted", kept=1, least=0.05).numbers()
    assert trained()[2].head.weights.equal(before)


def test_still_pictures_say_the_numbers():
    control = code_budget(kept=2, row="Acorn_Jay")
    still, numbers = control.still(), control.numbers()
    assert f"Named rightly: {100 * numbers['accuracy']:.3g} % with 2 codes a class" in still
    assert "Weights of Acorn Jay" in still
    for name, value in numbers.items():
        if name.startswith("weight_"):
            assert f">code {name[7:]}<" in still
            assert f">{value:+.2f}<" in still
    assert "nan" not in still + code_budget({"one": budgets(2, (3,))}).still()
