"""Images of a split, shuffled, varied and made into numbers, a batch at a time."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torchvision.transforms import v2 as transforms

from fewbits.data import Split
from fewbits.training.context import seeded
from fewbits.training.settings import TrainSettings

VARY = transforms.Compose([transforms.ColorJitter(0.1, 0.1, 0.1), transforms.TrivialAugmentWide()])


def to_float(
    images: UInt8[Tensor, "image channel height width"],
) -> Float[Tensor, "image channel height width"]:
    """Pixels 0..255 as numbers in [0, 1]."""
    return images.float() / 255


def augment(
    images: UInt8[Tensor, "image channel h w"], shift: int, mirror: bool, generator: torch.Generator
) -> UInt8[Tensor, "image channel h w"]:
    """Move each image by its own whole number of pixels, black moves in; flip half if asked."""
    count, _, height, width = images.shape
    if mirror:
        flip = torch.rand(count, generator=generator) < 0.5
        images = torch.where(flip.to(images.device)[:, None, None, None], images.flip(3), images)
    if not shift:
        return images
    moves = torch.randint(0, 2 * shift + 1, (2, count), generator=generator).to(images.device)
    padded = nn.functional.pad(images, (shift,) * 4).movedim(1, 3)
    rows = moves[0][:, None] + torch.arange(height, device=images.device)
    columns = moves[1][:, None] + torch.arange(width, device=images.device)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].movedim(3, 1)


def vary(images: UInt8[Tensor, "image 3 h w"]) -> UInt8[Tensor, "image 3 h w"]:
    """Brightness, contrast and saturation changed by up to a tenth, then TrivialAugmentWide.

    Each image is changed in its own way; what is drawn comes from torch's own generator. Moving
    and mirroring is :func:`augment`'s.
    """
    return torch.stack([VARY(one) for one in images])


def batches(
    split: Split, settings: TrainSettings, seed: int, epoch: int, device: torch.device
) -> Iterator[tuple[Float[Tensor, "image channel h w"], Int[Tensor, " image"]]]:
    """One epoch's shuffled, augmented batches: a function of the seed and the epoch alone."""
    generator = torch.Generator().manual_seed(1_000_003 * seed + epoch)
    order = torch.randperm(split.count, generator=generator)
    for start in range(0, split.count, settings.batch_size):
        index = order[start : start + settings.batch_size].to(split.images.device)
        images = augment(split.images[index], settings.shift, settings.mirror, generator)
        if settings.varied:
            with seeded(int(torch.randint(2**31, (1,), generator=generator))):
                images = vary(images)
        images = to_float(images).to(device).contiguous(memory_format=torch.channels_last)
        yield images, split.labels[index].to(device)
