"""Replays as the page of AlphaReplay reads them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewbits.pact.replay import Replay
from fewbits.widgets.base import encode

TALLEST = 255


def heights(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Bar heights from 0 to 255, the square root of the count; whatever is there stays visible.

    All frames share one scale, so that bars can be compared from step to step. It is set by the
    middle one of the frames' tallest bars: a moment in which all values fall together would
    flatten all the others, so its bar is cut off instead.
    """
    tallest = np.sqrt(np.median(counts.max(axis=1)))
    scaled = np.ceil(np.sqrt(counts) / max(tallest, 1.0) * TALLEST / 1.1)
    return scaled.clip(0, TALLEST).astype(np.uint8)


def describe(replay: Replay) -> dict[str, Any]:
    """One replay: numbers a frame, and for each layer numbers and histograms a frame."""
    frames = replay.frames
    missing = float("nan")
    return {
        "steps": [frame.step for frame in frames],
        "accuracy": _doubles([frame.accuracy for frame in frames]),
        "loss": _doubles([frame.loss for frame in frames]),
        "training": _doubles(
            [missing if f.training_loss is None else f.training_loss for f in frames]
        ),
        "layers": [_describe_layer(replay, name) for name in replay.layers],
    }


def _describe_layer(replay: Replay, name: str) -> dict[str, Any]:
    layer, seen = replay.layers[name], [frame.layers[name] for frame in replay.frames]
    return {
        "name": name,
        "bits": layer.bits,
        "learns": layer.learns,
        "low": layer.low,
        "width": layer.width,
        "bins": layer.bins,
        "alpha": encode(np.array([s.alpha for s in seen], dtype=np.float32)),  # as it is learned
        "clipped": _doubles([s.clipped for s in seen]),
        "zero": _doubles([s.zero for s in seen]),
        "used": encode(np.array([s.used for s in seen], dtype=np.float32)),
        "heights": encode(heights(np.array([s.counts for s in seen]))),
    }


def _doubles(values: list[float]) -> dict[str, str]:
    return encode(np.array(values, dtype=np.float64))


def encode_replays(replays: Mapping[str, Replay], widget: object) -> list[dict[str, Any]]:
    """The replays as a list, in the order they were given."""
    return [{"name": name, **describe(replay)} for name, replay in replays.items()]
