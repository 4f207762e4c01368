"""What the measures cost, beside the same measures through Quantus, one image after the other."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from fewbits import metrics
from fewbits.errors import FewbitsError
from fewbits.metrics.faithfulness import ROAD_NOISE, ROAD_SHARES, STEPS
from fewbits.saliency.maps import COMPARED, explain

Work = Callable[[], object]
METHODS = tuple(name for name in COMPARED if name != "smoothgrad")


@dataclass(frozen=True)
class Cost:
    """Milliseconds an image.

    Attributes:
        work: a measure's name, or "maps: " and a method's.
        ours: in this package, over all images in batches.
        quantus: the same through Quantus, over fewer images; None where it has no such measure or
            was not asked.
    """

    work: str
    ours: float
    quantus: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times as long Quantus takes."""
        return None if self.quantus is None else self.quantus / self.ours


def costs(
    network: nn.Module,
    other: nn.Module,
    images: Float[Tensor, "image 1 height width"],
    labels: Int[Tensor, " image"],
    quantus_images: int = 100,
) -> list[Cost]:
    """Time five methods' maps, and on all of them every measure of the experiment.

    A measure's cost is the mean over the methods: deletion, for one, has less to ask about a map
    that puts all ink first.

    Args:
        network: whose maps are measured.
        other: whose maps they are held against.
        images: pixels in [0, 1].
        labels: the classes explained.
        quantus_images: on how many of them Quantus is timed; 0 leaves it out.

    Raises:
        FewbitsError: Quantus is asked for and not installed.
    """
    few = slice(0, quantus_images)
    spent: dict[str, list[float]] = {}
    slow: dict[str, list[float]] = {}

    def take(into: dict[str, list[float]], name: str, work: Work, count: int) -> None:
        into.setdefault(name, []).append(_milliseconds(work, count))

    for method in METHODS:
        take(
            spent, f"maps: {method}", partial(explain, network, images, labels, method), len(images)
        )
        own = explain(network, images, labels, method)
        theirs = explain(other, images, labels, method)
        for name, work in our_work(network, images, labels, own, theirs).items():
            take(spent, name, work, len(images))
        if quantus_images:
            asked = (network, images[few], labels[few], own[few], theirs[few])
            for name, work in quantus_work(*asked).items():
                take(slow, name, work, quantus_images)
    means = {name: sum(values) / len(values) for name, values in slow.items()}
    return [
        Cost(name, sum(values) / len(values), means.get(name)) for name, values in spent.items()
    ]


def together(found: list[Cost]) -> Cost:
    """All measures that Quantus has too, as one."""
    both = [(cost.ours, cost.quantus) for cost in found if cost.quantus is not None]
    return Cost("these together", sum(ours for ours, _ in both), sum(theirs for _, theirs in both))


def total_seconds(found: list[Cost], images: int, methods: int = len(METHODS)) -> float:
    """What so many images and methods take with every measure, maps included."""
    maps = sum(cost.ours for cost in found if cost.work.startswith("maps"))
    measures = sum(cost.ours for cost in found if not cost.work.startswith("maps"))
    return images * (maps + methods * measures) / 1000


def our_work(
    network: nn.Module, images: Tensor, labels: Tensor, own: Tensor, theirs: Tensor
) -> dict[str, Work]:
    """Every measure of the experiment, on all images at once."""
    return {
        "agreement.spearman": lambda: metrics.spearman(own, theirs),
        "agreement.topk": lambda: metrics.topk_intersection(own, theirs),
        "agreement.ssim": lambda: metrics.ssim(own, theirs),
        "faithfulness.deletion": lambda: metrics.deletion(network, images, own, labels),
        "faithfulness.insertion": lambda: metrics.insertion(network, images, own, labels),
        "faithfulness.road": lambda: metrics.road(network, images, own, labels),
        "clarity.gini": lambda: metrics.gini(own),
        "clarity.entropy": lambda: metrics.entropy(own),
    }


def quantus_work(
    network: nn.Module, images: Tensor, labels: Tensor, own: Tensor, theirs: Tensor
) -> dict[str, Work]:
    """The measures that Quantus has too, with the same settings.

    Raises:
        FewbitsError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            quantus: Any = import_module("quantus")
            similarity: Any = import_module("quantus.functions.similarity_func")
    except ImportError as error:
        raise FewbitsError(
            'the comparison needs quantus: pip install "fewbits[bench]", or leave it out with '
            "--quantus-images 0"
        ) from error
    plain = {
        "abs": False,
        "normalise": False,
        "disable_warnings": True,
        "display_progressbar": False,
    }
    pixels = images[0].numel()
    flipping = quantus.PixelFlipping(
        features_in_step=pixels // STEPS,
        perturb_baseline="black",
        **plain,
    )
    road = quantus.ROAD(
        percentages=[100 * share for share in ROAD_SHARES], noise=ROAD_NOISE, **plain
    )
    strength = plain | {"abs": True}
    sparseness, complexity = quantus.Sparseness(**strength), quantus.Complexity(**strength)
    x, y, a, b = (t.numpy() for t in (images, labels, own[:, None], theirs[:, None]))

    def measure(metric: Callable[..., object]) -> Work:
        return lambda: metric(model=network, x_batch=x, y_batch=y, a_batch=a, device="cpu")

    def each(alike: Callable[..., object]) -> Work:
        return lambda: [alike(p.ravel(), q.ravel()) for p, q in zip(a, b, strict=True)]

    return {
        "agreement.spearman": each(similarity.correlation_spearman),
        "agreement.ssim": lambda: [similarity.ssim(p[0], q[0]) for p, q in zip(a, b, strict=True)],
        "faithfulness.deletion": measure(flipping),
        "faithfulness.road": measure(road),
        "clarity.gini": measure(sparseness),
        "clarity.entropy": measure(complexity),
    }


def _milliseconds(work: Work, images: int) -> float:
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
    return 1000 * (time.perf_counter() - started) / images
