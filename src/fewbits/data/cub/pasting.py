"""TravelingBirds: CUB's birds cut out and pasted onto other places, a place for each class.

In training a bird stands before its class's place, in the test before another class's. Who went by
the place fails there (Koh et al., Concept Bottleneck Models, ICML 2020).

The layout is known from the script that makes the set (CUB/gen_cub_synthetic.py in
github.com/yewsiang/ConceptBottleneck), from issue 27 there, and from how Q-SENN's authors read it:
``CUB_fixed`` holds ``train`` and ``test``, and each of these holds *every* picture of CUB under its
own class folder and file name, before the training place or before the other. CUB's official split
says which of them count; to read both folders whole would train on the birds of the test. The
script keeps the size of each picture, so CUB's boxes, parts and masks stay true. The published
bundle itself was not at hand, so that is checked for each picture.
"""

from dataclasses import replace
from pathlib import Path

from fewbits.data.cub.birdset import BirdSet, Photos
from fewbits.data.cub.opening import picture_sizes
from fewbits.data.cub.skipping import without
from fewbits.data.cub.tables import broken
from fewbits.errors import FewbitsError

TRAIN, TEST = "train", "test"


def read_pasted(birds: BirdSet, folder: Path, name: str, skip_broken: bool = False) -> BirdSet:
    """CUB as it was read, its pictures taken from TravelingBirds.

    Args:
        birds: CUB, or some classes of it.
        folder: ``CUB_fixed``. Training and validation pictures come from ``train`` in it, test
            pictures from ``test``.
        name: of the set.
        skip_broken: leaves out files that are no pictures, ``BirdSet.left_out`` names them.

    Raises:
        FewbitsError: a folder or a picture is missing, or does not decode, or is of another size
            than CUB's; the message names it.
    """
    for part in (TRAIN, TEST):
        if not (folder / part).is_dir():
            raise FewbitsError(
                f"{folder}: expected the folders {TRAIN}/ and {TEST}/ in it, got no {part}/; "
                "unpack TravelingBirds again"
            )
    images, left_out = birds.folder / "images", dict(birds.left_out)

    def moved(split: str, part: str) -> Photos:
        photos: Photos = getattr(birds, split)
        paths = tuple(folder / part / path.relative_to(images) for path in photos.paths)
        bad = _checked(paths, photos.sizes.tolist(), skip_broken)
        everyone = list(range(photos.count))
        found, lost = without(replace(photos, paths=paths), everyone, bad, split)
        left_out.update(lost)
        return found

    return replace(
        birds,
        name=name,
        folder=folder,
        train=moved("train", TRAIN),
        validation=moved("validation", TRAIN),
        test=moved("test", TEST),
        left_out=left_out,
    )


def _checked(
    paths: tuple[Path, ...], expected: list[list[int]], skip_broken: bool
) -> dict[int, str]:
    """Places of those that are no pictures, and why, once all others are as large as CUB's."""
    sizes, bad = picture_sizes(paths, skip_broken=skip_broken)
    for place, (path, size) in enumerate(zip(paths, expected, strict=True)):
        found = sizes[place]
        if place not in bad and list(found) != size:
            broken(
                path, None,
                f"{size[0]} x {size[1]} pixels as in CUB, where its box and parts were measured",
                f"{found[0]} x {found[1]}", "take the pictures as they were published",
            )  # fmt: skip
    return bad
