"""Captions say several true things, never a false one and never the species."""

import random
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fewbits.data.birds import SPECIES, draw_bird
from fewbits.data.birds.mixed import NAMES
from fewbits.errors import UsageError
from fewbits.qsenn.names.captions import OPENINGS, caption, captions_of
from fewbits.qsenn.names.phrases import phrase

CORES = {name: phrase(name).removeprefix("with ") for name in NAMES}


def said(text: str) -> set[str]:
    """The attributes whose words are in a text."""
    return {name for name, words in CORES.items() if re.search(rf"\b{re.escape(words)}\b", text)}


def test_no_attributes_words_hide_in_anothers():
    for name, words in CORES.items():
        assert said(words) == {name}


@given(
    shown=st.lists(st.sampled_from(NAMES), unique=True),
    seed=st.integers(0, 10_000),
    most=st.integers(1, 14),
)
def test_a_caption_says_only_what_is_shown(shown, seed, most):
    text = caption(shown, random.Random(seed), 1, most)
    told = said(text)
    assert told <= set(shown) and len(told) <= most
    assert bool(told) == bool(shown)
    # Nothing is left once openings, joints and the words of what is shown are taken away.
    for words in sorted((CORES[name] for name in told), key=len, reverse=True):
        text = text.replace(words, "")
    assert re.sub(r"\b(with|and)\b|[ ,]", "", text) in {one.replace(" ", "") for one in OPENINGS}


def test_captions_of_a_species_never_name_it():
    for label in range(0, 24, 5):
        truth = draw_bird(label, 0).truth.attributes
        shown = torch.from_numpy(truth)[None]
        (texts,) = captions_of(shown, NAMES[: shown.shape[1]], each=5, seed=label)
        own = {name for name, there in zip(NAMES, truth, strict=False) if there}
        for text in texts:
            assert said(text) <= own
            assert SPECIES[label].name.split("_")[-1].lower() not in text


def test_captions_vary_and_depend_on_the_seed_alone():
    shown = torch.zeros(2, len(NAMES), dtype=torch.bool)
    shown[:, ::6] = True
    first, again = (captions_of(shown, NAMES, 6, seed=4) for _ in range(2))
    assert first == again != captions_of(shown, NAMES, 6, seed=5)
    assert len({text for texts in first for text in texts}) == 12
    assert captions_of(torch.zeros_like(shown[:1]), NAMES, 1, seed=0)[0][0] in OPENINGS


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"names": NAMES[:3]}, "expected a name for each of 48 columns, got 3"),
        ({"each": 0}, "expected at least 1 caption of 1 attribute or more, got 0 of 3 to 12"),
        ({"fewest": 5, "most": 4}, "got 1 of 5 to 4"),
        ({"fewest": 0}, "got 1 of 0 to 12"),
    ],
)
def test_what_makes_no_captions_is_refused(given_, message):
    shown = torch.ones(1, len(NAMES), dtype=torch.bool)
    with pytest.raises(UsageError, match=re.escape(message)):
        captions_of(shown, **{"names": NAMES, "each": 1, "seed": 0} | given_)
