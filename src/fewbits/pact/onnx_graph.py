"""A network as an ONNX graph: in floating point, or in codes that a runtime computes with integers.

The integer graph says dequantise, convolve, quantise at every layer, in ONNX's own operators; a
runtime that has integer kernels fuses the three into one. ONNX Runtime does.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from fewbits.errors import UsageError
from fewbits.pact.activations import PACT
from fewbits.pact.folding import fold
from fewbits.pact.layers import QuantLinear
from fewbits.pact.stages import Stage, stages_of

OPSET, IR_VERSION = 17, 8
PIXEL_SCALE = 1 / 255


class _Graph:
    """Nodes and constants, in the order they are added; every tensor by its name."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: Any, dtype: type) -> str:
        self.constants[name] = numpy_helper.from_array(np.asarray(value, dtype), name)
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def dequantize(self, codes: str, scale: str, zero: str, axis: int | None = None) -> str:
        along = {} if axis is None else {"axis": axis}
        return self.add("DequantizeLinear", [codes, scale, zero], f"{codes}.real", **along)

    def model(self, pixels: int, pixel_shape: list[int], logits: str, classes: int) -> Any:
        graph = helper.make_graph(
            self.nodes,
            "fewbits",
            [helper.make_tensor_value_info("pixels", pixels, ["image", *pixel_shape])],
            [helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["image", classes])],
            initializer=list(self.constants.values()),
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model


def integer_model(network: nn.Sequential, pixel_shape: tuple[int, int, int] = (1, 28, 28)) -> Any:
    """The ONNX model of a quantised network: uint8 pixels in, float logits out, codes between.

    Raises:
        UsageError: the network has no integer form (see :func:`stages_of` and :func:`fold`).
    """
    graph = _Graph()
    stages = stages_of(network)
    graph.constant("pixels.scale", PIXEL_SCALE, np.float32)
    graph.constant("codes.zero", 0, np.uint8)
    codes, scale = "pixels", PIXEL_SCALE
    for stage in stages[:-1]:
        real = _compute(graph, stage, codes, scale)
        codes, scale = _quantize(graph, stage, real)
    last = stages[-1]
    logits = _compute(graph, last, codes, scale)
    classes = graph.constants[f"{last.name}.bias"].dims[0]
    return graph.model(TensorProto.UINT8, list(pixel_shape), logits, classes)


def _compute(graph: _Graph, stage: Stage, codes: str, scale: float) -> str:
    """The stage's sums, as real numbers: integer codes in and out are what makes them integer."""
    x = graph.dequantize(codes, f"{codes}.scale", "codes.zero")
    name, core = stage.name, stage.core
    if isinstance(core, nn.AdaptiveAvgPool2d):
        return graph.add("GlobalAveragePool", [x], f"{name}.mean")
    whole = fold(name, core, stage.norm, scale)
    weights = graph.constant(f"{name}.weights", whole.weights.numpy(), np.int8)
    bias = graph.constant(f"{name}.bias", whole.bias.numpy(), np.int32)
    steps = whole.scale.numpy()
    graph.constant(f"{weights}.scale", steps, np.float32)
    graph.constant(f"{weights}.zero", np.zeros_like(steps), np.int8)
    graph.constant(f"{bias}.scale", np.float32(scale) * steps, np.float32)
    graph.constant(f"{bias}.zero", np.zeros_like(steps), np.int32)
    inputs = [x] + [
        graph.dequantize(part, f"{part}.scale", f"{part}.zero", axis=0) for part in (weights, bias)
    ]
    if isinstance(core, QuantLinear):
        return graph.add("Gemm", inputs, f"{name}.sums", transB=1)
    return graph.add("Conv", inputs, f"{name}.sums", group=core.groups, **_window(core))


def _quantize(graph: _Graph, stage: Stage, real: str) -> tuple[str, float]:
    """Back to codes 0..2**bits - 1: the rounding, and both ends of the clip."""
    assert stage.activation is not None
    highest = 2**stage.activation.bits - 1
    scale = stage.activation.alpha.item() / highest
    name = f"{stage.name}.codes"
    graph.constant(f"{name}.scale", scale, np.float32)
    codes = graph.add("QuantizeLinear", [real, f"{name}.scale", "codes.zero"], name)
    for i, pool in enumerate(stage.pools):
        codes = graph.add("MaxPool", [codes], f"{name}.pooled{i}", **_window(pool))
    if highest < 255:  # 8 bits need no clip: a byte ends where the codes do
        top = graph.constant(f"{name}.highest", highest, np.uint8)
        codes = graph.add("Clip", [codes, "codes.zero", top], f"{name}.clipped")
    if stage.flatten:
        codes = graph.add("Flatten", [codes], f"{name}.flat")
    graph.constant(f"{codes}.scale", scale, np.float32)
    return codes, scale


def _window(layer: nn.Conv2d | nn.MaxPool2d) -> dict[str, Any]:
    """Kernel, stride, padding and dilation as ONNX writes them."""

    def pair(value: Any) -> list[int]:
        return [value, value] if isinstance(value, int) else list(value)

    return {
        "kernel_shape": pair(layer.kernel_size),
        "strides": pair(layer.stride),
        "pads": 2 * pair(layer.padding),
        "dilations": pair(layer.dilation),
    }


def float_model(network: nn.Sequential, pixel_shape: tuple[int, int, int] = (1, 28, 28)) -> Any:
    """The ONNX model of the same network in floating point: real weights, ReLU for each clip.

    What the integer model is to be compared with: same runtime, same layers, 32 bits a number.
    """
    graph, x = _Graph(), "pixels"
    for name, layer in network.named_children():
        arrays = {k: v.detach().cpu().numpy() for k, v in layer.state_dict().items()}
        held = {
            k: graph.constant(f"{name}.{k}", v, np.float32) for k, v in arrays.items() if v.ndim
        }
        match layer:
            case nn.Conv2d():
                inputs = [x, *(held[part] for part in ("weight", "bias") if part in held)]
                x = graph.add("Conv", inputs, f"{name}.sums", group=layer.groups, **_window(layer))
            case nn.Linear():
                inputs = [x, *(held[part] for part in ("weight", "bias") if part in held)]
                x = graph.add("Gemm", inputs, f"{name}.sums", transB=1)
            case nn.BatchNorm2d():
                parts = ("weight", "bias", "running_mean", "running_var")
                inputs = [x, *(held[part] for part in parts)]
                x = graph.add("BatchNormalization", inputs, f"{name}.out", epsilon=layer.eps)
            case nn.MaxPool2d():
                x = graph.add("MaxPool", [x], f"{name}.out", **_window(layer))
            case nn.ReLU() | PACT():
                x = graph.add("Relu", [x], f"{name}.out")
            case nn.AdaptiveAvgPool2d():
                x = graph.add("GlobalAveragePool", [x], f"{name}.out")
            case nn.Flatten():
                x = graph.add("Flatten", [x], f"{name}.out")
            case _:
                raise UsageError(f"{name} ({type(layer).__name__}) has no ONNX form here")
    classes = [m for m in network if isinstance(m, nn.Linear)][-1].out_features
    return graph.model(TensorProto.FLOAT, list(pixel_shape), x, classes)
