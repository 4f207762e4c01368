"""What a network with a readable last layer is worth: one block of numbers a network."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.data import ImageSet, Split
from fewbits.data.cub import BirdSet
from fewbits.metrics import features as measures
from fewbits.qsenn.network import FeatureNetwork
from fewbits.qsenn.pipeline import features_of
from fewbits.training import accuracy, modes_kept, repeatable, to_float

Block = dict[str, object]
DIGITS = 6


@dataclass(frozen=True)
class Overlap:
    """Of each picture's predicted class: how little its five strongest features overlap.

    Attributes:
        plain: diversity@5.
        scaled: SID@5, in which a map's scale does not count.
    """

    plain: Float[Tensor, " image"]
    scaled: Float[Tensor, " image"]


@torch.no_grad()
@repeatable()
def overlap(network: FeatureNetwork, split: Split, batch_size: int = 64) -> Overlap:
    """Diversity of all pictures, a batch at a time: maps are large."""
    device = next(network.parameters()).device
    plain, scaled = [], []
    with modes_kept(network):
        network.eval()
        weights = network.head.weight.detach().cpu()
        for part in split.images.split(batch_size):
            maps = network.maps(to_float(part).to(device))
            predicted = network.logits(maps).argmax(1).cpu()
            maps = maps.cpu()
            plain.append(measures.diversity(maps, weights, predicted))
            scaled.append(measures.diversity(maps, weights, predicted, scaled=True))
    return Overlap(torch.cat(plain), torch.cat(scaled))


def measure(
    network: FeatureNetwork, pictures: ImageSet, known: BirdSet, dense_accuracy: float
) -> Block:
    """All measures of one network.

    Accuracy and diversity are of the test pictures. What features mean and how they are shared is
    asked of the training pictures, as in the paper. Null is what the data cannot tell: alignment
    and grounding without attributes, correlation of one feature.

    Args:
        known: the attributes, if it has any.
        dense_accuracy: what retention is a share of.
    """
    test_accuracy = accuracy(network, pictures.test)
    both = overlap(network, pictures.test)
    table = features_of(network, pictures.train)
    weights = network.head.weight.detach().cpu()
    with torch.no_grad():
        predicted = network.head(table.to(network.head.weight.device)).argmax(1).cpu()
    uses = weights != 0
    used = table[:, uses.any(0)]
    attributes, of_classes = known.train.attributes, known.class_attributes
    return {
        "test_accuracy": test_accuracy,
        "retention": test_accuracy / dense_accuracy if dense_accuracy else None,
        "features_used": used.shape[1],
        "features_per_class": {
            "mean": uses.sum(1).double().mean().item(),
            "min": int(uses.sum(1).min()),
            "max": int(uses.sum(1).max()),
        },
        "diversity_at_5": _mean(both.plain),
        "sid_at_5": _mean(both.scaled),
        "dependence": _mean(measures.dependence(table, weights, predicted)),
        "alignment": None if attributes is None else _mean(measures.alignment(used, attributes)),
        "structural_grounding": None
        if of_classes is None
        else round(measures.structural_grounding(weights, of_classes), DIGITS),
        "class_independence": _mean(measures.class_independence(used, pictures.train.labels)),
        "contrastiveness": _mean(measures.contrastiveness(used)),
        "correlation": _mean(measures.correlation(used)) if used.shape[1] > 1 else None,
    }


def _mean(values: Float[Tensor, " one"]) -> float:
    return round(values.double().mean().item(), DIGITS)
