"""Features and a sparse layer -> one number: do features differ, mean something, stay apart?

A feature is one column of ``[image, feature]``; its map says where in the picture it was found. A
layer is ``[class, feature]``.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from sklearn.mixture import GaussianMixture
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.metrics.checks import check_count

TOP = 5
PAIRS = 25
SMALLEST_SCALE = 1e-5
GRID = 4096  # places at which two densities are compared

Features = Float[Tensor, "image feature"]
Maps = Float[Tensor, "image feature height width"]
Weights = Float[Tensor, "class feature"]


def diversity(
    maps: Maps,
    weights: Weights,
    predicted: Int[Tensor, " image"],
    top: int = TOP,
    scaled: bool = False,
) -> Float[Tensor, " image"]:
    """How little the strongest features of the predicted class overlap (diversity@5, SID@5).

    Each feature's map becomes a softmax over the places; at each place the largest of the class's
    strongest features counts; the sum over places is divided by ``top``. 1: five features, each
    peaks elsewhere; 1 / 5: all in one place. A class of three features reaches 3 / 5 at most: what
    is not there covers nothing (Q-SENN, arXiv 2312.13839, section 4). A softmax
    grows sharper with the map's scale alone; ``scaled`` divides each map by its mean absolute value
    first, so that scale does not count (SID@5, the successors' measure).

    Args:
        maps: before the mean over places.
        weights: the strongest are those of largest magnitude; of equal ones, as a ternary layer
            has, those of lower number. Features of weight 0 never count.
        predicted: a class an image.
        top: how many features of a class are asked.
        scaled: whether each map's scale is taken off.

    Returns:
        0 where the class has no feature at all.

    Raises:
        UsageError: shapes that do not belong together, or ``top`` below 1.
    """
    _check_layer(maps[:, :, 0, 0], weights)
    check_count(top, "top")
    if scaled:
        size = maps.abs().mean((2, 3), keepdim=True)
        maps = maps / size.clamp_min(SMALLEST_SCALE)
    ranked, order = weights.abs().sort(dim=1, descending=True, stable=True)
    ranked, order = ranked[:, :top], order[:, :top]
    places = maps.flatten(2).softmax(2)
    own = order[predicted]
    chosen = places.gather(1, own[:, :, None].expand(-1, -1, places.shape[2]))
    counts = ranked[predicted] > 0
    return (chosen * counts[:, :, None]).amax(1).sum(1) / top


def dependence(
    features: Features, weights: Weights, predicted: Int[Tensor, " image"]
) -> Float[Tensor, " image"]:
    """What part of a decision its largest contribution carries (Q-SENN, gamma).

    max_l |f_l w_l| / sum_l |f_l w_l| for the predicted class; 1 where a single feature decides.

    Args:
        features: as they leave the network.
        weights: in the features' own units; of a layer on standardised features, weight over scale.
        predicted: a class an image.

    Returns:
        1 where no feature contributes anything: nothing is shared there.

    Raises:
        UsageError: shapes that do not belong together, or NaN or infinity among the features.
    """
    _check_layer(features, weights)
    _check_numbers(features)
    parts = (features * weights[predicted]).abs()
    whole = parts.sum(1)
    return torch.where(whole > 0, parts.amax(1) / whole.clamp_min(1e-30), 1.0)


def alignment(
    features: Features, attributes: Bool[Tensor, "image attribute"]
) -> Float[Tensor, " feature"]:
    """How much louder a feature is where its best attribute is present (Q-SENN, alignment).

    max_a [E(f | a) - E(f | not a)] / (E f - min f). An attribute that all images have, or none,
    tells nothing and is left out.

    Returns:
        0 for a feature that never changes.

    Raises:
        UsageError: another number of images, or no attribute that varies.
    """
    if len(features) != len(attributes):
        raise UsageError(
            f"features and attributes must be of the same images, got {len(features)} and "
            f"{len(attributes)}"
        )
    varying = attributes.any(0) & ~attributes.all(0)
    if not varying.any():
        raise UsageError("no attribute varies over these images: nothing can be aligned with one")
    has = attributes[:, varying].to(features)
    present = has.T @ features / has.sum(0)[:, None]
    absent = (1 - has).T @ features / (1 - has).sum(0)[:, None]
    reach = features.mean(0) - features.amin(0)
    louder = (present - absent).amax(0)
    return torch.where(features.amax(0) > features.amin(0), louder / reach.clamp_min(1e-30), 0.0)


def structural_grounding(
    weights: Weights, class_attributes: Float[Tensor, "class attribute"], pairs: int = PAIRS
) -> float:
    """Do classes that share attributes share features? (Q-SENN, structural grounding.)

    Over the pairs of classes with the most similar attributes: the sum of the cosines of their
    weights over the sum of the cosines of their attributes. 1: as similar in weights as in truth.

    Args:
        weights: a class without any has the cosine 0 with every other.
        class_attributes: from 0 to 1.
        pairs: how many, at most as many as there are.

    Raises:
        UsageError: another number of classes, fewer than two, or pairs that share no attribute.
    """
    if len(weights) != len(class_attributes) or len(weights) < 2:
        raise UsageError(
            "weights and attributes must be of the same classes, at least two, "
            f"got {len(weights)} and {len(class_attributes)}"
        )
    check_count(pairs, "pairs")
    one, other = torch.triu_indices(len(weights), len(weights), offset=1)
    truth = _cosines(class_attributes)[one, other]
    top = truth.topk(min(pairs, len(truth))).indices
    if truth[top].sum() <= 0:
        raise UsageError("no two classes share an attribute: there is no structure to be found")
    return (_cosines(weights)[one, other][top].sum() / truth[top].sum()).item()


def class_independence(
    features: Features, labels: Int[Tensor, " image"]
) -> Float[Tensor, " feature"]:
    """How little a feature belongs to one class alone (QPM, ICLR 2025).

    1 - max_c [sum over c of (f - min f) / sum over all of (f - min f)]: 0 for a feature that only
    one class has, near 1 for one that many share.

    Returns:
        0 for a feature that never changes: it is no use to any class.
    """
    above = features - features.amin(0)
    by_class = torch.zeros(int(labels.max()) + 1, features.shape[1], dtype=features.dtype)
    by_class.index_add_(0, labels, above)
    whole = above.sum(0)
    return torch.where(whole > 0, 1 - by_class.amax(0) / whole.clamp_min(1e-30), 0.0)


def contrastiveness(features: Features, seed: int = 0) -> Float[Tensor, " feature"]:
    """How clearly a feature is either there or not (QPM, ICLR 2025).

    A mixture of two normal distributions is fitted to each feature; 1 minus the area that the two
    curves share. 1: two humps that do not touch; 0: one hump. A feature's unit does not matter.

    Returns:
        0 for a feature that never changes.
    """
    found = torch.zeros(features.shape[1], dtype=features.dtype)
    for place, column in enumerate(features.detach().cpu().double().numpy().T):
        if column.min() < column.max():
            # The fit adds a millionth to every variance, which must be small beside the column's.
            column = (column - column.mean()) / column.std()
            mixture = GaussianMixture(2, random_state=seed).fit(column[:, None])
            means, widths = mixture.means_[:, 0], np.sqrt(mixture.covariances_[:, 0, 0])
            found[place] = 1 - _overlap(means, widths)
    return found


def binarity(features: Features) -> Float[Tensor, " feature"]:
    """How nearly a feature has two values only (our definition; the paper's has no public code).

    The share of a feature's variance that is gone when each value is replaced by the mean of its
    side of the best threshold: Otsu's separability (IEEE Trans. SMC 9(1), 1979). 1: two values; a
    normal distribution reaches 2 / pi, an even one 3 / 4. A feature's unit and sign do not matter.

    Returns:
        0 for a feature that never changes.

    Raises:
        UsageError: no images, or NaN or infinity among the features.
    """
    _check_numbers(features)
    values = features.detach().double().sort(dim=0).values
    centred = values - values.mean(0)
    count = len(values)
    below = torch.arange(1, count, device=values.device, dtype=values.dtype)[:, None]
    # Both sides' means follow from the sum below the threshold, as the sum of all is 0.
    between = centred.cumsum(0)[:-1].square() * count / (below * (count - below))
    whole = centred.square().sum(0)
    found = torch.zeros_like(whole)
    if count > 1:
        changes = values[-1] > values[0]
        found[changes] = between[:, changes].amax(0) / whole[changes]
    return found.clamp(max=1).to(features.dtype)


def fidelity(
    departures: Features, weights: Weights, at_rest: Float[Tensor, " class"], top: int = TOP
) -> Bool[Tensor, " image"]:
    """Would the reasons alone have decided likewise? (Our definition; the paper's has no code.)

    The reasons are the ``top`` features that contribute most, by magnitude, to the logit of the
    class a picture is given. All others are put back to their mean, where they say nothing, and all
    classes are asked again. A layer with five features a class may fail, too: what is put back also
    spoke for and against the other classes.

    Args:
        departures: each feature less its mean over the training pictures.
        weights: in the features' own units, as for :func:`dependence`.
        at_rest: the logits where every feature is at its mean.
        top: how many reasons a picture has, at most. A feature without weight is none.

    Returns:
        For each picture whether its class stays.

    Raises:
        UsageError: shapes that do not belong together, NaN among the features, ``top`` below 1.
    """
    _check_layer(departures, weights)
    _check_numbers(departures)
    check_count(top, "top")
    if at_rest.shape != weights.shape[:1]:
        raise UsageError(
            f"expected a logit at rest for each of {len(weights)} classes, got {len(at_rest)}"
        )
    given = (departures @ weights.T + at_rest).argmax(1)
    parts = (departures * weights[given]).abs()
    largest, order = parts.topk(min(top, parts.shape[1]), dim=1)
    reasons = torch.zeros_like(departures).scatter(1, order, (largest > 0).to(departures))
    return ((departures * reasons) @ weights.T + at_rest).argmax(1) == given


def _overlap(means: Float[np.ndarray, " 2"], widths: Float[np.ndarray, " 2"]) -> float:
    """The area under the lower of two normal densities, 0 to 1."""
    low, high = (means - 6 * widths).min(), (means + 6 * widths).max()
    x = np.linspace(low, high, GRID)[:, None]
    density = np.exp(-0.5 * ((x - means) / widths) ** 2) / (widths * np.sqrt(2 * np.pi))
    return float(min(1.0, np.trapezoid(density.min(1), x[:, 0])))


def correlation(features: Features) -> Float[Tensor, " feature"]:
    """How much each feature repeats another: its largest cosine with one (QPM, ICLR 2025).

    Raises:
        UsageError: there is one feature only.
    """
    if features.shape[1] < 2:
        raise UsageError("one feature alone repeats none: pass at least two")
    alike = _cosines(features.T)
    return alike.fill_diagonal_(-1.0).amax(1)


def _cosines(rows: Float[Tensor, "row column"]) -> Float[Tensor, "row row"]:
    length = rows.norm(dim=1, keepdim=True)
    unit = rows / length.clamp_min(1e-30)
    return unit @ unit.T


def _check_numbers(features: Features) -> None:
    if not len(features):
        raise UsageError("expected the features of at least one image, got none")
    if not features.isfinite().all():
        raise UsageError("the features hold NaN or infinity: look for it in what made them")


def _check_layer(features: Features, weights: Weights) -> None:
    if features.shape[1] != weights.shape[1]:
        raise UsageError(
            f"the layer must have a weight for each of the {features.shape[1]} features, "
            f"got {weights.shape[1]}"
        )
