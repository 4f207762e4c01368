import json

import pytest
import torch
from part_toys import CLASSES, WORDS, flat, spoken_maps, words

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.editing import Edit, Entry, apply, by_class, read_log, replay, write_log
from fewbits.protoquant.head import HeadSettings, Linear, fit_linear
from fewbits.protoquant.mapping import fit_mapping
from fewbits.protoquant.model import PartModel
from fewbits.protoquant.scores import code_maps, score

SETTINGS = HeadSettings(epochs=30, batch_size=16, learning_rate=0.05)


@pytest.fixture(scope="module")
def spoken():
    return spoken_maps(60, 0)


@pytest.fixture(scope="module", params=[0.1, None], ids=["shares", "cosines"])
def model(request, spoken):
    maps, labels = spoken
    codebook = Codebook(words(), fit_mapping("none", flat(maps)))
    scores = score(lambda x: code_maps(codebook.cosines(x), request.param), [maps]).scores
    head = fit_linear(scores, labels, CLASSES, SETTINGS, 0)
    return PartModel.fresh(codebook, request.param, head)


@torch.no_grad()
def logits(model, spoken):
    return model.logits(spoken[0])


def test_a_fresh_model_is_codes_softmax_maximum_and_head(model, spoken):
    maps, labels = spoken
    by_hand = code_maps(model.codebook.cosines(maps), model.temperature).amax((2, 3))
    torch.testing.assert_close(model.score(maps.split(7)).scores, by_hand.detach())
    torch.testing.assert_close(logits(model, spoken), model.head(by_hand).detach())
    assert (logits(model, spoken).argmax(1) == labels).all()


def test_zeroing_a_weight_changes_one_logit_by_its_contribution(model, spoken):
    after = apply(model, Edit("zero", code=1, label=0))
    scores = model.score([spoken[0]]).scores
    expected = logits(model, spoken)
    expected[:, 0] -= scores[:, 1] * model.head.slope[0, 1]
    torch.testing.assert_close(logits(after, spoken), expected)


def test_silencing_a_code_leaves_all_other_scores(model, spoken):
    after = apply(model, Edit("silence", code=3))
    assert not after.head.weights[:, 3].any()
    torch.testing.assert_close(after.score([spoken[0]]).scores, model.score([spoken[0]]).scores)


def test_removing_a_code_lets_the_others_rise_under_a_softmax(model, spoken):
    maps = spoken[0]
    before, after = model, apply(model, Edit("remove", code=2))
    had, has = before.score([maps]).scores, after.score([maps]).scores
    others = [code for code in range(WORDS) if code != 2]
    assert not has[:, 2].any()
    if model.temperature is None:
        torch.testing.assert_close(has[:, others], had[:, others])
        return
    assert (has[:, others] >= had[:, others] - 1e-6).all() and (has > had + 0.01).any()
    shares = code_maps(before.codebook.cosines(maps), before.temperature).detach()
    again = shares / (1 - shares[:, 2:3])
    torch.testing.assert_close(has[:, others], again.amax((2, 3))[:, others], atol=1e-4, rtol=1e-3)


def test_merged_codes_count_together_and_no_other_moves(model, spoken):
    maps = spoken[0]
    after = apply(model, Edit("merge", code=4, into=5))
    maps_before, maps_after = model.maps(maps).detach(), after.maps(maps).detach()
    others = [0, 1, 2, 3]
    torch.testing.assert_close(maps_after[:, others], maps_before[:, others])
    pair = maps_before[:, 4:6]
    together = pair.amax(1) if model.temperature is None else pair.sum(1)
    torch.testing.assert_close(maps_after[:, 5], together)
    assert not maps_after[:, 4].any() and not after.head.weights[:, 4].any()
    both = model.head.slope[:, 4:6].amax(1)
    torch.testing.assert_close(after.head.slope[:, 5], both)


def test_a_copy_of_a_code_weighs_twice_once_both_are_merged(spoken):
    """By hand: of e^z / (e^z + rest) becomes 2 e^z / (2 e^z + rest)."""
    maps, _ = spoken
    twice = torch.cat([words(), words()[:1]])
    mapping = fit_mapping("none", flat(maps))
    single, double = (Codebook(codes, mapping) for codes in (words(), twice))
    head = Linear(torch.ones(CLASSES, WORDS + 1), torch.zeros(CLASSES), torch.ones(WORDS + 1))
    merged = apply(PartModel.fresh(double, 0.1, head), Edit("merge", code=6, into=0))
    share = code_maps(single.cosines(maps))[:, 0]
    torch.testing.assert_close(merged.maps(maps)[:, 0], 2 * share / (1 + share))


def test_what_was_forbidden_stays_so(model, spoken):
    after = apply(model, Edit("forbid", code=1, label=1))
    assert after.forbidden[1, 1] and not after.head.weights[1, 1]
    merged = apply(after, Edit("merge", code=0, into=1))
    assert not merged.head.weights[1, 1], "merging does not bring it back"
    onwards = apply(after, Edit("merge", code=1, into=2))
    assert onwards.forbidden[1, 2] and not onwards.head.weights[1, 2], "nor under another name"
    assert not model.forbidden.any(), "the model given stays as it is"


def test_a_log_is_replayed_to_the_same_model(model, spoken, tmp_path):
    edits = [
        Edit("zero", 0, label=0),
        Edit("merge", 4, into=5),
        Edit("remove", 2),
        Edit("silence", 1),
    ]
    maps, labels = spoken
    entries, now = [], model
    for edit in edits:
        following = apply(now, edit)
        shares = [by_class(one.logits(maps), labels, CLASSES + 1) for one in (now, following)]
        entries.append(Entry(edit, *shares))
        now = following
    write_log(entries, tmp_path / "log.json")
    held = read_log(tmp_path / "log.json")
    assert held == entries and held[0].before[-1] is None
    again = replay(model, [entry.edit for entry in held])
    assert torch.equal(again.logits(maps), now.logits(maps))
    assert torch.equal(again.belongs, now.belongs)


def test_shares_by_class_by_hand():
    logits = torch.eye(3)[[0, 1, 1, 2]]
    assert by_class(logits, torch.tensor([0, 0, 1, 1]), 3) == (0.5, 0.5, None)


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        (lambda: [Edit("zero", 9, label=0)], "code must be from 0 to 5, got 9"),
        (lambda: [Edit("zero", 1, label=7)], "label must be from 0 to 3, got 7"),
        (lambda: [Edit("zero", 1)], "edit zero needs label, got None"),
        (lambda: [Edit("remove", 1, label=2)], "edit remove takes no label, got 2"),
        (lambda: [Edit("merge", 1)], "edit merge needs into"),
        (lambda: [Edit("merge", 1, into=1)], "cannot be merged into itself"),
        (lambda: [Edit("paint", 1)], "unknown edit 'paint'"),
        (lambda: [Edit("remove", 1), Edit("silence", 1)], "code 1 is not there any more"),
        (lambda: [Edit("remove", n) for n in range(6)], "code 5 is the last one"),
    ],
)
def test_what_cannot_be_edited_is_told(model, edits, text, unchecked):
    with pytest.raises(UsageError, match=text):
        replay(model, edits())


def test_a_log_that_is_none_is_told(tmp_path):
    file = tmp_path / "log.json"
    with pytest.raises(FewbitsError, match="log.json cannot be read"):
        read_log(file)
    for text in ("no", json.dumps([{"edit": {"kind": "zero", "code": 0}}]), "[3]"):
        file.write_text(text)
        with pytest.raises((FewbitsError, UsageError)):
            read_log(file)
