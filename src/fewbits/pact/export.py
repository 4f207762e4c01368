"""An int8 file that runs on integer kernels: written, run, and compared with what was trained.

Needs the packages onnx and onnxruntime (``pip install "fewbits[export]"``).
"""

import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.pact.activations import PACT
from fewbits.pact.convert import QUANTIZED_LAYERS
from fewbits.pact.runtime import feed, kernels_of, open_session, runtime, write_model
from fewbits.training import predict, to_float

BATCHES = (1, 100)
ROUNDS = 15


@dataclass(frozen=True)
class Int8Export:
    """A file for an integer runtime.

    Attributes:
        path: the ONNX file.
        bytes: its size. Every weight takes a byte, whatever its bits.
        kernels: what ONNX Runtime makes of it on this machine, one name for each step.
    """

    path: Path
    bytes: int
    kernels: tuple[str, ...]


@dataclass(frozen=True)
class Timing:
    """Milliseconds an image, the median of several rounds.

    Attributes:
        engine: "float, PyTorch", "fake-quantised, PyTorch", "float, ONNX Runtime" or
            "int8, ONNX Runtime".
        batch: images at a time.
    """

    engine: str
    batch: int
    milliseconds: float


@dataclass(frozen=True)
class Int8Comparison:
    """The integer network beside the fake-quantised one it was made from.

    Attributes:
        fake_accuracy: share of images the fake-quantised network gets right.
        int8_accuracy: share the integer network gets right.
        agreement: share of images on which both give the same class.
        logit_difference: the median difference between their logits.
        int8_bytes: size of the integer ONNX file.
        float_bytes: size of the same network's ONNX file in floating point.
        kernels: what ONNX Runtime runs, one name for each step.
        timings: of four ways to run the network, at each of ``BATCHES``.
        threads: how many processor threads each of them had.
    """

    fake_accuracy: float
    int8_accuracy: float
    agreement: float
    logit_difference: float
    int8_bytes: int
    float_bytes: int
    kernels: tuple[str, ...]
    timings: tuple[Timing, ...]
    threads: int


def export_int8(network: nn.Sequential, path: str | Path) -> Int8Export:
    """Write a quantised network as an ONNX file whose layers run on integer kernels.

    Pixels go in as bytes, activations between layers are codes, weights whole numbers of 8 bits;
    batch norm is folded into one scale a channel and whole-number biases. Only the logits are
    real numbers.

    Raises:
        UsageError: the network is not quantised or has no integer form.
        FewbitsError: onnx or onnxruntime is missing, or the file cannot be written.
    """
    runtime()
    from fewbits.pact.onnx_graph import integer_model

    path = Path(path)
    size = write_model(integer_model(network), path)
    return Int8Export(path, size, kernels_of(path))


def run_int8(
    path: str | Path, images: UInt8[Tensor, "image 1 28 28"], batch_size: int = 1000
) -> Float[Tensor, "image class"]:
    """Logits of an exported network for images of pixels 0..255.

    Raises:
        UsageError: the images are not bytes.
        FewbitsError: onnxruntime is missing, or the file is missing or not whole.
    """
    if images.dtype != torch.uint8:
        raise UsageError(f"expected pixels as bytes 0..255 (torch.uint8), got {images.dtype}")
    session = open_session(Path(path))
    parts = [feed(session, part) for part in images.cpu().split(batch_size)]
    return torch.cat(parts)


def compare_int8(
    network: nn.Sequential, path: str | Path, split: Split, rounds: int = ROUNDS
) -> Int8Comparison:
    """Export a quantised network and compare it with itself: accuracy, agreement, size, time.

    Args:
        path: where the integer ONNX file goes.
        split: images to compare on.
        rounds: how often each way of running it is timed; they take turns.

    Raises:
        UsageError, FewbitsError: see :func:`export_int8`.
    """
    exported = export_int8(network, path)
    fake = predict(network, split.images)
    whole = run_int8(path, split.images)
    labels = split.labels.cpu()
    with tempfile.TemporaryDirectory() as scratch:
        from fewbits.pact.onnx_graph import float_model

        float_file = Path(scratch) / "float.onnx"
        float_bytes = write_model(float_model(network), float_file)
        timings = _race(_engines(network, exported.path, float_file), split.images, rounds)
    return Int8Comparison(
        fake_accuracy=_share(fake.argmax(1) == labels),
        int8_accuracy=_share(whole.argmax(1) == labels),
        agreement=_share(fake.argmax(1) == whole.argmax(1)),
        logit_difference=(fake - whole).abs().median().item(),
        int8_bytes=exported.bytes,
        float_bytes=float_bytes,
        kernels=exported.kernels,
        timings=timings,
        threads=torch.get_num_threads(),
    )


def float_twin(network: nn.Sequential) -> nn.Sequential:
    """The same network without any quantiser, in eval mode: what it would cost in 32 bits."""
    twin = deepcopy(network).cpu().eval()
    for name, layer in list(twin.named_children()):
        if isinstance(layer, PACT):
            setattr(twin, name, nn.ReLU())
        elif isinstance(layer, QUANTIZED_LAYERS):
            layer.quantizer = nn.Identity()  # type: ignore[assignment]
    return twin


def _engines(
    network: nn.Sequential, int8_file: Path, float_file: Path
) -> dict[str, Callable[[UInt8[Tensor, "image 1 28 28"]], object]]:
    twin, fake = float_twin(network), deepcopy(network).cpu().eval()
    real, whole = open_session(float_file), open_session(int8_file)
    return {
        "float, PyTorch": lambda images: twin(to_float(images)),
        "fake-quantised, PyTorch": lambda images: fake(to_float(images)),
        "float, ONNX Runtime": lambda images: feed(real, to_float(images)),
        "int8, ONNX Runtime": lambda images: feed(whole, images),
    }


@torch.inference_mode()
def _race(
    engines: dict[str, Callable[[Tensor], object]], images: Tensor, rounds: int
) -> tuple[Timing, ...]:
    """Time all engines in turn, round after round, so that a busy moment hits all alike."""
    timings = []
    for batch in BATCHES:
        chosen = images.cpu()[torch.arange(batch) % len(images)]
        spent: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(rounds + 1):
            for name, run in engines.items():
                started = time.perf_counter()
                run(chosen)
                spent[name].append(1e3 * (time.perf_counter() - started) / batch)
        # The first round warms up.
        timings += [Timing(name, batch, median(spent[name][1:])) for name in engines]
    return tuple(timings)


def _share(right: Tensor) -> float:
    return int(right.sum()) / len(right)
