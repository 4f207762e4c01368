"""The solutions and the usual wrong answers to *From levels to codes*."""

from types import SimpleNamespace

import pytest
import torch
from solutions import definitions, expect, solutions, verdict

from fewbits.exercises import codes as check
from fewbits.ops import nearest_code

SOLUTIONS = solutions("foundations/codes")
UNSEEN = torch.rand(2000, 16, generator=torch.Generator().manual_seed(0)).double()
BOOK = UNSEEN[:64] * 0.2 + 0.1


@pytest.mark.parametrize("number", range(len(SOLUTIONS)))
def test_solution(number):
    given = {
        "seen": SimpleNamespace(images=UNSEEN),
        "books": {64: BOOK},
        "here": SimpleNamespace(pick=lambda smoke, real: smoke),
        "images": SimpleNamespace(train=SimpleNamespace(images=UNSEEN)),
        "cut": lambda patches: patches,
    }
    names = definitions("foundations/codes", given)
    expect(verdict(SOLUTIONS[number], names), "Right")


def test_every_exercise_has_a_solution():
    assert len(SOLUTIONS) == 6


@pytest.mark.parametrize(
    ("patch", "pixel", "told"),
    [
        (..., ..., "Not answered yet"),
        (9, ..., "Not answered yet"),
        (9, 9 / 16, "Right"),
        (9, 0.56, "Right"),
        (9, 0.563, "Right"),
        (9, 0.57, "one code for 16 pixels"),
        (512, 32, "how many codes there are"),
        (8, 0.5, "twice as many"),
        (144, 9, "not by one code a pixel"),
        (3, 9 / 16, "2 to what power"),
        (9, 9 / 4, "the side of the patch"),
        (9, 16 / 9, "upside down"),
        (9, 9, "one code for 16 pixels"),
    ],
)
def test_price(patch, pixel, told):
    expect(check.price(patch, pixel), told)


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        (..., ..., "Not answered yet"),
        ([0.25, 5.5], [0.25, 5.5], "Right"),
        (torch.tensor([[0.25], [5.5]]), torch.tensor([[0.25], [5.5]]), "Right"),
        (torch.tensor([[0.0], [5.5]]), torch.tensor([[0.0], [5.5]]), "where did the 1 go"),
        ("a quarter", "five", "means of two groups"),
        ([0.0, 5.5], [0.0, 5.5], "where did the 1 go"),
        ([0.5, 5.5], [0.5, 5.5], "counts three times"),
        ([0.0, 4.0], [0.0, 4.0], "the 1 belongs"),
        ([0.0, 5.0], [0.0, 5.0], "this is the start"),
        ([1.0, 2.0], [1.0, 2.0], "means of two groups"),
        ([0.25, 5.5], [0.3, 5.5], "does any number change sides"),
    ],
)
def test_two_steps(one, two, told):
    expect(check.two_steps(one, two), told)


def lengths(codes):
    return codes.square().sum(1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, c: ..., "Not answered yet"),
        (lambda x, c: (x @ c.T - lengths(c) / 2).argmax(1), "Right"),
        (lambda x, c: (x @ c.T).argmax(1), "favours long entries"),
        (lambda x, c: (x @ c.T - lengths(c)).argmax(1), "it is half of it"),
        (lambda x, c: (x @ c.T - lengths(c) / 2).argmin(1), "least alike"),
        (lambda x, c: (x @ c.T / lengths(c).sqrt()).argmax(1), "by angle"),
        (lambda x, c: torch.zeros(len(x), dtype=torch.int64), "of the rows only"),
        (lambda x, c: x @ c.T, "one code for each row"),
        (lambda x, c: (torch.einsum("nf,kf->nk", x, c) - lengths(c) / 2).argmax(1), "Right"),
        (lambda x, c: torch.cdist(x, c).argmin(1), "distances were measured"),
        (nearest_code, "distances were measured"),
        (lambda x, c: (x[:, None] - c).square().sum(2).argmin(1), "distances were measured"),
    ],
)
def test_nearest_by_product(answer, told):
    expect(check.nearest_by_product(answer), told)


