"""Concept lists: sensible words for every attribute there is, and no list that says nothing."""

import re

import pytest

from fewbits.data.birds.mixed import NAMES
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.names.concepts import Concepts, concepts_of, read_concepts
from fewbits.qsenn.names.phrases import phrase

COLOURS = ["blue", "brown", "iridescent", "purple", "rufous", "grey", "yellow", "olive", "green",
           "pink", "orange", "black", "white", "red", "buff"]  # fmt: skip
PATTERNS = ["solid", "spotted", "striped", "multi-colored"]
CUB = {
    "has_bill_shape": ["curved_(up_or_down)", "dagger", "hooked", "needle", "hooked_seabird",
                       "spatulate", "all-purpose", "cone", "specialized"],
    "has_tail_shape": ["forked_tail", "rounded_tail", "notched_tail", "fan-shaped_tail",
                       "pointed_tail", "squared_tail"],
    "has_head_pattern": ["spotted", "malar", "crested", "masked", "unique_pattern", "eyebrow",
                         "eyering", "plain", "eyeline", "striped", "capped"],
    "has_bill_length": ["about_the_same_as_head", "longer_than_head", "shorter_than_head"],
    "has_wing_shape": ["rounded-wings", "pointed-wings", "broad-wings", "tapered-wings",
                       "long-wings"],
    "has_size": ["large_(16_-_32_in)", "small_(5_-_9_in)", "very_large_(32_-_72_in)",
                 "medium_(9_-_16_in)", "very_small_(3_-_5_in)"],
    "has_shape": ["upright-perching_water-like", "chicken-like-marsh", "long-legged-like",
                  "duck-like", "owl-like", "gull-like", "hummingbird-like", "pigeon-like",
                  "tree-clinging-like", "hawk-like", "sandpiper-like", "upland-ground-like",
                  "swallow-like", "perching-like"],
    "has_eye_color": [colour for colour in COLOURS if colour != "iridescent"],
    **{f"has_{part}_pattern": PATTERNS for part in ("breast", "back", "tail", "belly", "wing")},
    **{f"has_{part}_color": COLOURS for part in (
        "wing", "upperparts", "underparts", "back", "upper_tail", "breast", "throat", "forehead",
        "under_tail", "nape", "belly", "primary", "leg", "bill", "crown")},
}  # fmt: skip
CUB_NAMES = [f"{group}::{value}" for group, values in CUB.items() for value in values]


@pytest.mark.parametrize("names", [NAMES, CUB_NAMES], ids=["drawn", "CUB"])
def test_every_attribute_has_words_of_its_own(names):
    found = concepts_of(names)
    assert found.count == len(names) == (48 if names is NAMES else 312)
    assert len(set(found.texts)) == found.count
    assert found.groups[0] == names[0].split("::")[0]
    for text in found.texts:
        assert re.fullmatch(r"a bird (with|in|of|mainly) [a-z -]+", text), text
        assert "  " not in text and "has " not in text


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        ("has_crown_color::red", "with a red crown"),
        ("has_bill_color::orange", "with an orange bill"),
        ("has_wing_color::blue", "with blue wings"),
        ("has_leg_color::black", "with black legs"),
        ("has_breast_pattern::solid", "with a plain breast"),
        ("has_tail_shape::fan", "with a fan-shaped tail"),
        ("has_tail_shape::fan-shaped_tail", "with a fan-shaped tail"),
        ("has_bill_shape::curved_(up_or_down)", "with a curved bill"),
        ("has_bill_length::longer_than_head", "with a bill longer than its head"),
        ("has_size::very_large_(32_-_72_in)", "of very large size"),
        ("has_shape::duck-like", "of duck shape"),
        ("has_upper_tail_color::buff", "with a buff upper tail"),
        ("has_primary_color::grey", "mainly grey"),
        ("has_eye_ring::yes", "with an eye ring"),
        ("has_habitat::snow", "in snow"),
        ("has_beak_color::red", "with a red beak"),
        ("striped_fur", "striped fur"),
    ],
)
def test_words_by_hand(attribute, words):
    assert phrase(attribute) == words


def test_a_file_has_a_concept_a_line(tmp_path):
    file = tmp_path / "concepts.txt"
    file.write_text("a striped animal\n\n  a wet nose \n", encoding="utf-8")
    found = read_concepts(file)
    assert found.names == found.texts == found.groups == ("a striped animal", "a wet nose")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n \n", "concepts.txt: expected at least two concepts to choose from, got 0"),
        (b"one\n", "expected at least two concepts to choose from, got 1"),
        (b"one\ntwo\none\n", "expected each concept once, got the name 'one' twice"),
        (b"\xff\xfe\x00", r"cannot be read as text (UnicodeDecodeError): expected one concept"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path, content, message):
    file = tmp_path / "concepts.txt"
    file.write_bytes(content)
    with pytest.raises(FewbitsError, match=re.escape(message)):
        read_concepts(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FewbitsError, match="gone.txt is not there: expected a text file"):
        read_concepts(tmp_path / "gone.txt")
    with pytest.raises(FewbitsError, match="cannot be read as text"):
        read_concepts(tmp_path)


def test_lists_that_say_nothing_are_refused():
    with pytest.raises(
        UsageError, match="the set has no attributes to name features with: give a li"
    ):
        concepts_of(())
    with pytest.raises(UsageError, match="needs a name, a text and a group, got 2, 1 and 2"):
        Concepts(("a", "b"), ("a",), ("a", "b"))
    with pytest.raises(UsageError, match="got the text 'x' twice"):
        Concepts(("a", "b"), ("x", "x"), ("a", "b"))


def test_some_of_a_list_in_another_order():
    some = concepts_of(NAMES).only([3, 0])
    assert some.names == (NAMES[3], NAMES[0]) and some.texts[1] == f"a bird {phrase(NAMES[0])}"
    with pytest.raises(UsageError, match="at least two concepts to choose from, got 1"):
        some.only([0])
