"""What a network with a readable last layer is worth: one block of numbers a network."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from fewbits.data import ImageSet, Split
from fewbits.data.cub import BirdSet
from fewbits.metrics import features as measures
from fewbits.qsenn.network import FeatureNetwork
from fewbits.qsenn.pipeline import features_of
from fewbits.training import modes_kept, repeatable, to_float

Block = dict[str, object]
DIGITS = 6


@dataclass(frozen=True)
class Overlap:
    """What a network says of each picture, and how little the five strongest features overlap.

    Attributes:
        predicted: the class.
        plain: diversity@5 of its features.
        scaled: SID@5, in which a map's scale does not count.
        features: the means of the maps.
    """

    predicted: Int[Tensor, " image"]
    plain: Float[Tensor, " image"]
    scaled: Float[Tensor, " image"]
    features: Float[Tensor, "image kept"]


@torch.no_grad()
@repeatable()
def overlap(network: FeatureNetwork, split: Split, batch_size: int = 64) -> Overlap:
    """Diversity of all pictures, a batch at a time: maps are large."""
    device = next(network.parameters()).device
    classes, plain, scaled, features = [], [], [], []
    with modes_kept(network):
        network.eval()
        weights = network.head.weight.detach().cpu()
        for part in split.images.split(batch_size):
            maps = network.maps(to_float(part).to(device))
            predicted = network.logits(maps).argmax(1).cpu()
            maps = maps.cpu()
            classes.append(predicted)
            plain.append(measures.diversity(maps, weights, predicted))
            scaled.append(measures.diversity(maps, weights, predicted, scaled=True))
            features.append(maps.mean((2, 3)))
    return Overlap(*(torch.cat(parts) for parts in (classes, plain, scaled, features)))


def measure(
    network: FeatureNetwork, pictures: ImageSet, known: BirdSet, dense_accuracy: float
) -> Block:
    """All measures of one network.

    Accuracy, diversity and fidelity are of the test pictures. What features mean and how they are
    shared is asked of the training pictures, as in the paper. Null is what the data cannot tell:
    alignment and grounding without attributes, correlation of one feature, retention of nothing,
    meaning where no feature is used.

    Args:
        known: the attributes, if it has any.
        dense_accuracy: what retention is a share of.
    """
    both = overlap(network, pictures.test)
    test_accuracy = (both.predicted == pictures.test.labels).double().mean().item()
    table = features_of(network, pictures.train)
    weights, slope = (w.detach().cpu() for w in (network.head.weight, network.head.slope))
    with torch.no_grad():
        predicted = network.head(table.to(network.head.weight.device)).argmax(1).cpu()
        usual = table.mean(0)
        at_rest = network.head(usual.to(network.head.weight.device)[None])[0].cpu()
    uses = weights != 0
    used = table[:, uses.any(0)]
    count, labels = used.shape[1], pictures.train.labels
    attributes, of_classes = known.train.attributes, known.class_attributes
    return {
        "test_accuracy": test_accuracy,
        "retention": test_accuracy / dense_accuracy if dense_accuracy else None,
        "features_used": count,
        "features_per_class": {
            "mean": uses.sum(1).double().mean().item(),
            "min": int(uses.sum(1).min()),
            "max": int(uses.sum(1).max()),
        },
        "diversity_at_5": _mean(both.plain),
        "sid_at_5": _mean(both.scaled),
        "fidelity": _mean(measures.fidelity(both.features - usual, slope, at_rest))
        if count
        else None,
        "dependence": _mean(measures.dependence(table, slope, predicted)) if count else None,
        "alignment": _mean(measures.alignment(used, attributes))
        if count and attributes is not None
        else None,
        "structural_grounding": None
        if of_classes is None
        else round(measures.structural_grounding(weights, of_classes), DIGITS),
        "class_independence": _mean(measures.class_independence(used, labels)) if count else None,
        "contrastiveness": _mean(measures.contrastiveness(used)) if count else None,
        "binarity": _mean(measures.binarity(used)) if count else None,
        "correlation": _mean(measures.correlation(used)) if count > 1 else None,
    }


def _mean(values: Float[Tensor, " one"] | Bool[Tensor, " one"]) -> float:
    return round(values.double().mean().item(), DIGITS)
