"""ConceptNames in a page: the board's judgement at every threshold, its list, curves and words."""

import itertools
from dataclasses import replace

import pytest
from name_samples import COLUMNS, SCORES, board, boards, concept_names, pictures
from reading import agree, as_shown, chosen, control, held, numbers, pixels, status
from reading import pictures as drawn

from fewbits.widgets.concept_names_checks import RULES
from fewbits.widgets.picture_sheet import shrink

ROWS = """(rows) => rows.map((row) => [
  Number(row.querySelector('input').value), row.dataset.state,
  row.querySelector('.cn-name').textContent, row.querySelector('svg path').getAttribute('d'),
])"""


@pytest.fixture
def made():
    return concept_names()


@pytest.fixture
def one(made, show):
    return show(made)


def move(seen, threshold):
    """The slider to a place by hand."""
    control(seen, "threshold").fill(str(round(100 * threshold)))


def pick(seen, feature):
    seen.page.locator(f"[data-input=feature][value='{feature}']").check(force=True)


def rows(seen):
    return seen.page.locator(".cn-row").evaluate_all(ROWS)


def why(seen):
    return seen.page.locator(".cn-why").inner_text()


# Numbers


def test_every_number_at_every_threshold_of_every_board(one, made):
    for by, rule in itertools.product(boards(), RULES):
        made.by, made.rule = by, rule
        control(one, "by").select_option(by)
        if control(one, "rule").is_enabled():
            control(one, "rule").select_option(rule)
        for step in range(0, 101, 5):
            made.threshold = step / 100
            move(one, step / 100)
            agree(one, made.numbers())
            assert numbers(one).keys() == as_shown(made.numbers()).keys()


def test_every_number_of_every_feature(one, made):
    for by, given in boards().items():
        control(one, "by").select_option(by)
        for feature in given.columns:
            made.by, made.feature = by, feature
            pick(one, feature)
            agree(one, made.numbers())


def test_a_score_that_is_just_the_threshold_is_a_name(one):
    """In single precision 0.45 is a little less than 0.45, and 0.8 a little more: both reach it."""
    for score, named in ((0.8, 1), (0.6, 2), (0.45, 3), (0.3, 4), (0.25, 5)):
        move(one, score)
        assert numbers(one)["threshold"] == score
        assert numbers(one)["named"] == named


def test_left_alone_the_threshold_follows_the_board(one, made):
    for by in ("clip", "dense", "attributes"):
        control(one, "by").select_option(by)
        assert numbers(one)["threshold"] == boards()[by].chance
        assert control(one, "reset").is_disabled()
    move(one, 0.5)
    for by in boards():
        control(one, "by").select_option(by)
        assert numbers(one)["threshold"] == 0.5
    control(one, "reset").click()
    assert numbers(one)["threshold"] == boards()["dense"].chance


# The list


def test_the_list_is_sorted_and_says_who_has_a_name(one):
    assert [row[:3] for row in rows(one)] == [
        [3, "right", "a red crown"],
        [5, "wrong", "a blue back"],
        [8, "wrong", "a blue crown"],
        [9, "wrong", "a yellow bill"],
        [14, "missed", "unnamed (a black bill)"],
        [15, "missed", "unnamed (a red back)"],
    ]
    move(one, 0.5)
    control(one, "rule").select_option("among_three")
    states = [row[1] for row in rows(one)]
    assert states == ["right", "right", "missed", "nothing", "missed", "missed"]
    marks = {state: mark for _, state, _, mark in rows(one)}
    assert len(set(marks.values())) == 3, "a shape each, not a colour alone"
    labels = [i.get_attribute("aria-label") for i in one.page.locator(".cn-row input").all()]
    assert labels[1] == "5: a blue back, 0.60, named, rightly"
    assert labels[2] == "8: a blue crown, 0.45, unnamed, but the truth has a name"
    assert labels[3] == "9: a yellow bill, 0.30, unnamed, and the truth has none"


