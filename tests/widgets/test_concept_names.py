"""ConceptNames in Python: its numbers against the board's judgement, what it stores and refuses."""

import re
from dataclasses import replace

import pytest
import torch
from name_samples import CONCEPTS, SCORES, TRUTH, board, boards, concept_names, pictures

from fewbits.errors import UsageError
from fewbits.qsenn.names.concepts import Concepts
from fewbits.widgets import ConceptNames
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.concept_names_checks import RULES

LEVELS = sorted({k / 100 for k in range(101)} | {0.2137, *SCORES.amax(1).clamp_min(0).tolist()})


def counts(control):
    names = ("named", "right", "wrong", "unnamed", "missed", "nothing")
    return tuple(control.numbers()[name] for name in names)


@pytest.mark.parametrize(
    ("threshold", "rule", "expected"),
    [
        # A red crown, a blue back, a blue crown, a yellow bill; a black bill and nothing are not.
        (None, "first", (4, 1, 3, 2, 2, 0)),
        (None, "among_three", (4, 2, 2, 2, 2, 0)),
        (None, "group", (4, 2, 2, 2, 2, 0)),
        # The yellow bill goes too, rightly: its feature goes with nothing.
        (0.31, "first", (3, 1, 2, 3, 2, 1)),
        (0.5, "first", (2, 1, 1, 4, 3, 1)),
        (0.45, "group", (3, 2, 1, 3, 2, 1)),  # a score that is just the threshold
        (0, "first", (5, 1, 4, 1, 1, 0)),  # a score of 0 is no name
        (1, "first", (0, 0, 0, 6, 5, 1)),
    ],
)
def test_counts_by_hand(threshold, rule, expected):
    assert counts(concept_names(threshold=threshold, rule=rule)) == expected


@pytest.mark.parametrize("by", ["attributes", "clip"])
@pytest.mark.parametrize("rule", RULES)
def test_rates_are_the_board_s_judgement_at_every_threshold(by, rule):
    control, given = concept_names(by=by, rule=rule), boards()[by]
    for level in LEVELS:
        control.threshold = level
        numbers, rate = control.numbers(), getattr(given.judge(level), rule)
        assert numbers["threshold"] == level
        assert numbers["of_used"] == rate.of_used == pytest.approx(numbers["right"] / 6)
        assert numbers["of_named"] == rate.of_named
        assert (numbers["by_chance"], numbers["swapped"]) == (rate.chance, rate.swapped)
        named = sum(name.named for name in given.names(level))
        assert numbers["named"] == named == numbers["right"] + numbers["wrong"]
        assert numbers["unnamed"] == 6 - named == numbers["missed"] + numbers["nothing"]


def test_left_alone_the_threshold_follows_each_board_s_chance():
    control = concept_names()
    assert [(setattr(control, "by", by), control.level)[1] for by in boards()] == [0.28, 0.2, 0.4]
    control.threshold = 0.5
    assert [(setattr(control, "by", by), control.level)[1] for by in boards()] == [0.5] * 3
    control.threshold = None
    assert control.level == 0.4


def test_a_feature_is_told_as_the_board_names_it():
    control = concept_names(by="clip")
    for name in boards()["clip"].names():
        control.feature = name.feature
        numbers = control.numbers()
        assert numbers["top_0"] == name.score == numbers[f"score_{name.feature}"]
        assert numbers["top_1"] == name.runner_up_score
        assert numbers["opposite"] == name.opposite_score


def test_the_truth_about_a_feature_by_hand():
    numbers = concept_names(feature=5).numbers()  # a blue back; a red crown and a desert before it
    assert [numbers[f"true_{k}"] for k in range(3)] == pytest.approx([0.5, 0.4, 0.3])
    assert numbers["own"] == pytest.approx(0.3)
    assert numbers["rank"] == 3
    assert [numbers[f"top_{k}"] for k in range(6)] == pytest.approx(
        [0.6, 0.5, 0.13, 0.12, 0.11, 0.1]
    )
    numbers = concept_names(feature=8).numbers()  # a blue crown, which is what it goes with least
    assert (numbers["rank"], numbers["own"]) == (8, pytest.approx(-0.4))


