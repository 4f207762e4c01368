"""Saliency-guided training, and the control that tells the saliency from the masking."""

import hashlib

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from fewbits.errors import UsageError
from fewbits.training import Loss

SHARE, WEIGHT = 0.5, 1.0  # what the authors use on MNIST: half of the pixels, lambda = 1
SETTINGS = {"share": SHARE, "weight": WEIGHT}


def guided(pick: str = "saliency", share: float = SHARE, weight: float = WEIGHT) -> Loss:
    """Cross-entropy plus lambda KL(f(x) || f(x~)) (Ismail et al., NeurIPS 2021, section 3).

    x~ is the image with some of its pixels replaced by random values between its darkest and its
    brightest. ``pick`` says which: those with the smallest gradient magnitude ("saliency"), or as
    many drawn at random ("random", the control). The paper's code ranks signed gradients, and so
    masks those that speak most against the class; here it is the magnitude, as its text has it.

    All that is random is drawn from a fingerprint of the batch: a training that was killed draws
    the same again.

    Raises:
        UsageError: ``share`` is not between 0 and 1, ``weight`` is below 0, or ``pick`` unknown.
    """
    if pick not in ("saliency", "random"):
        raise UsageError(f"unknown pick {pick!r}: expected saliency or random")
    if not 0 < share < 1:
        raise UsageError(f"the share of masked pixels must be between 0 and 1, got {share}")
    if not 0 <= weight < float("inf"):
        raise UsageError(f"the weight of the KL term must be 0 or more, got {weight}")

    def loss(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        generator = _generator_for(images)
        masked_count = round(share * images[0].numel())
        if pick == "saliency":
            images = images.detach().requires_grad_()
        logits = network(images)
        if pick == "saliency":
            spoken = logits.gather(1, labels[:, None]).sum()
            (gradient,) = torch.autograd.grad(spoken, images, retain_graph=True)
            ranking = gradient.abs()
        else:
            ranking = torch.rand(images.shape, generator=generator).to(images.device)
        masked = replace_lowest(images.detach(), ranking, masked_count, generator)
        error = nn.functional.cross_entropy(logits, labels)
        return error + weight * divergence(logits, network(masked))

    loss.identity = f"guided by {pick}, share {share:g}, weight {weight:g}"  # type: ignore[attr-defined]
    return loss


def replace_lowest(
    images: Float[Tensor, "image 1 height width"],
    ranking: Float[Tensor, "image 1 height width"],
    count: int,
    generator: torch.Generator,
) -> Float[Tensor, "image 1 height width"]:
    """The images with the ``count`` pixels of lowest rank replaced by values of their own range."""
    flat = images.flatten(1)
    lowest = lowest_mask(ranking.flatten(1), count)
    darkest, brightest = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    noise = torch.rand(flat.shape, generator=generator).to(flat.device)
    values = darkest + noise * (brightest - darkest)
    return torch.where(lowest, values, flat).view_as(images)


def lowest_mask(ranking: Float[Tensor, "image pixel"], count: int) -> Bool[Tensor, "image pixel"]:
    """Exactly ``count`` pixels of each image: those with the lowest rank, ties in a fixed order."""
    order = ranking.argsort(dim=1, stable=True)
    mask = torch.zeros_like(ranking, dtype=torch.bool)
    return mask.scatter_(1, order[:, :count], True)


def divergence(
    logits: Float[Tensor, "image class"], masked: Float[Tensor, "image class"]
) -> Float[Tensor, ""]:
    """KL(softmax(logits) || softmax(masked)), the mean over the images, in nats."""
    own, other = logits.log_softmax(1), masked.log_softmax(1)
    return nn.functional.kl_div(other, own, reduction="batchmean", log_target=True)


def _generator_for(images: Tensor) -> torch.Generator:
    digest = hashlib.sha256(images.detach().cpu().contiguous().numpy().tobytes()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
