import json
import re
from dataclasses import replace

import pytest
import torch
from bird_samples import SPECIES, bird_pictures
from code_samples import edit_class, galleries, maps_and_labels, trained

from fewbits.errors import UsageError
from fewbits.protoquant.editing import Edit, apply, by_class, read_log, replay, write_log
from fewbits.protoquant.scores import strongest
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.class_editor_numbers import scores_of

MAPS, LABELS = maps_and_labels(30, 2)
ONE_OF_EACH = [
    Edit("zero", 2, label=0),
    Edit("forbid", 0, label=1),
    Edit("silence", 3),
    Edit("remove", 4),
    Edit("merge", 5, into=6),
]


def models(edits):
    """The real model with these edits."""
    return replay(trained()[1].part_model(), edits)


@pytest.mark.parametrize("count", range(6))
def test_logits_and_shares_are_the_edited_models(count):
    edits = ONE_OF_EACH[:count]
    control = edit_class(edits=edits)
    model = models(edits)
    with torch.no_grad():
        logits = model.logits(MAPS)
    for image in range(4):
        control.image = image
        shown = torch.tensor([control.numbers()[f"logit_{row}"] for row in range(5)])
        torch.testing.assert_close(shown.float(), logits[image], atol=0.03, rtol=0)
    shares = by_class(logits, LABELS, 5)
    assert [control.numbers()[f"class_{row}"] for row in range(5)] == pytest.approx(shares, abs=0.2)
    right = (logits.argmax(1) == LABELS).double().mean().item()
    assert control.numbers()["after"] == pytest.approx(right, abs=0.04)


@pytest.mark.parametrize("edit", ONE_OF_EACH, ids=lambda edit: edit.kind)
def test_one_edit_does_what_apply_does(edit):
    control = edit_class()
    stored, rows = control._stored, list(range(30))
    before, after = (scores_of(stored, m, rows) for m in (stored.model, apply(stored.model, edit)))
    fresh, edited = trained()[1].part_model(), apply(trained()[1].part_model(), edit)
    # What a code had nearly alone was rounded coarsely for the rest, who share it when it is gone.
    left = 0.05 if edit.kind == "remove" else 0.01
    with torch.no_grad():
        for found, model, most in ((before, fresh, 0.01), (after, edited, left)):
            exact = strongest(model.maps(MAPS)).scores.double()
            assert (found - exact).abs().max() < most


def test_zeroing_takes_one_contribution_from_one_logit():
    control = edit_class()
    before = control.numbers()
    code = before["chosen"]
    control.edits = [Edit("zero", code, label=0)]
    after = control.numbers()
    assert after["logit_0"] == pytest.approx(before["logit_0"] - before[f"part_{code}"])
    for row in range(1, 5):
        assert after[f"logit_{row}"] == before[f"logit_{row}"]
    assert after[f"weight_{code}"] == 0
    assert after["chosen"] != code


def test_pictures_called_by_the_name_of_the_class():
    control = edit_class(edited="Winter_Kite", edits=[Edit("silence", 3)])
    with torch.no_grad():
        named = models([Edit("silence", 3)]).logits(MAPS).argmax(1)
    assert control.numbers()["called"] == (named[LABELS != 2] == 2).sum()


def test_the_log_is_one_that_read_log_reads(tmp_path):
    control = edit_class(edits=ONE_OF_EACH, test="every third")
    write_log(control.log(), tmp_path / "written.json")
    (tmp_path / "shown.json").write_text(control.log_text())
    held = read_log(tmp_path / "shown.json")
    assert held == read_log(tmp_path / "written.json") == control.log()
    assert [entry.edit for entry in held] == ONE_OF_EACH
    assert held[1].before == held[0].after != held[-1].after


def test_edits_are_held_as_plain_dictionaries():
    control = edit_class(edits=[Edit("zero", 2, label=0)])
    assert control.edits == [{"kind": "zero", "code": 2, "label": 0, "into": None}]
    json.dumps(control.state())


