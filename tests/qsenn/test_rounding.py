"""The ways from a sparse fit to a ternary layer: one cut or many, and four biases."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fewbits import glm
from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.rounding import BIASES, CUTS, Rounding, solve_bias
from fewbits.qsenn.ternary import keep_each, make_ternary

WEIGHTS = torch.tensor([[5.0, -4.0, 3.0, 0.0], [0.5, 0.0, -0.1, 0.0], [0.0, 1.0, 0.0, 2.0]])
BIAS = torch.tensor([0.3, -0.2, 0.1])


@pytest.fixture(scope="module")
def task() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    features = torch.randn(90, 4, generator=generator)
    features[torch.arange(90), labels] += 1.5
    return features, labels


@pytest.fixture(scope="module")
def fit(task) -> glm.Fit:
    return glm.fit_path(*task, 3, tolerance=1e-6).last


def test_a_cut_for_each_class_by_hand():
    made = keep_each(WEIGHTS, BIAS, per_class=2)
    assert made.codes.tolist() == [[1, -1, 0, 0], [1, 0, -1, 0], [0, 1, 0, 1]]
    assert made.magnitude == pytest.approx((5 + 4 + 0.5 + 0.1 + 1 + 2) / 6)
    assert made.threshold == pytest.approx(0.05)  # of class 1, halfway between 0.1 and 0


def test_a_cut_for_the_layer_takes_from_the_class_of_small_weights():
    made = make_ternary(WEIGHTS, BIAS, per_class=2, fewer=True)
    assert (made.codes != 0).sum(1).tolist() == [3, 1, 2]


@given(seed=st.integers(0, 999), per_class=st.integers(1, 6))
def test_each_class_keeps_its_largest_and_no_zero(seed, per_class):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(4, 6, generator=generator) * (torch.rand(4, 6, generator=generator) < 0.5)
    weights[0, 0] = 1.0
    made = keep_each(weights, torch.zeros(4), per_class)
    for row, codes in zip(weights, made.codes, strict=True):
        kept = row[codes != 0].abs()
        assert len(kept) == min(per_class, int((row != 0).sum())) and (kept > 0).all()
        dropped = row[codes == 0].abs()
        assert not len(kept) or not len(dropped) or kept.min() >= dropped.max()
    assert made.codes.sign().equal((weights.sign() * (made.codes != 0)).to(torch.int8))


def test_the_paper_rounds_once_for_the_layer_and_counts(fit, task):
    made = Rounding(per_class=2)(fit, *task)
    paper = make_ternary(fit.weights, fit.bias, 2, fewer=True)
    assert made.codes.equal(paper.codes) and made.bias.equal(paper.bias)


def test_biases_are_what_their_names_say(fit, task):
    made = {bias: Rounding(2, bias=bias)(fit, *task) for bias in BIASES}
    assert made["fitted"].bias.equal(fit.bias)
    assert not made["zero"].bias.any()
    assert len({tuple(one.codes.flatten().tolist()) for one in made.values()}) == 1
    assert len({tuple(one.bias.tolist()) for one in made.values()}) == 4


def test_no_bias_is_better_on_the_pictures_than_the_solved_one(fit, task):
    features, labels = task

    def loss(bias: torch.Tensor) -> float:
        logits = features @ layer.weights.T + bias
        return torch.nn.functional.cross_entropy(logits.double(), labels).item()

    layer = Rounding(2, bias="solved")(fit, features, labels)
    for bias in BIASES:
        assert loss(layer.bias) <= loss(Rounding(2, bias=bias)(fit, features, labels).bias)
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        assert loss(layer.bias) < loss(layer.bias + 0.01 * torch.randn(3, generator=generator))


def test_without_features_the_solved_bias_is_how_often_a_class_occurs():
    labels = torch.tensor([0, 0, 0, 1])
    bias = solve_bias(torch.zeros(2, 1), torch.randn(4, 1), labels)
    assert bias.softmax(0).tolist() == pytest.approx([0.75, 0.25], abs=1e-5)
    assert bias.sum().item() == pytest.approx(0, abs=1e-6)


def test_a_class_without_pictures_has_no_bias_to_solve_for():
    with pytest.raises(FewbitsError, match="bias of class 1 cannot be solved for"):
        solve_bias(torch.zeros(3, 1), torch.zeros(2, 1), torch.tensor([0, 2]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cut": "both"}, f"cut must be one of {', '.join(CUTS)}, got 'both'"),
        ({"bias": ""}, f"bias must be one of {', '.join(BIASES)}, got ''"),
    ],
)
def test_unknown_ways_are_refused(wrong, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        Rounding(**wrong)


@pytest.mark.parametrize(
    ("weights", "per_class", "message"),
    [
        (WEIGHTS, 5, "per_class must be from 1 to the number of features, 4, got 5"),
        (0 * WEIGHTS, 2, "all weights of the layer are 0"),
        (WEIGHTS / 0, 2, "NaN or infinity"),
    ],
)
def test_layers_that_cannot_be_cut_are_refused(weights, per_class, message):
    with pytest.raises(UsageError, match=message):
        keep_each(weights, BIAS, per_class)
