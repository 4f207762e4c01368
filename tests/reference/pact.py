"""PACT, LSQ, DoReFa, SAWB and packing, one number at a time, straight from the papers."""

from collections.abc import Sequence


def pact_clip(x: float, alpha: float) -> float:
    """PACT, arXiv 1805.06085, eq. 1."""
    return 0.5 * (abs(x) - abs(x - alpha) + alpha)


def pact(x: float, alpha: float, bits: int) -> float:
    """PACT, eq. 2."""
    steps = 2**bits - 1
    return round(pact_clip(x, alpha) * steps / alpha) * alpha / steps


def pact_gradients(
    xs: Sequence[float], alpha: float, upstream: Sequence[float]
) -> tuple[list[float], float]:
    """PACT, eq. 3: what arrives at each x, and the sum that arrives at alpha."""
    to_x = [g if 0 < x < alpha else 0.0 for x, g in zip(xs, upstream, strict=True)]
    return to_x, sum(g for x, g in zip(xs, upstream, strict=True) if x >= alpha)


def lsq(v: float, s: float, q_n: int, q_p: int) -> float:
    """LSQ, arXiv 1902.08153, eq. 1 and 2."""
    clipped = max(-q_n, min(v / s, q_p))
    return round(clipped) * s


def lsq_gradients(
    vs: Sequence[float], s: float, q_n: int, q_p: int, upstream: Sequence[float]
) -> tuple[list[float], float]:
    """LSQ, eq. 3 and 5, with the gradient scale of section 2.2."""
    to_v, to_s = [], 0.0
    for v, g in zip(vs, upstream, strict=True):
        to_v.append(g if -q_n < v / s < q_p else 0.0)
        if v / s <= -q_n:
            to_s += g * -q_n
        elif v / s >= q_p:
            to_s += g * q_p
        else:
            to_s += g * (round(v / s) - v / s)
    return to_v, to_s / (len(vs) * q_p) ** 0.5


def tie_distance(x: float) -> float:
    """How far x is from half-way between two whole numbers, where rounding may go either way."""
    return abs(x % 1 - 0.5)


def sawb_clip(ws: Sequence[float], bits: int) -> float:
    """SAWB, arXiv 1807.06964, section 3.2."""
    c1, c2 = {2: (3.12, -2.064), 3: (7.509, -6.892), 4: (12.68, -12.80)}[bits]
    mean_square = sum(w * w for w in ws) / len(ws)
    mean_size = sum(abs(w) for w in ws) / len(ws)
    return c1 * mean_square**0.5 + c2 * mean_size


def nearest_of(levels: Sequence[float], w: float) -> float:
    """The level that is nearest to w."""
    return min(levels, key=lambda level: abs(level - w))


def symmetric_levels(clip: float, count: int) -> list[float]:
    """``count`` evenly spaced levels from -clip to clip."""
    return [clip * (2 * i / (count - 1) - 1) for i in range(count)]


def dorefa(ws: Sequence[float], bits: int) -> list[float]:
    """DoReFa, arXiv 1606.06160, eq. 5 and 9: always between -1 and 1."""
    from math import tanh

    steps = 2**bits - 1
    largest = max(abs(tanh(w)) for w in ws)
    return [2 * round(steps * (tanh(w) / (2 * largest) + 0.5)) / steps - 1 for w in ws]


def pack(codes: Sequence[int], bits: int) -> list[int]:
    """Codes written one after the other, lowest bit first; each eight bits make a byte."""
    stream = "".join(format(code, f"0{bits}b")[::-1] for code in codes)
    stream += "0" * (-len(stream) % 8)
    return [int(stream[i : i + 8][::-1], 2) for i in range(0, len(stream), 8)]
