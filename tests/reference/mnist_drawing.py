"""Strokes as a 28 x 28 image, the slow way: every cell asks every piece of every stroke.

How MNIST was made (LeCun et al., 1998; the database's page): the box of the digit is scaled to 20
pixels, the centre of mass moved to the middle of a field of 28 x 28.
"""

import numpy as np

CELLS = 280  # of a fine grid, 10 x 10 a pixel


def ink(strokes, pen):
    rows, columns = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5, indexing="ij")
    nearest = np.full((CELLS, CELLS), np.inf)
    for points in strokes:
        points = 10 * np.asarray(points, dtype=float)
        for a, b in zip(points[[0, *range(len(points) - 1)]], points, strict=True):
            way = b - a
            length = (way**2).sum()
            along = ((columns - a[0]) * way[0] + (rows - a[1]) * way[1]) / (length or 1)
            along = along.clip(0, 1)
            distance = np.hypot(columns - a[0] - along * way[0], rows - a[1] - along * way[1])
            nearest = np.minimum(nearest, distance)
    return (10 * pen / 2 + 0.5 - nearest).clip(0, 1)


def image(strokes, pen, centre):
    """Bytes, 28 x 28."""
    fine = ink(strokes, pen)
    left = top = 0.0
    size = 10.0
    if centre:
        rows, columns = np.nonzero(fine)
        size = max(np.ptp(rows), np.ptp(columns)) / 20 + 1 / 20
        middle = np.arange(CELLS) + 0.5
        left = (fine.sum(0) * middle).sum() / fine.sum() - 14 * size
        top = (fine.sum(1) * middle).sum() / fine.sum() - 14 * size
    down, across = coverage(top, size), coverage(left, size)
    return np.round(255 * (down @ fine @ across.T)).astype(np.uint8)


def coverage(start, size):
    """[pixel, cell]: which part of the pixel's width lies over the cell."""
    pixel = start + size * np.arange(28)[:, None]
    cell = np.arange(CELLS)[None, :]
    overlap = np.minimum(pixel + size, cell + 1) - np.maximum(pixel, cell)
    return overlap.clip(0) / size
