"""Rows read block by block give what all rows at once give, with no table as large as theirs."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from fewbits import glm
from fewbits.glm import table as tables
from fewbits.qsenn.selection import select_features


def rows(seed: int = 0, images: int = 203, features: int = 12) -> tuple[Tensor, Tensor]:
    """Features on different scales, far from 0, one of them constant; three classes; float64."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 3
    means = torch.randn(3, features, generator=generator, dtype=torch.float64)
    noise = torch.randn(images, features, generator=generator, dtype=torch.float64)
    found = (means[labels] + noise) * torch.logspace(-2, 2, features, dtype=torch.float64) + 30
    found[:, 4] = 0.1
    return found, labels


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows a block, of twelve features; nothing is copied."""
    monkeypatch.setitem(tables.BLOCK_BYTES, "cpu", 7 * 12 * 8)
    monkeypatch.setitem(tables.WIDE_BYTES, "cpu", 7 * 12 * 8)
    monkeypatch.setattr(tables, "COPY_BYTES", 0)


def layer(features: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(3, features, generator=generator, dtype=torch.float64)
    return weights, weights[:, 0].clone()


def test_a_loss_in_blocks_is_that_of_all_rows(narrow: None) -> None:
    table, labels = rows()
    z, how = glm.standardize(table)
    lazy = glm.Multinomial(glm.Table(table, how, copy_bytes=0), labels, 3)
    assert sum(1 for _ in lazy.features.blocks(3)) == 29, "203 rows, 7 at a time"
    weights, bias = layer(12)
    weights.requires_grad_(), bias.requires_grad_()
    whole = torch.nn.functional.cross_entropy(z @ weights.T + bias, labels)
    whole.backward()
    value, slope, bias_slope = lazy(weights.detach(), bias.detach())
    assert value == pytest.approx(whole.item(), abs=1e-12)
    torch.testing.assert_close(slope, weights.grad, atol=1e-12, rtol=0)
    torch.testing.assert_close(bias_slope, bias.grad, atol=1e-12, rtol=0)


def test_columns_of_columns_are_read_from_the_table(narrow: None) -> None:
    table, labels = rows()
    z, how = glm.standardize(table)
    first, second = torch.tensor([1, 3, 4, 8, 11]), torch.tensor([0, 2, 4])
    lazy = glm.Multinomial(glm.Table(table, how, copy_bytes=0), labels, 3)
    found = lazy.columns(first).columns(second)
    expected = glm.Multinomial(z[:, first[second]].contiguous(), labels, 3)
    assert found.features.shape == (203, 3)
    for one, other in zip(found(*layer(3)), expected(*layer(3)), strict=True):
        torch.testing.assert_close(torch.as_tensor(one), torch.as_tensor(other))
    assert lazy.evaluations == {3: 1}, "columns are counted together"
    # One of the three columns is constant.
    assert found.features.mean_square() == pytest.approx(2 / 3)
    assert expected.features.mean_square() == pytest.approx(2 / 3, rel=0.01)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_path_in_blocks_is_that_of_all_rows(
    grouped: bool, request: pytest.FixtureRequest
) -> None:
    table, labels = rows()
    whole = glm.fit_path(table, labels, 3, 0.9, 6, grouped, 1e-8)
    request.getfixturevalue("narrow")
    lazy = glm.fit_path(table, labels, 3, 0.9, 6, grouped, 1e-8)
    for one, other in zip(whole.fits, lazy.fits, strict=True):
        assert other.converged
        assert other.objective == pytest.approx(one.objective, abs=1e-10)
        torch.testing.assert_close(other.weights, one.weights, atol=1e-4, rtol=0)


def test_the_selection_may_read_a_mapped_file(narrow: None, tmp_path: Path) -> None:
    """As features larger than the memory would lie."""
    table, labels = rows()
    expected = select_features(table, labels, 3, 5)
    file = tmp_path / "features"
    table.numpy().tofile(file)
    mapped = torch.from_file(str(file), size=table.numel(), dtype=table.dtype).view_as(table)
    found = select_features(mapped, labels, 3, 5)
    assert torch.equal(found.features, expected.features)
    torch.testing.assert_close(found.strengths, expected.strengths)


def test_a_block_holds_a_row_at_least_and_no_more_than_its_bytes() -> None:
    assert tables.block_rows(10**9, 10**9, 8, "cpu") == 1
    for kind, features, classes in (("cpu", 2048, 1000), ("cuda", 2048, 1000), ("cpu", 50, 10)):
        many = tables.block_rows(features, classes, 4, kind)
        assert many * classes * 4 <= tables.BLOCK_BYTES[kind]
        assert many * features * 4 <= tables.WIDE_BYTES[kind]
        assert many >= 1000


def test_a_layer_that_is_sure_is_treated_as_any_other() -> None:
    """Logits hundreds apart: what has no chance is left out before it becomes a denormal."""
    table, labels = rows()
    z, _ = glm.standardize(table)
    weights, bias = (100 * part for part in layer(12))
    weights.requires_grad_()
    whole = torch.nn.functional.cross_entropy(z @ weights.T + bias, labels)
    whole.backward()
    value, slope, _ = glm.Multinomial(z, labels, 3)(weights.detach(), bias)
    assert value == pytest.approx(whole.item(), rel=1e-12) and value > 10
    torch.testing.assert_close(slope, weights.grad, atol=1e-12, rtol=0)