def test_without_a_truth_names_are_only_there_or_not(one):
    control(one, "by").select_option("dense")
    assert [row[:2] for row in rows(one)] == [
        [5, "named"], [3, "named"], [2, "named"], [1, "unnamed"], [0, "unnamed"],
    ]  # fmt: skip
    assert one.page.locator("output[data-value=right]").is_hidden()
    assert one.page.locator("output[data-value=true-0]").is_hidden()
    assert one.page.locator("output[data-value=named]").is_visible()
    assert control(one, "rule").is_disabled()


def test_bars_are_as_long_as_scores_and_cut_at_the_threshold(one):
    found = one.page.locator(".cn-row .cn-bar").evaluate_all(
        """(cells) => cells.map((cell) => {
          const line = parseFloat(getComputedStyle(cell, '::after').left);
          const bar = cell.querySelector('i');
          return [bar.getBoundingClientRect().width, line].map((part) => part / cell.clientWidth);
        })"""
    )
    best = SCORES.amax(1).tolist()
    for (length, line), score in zip(found, best, strict=True):
        assert length == pytest.approx(score, abs=0.01)
        assert line == pytest.approx(0.28, abs=0.01)


def test_a_feature_out_of_sight_is_scrolled_to_within_the_list(show):
    many = SCORES.repeat(10, 1)
    given = {"many": board(many, many, tuple(range(60)))}
    seen = show(concept_names(given, feature=59))
    inside = """(rows) => {
      const box = rows.getBoundingClientRect();
      const row = rows.querySelector(':checked').closest('label').getBoundingClientRect();
      return [row.top >= box.top - 1 && row.bottom <= box.bottom + 1, rows.scrollTop, scrollY];
    }"""
    there, down, page = seen.page.locator(".cn-rows").evaluate(inside)
    assert there
    assert down > 0
    assert page == 0
    chosen(seen, "feature").press("ArrowDown")  # from the last around to the first
    drawn(seen)
    there, down, _ = seen.page.locator(".cn-rows").evaluate(inside)
    assert there
    assert down == 0


def test_keys_go_through_the_list_in_its_order(one):
    visited = [held(one, "feature")]
    for _ in range(5):
        chosen(one, "feature").press("ArrowDown")
        visited.append(held(one, "feature"))
    assert [int(feature) for feature in visited] == list(COLUMNS)


# Curves and pictures


def test_curves_go_through_the_rates_of_every_threshold(one, made):
    """Read off the drawn steps, against the board."""
    drawn(one)
    read = """([selector, at]) => {
      const path = document.querySelector(selector), frame = path.closest('svg');
      const box = frame.querySelector('.wash-fill').getBBox(), x = box.x + at * box.width;
      const length = path.getTotalLength();
      let best = null;
      for (let k = 0; k <= 4000; k++) {
        const point = path.getPointAtLength((k * length) / 4000);
        if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
      }
      const share = 1.04 * (box.y + box.height - best.y) / box.height;
      return Math.abs(best.x - x) < 0.5 ? share : null;
    }"""
    curves = {"of_used": "path.qsenn-line", "of_named": "path.ink-line"}
    for level in (0.05, 0.27, 0.33, 0.52, 0.7, 0.9):  # none of them at a step
        made.threshold = level
        for name, line in curves.items():
            share = one.page.evaluate(read, [f".cn-top figure {line}", level])
            assert (share is None) == (made.numbers()[name] is None), (name, level)
            if share is not None:
                assert share == pytest.approx(made.numbers()[name], abs=0.01), (name, level)


def test_a_pointer_on_the_curve_moves_the_threshold(one):
    picture = one.page.locator("svg.fb-reach")
    frame = picture.locator(".wash-fill").bounding_box()
    one.page.mouse.click(frame["x"] + 0.75 * frame["width"], frame["y"] + 20)
    assert numbers(one)["threshold"] == pytest.approx(0.75, abs=0.01)
    assert held(one, "threshold") == str(round(100 * numbers(one)["threshold"]))


def test_evidence_is_the_pictures_on_which_a_feature_is_loudest(one):
    given = shrink(pictures(), 64)
    for place, feature in ((0, 3), (4, 14)):
        pick(one, feature)
        drawn(one)
        tiles = one.page.locator(".cn-tiles canvas")
        assert tiles.count() == 6
        for k in range(6):
            flat = given.reshape(12, -1, 3).astype(int)
            distances = abs(flat - pixels(tiles.nth(k)).reshape(1, -1, 3)).mean((1, 2))
            assert distances.argmin() == (place + k) % 12
            assert distances.min() < 6


