"""The assignment of vectors to codes beside vector-quantize-pytorch's: one input, one answer."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from fewbits.errors import FewbitsError
from fewbits.protoquant.benches.memory import peak_of
from fewbits.protoquant.benches.race import OTHER, Cost, Problem, Race, compare
from fewbits.protoquant.clock import median_seconds, product_rate
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import Mapping

Assigned = tuple[Float[Tensor, "vector feature"], Int[Tensor, " vector"]]
Assign = Callable[[], Assigned]

PEAKS = 3  # processes whose memory is read: what an allocator keeps differs from one to the next
PROBLEMS = (Problem(16_384, 128, 256), Problem(16_384, 768, 2048), Problem(16_384, 2048, 4096))
"""The book's own small backbone; ConvNeXt-T with the paper's codes, 334 pictures; ResNet-50."""


def our_assignment(vectors: Tensor, codes: Tensor) -> Assign:
    """This package's: each vector's code and its number."""
    plain = Mapping("none", torch.zeros(codes.shape[1]))
    codebook = Codebook(codes, plain).to(codes.device).requires_grad_(False)

    def assign() -> Assigned:
        chosen = codebook.assign(vectors)
        return codebook.codes[chosen], chosen

    return assign


def their_assignment(vectors: Tensor, codes: Tensor) -> Assign:
    """The library's, with its cosine codebook and without learning.

    Raises:
        FewbitsError: it is not installed.
    """
    try:
        module: Any = import_module("vector_quantize_pytorch")
    except ImportError as error:
        raise FewbitsError(
            f'the race needs {OTHER} ({error}): pip install "fewbits[bench]"'
        ) from error
    layer = module.VectorQuantize(codes.shape[1], len(codes), use_cosine_sim=True)
    layer = layer.to(codes.device).eval()
    layer.codebook = torch.nn.functional.normalize(codes, dim=1)

    def assign() -> Assigned:
        with torch.no_grad():
            made, chosen, _ = layer(vectors[None])
        return made[0], chosen[0]

    return assign


CONTESTANTS = {"ours": our_assignment, "theirs": their_assignment}


def races(device: str, rounds: int = 5, problems: Sequence[Problem] = PROBLEMS) -> Iterator[Race]:
    """Each problem's race on a device, one by one.

    Raises:
        FewbitsError: the library is not installed, or memory does not do.
    """
    product = product_rate(device)
    for problem in problems:
        given = problem.draw(device)
        works = {name: make(*given) for name, make in CONTESTANTS.items()}
        answers = compare(*given, works["ours"]()[1], works["theirs"]()[1])
        seconds = median_seconds(works, rounds, device)
        costs = {
            name: Cost(seconds[name], peak_of(prepared, (problem, name, device), device, PEAKS))
            for name in works
        }
        yield Race(problem, device, costs["ours"], costs["theirs"], answers, product)


def prepared(problem: Problem, name: str, device: str) -> Assign:
    """An assignment ready to run; what happens only once has happened on a few vectors."""
    vectors, codes = problem.draw(device)
    make = CONTESTANTS[name]
    make(vectors[:2].clone(), codes)()
    return make(vectors, codes)
