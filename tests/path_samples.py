"""A small path of sparse layers, fitted loosely and tightly, and pictures that were not fitted."""

from functools import cache

import torch

from fewbits import glm

CLASSES = ("Reed_Lancer", "Dune_Runner", "Winter_Kite", "Acorn_Jay")
LOOSE, TIGHT = 1e-1, 1e-6


def features_and_labels(count=60, seed=0, features=9):
    """Features of which each class raises two and lowers one; the last is noise."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(CLASSES)
    noise = torch.randn(count, features, generator=generator)
    columns = torch.arange(features)
    signal = (columns[None] % len(CLASSES) == labels[:, None]).float()
    signal -= (columns[None] == (labels[:, None] + 1) % len(CLASSES)).float()
    signal[:, -1] = 0
    return 3 + 0.9 * noise + signal, labels


@cache
def paths(count=12, features=9):
    """Tolerance -> path, at the same lambdas."""
    given, labels = features_and_labels(features=features)
    tight = glm.fit_path(given, labels, len(CLASSES), lambdas=count, tolerance=TIGHT)
    loose = glm.fit_path(given, labels, len(CLASSES), lambdas=tight.lambdas, tolerance=LOOSE)
    return {TIGHT: tight, LOOSE: loose}
