"""The embedded set: scikit-learn's 1,797 handwritten digits, enlarged from 8 x 8 to 28 x 28."""

import numpy as np
from jaxtyping import UInt8

from fewbits.data.splits import (
    SIDE,
    ImageSet,
    digest_images,
    order_stratified,
    take,
)

TEST, VALIDATION = 400, 200
_SMALL, _INK = 8, 16  # the originals: 8 x 8 pixels, ink from 0 to 16
_PARTS = 14  # bilinear weights from 8 to 28 are multiples of 1/14


def enlarge(small: UInt8[np.ndarray, "image 8 8"]) -> UInt8[np.ndarray, "image 28 28"]:
    """Enlarge ink of 0..16 on 8 x 8 to pixels of 0..255 on 28 x 28, bilinearly.

    All in whole numbers, so that every machine gets the same pixels: the centre of pixel i lies at
    (i + 1/2) * 8/28 - 1/2 = (4 i - 5) / 14 of the small image.
    """
    weights = np.zeros((SIDE, _SMALL), dtype=np.int64)
    for i in range(SIDE):
        position = min(max(4 * i - 5, 0), _PARTS * (_SMALL - 1))
        left, part = divmod(position, _PARTS)
        weights[i, left] += _PARTS - part
        weights[i, min(left + 1, _SMALL - 1)] += part
    ink = weights @ small.astype(np.int64) @ weights.T
    whole = _INK * _PARTS**2
    return ((2 * 255 * ink + whole) // (2 * whole)).astype(np.uint8)


def load_digits() -> ImageSet:
    """The digits, cut into 1,197 train, 200 validation and 400 test, each class in its share."""
    from sklearn.datasets import load_digits as read

    bunch = read()
    small, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    order = order_stratified(digest_images(small, labels), labels.tolist())
    images = enlarge(small)
    return ImageSet(
        name="digits",
        train=take(images, labels, order[TEST + VALIDATION :]),
        validation=take(images, labels, order[TEST : TEST + VALIDATION]),
        test=take(images, labels, order[:TEST]),
        class_names=tuple("0123456789"),
    )
