"""From a network to numbers: its maps, what each is worth alone, and how alike two are."""

from contextlib import nullcontext

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from fewbits import metrics
from fewbits.metrics.faithfulness import ROAD_NOISE, ROAD_SHARES, STEPS
from fewbits.saliency.backward import rounded_backward
from fewbits.saliency.maps import COMPARED, explain
from fewbits.training import predict

# What every map has to beat: pixels in random order, and the image's own edges.
BASELINES = ("random", "edges")
ROUNDABLE = ("gradient", "integrated-gradients", "smoothgrad")
TOP_SHARE = 0.1
SETTINGS = {"top": TOP_SHARE, "steps": STEPS, "road": ROAD_SHARES, "road_noise": ROAD_NOISE}

Numbers = dict[str, Float[Tensor, " image"]]
Maps = dict[str, Float[Tensor, "image height width"]]


def maps_of(
    network: nn.Module,
    images: Float[Tensor, "image 1 height width"],
    labels: Int[Tensor, " image"],
    backward: int | None = None,
) -> Maps:
    """One map an image and method, of the label's logit.

    Args:
        backward: round the gradient to so many bits on its way back. Only the methods that are
            made of plain gradients are then asked.
    """
    methods = COMPARED if backward is None else ROUNDABLE
    with nullcontext() if backward is None else rounded_backward(network, backward):
        return {method: explain(network, images, labels, method) for method in methods}


def worth(
    network: nn.Module,
    images: Float[Tensor, "image 1 height width"],
    labels: Int[Tensor, " image"],
    maps: Maps,
    truth: Bool[Tensor, "image height width"] | None = None,
) -> Numbers:
    """What each map is worth by itself, named "method measure"; and the two baselines' worth.

    Every map is scored on its own network.

    Args:
        truth: where the label's evidence lies, if that is known.
    """
    baselines = {"random": metrics.random_maps(images, 0), "edges": metrics.edge_maps(images)}
    found: Numbers = {}
    for method, own in {**maps, **baselines}.items():
        found[f"{method} faithfulness.deletion"] = metrics.deletion(
            network, images, own, labels
        ).area()
        found[f"{method} faithfulness.insertion"] = metrics.insertion(
            network, images, own, labels
        ).area()
        found[f"{method} faithfulness.road"] = metrics.road(network, images, own, labels).area()
        found[f"{method} clarity.gini"] = metrics.gini(own)
        found[f"{method} clarity.entropy"] = metrics.entropy(own)
        if truth is not None:
            found[f"{method} localisation.energy"] = metrics.energy_inside(own, truth)
            found[f"{method} localisation.pointing"] = metrics.pointing_game(own, truth)
    return found


def outcome(
    network: nn.Module,
    images: Float[Tensor, "image 1 height width"],
    labels: Int[Tensor, " image"],
) -> Numbers:
    """What the network says: its class for each image, and the label's probability."""
    logits = predict(network, images)
    confidence = logits.softmax(1).gather(1, labels[:, None])[:, 0]
    return {"prediction": logits.argmax(1).float(), "confidence": confidence}


def likeness(a: Maps, b: Maps, foreground: Bool[Tensor, "image height width"]) -> Numbers:
    """How alike two networks' maps are, named "method measure", whole and inside the foreground."""
    found: Numbers = {}
    for method in sorted(set(a) & set(b)):
        one, other = a[method], b[method]
        for suffix, within in (("", None), (".foreground", foreground)):
            found[f"{method} agreement.spearman{suffix}"] = metrics.spearman(one, other, within)
            found[f"{method} agreement.topk{suffix}"] = metrics.topk_intersection(
                one, other, TOP_SHARE, within
            )
            found[f"{method} agreement.ssim{suffix}"] = metrics.ssim(one, other, within)
    return found