def test_a_class_lists_codes_by_weight_and_what_was_merged_into_it():
    weights = trained()[1].head.slope[0]
    order = [c for c in weights.argsort(descending=True).tolist() if weights[c] > 0]
    control = edit_class()
    listed = [int(name[5:]) for name in control.numbers() if name.startswith("part_")]
    assert listed == order
    absent = next(c for c in range(7) if c not in order)
    control.edits = [Edit("merge", order[0], into=absent)]
    listed = [int(name[5:]) for name in control.numbers() if name.startswith("part_")]
    assert listed == [*order, absent]


def test_the_model_stays_as_it_was():
    model = trained()[1].part_model()
    kept = model.head.weights.clone()
    edit_class(edits=ONE_OF_EACH).numbers()
    assert torch.equal(model.head.weights, kept)


FRESH = trained()[1]
PLAIN = trained((7,), None)[0]


class Ready:
    """A model that is given as it is."""

    def __init__(self, model, like=FRESH):
        self.model, self.vocabulary = model, like.vocabulary

    def part_model(self):
        return self.model


HEAD = FRESH.part_model().head
EDITED = Ready(apply(FRESH.part_model(), Edit("remove", 1)))
SIGNED = Ready(replace(FRESH.part_model(), head=replace(HEAD, weights=-HEAD.weights)))
SHELF = {"gallery": galleries((FRESH,), count=2)[0]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": PLAIN, **SHELF}, "give a model with a temperature"),
        ({"model": EDITED, **SHELF}, "the model has been edited: give the fresh one"),
        ({"model": SIGNED, **SHELF}, "the head must be readable, weights finite and at least 0"),
        ({"maps": MAPS[:, :3]}, "of the shape (image, 8 features, high, wide), got (30, 3, 3, 4)"),
        ({"labels": LABELS[:4]}, "a label for each of 30 maps, got 4"),
        ({"gallery": galleries(trained())[0]}, "one a codebook, of 7 codes, got 4"),
        ({"sets": {}}, "sets must name at least one set"),
        (
            {"sets": {"far": torch.tensor([30])}},
            "set 'far' must hold rows of pictures from 0 to 29",
        ),
        ({"shown": [0, 1, 2, 30]}, "shown must be rows from 0 to 29"),
        ({"shown": [0]}, "expected 4 rows in shown, got 1"),
        ({"class_names": SPECIES[:4]}, "class_names must be 5 different names"),
        ({"test": "none"}, "test must be one of all, every third, got 'none'"),
        ({"edited": "Dodo"}, "edited must be one of Reed_Lancer, Dune_Runner"),
        ({"image": 4}, "image must be a whole number from 0 to 3, got 4"),
        ({"code": 7}, "code must be a whole number from -1 to 6, got 7"),
        ({"into": True}, "into must be a whole number from -1 to 6, got True"),
        ({"edits": [Edit("remove", 1), Edit("silence", 1)]}, "code 1 is not there any more"),
        ({"edits": [{"kind": "zero", "codes": 1}]}, "edits must be of fewbits.protoquant.editing"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        edit_class(**settings)


def test_edits_must_be_a_list():
    control = edit_class()
    with pytest.raises(UsageError, match="edits must be a list, got 'all'"):
        control.edits = "all"


def test_a_page_carries_a_hundred_and_more_pictures():
    """3 x 4 cells here; the chapter's own size is looked at where the book is built."""
    control = edit_class(count=200)
    assert len(control.html().encode()) < LIMIT_BYTES


def test_what_does_not_fit_a_page_is_refused_when_made():
    noise = torch.Generator().manual_seed(0)
    images = torch.randint(256, (80, 3, 64, 64), generator=noise).to(torch.uint8)
    message = r"80 pictures and 7 codes take \d+ KB in the page, at most 230 KB fit"
    with pytest.raises(UsageError, match=message):
        edit_class(count=80, images=images)


def test_still_pictures_say_the_numbers():
    control = edit_class(edits=[Edit("silence", 3)], edited="Winter_Kite")
    still, numbers = control.still(), control.numbers()
    assert "What the codes of Winter Kite add in it" in still
    assert "Share of each class named rightly: all, 1 edits" in still
    for name, value in numbers.items():
        if name.startswith("part_"):
            assert f">code {name[5:]}<" in still
            assert f">{value:+.2f}<" in still
        if name.startswith("class_"):
            assert f">{value:+.2f}<" in still
    assert len(bird_pictures(4).images) == 4
