"""What a set of birds is here: photographs with boxes, parts and attributes, in three splits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Photos:
    """One split. Pixels stay on disk until :func:`fewbits.data.cub.read_pixels` is asked for them.

    Attributes:
        paths: the pictures.
        labels: class numbers from 0, without gaps.
        image_ids: as in the files; they may have gaps.
        sizes: width and height of each picture, in pixels.
        boxes: left, top, width and height of the box around the bird, in pixels.
        parts: x and y of each part, in pixels rightwards and downwards; 0 where not visible.
        visible: whether a part can be seen.
        attributes: which attributes were seen on the bird, where the set knows.
        certainty: 1 not visible, 2 guessing, 3 probably, 4 definitely; goes with ``attributes``.
        masks: pictures that are white where the bird is, where the set has them.
        upright: whether pictures are turned as their EXIF orientation says. CUB's are not: its
            boxes and parts were measured in the pictures as they are stored.
    """

    paths: tuple[Path, ...]
    labels: Int[Tensor, " image"]
    image_ids: Int[Tensor, " image"]
    sizes: Int[Tensor, "image 2"]
    boxes: Float[Tensor, "image 4"]
    parts: Float[Tensor, "image part 2"]
    visible: Bool[Tensor, "image part"]
    attributes: Bool[Tensor, "image attribute"] | None = None
    certainty: UInt8[Tensor, "image attribute"] | None = None
    masks: tuple[Path, ...] | None = None
    upright: bool = False

    @property
    def count(self) -> int:
        """Number of pictures."""
        return len(self.paths)

    def take(self, positions: list[int]) -> "Photos":
        """The pictures at ``positions``, in that order."""
        at = torch.tensor(positions, dtype=torch.int64)
        return replace(
            self,
            paths=tuple(self.paths[i] for i in positions),
            labels=self.labels[at],
            image_ids=self.image_ids[at],
            sizes=self.sizes[at],
            boxes=self.boxes[at],
            parts=self.parts[at],
            visible=self.visible[at],
            attributes=None if self.attributes is None else self.attributes[at],
            certainty=None if self.certainty is None else self.certainty[at],
            masks=None if self.masks is None else tuple(self.masks[i] for i in positions),
        )

    def and_then(self, others: "Photos") -> "Photos":
        """These pictures, then others of the same set."""

        def both(one: Tensor | None, other: Tensor | None) -> Tensor | None:
            return None if one is None or other is None else torch.cat([one, other])

        masks = None if self.masks is None or others.masks is None else self.masks + others.masks
        return replace(
            self,
            paths=self.paths + others.paths,
            labels=torch.cat([self.labels, others.labels]),
            image_ids=torch.cat([self.image_ids, others.image_ids]),
            sizes=torch.cat([self.sizes, others.sizes]),
            boxes=torch.cat([self.boxes, others.boxes]),
            parts=torch.cat([self.parts, others.parts]),
            visible=torch.cat([self.visible, others.visible]),
            attributes=both(self.attributes, others.attributes),
            certainty=both(self.certainty, others.certainty),
            masks=masks,
        )

    def first(self, count: int) -> "Photos":
        """The first ``count`` pictures, a fair sample of all, or all if there are fewer."""
        return self.take(list(range(min(count, self.count))))


@dataclass(frozen=True)
class Lost:
    """A picture that is in no split because it does not decode.

    Attributes:
        why: it does not; names the file.
        split: that it would be in.
        label: its class.
        before: pictures of its class that come before it there and do decode.
    """

    why: str
    split: str
    label: int
    before: int


@dataclass(frozen=True)
class BirdSet:
    """Fit on ``train``, choose on ``validation``, report on ``test`` once.

    Attributes:
        name: of the set.
        folder: where it was read from.
        class_names: without their numbers, as ``Black_footed_Albatross``.
        class_ids: as in the files; they may have gaps.
        part_names: in the order of ``Photos.parts``.
        attribute_names: in the order of ``class_attributes``; none if the set has no attributes.
        class_attributes: share of a class's pictures that show an attribute, 0 to 1.
        left_out: pictures that would be in a split if they decoded; only where that was asked for.
    """

    name: str
    folder: Path
    class_names: tuple[str, ...]
    class_ids: tuple[int, ...]
    part_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    class_attributes: Float[Tensor, "class attribute"] | None
    train: Photos
    validation: Photos
    test: Photos
    left_out: Mapping[Path, Lost] = field(default_factory=dict)

    @property
    def num_classes(self) -> int:
        """Number of classes; labels lie in 0..num_classes - 1."""
        return len(self.class_names)

    def without_validation(self) -> "BirdSet":
        """The same with its validation pictures among those to fit on, after them."""
        lost = {
            at: replace(one, split="train") if one.split == "validation" else one
            for at, one in self.left_out.items()
        }
        train, none = self.train.and_then(self.validation), self.validation.take([])
        return replace(self, train=train, validation=none, left_out=lost)
