"""The numbers of SaliencyCompare for one choice of image, method and models, by fewbits.metrics."""

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.metrics.agreement import spearman, ssim, topk_intersection
from fewbits.metrics.faithfulness import Curve, removal_ranks
from fewbits.widgets.saliency_compare_transport import Cargo, removed_at

Numbers = dict[str, float | int]
Picture = Float[Tensor, "height width"]


def agreement(a: Picture, b: Picture, image: Picture, share: float) -> Numbers:
    """Spearman, top-k intersection and SSIM, over the whole image and inside its foreground."""
    one, other, inside = a[None], b[None], image[None] > 0
    return {
        "spearman": spearman(one, other).item(),
        "spearman_inside": spearman(one, other, inside).item(),
        "topk": topk_intersection(one, other, share).item(),
        "topk_inside": topk_intersection(one, other, share, inside).item(),
        "ssim": ssim(one, other).item(),
        "ssim_inside": ssim(one, other, inside).item(),
    }


def masks(a: Picture, b: Picture, share: float) -> Numbers:
    """How many pixels of the top k both maps have, and how many only one."""
    k = max(1, round(share * a.numel()))
    both = k * topk_intersection(a[None], b[None], share).item()
    return {"pixels": k, "both": both, "left_only": k - both, "right_only": k - both}


def choice(logits: Float[Tensor, " class"]) -> tuple[int, float]:
    """The likeliest class and its probability."""
    chances = logits.double().softmax(0)
    return int(chances.argmax()), float(chances.max())


def at_step(cargo: Cargo, model: int, method: int, image: int, step: int) -> Numbers:
    """One model's deletion curve: its height at ``step``, its area, the ink that is gone there."""
    pixels = cargo.image(image)
    counts = removed_at(cargo.steps, pixels.numel())
    scores = cargo.curve(model, method, image)
    gone = removal_ranks(cargo.map(model, method, image)[None])[0] < int(counts[step])
    shares = torch.from_numpy(counts / pixels.numel())
    return {
        "score": scores[step].item(),
        "area": Curve(shares, scores[None]).area().item(),
        "ink": (pixels[gone].sum() / pixels.sum()).item(),
    }


def compare(
    cargo: Cargo,
    image: int,
    method: int,
    pair: tuple[int, int],
    share: float,
    removed: float,
    seeds: tuple[int, int] | None,
) -> Numbers:
    """Everything the page shows as a number, by the names of its outputs."""
    picture = cargo.image(image)
    left, right = (cargo.map(model, method, image) for model in pair)
    step = round(removed * cargo.steps)
    numbers: Numbers = {"share": share, **agreement(left, right, picture, share)}
    numbers |= masks(left, right, share)
    numbers["removed"] = int(removed_at(cargo.steps, picture.numel())[step]) / picture.numel()
    for side, model in zip(("left", "right"), pair, strict=True):
        prediction, confidence = choice(torch.from_numpy(cargo.logits[model, image]))
        numbers |= {f"{side}_prediction": prediction, f"{side}_confidence": confidence}
        found = at_step(cargo, model, method, image, step)
        numbers |= {f"{side}_{name}": value for name, value in found.items()}
        numbers[f"{side}_largest"] = cargo.map(model, method, image).abs().max().item()
    if seeds is not None:
        one, other = (cargo.map(model, method, image) for model in seeds)
        floor = agreement(one, other, picture, share)
        numbers |= {f"seeds_{name}": value for name, value in floor.items()}
    return numbers