def weighted(x, m, own, count, below=None):
    sums = torch.zeros(count, 2).double().index_add_(0, own, m[:, None] * x)
    below = m if below is None else below(m)
    return sums / torch.zeros(count).double().index_add_(0, own, below)[:, None]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, m, own, k: ..., "Not answered yet"),
        (weighted, "Right"),
        (lambda x, m, own, k: weighted(x, torch.ones_like(m), own, k), "the plain mean"),
        (lambda x, m, own, k: weighted(x, m, own, k, torch.ones_like), "sum of their weights"),
        (lambda x, m, own, k: weighted(x, m**2, own, k), "weights are squared"),
        (lambda x, m, own, k: weighted(x, m, own, k) * torch.tensor([[4.0], [3]]), "weighted sum"),
        (lambda x, m, own, k: weighted(x, m, own, k)[0], "of shape"),
        (lambda x, m, own, k: weighted(x, m, own, k) + 1, "the first entry should be"),
    ],
)
def test_weighted_means(answer, told):
    expect(check.weighted_means(answer), told)


def moved(codes, **places):
    codes = codes.clone()
    for name, place in places.items():
        codes[int(name[1:])] = torch.tensor(place).double()
    return codes


def in_place(x, codes):
    codes[1], codes[3] = x[3], x[6]
    return codes


def mean_of_own(x, codes):
    own = nearest_code(x, codes)
    return torch.stack([x[own == k].mean(0) for k in range(len(codes))])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, c: ..., "Not answered yet"),
        (lambda x, c: moved(c, k1=[9.0, 9.0], k3=[0.0, 7.0]), "Right"),
        (lambda x, c: moved(c, k1=[9.0, 9.0], k3=[9.0, 9.0]), "both dead entries stand on equal"),
        (
            lambda x, c: moved(c, k0=[0.0, 1.0], k1=[9.0, 9.0], k3=[0.0, 7.0]),
            "a living entry moved",
        ),
        (lambda x, c: moved(c, k1=[8.0, 8.0], k3=[0.0, 7.0]), "lies on no patch"),
        (lambda x, c: moved(c, k1=[9.0, 9.0], k3=[0.0, 0.0]), "still dead"),
        (lambda x, c: moved(c, k1=[9.0, 9.0], k3=[0.0, 1.0]), "worst-served patches first"),
        (lambda x, c: c.clone(), "nothing moved"),
        (in_place, "clone it first"),
        (mean_of_own, "NaN"),
        (lambda x, c: c[:2], "same shape"),
    ],
)
def test_revive(answer, told):
    expect(check.revive(answer), told)


def loss(book):
    return (UNSEEN - book[nearest_code(UNSEEN, book)]).square().mean()


def mixed(ratio):
    """Entries on the way from ``BOOK`` to better ones, as far as the error is ``ratio`` of its."""
    near, far = 0.0, 1.0
    for _ in range(40):
        half = (near + far) / 2
        better = loss(torch.lerp(BOOK, UNSEEN[:64], half)) < ratio * loss(BOOK)
        near, far = (near, half) if better else (half, far)
    return torch.lerp(BOOK, UNSEEN[:64], far)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (UNSEEN[:64], "Right"),
        (BOOK, "1.0000 of that of books[64]"),
        (mixed(0.9902), "0.9902 of that of books[64]"),
        (mixed(0.9898), "Right"),
        (UNSEEN[:128], "not 6 bits"),
        (UNSEEN[:64, :4], "expected a codebook"),
        (UNSEEN[:64] * 255, "not 0 to 255"),
        (UNSEEN[:64].clone().index_fill_(0, torch.tensor(3), torch.nan), "a dead entry"),
    ],
)
def test_better_codebook(answer, told):
    expect(check.better_codebook(answer, UNSEEN, BOOK), told)