def test_boards_may_show_different_numbers_of_pictures(show):
    few = board()
    short = replace(few.naming, evidence=few.naming.evidence[:, :2])
    seen = show(concept_names({"six": few, "two": replace(few, naming=short)}, feature=14))
    tiles = seen.page.locator(".cn-tiles canvas")
    assert [tile.is_visible() for tile in tiles.all()] == [True] * 6
    before = pixels(tiles.nth(1))
    control(seen, "by").select_option("two")
    drawn(seen)
    assert [tile.is_visible() for tile in tiles.all()] == [True] * 2 + [False] * 4
    assert (pixels(tiles.nth(1)) == before).all()
    said = tiles.nth(1).get_attribute("aria-label")
    assert said == "Picture 2 of 2 on which feature 14 is loudest"


# Words


def test_what_is_named_is_said(one):
    assert status(one) == (
        "At 0.28, 4 of 6 features have a name: 1 right, 3 wrong. "
        "Of the 2 without one, the truth has a name for 2."
    )
    move(one, 0)
    assert "5 of 6 features have a name: 1 right, 4 wrong." in status(one)
    move(one, 1)
    assert status(one) == "At 1.00, no feature has a name; 5 could have one."
    control(one, "by").select_option("dense")
    move(one, 0.4)
    assert status(one) == (
        "At 0.40, 3 of 5 features have a name; nobody knows which of the names are right."
    )


BEST = "it truly goes best with a red crown"
NOTHING = "on other pictures it goes with nothing better than chance, 0.20."
BELOW = "at \N{MINUS SIGN}0.40, no better than chance, 0.20."


@pytest.mark.parametrize(
    ("feature", "rule", "threshold", "said"),
    [
        (3, "first", 0.28, f"Right: {BEST}."),
        (3, "group", 0.28, f"Right: {BEST}."),
        (3, "first", 0.81, f"Unnamed: 0.80 does not reach 0.81. I{BEST[1:]}, at 0.70."),
        (5, "first", 0.28, f"Wrong: {BEST}, with a blue back only as number 3."),
        (5, "among_three", 0.28, f"Right: {BEST}, with a blue back as number 3."),
        (5, "group", 0.28, f"Wrong: {BEST}, which is of another group."),
        (8, "first", 0.28, f"Wrong: {BEST}, with a blue crown {BELOW}"),
        (8, "group", 0.28, f"Right: {BEST}, of the same group."),
        (9, "first", 0.28, f"Wrong: {NOTHING}"),
        (9, "first", 0.5, f"Unnamed: 0.30 does not reach 0.50. Rightly so: {NOTHING}"),
    ],
)
def test_why_is_said(show, feature, rule, threshold, said):
    seen = show(concept_names(feature=feature, rule=rule, threshold=threshold))
    assert why(seen) == said


def test_why_is_said_of_a_feature_without_a_score(show):
    seen = show(concept_names(feature=15, threshold=0))
    assert why(seen) == (
        "Unnamed: no score is above 0. It truly goes best with a red back, at 0.30."
    )
    control(seen, "by").select_option("dense")
    pick(seen, 1)
    assert why(seen).startswith("Named: 0.27 reaches 0.00. Nobody knows whether it truly goes with")


def test_numbers_that_look_alike_are_told_apart(show):
    seen = show(concept_names({"a": board(SCORES - 0.004)}, feature=3, threshold=0.8))
    assert why(seen).startswith("Unnamed: 0.796 does not reach 0.8. ")


def test_a_feature_is_called_by_its_name(one):
    heading = one.page.locator(".cn-heading")
    assert heading.inner_text() == "Feature 3: a red crown"
    pick(one, 14)
    assert heading.inner_text() == "Feature 14: unnamed"
    bars = one.page.locator(".cn-bars li > span:first-child").all_inner_texts()
    assert bars[:2] == ["a black bill", "an eye ring"]
    assert bars[6:8] == ["an eye ring", "a black bill"]
    assert "most clearly absent: a yellow bill" in one.page.locator(".cn-card").inner_text()
