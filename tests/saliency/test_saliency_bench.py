"""The bench times every measure, on equal work, and Quantus' work gives Quantus' numbers."""

import numpy as np
import pytest
import torch
from torch import nn

from fewbits import data
from fewbits.errors import FewbitsError
from fewbits.metrics import MEASURES
from fewbits.pact import networks
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.saliency import bench
from fewbits.saliency.bench import Cost
from fewbits.training import to_float


@pytest.fixture(scope="module")
def asked() -> tuple[nn.Module, nn.Module, torch.Tensor, torch.Tensor]:
    """A network at 2 bits, its float one, eight digits and what they are."""
    test = data.load("digits").test.first(8)
    torch.manual_seed(0)
    float_network = networks.build("compact", 10).eval()
    pixels = to_float(test.images)
    quantized = quantize_network(float_network, Recipe("2"), pixels)
    return quantized, float_network, pixels, test.labels


def test_every_method_and_measure_has_a_cost(asked) -> None:
    found = {cost.work: cost for cost in bench.costs(*asked, quantus_images=0)}
    measures = {name for name in MEASURES if name.startswith(("agreement", "faithf", "clarity"))}
    measures -= {name for name in MEASURES if name.endswith((".gain", ".foreground"))}
    assert set(found) == measures | {f"maps: {method}" for method in bench.METHODS}
    assert all(cost.ours > 0 and cost.quantus is None for cost in found.values())


def test_a_measure_costs_its_mean_over_the_methods(asked, monkeypatch) -> None:
    """With a clock that ticks once a call, everything takes 1,000 ms over eight images."""
    monkeypatch.setattr(bench, "_milliseconds", lambda work, images: 1000 / images)
    found = bench.costs(*asked, quantus_images=0)
    assert {cost.ours for cost in found} == {125.0}
    # 1,000 images: 5 methods' maps, and 8 measures on each
    assert bench.total_seconds(found, 1000) == pytest.approx(125 * (5 + 5 * 8))


def test_ratios_by_hand() -> None:
    found = [Cost("a", 2.0, 6.0), Cost("b", 5.0), Cost("c", 0.5, 4.0)]
    assert [cost.ratio for cost in found] == [3.0, None, 8.0]
    assert bench.together(found) == Cost("these together", 2.5, 10.0)


def test_quantus_does_the_same_work(asked) -> None:
    pytest.importorskip("quantus")
    network, other, images, labels = asked
    own, theirs = (bench.explain(net, images, labels) for net in (network, other))
    work = bench.quantus_work(network, images, labels, own, theirs)
    ours = bench.our_work(network, images, labels, own, theirs)
    assert set(work) < set(ours)
    for name in ("agreement.spearman", "clarity.entropy"):
        assert np.array(work[name]()) == pytest.approx(ours[name]().numpy(), abs=1e-5)
    flipped = np.array(work["faithfulness.deletion"]())
    assert flipped == pytest.approx(ours["faithfulness.deletion"]().scores[:, 1:].numpy(), abs=1e-5)


def test_a_missing_quantus_is_one_line(asked, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "quantus", None)
    with pytest.raises(FewbitsError, match="needs quantus: pip install.*--quantus-images 0"):
        bench.costs(*asked, quantus_images=2)
