"""Two digits on one black canvas, one of which decides the label: saliency with a truth to hit.

One digit is *wanted*, a 0 to 4, and its class is the label. The other, a 5 to 9, is the
*distractor*: it stands beside every label alike. So all that a network can know of the label lies
in the wanted digit's box, and a map that points elsewhere is wrong (the pointing game of Zhang et
al., arXiv 1608.00507, and the grid pointing game of Boehle et al., CVPR 2021, ask the same).

All pixels and draws are whole numbers made from digests, the same on every machine.
"""

import hashlib
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from jaxtyping import Int, UInt8, UInt64

from fewbits.data.registry import TWO_DIGITS
from fewbits.data.splits import SIDE, ImageSet, Split
from fewbits.errors import UsageError

BOX = 12
"""Height and width of a shrunk digit, and of the box that is the truth, in pixels."""

CLASSES = TWO_DIGITS.classes
"""Digits below this number are wanted, the others distract."""

JITTER = SIDE // 2 - BOX
"""A digit lies up to this many pixels below and right of its quadrant's corner."""

LAYOUT_SEED = b"two digits 1"
"""Salt of the draws: another salt, other distractors and places (at most 16 bytes)."""

ROUNDS = {
    "smoke": {"train": 6, "validation": 2, "test": 2},
    "real": {"train": 1, "validation": 1, "test": 1},
}
"""How often each wanted digit appears; the few embedded ones often, each time in other company."""

_CUT = (SIDE - 2 * BOX) // 2
_PLACES = np.array(list(permutations(range(4), 2)))  # wanted digit's quadrant, distractor's


@dataclass(frozen=True)
class Layout:
    """What is drawn for each canvas: which distractor, and where both boxes begin.

    Attributes:
        distractor: its number among the distractors.
        wanted_at: the top row and left column of the wanted digit's box.
        distractor_at: the same of the distractor's, in another quadrant.
    """

    distractor: Int[np.ndarray, " image"]
    wanted_at: Int[np.ndarray, "image 2"]
    distractor_at: Int[np.ndarray, "image 2"]


def shrink(images: UInt8[np.ndarray, "image 28 28"]) -> UInt8[np.ndarray, "image 12 12"]:
    """The central 24 x 24 pixels, each 2 x 2 of them averaged, halves rounded up."""
    inner = images[:, _CUT : SIDE - _CUT, _CUT : SIDE - _CUT].astype(np.int64)
    fours = inner.reshape(-1, BOX, 2, BOX, 2).sum(axis=(2, 4))
    return ((fours + 2) // 4).astype(np.uint8)


def draw_layout(part: str, count: int, distractors: int) -> Layout:
    """Draw ``count`` layouts; the n-th depends on ``part``, n and ``distractors`` alone.

    Args:
        part: ``train``, ``validation`` or ``test``, so that each part has draws of its own.
        count: canvases.
        distractors: how many there are to draw from, with replacement.
    """
    numbers = _numbers(part, count)
    places = _PLACES[numbers[:, 1] % len(_PLACES)]
    steps = JITTER + 1
    jitter = numbers[:, 2, None] // steps ** np.arange(4, dtype=np.uint64) % steps
    corners = np.stack([places // 2, places % 2], axis=2) * (SIDE // 2)
    begins = corners + jitter.astype(np.int64).reshape(count, 2, 2)
    drawn = (numbers[:, 0] % distractors).astype(np.int64)
    return Layout(drawn, begins[:, 0], begins[:, 1])


def _numbers(part: str, count: int) -> UInt64[np.ndarray, "image 3"]:
    """Three numbers below 2**64 for each canvas. No library's generator, whose draws may change."""
    digests = (
        hashlib.blake2b(f"{part} {n}".encode(), digest_size=24, salt=LAYOUT_SEED).digest()
        for n in range(count)
    )
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64).reshape(count, 3)


def compose(digits: Split, part: str, rounds: int = 1) -> Split:
    """Canvases from the digits of one split, each wanted digit once a round, in their order.

    Args:
        digits: labels from 0 to 9.
        part: the split's name, which decides the draws.
        rounds: how often each wanted digit appears.

    Returns:
        A split whose ``truth`` is the wanted digit's 12 x 12 box. Ink outside it is the
        distractor's.

    Raises:
        UsageError: there is no wanted digit, no distractor, another label, or no round.
    """
    labels = digits.labels.numpy()
    _check(labels, part, rounds)
    wanted = np.tile(np.flatnonzero(labels < CLASSES), rounds)
    others = np.flatnonzero(labels >= CLASSES)
    small = shrink(digits.images[:, 0].numpy())
    layout = draw_layout(part, len(wanted), len(others))
    canvas = np.zeros((len(wanted), SIDE, SIDE), dtype=np.uint8)
    truth = np.zeros(canvas.shape, dtype=np.bool_)
    canvas[_box(layout.distractor_at)] = small[others[layout.distractor]]
    canvas[_box(layout.wanted_at)] = small[wanted]
    truth[_box(layout.wanted_at)] = True
    return Split(
        torch.from_numpy(canvas[:, None]),
        torch.from_numpy(labels[wanted]),
        torch.from_numpy(truth[:, None]),
    )


def _check(labels: Int[np.ndarray, " image"], part: str, rounds: int) -> None:
    """Refuse what no canvas can be made from."""
    if rounds < 1:
        raise UsageError(f"expected at least 1 round, got {rounds}: each makes one set of canvases")
    odd = labels[(labels < 0) | (labels > 9)]
    if len(odd):
        raise UsageError(f"{part}: expected labels from 0 to 9, got {odd[0]}: use a set of digits")
    for kind, least, there in (
        ("wanted", 0, labels < CLASSES),
        ("distractor", CLASSES, labels >= CLASSES),
    ):
        if not there.any():
            raise UsageError(
                f"{part}: expected a {kind} digit, {least} to {least + 4}, got none in "
                f"{len(labels):,} images: use a set with all ten digits in each split"
            )


def _box(corner: Int[np.ndarray, "image 2"]) -> tuple[Int[np.ndarray, "image _ _"], ...]:
    """Indices of each image's box: image, rows, columns."""
    inside = np.arange(BOX)
    rows, columns = corner[:, 0, None] + inside, corner[:, 1, None] + inside
    return np.broadcast_arrays(
        np.arange(len(corner))[:, None, None], rows[:, :, None], columns[:, None, :]
    )


def make_two_digits(source: ImageSet, scale: str) -> ImageSet:
    """The set ``two-digits`` from a set of digits. A split's canvases hold its own digits only.

    Args:
        source: its splits sorted by digest, as :func:`fewbits.data.load` gives them, so that the
            canvases do not depend on the order of files either.
        scale: decides the number of rounds.

    Raises:
        UsageError: as :func:`compose`.
    """
    rounds = ROUNDS[scale]
    return ImageSet(
        name=TWO_DIGITS.name,
        train=compose(source.train, "train", rounds["train"]),
        validation=compose(source.validation, "validation", rounds["validation"]),
        test=compose(source.test, "test", rounds["test"]),
        class_names=TWO_DIGITS.class_names(),
    )