def test_a_board_that_nobody_can_judge_is_not_judged():
    numbers = concept_names(by="dense").numbers()
    assert (numbers["features"], numbers["named"], numbers["unnamed"]) == (5, 3, 2)
    unknown = {name for name, value in numbers.items() if value is None}
    counted = {"right", "wrong", "missed", "nothing", "floor"}
    assert unknown == counted | {
        *("of_used", "of_named", "by_chance", "swapped"),
        *("true_0", "true_1", "true_2", "own", "rank"),
    }


def test_a_feature_that_a_board_does_not_have_gives_way_to_its_best():
    control = concept_names(feature=8)
    assert control.place == 2
    control.by = "dense"
    assert control.board.columns[control.place] == 5  # the last of five, with the best score
    control.feature = 2
    assert control.place == 2
    control.by = "attributes"
    assert control.place == 0


def test_every_picture_of_evidence_travels_once():
    # Six features, loudest on pictures k to k + 5, seven on the first board's: of twelve eleven.
    assert concept_names().cargo["sheet"] == {"side": 64, "count": 11, "columns": 12}
    assert concept_names(shown=2).cargo["sheet"]["count"] == 7
    short = {
        "a": replace(board(), naming=replace(board().naming, evidence=torch.zeros(6, 2).long()))
    }
    assert concept_names(short).cargo["sheet"]["count"] == 1


def test_two_concepts_are_enough():
    two = Concepts(("day", "night"), ("day", "night"), ("a", "b"))
    numbers = concept_names({"a": board(SCORES[:, :2], TRUTH[:, :2], concepts=two)}).numbers()
    assert numbers["top_1"] == numbers["opposite"] == pytest.approx(-0.4)
    assert "top_2" not in numbers
    assert "true_2" not in numbers


def test_names_are_words():
    assert concept_names().cargo["concepts"][::3] == ["a red crown", "a blue back", "in a desert"]
    lines = tuple(f"with_{k}" for k in range(8))
    plain = concept_names({"a": board(concepts=Concepts(lines, lines, lines))})
    assert plain.cargo["concepts"][0] == "with_0"


def test_double_precision_is_judged_as_it_travels():
    double = {"a": board(SCORES.double(), TRUTH.double())}
    control = concept_names(double, threshold=0.45)
    assert control.numbers() == concept_names({"a": board()}, threshold=0.45).numbers()


def wide(count, pixels=64, shown=7):
    """As many features, each with evidence of its own; pictures of noise."""
    draw = torch.Generator().manual_seed(0)
    scores = torch.rand(count, 8, generator=draw)
    noise = torch.randint(256, (count * shown, 3, pixels, pixels), generator=draw)
    named = board(scores, scores, tuple(range(count)))
    evidence = torch.arange(count * shown).reshape(count, shown)
    given = replace(named, naming=replace(named.naming, evidence=evidence))
    return {"a": given}, noise.to(torch.uint8)


def test_of_the_evidence_as_much_travels_as_a_page_carries():
    given, noise = wide(20)
    control = ConceptNames(given, noise)
    count = control.cargo["sheet"]["count"] // 20
    assert 1 <= count < 6
    assert len(control.html().encode()) < LIMIT_BYTES
    with pytest.raises(UsageError, match="of fewer features, or leave out shown"):
        ConceptNames(given, noise, shown=count + 1)


def test_boards_of_many_features_show_fewer_pictures_first():
    few, many = wide(10, 16)[0]["a"], wide(30, 16, shown=6)[0]["a"]
    noise = torch.randint(256, (180, 3, 64, 64), generator=torch.Generator().manual_seed(1))
    control = ConceptNames({"few": few, "many": many}, noise.to(torch.uint8))
    parts = {name: size for name, _, size in control.cargo["parts"]}
    assert parts["1_tiles"] == 30
    assert parts["0_tiles"] > 10


def test_what_does_not_fit_a_page_is_refused_when_made():
    message = r"90 features and 90 pictures of evidence take \d+ KB in the page, at most 225 KB fit"
    with pytest.raises(UsageError, match=message):
        ConceptNames(*wide(90, shown=1))


OTHER = Concepts(tuple("abcdefgh"), tuple("abcdefgh"), tuple("abcdefgh"))


