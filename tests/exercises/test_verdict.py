"""What checks say, whatever they are given."""

import torch

from fewbits.exercises.verdict import SHOWN, shown


def test_a_short_answer_is_repeated_as_it_is():
    assert shown([1, 0.5, "a"]) == "[1, 0.5, 'a']"
    assert shown(torch.tensor([1.0, 2.0])) == "tensor([1., 2.])"


def test_a_long_answer_is_one_short_line():
    long = shown(torch.rand(50, 50))
    assert len(long) <= SHOWN and "\n" not in long and long.endswith(" ...")
    assert shown("x" * (SHOWN - 2)) == repr("x" * (SHOWN - 2))
    assert len(shown("x" * SHOWN)) == SHOWN
