"""How fast a machine does each thing that a run consists of: measured here, or read from a file."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fewbits.errors import FewbitsError, UsageError
from fewbits.protoquant.planning.task import Task
from fewbits.report import read_json


@dataclass(frozen=True)
class Rates:
    """Rates a second; None where one was not measured.

    On the device the backbone looks, codes are learned, pictures scored and heads fitted; k-means
    and whose code is nearest are the CPU's, as in a run.

    Attributes:
        backbone, side, codes, classes: what they were measured for.
        device: where all but ``product`` and ``assign`` were measured.
        free: bytes of disk that were free.
        look: pictures through the backbone.
        product: floating-point operations of a plain 32-bit product of matrices.
        assign: vectors to their nearest code.
        learn: pictures in an epoch that learns codes by gradient.
        score: pictures from feature maps to scores.
        channels: the same with the backbone's channels for codes.
        head: pictures in an epoch of the head over all codes.
        probe: pictures in an epoch of the linear probe.
        write: bytes into the cache's folder, flushed, with their checksum.
        read: bytes from it that were not in memory.
        decode: pictures read from their files, decoded and resized, by all cores.
    """

    backbone: str
    side: int
    codes: int
    classes: int
    device: str
    free: int | None = None
    look: float | None = None
    product: float | None = None
    assign: float | None = None
    learn: float | None = None
    score: float | None = None
    channels: float | None = None
    head: float | None = None
    probe: float | None = None
    write: float | None = None
    read: float | None = None
    decode: float | None = None


MEASURED = {
    "look": "pictures through the backbone",
    "product": "operations of a matrix product",
    "assign": "vectors to their nearest code",
    "learn": "pictures, codes learned by gradient",
    "score": "pictures, maps to scores",
    "channels": "pictures, maps to channels' scores",
    "head": "pictures, an epoch of the head",
    "probe": "pictures, an epoch of the probe",
    "write": "bytes written",
    "read": "bytes read",
    "decode": "pictures read and decoded",
}

_MEASURED_FOR = ("backbone", "side", "codes", "classes")


def read_rates(file: Path, task: Task) -> Rates:
    """Rates that ``fewbits plan protoquant --record FILE`` has written, here or elsewhere.

    Raises:
        UsageError: they were measured for another task.
        FewbitsError: the file is missing or holds something else.
    """
    found: Any = read_json(file, holds="rates of fewbits plan protoquant --record").get("rates")
    named = {field.name for field in fields(Rates)}
    if not isinstance(found, dict) or set(found) != named or not _sound(found):
        raise FewbitsError(
            f"{file} holds no rates: expected a file written by fewbits plan protoquant --record, "
            "every rate a number above 0 or null"
        )
    rates = Rates(**found)
    differ = [name for name in _MEASURED_FOR if getattr(rates, name) != getattr(task, name)]
    if differ:
        theirs = ", ".join(f"{name} {getattr(rates, name)}" for name in differ)
        ours = ", ".join(f"{name} {getattr(task, name)}" for name in differ)
        raise UsageError(
            f"{file} was measured for {theirs}, the plan is for {ours}: measure again, or plan that"
        )
    return rates


def _sound(found: dict[str, Any]) -> bool:
    """Whether names are texts, counts whole numbers, and rates numbers above 0, or unknown."""
    texts = all(isinstance(found[name], str) for name in ("backbone", "device"))
    counts = all(type(found[name]) is int for name in ("side", "codes", "classes"))
    free = found["free"] is None or (type(found["free"]) is int and found["free"] >= 0)
    return texts and counts and free and all(_is_rate(found[name]) for name in MEASURED)


def _is_rate(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        return False
    return value is None or (value > 0 and math.isfinite(value))
