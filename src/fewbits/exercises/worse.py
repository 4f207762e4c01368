"""Checks for the exercises of *Worse, or just different?*"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from fewbits import metrics
from fewbits.exercises.verdict import Verdict, as_tensor, close, is_open, right, unanswered, wrong


def reversed_ranks(correlation: object, shared: object) -> Verdict:
    """Exercise 1: two maps in opposite order."""
    if is_open(correlation) or is_open(shared):
        return unanswered("write two numbers: the correlation, and the part they share.")
    if close(correlation, 1):
        return wrong("1 is the same order; here what is first in one map is last in the other.")
    if close(correlation, 0):
        return wrong("0 would be no relation at all; knowing one order here tells the other.")
    if not close(correlation, -1):
        return wrong(f"put d = -3, -1, 1, 3 into 1 - 6 sum(d^2) / (n^3 - n): not {correlation}.")
    if close(shared, 0):
        return right("opposite order: nothing of the top is shared, and the correlation knows it.")
    if close(shared, 0.5):
        return wrong("half is what chance would share; here the two halves are opposite.")
    return wrong("the correlation is right; compare pixels 3 and 4 with pixels 1 and 2.")


def constant_map(gini: object, entropy: object, shared: object) -> Verdict:
    """Exercise 2: what a map that says nothing gets."""
    if is_open(gini) or is_open(entropy) or is_open(shared):
        return unanswered("write three numbers: Gini, entropy in nats, and the shared part.")
    if close(gini, 1):
        return wrong("1 is a map with a single pixel; all equal is the other end of the Gini.")
    if not close(gini, 0):
        return wrong(f"all pixels are equally strong, nothing is uneven: the Gini is not {gini}.")
    if close(entropy, 0):
        return wrong("entropy 0 is a map with a single pixel; here it is as large as it can be.")
    if close(entropy, math.log2(784)):
        return wrong("that is in bits; with the natural logarithm it is in nats.")
    if not close(entropy, math.log(784), 1e-3):
        return wrong("784 equal shares of 1/784: -sum(p log p) is the logarithm of 784.")
    if close(shared, 0.01):
        return wrong(
            "a tenth times a tenth is a part of *all* pixels; of the top tenth it is more."
        )
    if not close(shared, 0.1):
        return wrong("each pixel has a tenth of a place in the top tenth, whatever the other map.")
    return right("a map that says nothing gets the worst clarity and chance agreement, never NaN.")


def insertion(answer: Callable[..., Sequence[float]]) -> Verdict:
    """Exercise 3: put pixels back instead of taking them away."""
    generator = torch.Generator().manual_seed(4)
    image = torch.rand(1, 1, 4, 4, generator=generator)
    own = torch.rand(1, 4, 4, generator=generator)
    linear = nn.Linear(16, 3, bias=False)
    linear.weight = nn.Parameter(torch.randn(3, 16, generator=generator))
    network = nn.Sequential(nn.Flatten(), linear)
    given = image.clone()
    found = answer(network, image, own, 1, (0, 4, 8, 12, 16))
    if is_open(found):
        return unanswered("start from black, put back the strongest pixels, ask the network.")
    if not torch.equal(image, given):
        return wrong("the image itself was changed: work on a copy, others still need it.")
    labels = torch.tensor([1])
    expected = metrics.insertion(network, image, own, labels, steps=4).scores[0]
    removed = metrics.deletion(network, image, own, labels, steps=4).scores[0]
    weakest = metrics.insertion(network, image, -own, labels, steps=4).scores[0]
    tensor = as_tensor(found)
    if tensor is None or tensor.shape != (5,):
        return wrong("expected one probability for each of the five counts.")
    if close(tensor, expected):
        return right("the last score is the whole image's, as the first one of deletion is.")
    if close(tensor, removed):
        return wrong("this is deletion: the picture starts whole and loses pixels.")
    if close(tensor, expected.flip(0)) or close(tensor, weakest):
        return wrong("the weakest pixels come first: sort with descending=True.")
    return wrong(f"expected {[round(v, 3) for v in expected.tolist()]}, got {found}.")


def linear_maps(answer: Callable[[Tensor, Tensor], Sequence[Tensor]]) -> Verdict:
    """Exercise 4: three maps of a linear network."""
    w, x = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.5, 1.0, 0.0])
    found = answer(w, x)
    if is_open(found) or any(is_open(part) for part in found):
        return unanswered("three maps, each with one number a pixel.")
    gradient, integrated, occlusion = found
    if close(gradient, w):
        return wrong("the gradient is w; with its sign dropped it is |w|.")
    if not close(gradient, w.abs()):
        return wrong("the derivative of z with respect to pixel i is its weight.")
    if close(integrated, w) or close(integrated, w.abs()):
        return wrong("integrated gradients multiply the gradient by what the pixel changed by.")
    if not close(integrated, w * x):
        return wrong("the gradient is w all the way from black, times the change of each pixel, x.")
    if close(occlusion, (w * x).abs()):
        return wrong("without a pixel that speaks against the class the logit rises: keep signs.")
    if not close(occlusion, w * x):
        return wrong("blacken pixel i and z falls by w_i x_i: nothing else is in the sum.")
    return right("the last two agree, and only because the network is linear.")


def bootstrap(answer: Callable[[Tensor, torch.Generator], Sequence[float]]) -> Verdict:
    """Exercise 5: an interval by drawing again."""
    values = torch.rand(60, generator=torch.Generator().manual_seed(5)).square()
    found = answer(values, torch.Generator().manual_seed(6))
    if is_open(found) or any(is_open(part) for part in found):
        return unanswered("draw with replacement, take means, cut off both ends.")
    low, high = (float(part) for part in found)
    mean, error = values.mean().item(), (values.std() / len(values) ** 0.5).item()
    if low > high:
        return wrong("the ends are the wrong way round.")
    if low == high:
        return wrong("all means are the same: draw *with* replacement.")
    spread = (high - low) / (2 * 1.96 * error)
    if not low < mean < high:
        return wrong(f"the interval does not hold the mean, {mean:.3f}: whose ends are they?")
    if spread > 3:
        return wrong("these are quantiles of the values; draw means and take theirs.")
    if 0.75 < spread < 0.92:
        return wrong("too narrow for 95 %: cut off 2.5 % at each end, not 5 %.")
    if not 0.92 <= spread <= 1.08:
        return wrong(f"{spread:.2f} times as wide as it should be: draw as many as there are.")
    return right(f"{low:.3f} to {high:.3f}; the standard error says nearly the same.")
