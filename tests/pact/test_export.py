"""The int8 file: integer kernels, the same answers, and what is said when it cannot be made."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from reference import pact_integer as slow
from torch import Tensor, nn

from fewbits.data import ImageSet
from fewbits.errors import FewbitsError, UsageError
from fewbits.pact.convert import Recipe, quantize_network
from fewbits.pact.export import Int8Comparison, compare_int8, export_int8, float_twin, run_int8
from fewbits.pact.layers import QuantConv2d, QuantLinear
from fewbits.pact.networks import build
from fewbits.pact.packing import float_bytes
from fewbits.training import accuracy, predict, to_float

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

WEIGHTED = {"classic": (2, 2), "compact": (5, 1)}  # convolutions, linear layers
IN_FLOAT = {"Conv", "FusedConv", "Gemm", "MatMul", "FusedMatMul", "DequantizeLinear"}

# Largest difference between logits, in standard deviations of the logits, for nine in ten. A sum
# that lies within half a bias unit of a tie may take the neighbouring code; the fewer codes, the
# more it carries on.
RECIPES = {
    Recipe("8"): 0.02,
    Recipe("8", "lsq", "same"): 0.02,
    Recipe("4"): 0.05,
    Recipe("4", "dorefa", "same"): 0.1,
    Recipe("4/2", "lsq"): 0.3,
    Recipe("2"): 0.3,
    Recipe("4", activations="lsq"): 0.05,
}


@pytest.mark.parametrize(
    "recipe", RECIPES, ids=lambda r: f"{r.bits}-{r.weights}-{r.ends}-{r.activations}"
)
@pytest.mark.parametrize("name", ["classic", "compact"])
def test_exported_it_says_the_same(
    quantized, digits: ImageSet, tmp_path: Path, name: str, recipe: Recipe
) -> None:
    network = quantized(name, recipe)
    exported = export_int8(network, tmp_path / "network.onnx")
    kernels = Counter(exported.kernels)
    assert (kernels["QLinearConv"], kernels["QGemm"]) == WEIGHTED[name]
    assert not IN_FLOAT & kernels.keys(), "nothing is computed in floating point"
    assert kernels["QLinearGlobalAveragePool"] == (name == "compact")

    fake, whole = predict(network, digits.test.images), run_int8(exported.path, digits.test.images)
    differs = fake.argmax(1) != whole.argmax(1)
    best, second = fake[differs].topk(2).values.T
    assert ((best - second) / fake.std() < RECIPES[recipe]).all(), "only near ties go the other way"
    assert differs.float().mean() <= 0.02
    gap = (fake - whole).abs().amax(1).quantile(0.9) / fake.std()
    assert gap <= RECIPES[recipe]


@pytest.mark.parametrize("name", ["classic", "compact"])
def test_it_is_what_whole_numbers_give(
    quantized, digits: ImageSet, tmp_path: Path, name: str
) -> None:
    """Beside a slow version in 64-bit whole numbers, not beside PyTorch."""
    network, pixels = quantized(name, Recipe("8")), digits.test.images[:50]
    found = run_int8(export_int8(network, tmp_path / "network.onnx").path, pixels)
    expected = slow.logits(network, pixels).float()
    assert (found - expected).abs().max() < 0.02 * expected.std()


def test_fused_and_unfused_are_the_same(quantized, digits: ImageSet, tmp_path: Path) -> None:
    """Read literally, dequantise, convolve, quantise, it gives what the fused kernels give."""
    path = export_int8(quantized("compact", Recipe("4/2")), tmp_path / "network.onnx").path
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    pixels = digits.test.images[:64]
    literal = torch.from_numpy(session.run(None, {"pixels": pixels.numpy()})[0])
    gap = (literal - run_int8(path, pixels)).abs().amax(1)
    assert (gap < 1e-4).float().mean() > 0.95, "but for sums at a tie"


def test_a_network_by_hand(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 28), nn.ReLU(), nn.Flatten(), nn.Linear(1, 2))
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].weight[0, 0, 0, :2] = torch.tensor([1.0, -1.0])
        network[0].bias.fill_(1.25)
        network[3].weight.copy_(torch.tensor([[1.0], [-0.5]]))
        network[3].bias.copy_(torch.tensor([0.0, 4.0]))
    recipe = Recipe("2", ends="8", clip=3.0)
    made = quantize_network(network, recipe, torch.rand(2, 1, 28, 28))
    made[1].bits = 2  # codes 0, 1, 2, 3 are worth what they are
    export_int8(made, tmp_path / "network.onnx")
    pixels = torch.zeros(4, 1, 28, 28, dtype=torch.uint8)
    pixels[1, 0, 0, 0] = 255  # 1.25 + 1
    pixels[2, 0, 0, 1] = 255  # 1.25 - 1
    pixels[3, 0, 0, 0] = 128  # 1.25 + 0.502: nearer to 2
    found = run_int8(tmp_path / "network.onnx", pixels)
    expected = torch.tensor([[1, 3.5], [2, 3.0], [0, 4.0], [2, 3.0]])
    # 0.5 is 63.5 steps of the 8-bit grid: it is stored as 64 / 127.
    torch.testing.assert_close(found[:, 0], expected[:, 0], rtol=0, atol=1e-3)
    torch.testing.assert_close(found[:, 1], expected[:, 1], rtol=0, atol=0.01)


def test_the_file(quantized, tmp_path: Path) -> None:
    network = quantized("classic", Recipe("8"))
    path = tmp_path / "network.onnx"
    exported = export_int8(network, path)
    assert exported.path == path and exported.bytes == path.stat().st_size
    assert float_bytes(network) / 4 < exported.bytes < float_bytes(network) / 3.9
    model = onnx.load(str(path))
    onnx.checker.check_model(model, full_check=True)
    assert {opset.domain for opset in model.opset_import} == {""}, "ONNX's own operators alone"
    kinds = {array.name: array.data_type for array in model.graph.initializer}
    assert kinds["conv1.weights"] == onnx.TensorProto.INT8
    assert kinds["conv1.bias"] == onnx.TensorProto.INT32
    assert [path.name for path in tmp_path.iterdir()] == ["network.onnx"]


def test_few_bits_still_take_a_byte_each(quantized, tmp_path: Path) -> None:
    sizes = [
        export_int8(quantized("compact", Recipe(bits)), tmp_path / "network.onnx").bytes
        for bits in ("8", "2")
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_the_network_is_left_as_found(tiny: nn.Sequential, few_images, tmp_path: Path) -> None:
    network = quantize_network(tiny, Recipe("4"), few_images).train()
    network.norm1.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    export_int8(network, tmp_path / "network.onnx")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert (network.training, network.norm1.training, network.fc.training) == (True, False, True)
    assert all(p.grad is None for p in network.parameters())


def test_batches_do_not_matter(quantized, digits: ImageSet, tmp_path: Path) -> None:
    path = export_int8(quantized("compact", Recipe("4")), tmp_path / "network.onnx").path
    images = digits.test.images[:10]
    expected = run_int8(path, images)
    assert torch.equal(run_int8(path, images, batch_size=3), expected)
    assert torch.equal(run_int8(path, images[4:5])[0], expected[4])
    with pytest.raises(UsageError, match=r"expected pixels as bytes 0..255 \(torch.uint8\), got"):
        run_int8.__wrapped__(path, to_float(images))


def test_the_comparison(quantized, digits: ImageSet, tmp_path: Path) -> None:
    network, split = quantized("compact", Recipe("8")), digits.test.first(100)
    found = compare_int8(network, tmp_path / "network.onnx", split, rounds=2)
    assert isinstance(found, Int8Comparison)
    assert found.fake_accuracy == accuracy(network, split)
    logits = run_int8(tmp_path / "network.onnx", split.images)
    assert found.int8_accuracy == int((logits.argmax(1) == split.labels).sum()) / 100
    assert found.agreement >= 0.99 and 0 <= found.logit_difference < 0.1
    assert found.int8_bytes == (tmp_path / "network.onnx").stat().st_size < found.float_bytes / 3.5
    assert "QLinearConv" in found.kernels and found.threads >= 1
    engines = ["float, PyTorch", "fake-quantised, PyTorch", "float, ONNX Runtime"]
    engines.append("int8, ONNX Runtime")
    assert [(t.engine, t.batch) for t in found.timings] == [
        (engine, batch) for batch in (1, 100) for engine in engines
    ]
    assert all(t.milliseconds > 0 for t in found.timings)
    json.dumps(asdict(found))


@pytest.mark.parametrize("name", ["classic", "compact"])
def test_the_float_files_are_the_float_network(
    float_networks, quantized, digits: ImageSet, tmp_path: Path, name: str
) -> None:
    """What int8 is compared with really is the network in 32 bits, in both engines."""
    from fewbits.pact.onnx_graph import float_model
    from fewbits.pact.runtime import feed, open_session, write_model

    images = to_float(digits.test.images[:20])
    network = quantize_network(float_networks[name].network, Recipe("2", clip=4.0), images)
    expected = predict(float_networks[name].network, images)
    twin = float_twin(network)
    assert not any(p is q for p, q in zip(twin.parameters(), network.parameters(), strict=False))
    torch.testing.assert_close(predict(twin, images), expected)
    write_model(float_model(network), tmp_path / "float.onnx")
    found = feed(open_session(tmp_path / "float.onnx"), images)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_a_float_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not quantised: give it to quantize_network first"):
        export_int8(build("compact", 10), tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


def test_dorefa_with_8_bits_is_refused(quantized, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="conv1: 256 weight levels without a 0 among them"):
        export_int8(quantized("compact", Recipe("4", "dorefa")), tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_one_line(
    quantized, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    network = quantized("compact", Recipe("8"))
    monkeypatch.setitem(sys.modules, package, None)
    says = rf"needs the packages onnx and onnxruntime \({package} is missing\): pip install onnx on"
    with pytest.raises(FewbitsError, match=says) as caught:
        export_int8(network, tmp_path / "network.onnx")
    assert "\n" not in str(caught.value) and not isinstance(caught.value, UsageError)
    with pytest.raises(FewbitsError, match=says):
        run_int8(tmp_path / "network.onnx", torch.zeros(1, 1, 28, 28, dtype=torch.uint8))


def test_files_that_are_not_whole(quantized, tmp_path: Path) -> None:
    pixels = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    path = tmp_path / "network.onnx"
    with pytest.raises(FewbitsError, match="network.onnx is missing: export_int8 writes it"):
        run_int8(path, pixels)
    export_int8(quantized("compact", Recipe("8")), path)
    whole = path.read_bytes()
    for kept in (0, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(FewbitsError, match="is not a whole ONNX file .*again") as caught:
            run_int8(path, pixels)
        assert "\n" not in str(caught.value)
    with pytest.raises(FewbitsError, match="could not write|in the way"):
        export_int8(quantized("compact", Recipe("8")), path / "network.onnx")


def test_strides_groups_and_dilation(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = nn.Conv2d(1, 4, 3, stride=2, padding=(1, 0))
    second = nn.Conv2d(4, 6, 3, dilation=2, groups=2)
    network = nn.Sequential(
        first, nn.ReLU(), second, nn.MaxPool2d(3, stride=2, padding=1), nn.ReLU(), nn.Flatten()
    ).append(nn.Linear(6 * 5 * 5, 3))
    images = torch.randint(0, 256, (6, 1, 28, 28), dtype=torch.uint8)
    made = quantize_network(network, Recipe("8"), to_float(images))
    assert isinstance(made[0], QuantConv2d) and isinstance(made[6], QuantLinear)
    export_int8(made, tmp_path / "network.onnx")
    fake: Tensor = predict(made, images)
    assert (run_int8(tmp_path / "network.onnx", images) - fake).abs().max() < 0.02 * fake.std()
