"""The numbers of ExplainBird: logits of a changed layer, and what each feature adds to them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from fewbits.widgets.explain_bird_transport import StoredNetwork

Numbers = dict[str, float | int]


@dataclass(frozen=True)
class Changes:
    """What the reader did to the layer, by places in the stored features.

    Attributes:
        dropped: features set to 0, standardised, for every class.
        flipped: a class and a feature whose weight has changed its sign, for this class alone.
    """

    dropped: frozenset[int] = frozenset()
    flipped: frozenset[tuple[int, int]] = frozenset()


def changed_values(stored: StoredNetwork, changes: Changes) -> Float[np.ndarray, "image feature"]:
    """All pictures' features after dropping."""
    values = stored.values.astype(np.float64)
    values[:, sorted(changes.dropped)] = 0.0
    return values


def changed_weights(stored: StoredNetwork, changes: Changes) -> Float[np.ndarray, "class feature"]:
    """The layer after flipping."""
    weights = stored.weights.astype(np.float64)
    for row, feature in changes.flipped:
        weights[row, feature] *= -1
    return weights


def logits_of(stored: StoredNetwork, changes: Changes) -> Float[np.ndarray, "image class"]:
    """Of all pictures; without changes those of the network."""
    values, weights = changed_values(stored, changes), changed_weights(stored, changes)
    logits: NDArray[np.float64] = values @ weights.T + stored.bias.astype(np.float64)
    return logits


def pair_of(stored: StoredNetwork, image: int, explained: str, against: str) -> tuple[int, int]:
    """The class explained and the one beside it.

    Without a name it is the class decided, and of the others the one with the largest logit, both
    before any change: what is looked at does not move while the reader changes the layer.
    """
    logits = logits_of(stored, Changes())[image]
    own = stored.class_names.index(explained) if explained else int(logits.argmax())
    if against:
        return own, stored.class_names.index(against)
    others = np.where(np.arange(len(logits)) == own, -np.inf, logits)
    return own, int(others.argmax())


def ranked(parts: Float[np.ndarray, " feature"], among: Iterable[int]) -> list[int]:
    """Features by the size of their part, the largest first; of equals the lower number."""
    return sorted(among, key=lambda feature: (-abs(parts[feature]), feature))


def used_by(stored: StoredNetwork, *rows: int) -> list[int]:
    """The features that any of these classes uses."""
    return np.flatnonzero((stored.weights[list(rows)] != 0).any(0)).tolist()


def explain(
    stored: StoredNetwork, image: int, explained: str, against: str, changes: Changes
) -> Numbers:
    """Everything the page shows as a number, by the names of its outputs."""
    own, other = pair_of(stored, image, explained, against)
    plain, logits = logits_of(stored, Changes()), logits_of(stored, changes)
    values = changed_values(stored, changes)[image]
    weights, bias = changed_weights(stored, changes), stored.bias.astype(np.float64)
    used = used_by(stored, own)
    numbers: Numbers = {
        "label": int(stored.labels[image]),
        "decided": int(plain[image].argmax()),
        "decided_now": int(logits[image].argmax()),
        "right": int((plain.argmax(1) == stored.labels).sum()),
        "right_now": int((logits.argmax(1) == stored.labels).sum()),
        "parts": float(weights[own] @ values),
        "bias": float(bias[own]),
        "logit": float(logits[image, own]),
        "reach": reach_of(stored, image, used),
        "share_bias": float(bias[own] - bias[other]),
        "difference": float(logits[image, own] - logits[image, other]),
    }
    numbers |= {f"logit_{row}": float(logit) for row, logit in enumerate(logits[image])}
    for place in used:
        number = stored.features[place]
        numbers |= {
            f"value_{number}": float(values[place]),
            f"weight_{number}": float(weights[own, place]),
            f"part_{number}": float(weights[own, place] * values[place]),
        }
    for place in used_by(stored, own, other):
        number = stored.features[place]
        numbers |= {
            f"at_{number}": float(values[place]),
            f"own_{number}": float(weights[own, place]),
            f"other_{number}": float(weights[other, place]),
            f"share_{number}": float((weights[own, place] - weights[other, place]) * values[place]),
        }
    return numbers


def reach_of(stored: StoredNetwork, image: int, features: Iterable[int]) -> float:
    """The largest size in these features' maps: where their common scale of colour ends."""
    return max(float(np.abs(stored.map(image, feature)).max()) for feature in features) or 1.0
