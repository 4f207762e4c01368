"""Checks for the exercises of *Does it hold?*"""

from collections.abc import Callable

import torch
from torch import Tensor

from fewbits.exercises.verdict import Verdict, close, is_open, right, unanswered, wrong

OF_SEED, OF_IMAGE, REST = 0.05, 0.2, 0.1


def lost(least: object, most: object) -> Verdict:
    """Exercise 1: a change as a share of what there was."""
    if is_open(least) or is_open(most):
        return unanswered("write two shares, the smaller first.")
    if close(least, 0.03, 1e-6) and close(most, 0.07, 1e-6):
        return wrong("these are the ends themselves; as a share of the gain they are larger.")
    if close(least, 0.7, 1e-3) and close(most, 0.3, 1e-3):
        return wrong("the smaller loss first: the end that is nearer to 0.")
    if not (close(least, 0.3, 1e-3) and close(most, 0.7, 1e-3)):
        return wrong(f"hold 0.03 and 0.07 against the gain of 0.10: not {least} and {most}.")
    return right("between three and seven tenths, as far as three seeds can tell.")


def paired(together: object, apart: object) -> Verdict:
    """Exercise 2: what pairing is worth."""
    if is_open(together) or is_open(apart):
        return unanswered("write two standard errors: of the paired differences, and apart.")
    if not close(together, 0):
        return wrong("subtract image by image first: all four differences are the same.")
    if close(apart, 0):
        return wrong("apart, each mean keeps the error that its four unequal images give it.")
    if close(apart, (2 * 0.1 / 4) ** 0.5, 1e-3):
        return wrong("divide each sum of squares by n - 1, not by n.")
    if close(apart, (0.4 / 3 / 4) ** 0.5, 1e-3):
        return wrong("that is one mean's error; the difference has both, squares added.")
    if not close(apart, (2 * 0.4 / 3 / 4) ** 0.5, 1e-3):
        return wrong(f"s^2 / n for each network, added, then the root: it is not {apart}.")
    return right("the images' differences were all of the error, and pairing takes all of it off.")


def drawn_where_right(answer: Callable[[Tensor, Tensor, torch.Generator], Tensor]) -> Verdict:
    """Exercise 3: a draw of the bootstrap that skips what does not count."""
    counts = torch.rand(3, 50, generator=torch.Generator().manual_seed(0)) < 0.7
    of_seed = 100 * torch.arange(3.0)[:, None].expand(3, 50)
    of_image = torch.arange(50.0).expand(3, 50)
    # What does not count is enormous, so that it is noticed.
    found = {
        name: _many(answer, torch.where(counts, values, 1e6), counts)
        for name, values in (("seed", of_seed), ("image", of_image))
    }
    if any(means is None for means in found.values()):
        return unanswered("one mean, of the values that were drawn and count.")
    by_seed, by_image = found["seed"], found["image"]
    assert by_seed is not None and by_image is not None
    if max(by_seed.max(), by_image.max()) > 1e4:
        return wrong("a value that does not count found its way into the mean.")
    if by_seed.std() < 1 and by_image.std() < 0.1:
        return wrong("the mean never moves: draw anew each time, from `generator`.")
    expected = of_seed[counts].mean()
    if by_seed.mean() < 0.85 * expected:
        return wrong("too low: divide by how many values count, not by how many were drawn.")
    # Three seeds drawn from 0, 100, 200: the mean spreads by 47. Fifty images of 0 to 49: by 2.
    if by_seed.std() < 30:
        return wrong("too steady: three *seeds* are drawn anew too, each with all its images.")
    if by_image.std() < 1:
        return wrong("too steady: the *images* are drawn anew too.")
    if by_image.std() < 1.8:
        return wrong("too steady: all seeds see the same images, so one draw serves all rows.")
    if abs(by_seed.mean() - expected) > 0.1 * expected:
        return wrong(f"the means lie around {by_seed.mean():.0f}, the data's is {expected:.0f}.")
    return right("seeds and images are drawn, and only then is asked what counts.")


def _many(answer: Callable[..., Tensor], values: Tensor, counts: Tensor) -> Tensor | None:
    """Three hundred draws; None while there is no answer."""
    found = []
    for seed in range(300):
        one = answer(values, counts, torch.Generator().manual_seed(seed))
        if is_open(one):
            return None
        found.append(float(one))
    return torch.tensor(found, dtype=torch.float64)


def variance(answer: Callable[[int, int], float]) -> Verdict:
    """Exercise 4: what more images buy, and what more seeds."""
    if is_open(first := answer(3, 300)):
        return unanswered("a function of the numbers of seeds and of images.")
    a, b, c = OF_SEED**2, OF_IMAGE**2, REST**2
    if close(first, (a + b + c) / 900, 1e-9):
        return wrong("so it would be if all nine hundred were independent.")
    if close(first, a / 3 + b / 900 + c / 900, 1e-9):
        return wrong("all seeds share the images: there are 300 surprises of images, not 900.")
    if close(first, OF_SEED / 3 + OF_IMAGE / 300 + REST / 900, 1e-9):
        return wrong("variances add, not spreads: square them.")
    for seeds, images in ((3, 300), (3, 10_000), (10, 300), (1, 1)):
        expected = a / seeds + b / images + c / (seeds * images)
        if not close(found := answer(seeds, images), expected, 1e-9):
            return wrong(f"{seeds} seeds, {images} images: {found}, should be {expected:.3g}.")
    return right("ten thousand images instead of 300 take off a seventh, ten seeds over half.")


def chance(energy: object, pointing: object) -> Verdict:
    """Exercise 5: what a map that knows nothing gets."""
    if is_open(energy) or is_open(pointing):
        return unanswered("write two shares.")
    if close(energy, 0.5) or close(pointing, 0.5):
        return wrong("two digits, but most of the canvas is neither: count pixels.")
    if close(energy, 12 / 28, 1e-3):
        return wrong("that is a side; the box is 12 by 12 of 28 by 28.")
    if not close(energy, 144 / 784, 5e-3):
        return wrong(f"a flat map has as much inside as the box has area: not {energy}.")
    if not close(pointing, 144 / 784, 5e-3):
        return wrong(f"a random place hits the box as often as its area says: not {pointing}.")
    return right("18 % for both: more than that is more than chance, and still not the network.")
