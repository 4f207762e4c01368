"""ONNX Runtime at arm's length: one way to write a file, open it, feed it and look inside."""

import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fewbits.errors import FewbitsError
from fewbits.report import write_whole


def runtime() -> Any:
    """The module onnxruntime, with onnx beside it.

    Raises:
        FewbitsError: one of the two is not installed.
    """
    try:
        import onnx  # noqa: F401 - the file is written with it
        import onnxruntime
    except ImportError as error:
        raise FewbitsError(
            f"the int8 export needs the packages onnx and onnxruntime ({error.name} is missing): "
            "pip install onnx onnxruntime"
        ) from error
    return onnxruntime


def open_session(path: Path, fused: Path | None = None) -> Any:
    """Open an ONNX file on the processor; write what the runtime makes of it to ``fused``.

    Raises:
        FewbitsError: onnxruntime is not installed, or the file is missing or not whole.
    """
    onnxruntime = runtime()
    if not path.is_file():
        raise FewbitsError(f"{path} is missing: export_int8 writes it")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    # Processors without VNNI add pairs of products in 16 bits and overflow; this keeps it exact.
    options.add_session_config_entry("session.x64quantprecision", "1")
    # Its threads would go on spinning after a run and slow down whatever is timed next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if fused is not None:
        options.optimized_model_filepath = str(fused)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        said = " ".join(str(error).split())
        raise FewbitsError(
            f"{path} is not a whole ONNX file ({said}): export the network again"
        ) from error


def feed(session: Any, images: Tensor) -> Tensor:
    """Logits for the images a session was made for: bytes, or floats in [0, 1]."""
    return torch.from_numpy(session.run(None, {"pixels": images.numpy()})[0])


def write_model(model: Any, path: Path) -> int:
    """Write a model whole or not at all; return the bytes it takes.

    Raises:
        FewbitsError: the file cannot be written.
    """
    data = model.SerializeToString()
    return write_whole(path, lambda part: part.write_bytes(data)).stat().st_size


def kernels_of(path: str | Path) -> tuple[str, ...]:
    """The steps ONNX Runtime executes for a file on this machine, in order, after fusing.

    ``QLinearConv`` and ``QGemm`` compute with integers; ``Conv`` and ``Gemm`` would not.
    """
    import onnx

    with tempfile.TemporaryDirectory() as scratch:
        fused = Path(scratch) / "fused.onnx"
        open_session(Path(path), fused)
        return tuple(node.op_type for node in onnx.load(str(fused)).graph.node)
