"""Checks for the exercises of *From levels to codes*."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from fewbits.exercises.verdict import Verdict, as_tensor, close, is_open, right, unanswered, wrong
from fewbits.ops import nearest_code


def price(bits_a_patch: object, bits_a_pixel: object) -> Verdict:
    """Exercise 1: bits of 512 codes for patches of 16 pixels."""
    if is_open(bits_a_patch) or is_open(bits_a_pixel):
        return unanswered("write the bits a patch and the bits a pixel.")
    if close(bits_a_patch, 512):
        return wrong("512 is how many codes there are; how many bits tell which one it is?")
    if close(bits_a_patch, 8):
        return wrong("8 bits tell 256 codes apart; here are twice as many.")
    if close(bits_a_patch, 9 * 16):
        return wrong("a patch is spelled by one code, not by one code a pixel.")
    if not close(bits_a_patch, 9):
        return wrong(f"bits a patch: 2 to what power is 512? Got {bits_a_patch}.")
    if close(bits_a_pixel, 9 / 4):
        return wrong("bits a pixel: you divided by the side of the patch; it has 16 pixels.")
    if close(bits_a_pixel, 16 / 9):
        return wrong("bits a pixel: upside down.")
    if not close(bits_a_pixel, 9 / 16, tolerance=0.003):  # 0.56 is read off well enough
        return wrong(f"bits a pixel: one code for 16 pixels; got {bits_a_pixel}.")
    return right("9 bits a patch, 0.5625 a pixel, plus the codebook, once for all images.")


def two_steps(after_one: object, after_two: object) -> Verdict:
    """Exercise 2: Lloyd by hand on 0, 0, 0, 1, 5, 6."""
    if is_open(after_one) or is_open(after_two):
        return unanswered("write two entries after one step and two entries after two.")
    # ``lloyd_step`` gives a column; two numbers are two numbers.
    after_one, after_two = (_flat(answer) for answer in (after_one, after_two))
    if close(after_one, [0.0, 5.5]):
        return wrong("after one: where did the 1 go? It is nearer to 0 than to 5.")
    if close(after_one, [0.5, 5.5]):
        return wrong("after one: 0 occurs three times and counts three times in the mean.")
    if close(after_one, [0.0, 4.0]):
        return wrong("after one: the 1 belongs to the entry at 0; it is nearer to 0 than to 5.")
    if close(after_one, [0.0, 5.0]):
        return wrong("after one: this is the start. Move each entry to the mean of its numbers.")
    if not close(after_one, [0.25, 5.5]):
        return wrong(f"after one: expected the means of two groups, got {after_one}.")
    if not close(after_two, after_one):
        return wrong(
            f"after two: does any number change sides? If not, no mean moves: {after_two}."
        )
    return right("0.25 and 5.5, and there they stay: no number is nearer to the other entry now.")


def _flat(answer: object) -> object:
    found = as_tensor(answer)
    return answer if found is None else found.flatten().tolist()


class _Calls(TorchFunctionMode):
    """Keeps the names of the torch functions that are called inside."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.names.add(func.__name__)
        return func(*args, **(kwargs or {}))


PRODUCTS = {"matmul", "__matmul__", "__rmatmul__", "mm", "addmm", "einsum", "inner", "linear"}
DISTANCES = {"cdist", "pairwise_distance", "norm", "vector_norm", "dist"}


