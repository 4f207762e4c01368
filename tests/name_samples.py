"""Boards of names by hand: six features and eight concepts, every verdict among them."""

import torch
from bird_samples import bird_pictures

from fewbits.qsenn.names.board import NameBoard
from fewbits.qsenn.names.concepts import Concepts, concepts_of
from fewbits.qsenn.names.naming import Naming
from fewbits.widgets import ConceptNames

CONCEPTS = concepts_of(
    (
        "has_crown_color::red",
        "has_crown_color::blue",
        "has_back_color::red",
        "has_back_color::blue",
        "has_bill_color::yellow",
        "has_bill_color::black",
        "has_habitat::desert",
        "has_eye_ring::yes",
    )
)
COLUMNS = (3, 5, 8, 9, 14, 15)
CHANCE, FLOOR = 0.28, 0.2

# The best of each: a red crown 0.8, a blue back 0.6, a blue crown 0.45, a yellow bill 0.3, a black
# bill 0.25, and nothing at all.
SCORES = torch.tensor(
    [
        [0.80, -0.40, 0.10, 0.05, 0.02, 0.01, 0.20, 0.00],
        [0.50, 0.00, -0.55, 0.60, 0.10, 0.11, 0.12, 0.13],
        [-0.50, 0.45, 0.00, 0.01, 0.02, 0.03, 0.04, 0.05],
        [0.10, 0.00, 0.01, 0.02, 0.30, -0.20, 0.03, 0.04],
        [0.00, 0.01, 0.02, 0.03, -0.10, 0.25, 0.04, 0.05],
        [-0.10, -0.20, 0.00, -0.30, -0.11, -0.12, -0.13, -0.14],
    ]
)
# What each truly goes with: a red crown; a red crown before a desert and a blue back; a red crown;
# nothing above the floor; an eye ring; a red back.
TRUTH = torch.tensor(
    [
        [0.70, -0.50, 0.10, 0.05, 0.02, 0.01, 0.15, 0.00],
        [0.50, 0.00, -0.30, 0.30, 0.10, 0.11, 0.40, 0.13],
        [0.35, -0.40, 0.00, 0.01, 0.02, 0.03, 0.04, 0.05],
        [0.01, 0.00, 0.02, 0.03, 0.06, -0.20, 0.10, 0.04],
        [0.00, 0.01, 0.02, 0.03, -0.10, 0.22, 0.04, 0.40],
        [-0.10, -0.20, 0.30, -0.30, -0.11, -0.12, -0.13, -0.14],
    ]
)


def pictures(count: int = 12, side: int = 16) -> torch.Tensor:
    """Blobs of colour that the names were found on."""
    return bird_pictures(count, seed=6, side=side).images


def board(
    scores: torch.Tensor = SCORES,
    truth: torch.Tensor | None = TRUTH,
    columns: tuple[int, ...] = COLUMNS,
    concepts: Concepts = CONCEPTS,
    chance: float = CHANCE,
) -> NameBoard:
    """A board with these scores; feature k is loudest on pictures k, k + 1 and so on."""
    evidence = (torch.arange(len(scores))[:, None] + torch.arange(7)) % 12
    naming = Naming(concepts, scores, evidence)
    return NameBoard(columns, naming, chance, truth, FLOOR if truth is not None else 0.0)


def boards(concepts: Concepts = CONCEPTS) -> dict[str, NameBoard]:
    """Named by attributes, by a CLIP that sees less, and a network that nobody can judge."""
    return {
        "attributes": board(concepts=concepts),
        "clip": board(0.7 * SCORES.roll(1, dims=1), concepts=concepts, chance=0.2),
        "dense": board(0.9 * SCORES[:5].flip(0), None, (0, 1, 2, 3, 5), concepts, 0.4),
    }


def concept_names(given: dict[str, NameBoard] | None = None, **settings) -> ConceptNames:
    """The control over these boards."""
    return ConceptNames(given or boards(), pictures(), **settings)


def called(name: str) -> ConceptNames:
    """One whose board and every concept hold this text."""
    texts = tuple(f"{name} {k}" for k in range(8))
    return concept_names({name: board(concepts=Concepts(texts, texts, texts))})
