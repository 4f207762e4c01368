"""Right and wrong names counted by hand, and chance beside them."""

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.qsenn.names.concepts import Concepts
from fewbits.qsenn.names.matching import Match, best_by_group, match
from fewbits.qsenn.names.naming import Naming, name_by
from fewbits.qsenn.names.scoring import correlations

# Five attributes of three groups; in each row of a picture one of each group that it has.
FIVE = Concepts(tuple("abcde"), tuple("abcde"), ("one", "one", "two", "two", "three"))


def table(count: int = 400, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.rand(count, generator=generator) < 0.5 for _ in range(2))
    third = torch.rand(count, generator=generator) < 0.5
    return torch.stack([first, ~first, second, ~second, third], dim=1)


TRUTH = table()


def asked(naming: Naming, features: torch.Tensor, threshold: float, floor: float = 0) -> Match:
    return match(naming, correlations(features, TRUTH.float()), threshold, floor)


def called(*concepts: str) -> Naming:
    """A naming that gives these names with score 0.9 each; ``-`` gets 0.1."""
    scores = torch.zeros(len(concepts), 5)
    for row, name in enumerate(concepts):
        scores[row, "abcde".index(name.strip("-") or "a")] = 0.1 if "-" in name else 0.9
    return Naming(FIVE, scores, torch.zeros(len(concepts), 1, dtype=torch.int64))


def test_names_from_the_truth_are_right():
    noise = 0.2 * torch.rand(400, 5, generator=torch.Generator().manual_seed(1))
    features = TRUTH + noise
    naming = name_by(features, TRUTH.float(), FIVE)
    found = asked(naming, features, 0.5, floor=0.2)
    assert found.first.of_used == found.first.of_named == 1
    assert found.first.chance == pytest.approx(1 / 5)
    assert found.first.swapped == pytest.approx(1 / 5), "five features, five names"


def test_three_strictnesses_by_hand():
    # Three features: a alone; a loudly, c faintly; e.
    features = torch.stack(
        [TRUTH[:, 0].float(), 2 * TRUTH[:, 0] + TRUTH[:, 2].float(), TRUTH[:, 4].float()], dim=1
    )
    found = asked(called("b", "c", "e"), features, 0.5, floor=0.2)
    assert found.first.of_used == pytest.approx(1 / 3), "only e"
    assert found.among_three.of_used == pytest.approx(2 / 3), "c is the second feature's second"
    assert found.group.of_used == pytest.approx(2 / 3), "b is of a's group"
    # Right names are a; a and c; e: four of fifteen.
    assert found.among_three.chance == pytest.approx(4 / 15)
    # Names b, c, e given to each: c fits the second, e the third.
    assert found.among_three.swapped == pytest.approx(2 / 9)


def test_a_feature_without_a_name_is_not_right():
    features = TRUTH[:, [0, 2]].float()
    found = asked(called("a", "c-"), features, 0.5)
    assert found.first.of_used == 0.5 and found.first.of_named == 1
    none = asked(called("a-", "c-"), features, 0.5)
    assert none.first.of_used == 0 and none.first.of_named is None


def test_a_feature_that_goes_with_nothing_has_no_right_name():
    features = torch.rand(400, 2, generator=torch.Generator().manual_seed(3))
    found = asked(called("a", "c"), features, 0.5, floor=0.3)
    assert [found.first.chance, found.among_three.chance, found.group.chance] == [0, 0, 0]


def test_absence_is_no_name():
    """Loud where a is missing is loud where b is there: b is right, a is not."""
    feature = 1 - TRUTH[:, :1].float()
    assert asked(called("a"), feature, 0.5).among_three.of_used == 0
    assert asked(called("b"), feature, 0.5).first.of_used == 1


def test_right_names_by_the_group_that_is_truly_best():
    # a, ~a and c alone: two of group one, one of group two. The second is called wrongly.
    truth = correlations(TRUTH[:, [0, 1, 2]].float(), TRUTH.float())
    found = best_by_group(called("a", "a", "c"), truth, 0.5, floor=0.2)
    assert found == {"one": {"features": 2, "right": 1}, "two": {"features": 1, "right": 1}}
    assert list(found) == ["one", "two"], "the largest first"
    unnamed = best_by_group(called("a", "a", "c-"), truth, 0.5, floor=0.2)
    assert unnamed["two"] == {"features": 1, "right": 0}


@pytest.mark.parametrize("shape", [(1, 5), (2, 4)])
def test_another_table_is_refused(unchecked, shape):
    message = f"the 2 features and 5 concepts that were named, got {shape[0]} and {shape[1]}"
    for judge in (match, best_by_group):
        with pytest.raises(UsageError, match=message):
            judge(called("a", "b"), torch.zeros(shape), 0.5)
