"""A head fitted again: what was forbidden stays at 0, whatever else comes back."""

import pytest
import torch
from part_toys import CLASSES, OWN, flat, spoken_maps, words

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.editing import Edit, apply, replay
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.model import PartModel
from fewbits.protoquant.refitting import may_weigh, refit

SETTINGS = HeadSettings(epochs=30, batch_size=16, learning_rate=0.05)


@pytest.fixture(scope="module")
def spoken():
    return spoken_maps(60, 0)


@pytest.fixture(scope="module")
def model(spoken):
    maps, labels = spoken
    codebook = Codebook(words(), fit_mapping("none", flat(maps)))
    scores = codebook.cosines(maps).div(0.1).softmax(1).amax((2, 3)).detach()
    return PartModel.fresh(codebook, 0.1, fit_linear(scores, labels, CLASSES, SETTINGS, 0))


def again(model, spoken, **settings):
    maps, labels = spoken
    return refit(model, maps.split(16), labels, SETTINGS, 0, **settings)


def test_without_edits_it_is_the_fit_itself(model, spoken):
    torch.testing.assert_close(again(model, spoken).head.weights, model.head.weights)


def test_a_forbidden_weight_stays_away_and_a_zeroed_one_comes_back(model, spoken):
    code = int(OWN[0, 1])  # shared with class 1
    assert model.head.weights[0, code] > 0
    zeroed, forbidden = (apply(model, Edit(kind, code, label=0)) for kind in ("zero", "forbid"))
    assert again(zeroed, spoken).head.weights[0, code] > 0
    found = again(forbidden, spoken)
    assert found.head.weights[0, code] == 0
    assert found.forbidden[0, code]
    assert (found.head.weights[1:, code] > 0).any(), "the other classes may use it"


def test_the_reason_comes_back_through_another_code(model, spoken):
    maps, labels = spoken
    struck = apply(model, Edit("forbid", int(OWN[0, 0]), label=0))
    mended = again(struck, spoken)
    with torch.no_grad():
        had, has = (
            (one.logits(maps).argmax(1) == labels).double().mean() for one in (struck, mended)
        )
    assert has >= had
    assert has == 1


def test_codes_that_are_gone_stay_gone(model, spoken):
    edited = replay(model, [Edit("remove", 2), Edit("merge", 4, into=5)])
    assert not may_weigh(edited)[:, [2, 4]].any()
    assert may_weigh(edited)[:, [0, 1, 3, 5]].all()
    found = again(edited, spoken)
    assert not found.head.weights[:, [2, 4]].any()
    assert torch.equal(found.belongs, edited.belongs)


def test_so_many_codes_a_class_are_kept(model, spoken):
    edited = apply(model, Edit("forbid", int(OWN[1, 0]), label=1))
    found = again(edited, spoken, per_class=2)
    assert ((found.head.weights > 0).sum(1) <= 2).all()
    assert not found.head.weights[found.forbidden].any()


def test_a_class_that_may_say_nothing_is_told(model, spoken):
    mute = replay(model, [Edit("forbid", code, label=3) for code in range(6)])
    with pytest.raises(UsageError, match="class 3 has no weight left: allow it at least one"):
        again(mute, spoken)
    with pytest.raises(UsageError, match="codes a class must be at least 1, got 0"):
        again(model, spoken, per_class=0)