def nearest_by_product(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 3: the nearest code from a product of matrices."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(300, 4, generator=generator)
    entries = torch.rand(9, 4, generator=generator) * torch.linspace(0.3, 1.5, 9)[:, None]
    with _Calls() as calls:
        found = answer(x, entries)
    if is_open(found):
        return unanswered("return the code of each row of x: the number of its nearest entry.")
    if not isinstance(found, Tensor) or found.shape != (300,):
        return wrong("expected one code for each row of x: a tensor of shape (300,).")
    product, length = x @ entries.T, entries.square().sum(1)
    slips = {
        "the largest product favours long entries; their length has to be charged": product.argmax(
            1
        ),
        "you charged the whole square of the length; it is half of it against one product": (
            product - length
        ).argmax(1),
        "argmin picks the entry that is least alike": (product - length / 2).argmin(1),
        "this is the nearest by angle, with all entries made equally long": (
            product / length.sqrt()
        ).argmax(1),
    }
    if torch.equal(found, nearest_code(x, entries)):
        if calls.names & DISTANCES or not calls.names & PRODUCTS:
            return wrong(
                "the codes are right, but distances were measured: use a product of matrices only."
            )
        return right("and the half squared lengths can be kept ready, one number an entry.")
    for what, slip in slips.items():
        if torch.equal(found, slip):
            return wrong(f"{what}.")
    agree = (found == nearest_code(x, entries)).float().mean().item()
    return wrong(f"the same code as nearest_code for {agree:.0%} of the rows only.")


def weighted_means(answer: Callable[[Tensor, Tensor, Tensor, int], Tensor]) -> Verdict:
    """Exercise 4: the best entry for weighted patches."""
    x = torch.tensor([[0.0, 1.0], [2.0, 0.0], [4.0, 1.0], [6.0, 3.0]], dtype=torch.float64)
    m = torch.tensor([1.0, 3.0, 1.0, 2.0], dtype=torch.float64)
    own = torch.tensor([0, 0, 1, 1])
    found = answer(x, m, own, 2)
    if is_open(found):
        return unanswered("return one entry a row, the weighted mean of its patches.")
    masks = [own == 0, own == 1]
    expected = torch.stack([(m[k, None] * x[k]).sum(0) / m[k].sum() for k in masks])
    if close(found, expected):
        return right("the weighted mean; with equal weights it is Lloyd's step again.")
    if close(found, torch.stack([x[k].mean(0) for k in masks])):
        return wrong("this is the plain mean: the weights do not come in.")
    if close(found, torch.stack([(m[k, None] * x[k]).mean(0) for k in masks])):
        return wrong("you divided by the number of patches; divide by the sum of their weights.")
    if close(found, torch.stack([(m[k, None] * x[k]).sum(0) for k in masks])):
        return wrong("this is the weighted sum; divide by the sum of the weights.")
    squared = m.square()
    if close(
        found, torch.stack([(squared[k, None] * x[k]).sum(0) / squared[k].sum() for k in masks])
    ):
        return wrong("the weights are squared: m stands outside the square of the distance.")
    tensor = as_tensor(found)
    if tensor is None or tensor.shape != (2, 2):
        return wrong("expected a tensor of shape (count, pixels).")
    return wrong(f"the first entry should be {expected[0].tolist()}, got {tensor[0].tolist()}.")


def revive(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 5: move dead entries, each onto a patch of its own."""
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [9, 9], [9, 9], [9, 9], [0, 7]]).double()
    entries = torch.tensor([[0.0, 0], [50, 50], [0.6, 0.6], [60, 60]]).double()
    given = entries.clone()
    found = answer(x, given)
    if is_open(found):
        return unanswered("return the entries, dead ones moved onto patches.")
    if not isinstance(found, Tensor) or found.shape != entries.shape:
        return wrong("expected a codebook of the same shape.")
    if found.isnan().any():
        return wrong("there is NaN in it: the mean of no patches.")
    if not torch.equal(given, entries):
        return wrong("the codebook that was handed in has changed: clone it first.")
    if torch.equal(found, entries):
        return wrong("nothing moved: entries 1 and 3 are nearest to no patch.")
    if not torch.equal(found[[0, 2]], entries[[0, 2]]):
        return wrong("a living entry moved: only those that no patch is nearest to may.")
    moved = found[[1, 3]].double()
    if (torch.cdist(moved, x).amin(1) > 1e-9).any():
        return wrong("a revived entry lies on no patch.")
    if torch.equal(moved[0], moved[1]):
        return wrong("both dead entries stand on equal patches: one of them dies again at once.")
    if (torch.bincount(nearest_code(x, found), minlength=4) == 0).any():
        return wrong("an entry is still dead: move it to where patches are served worst.")
    before, after = (torch.cdist(x, c).amin(1).square().sum().item() for c in (entries, found))
    best = torch.cdist(x, torch.tensor([[0.0, 0], [9, 9], [0.6, 0.6], [0, 7]]).double()).amin(1)
    if after > best.square().sum() + 1e-6:
        return wrong(
            f"error {before:g} became {after:g}; the worst-served patches first gives 1.04."
        )
    return right("each stands alone on the patch that was served worst when its turn came.")


def better_codebook(answer: object, unseen: Tensor, book: Tensor) -> Verdict:
    """Exercise 6, open: 64 entries with less error on patches that nothing was fitted to."""
    if is_open(answer):
        return unanswered("bring 64 entries of 16 pixels.")
    entries = as_tensor(answer)
    if entries is None or entries.ndim != 2 or entries.shape[1] != book.shape[1]:
        return wrong(f"expected a codebook of shape {tuple(book.shape)}.")
    if len(entries) != len(book):
        return wrong(f"{len(entries)} entries are not 6 bits: it must be {len(book)}.")
    if entries.isnan().any():
        return wrong("there is NaN in it: a dead entry.")
    if entries.max() > 2:
        return wrong("pixels above 2: entries are in [0, 1], not 0 to 255.")
    mine, theirs = (
        (unseen - b[nearest_code(unseen, b)]).square().mean().item()
        for b in (entries, book.double())
    )
    if mine > 0.99 * theirs:
        return wrong(
            f"its error on the validation images is {mine / theirs:.4f} of that of books[64]; "
            "0.9900 is asked."
        )
    return right("less error for the same 6 bits, on patches of the validation images.")