def blind(shown):
    """A board with so many pictures of evidence a feature."""
    naming = board().naming
    return replace(board(), naming=replace(naming, evidence=naming.evidence[:, :shown]))


NAN = board(torch.where(SCORES == 0.8, torch.nan, SCORES))


@pytest.mark.parametrize(
    ("given", "settings", "message"),
    [
        ({}, {}, "a dictionary of 1 to 4 boards by their labels, as boards_for makes it, got 0"),
        ({str(k): board() for k in range(5)}, {}, "1 to 4 boards by their labels, as boards_for"),
        ([board()], {}, "as boards_for makes it, got list"),
        ({"a": board(), "b": board(concepts=OTHER)}, {}, "'b' has others than 'a'"),
        ({"a": board(columns=(1, 2))}, {}, "'a' must have a row of scores for each of its columns"),
        ({"a": NAN}, {}, "'a' holds NaN or infinity: look for it in the features it names"),
        ({"a": board(truth=TRUTH / 0)}, {}, "'a' holds NaN or infinity"),
        ({"a": board(truth=TRUTH[:5])}, {}, "the truth of 'a' must be of 6 features"),
        ({"a": "board"}, {}, "'a' must be a board, as boards_for makes it, got str"),
        ({"a": board(columns=(1, 1, 2, 3, 4, 5))}, {}, "must have each column once"),
        ({"a": replace(board(), floor=float("nan"))}, {}, "floor of 'a' must be from 0 to 1"),
        ({"a": replace(board(), truth=torch.zeros(6, 2))}, {}, "the truth of 'a' must be of 6"),
        ({"a": blind(0)}, {}, "at least one picture of evidence for each of 6 features, got the"),
        (
            {"a": board()},
            {"images": pictures(11)},
            "among the 11 pictures given, got numbers 0 to 11",
        ),
        ({"a": board()}, {"images": pictures(0)}, "pictures must be at least one picture"),
        ({"a": board()}, {"images": pictures()[:, :1]}, "squares of three colours"),
        ({"a": board()}, {"by": "b"}, "by must be a board, one of a, got 'b'"),
        ({"a": board()}, {"threshold": 1.5}, "a score from 0 to 1, or None for what chance"),
        ({"a": board()}, {"threshold": True}, "a score from 0 to 1, or None for what chance"),
        ({"a": board()}, {"threshold": float("nan")}, "a score from 0 to 1, or None for what"),
        ({"a": board()}, {"feature": 4}, "of 3, 5, 8, 9, 14, 15, or None for the best of all, got"),
        ({"a": board()}, {"rule": "second"}, "one of first, among_three, group, got 'second'"),
        ({"a": board()}, {"shown": 7}, "shown must be a whole number from 1 to 6, or None"),
        ({"a": board()}, {"shown": True}, "shown must be a whole number from 1 to 6, or None"),
    ],
)
def test_bad_settings_say_what_is_wrong(unchecked, given, settings, message):
    images = settings.pop("images", pictures())
    with pytest.raises(UsageError, match=re.escape(message)):
        ConceptNames(given, images, **settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("by", "b"),
        ("threshold", -0.1),
        ("threshold", "0.3"),
        ("feature", 2.5),
        ("rule", None),
        ("by", None),
    ],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = concept_names(threshold=0.3, feature=8)
    before = getattr(control, name)
    with pytest.raises(UsageError, match=name):
        setattr(control, name, value)
    assert getattr(control, name) == before


def test_boards_stay_as_they_were():
    given = boards()
    before = given["clip"].naming.scores.clone()
    concept_names(given, threshold=0.5).html()
    assert torch.equal(given["clip"].naming.scores, before)
    assert given["clip"].naming.concepts is CONCEPTS


def test_still_pictures_say_the_numbers():
    still = concept_names(threshold=0.5).still()
    assert "At 0.50 2 of 6 features have a name, and 1 of these are right" in still
    assert "Share of the features named rightly and, dashed, of the names that are right" in still
    alone = concept_names(by="dense", threshold=1).still()
    assert "At 1.00 0 of 5 features have a name<" in alone
    assert "Share of the features that have a name" in alone
    assert "nan" not in still + alone
