"""Read all of a set of pictures, and compare what is there with what was published."""

import os
from concurrent.futures import ThreadPoolExecutor

from fewbits.data.cub.birdset import BirdSet, Photos
from fewbits.data.cub.opening import open_picture
from fewbits.data.cub.pixels import read_masks, read_pixels
from fewbits.data.picture_sets import PictureSet
from fewbits.errors import BrokenPictureError


def read_everything(birds: BirdSet) -> None:
    """Decode every picture of every split, and every mask if the set has masks.

    Raises:
        FewbitsError: one does not decode; the message names it.
    """
    workers = os.cpu_count() or 1
    for photos in (birds.train, birds.validation, birds.test):
        # All of a picture is decoded, whatever the size that it is then brought to.
        read_pixels(photos, 1, workers=workers)
        if photos.masks is not None:
            read_masks(photos, 1, workers=workers)


def decodable(photos: Photos, workers: int = 1) -> Photos:
    """Those that decode, in their order; each is decoded to find out."""

    def decodes(place: int) -> bool:
        try:
            open_picture(photos.paths[place])
        except BrokenPictureError:
            return False
        return True

    with ThreadPoolExecutor(workers) as threads:
        whole = list(threads.map(decodes, range(photos.count)))
    return photos.take([place for place, sound in enumerate(whole) if sound])


def lacking(info: PictureSet, birds: BirdSet) -> str:
    """What of the published set is not there, in a few words; empty if all of it is."""
    pictures = birds.train.count + birds.validation.count + birds.test.count
    counts = (
        ("classes", birds.num_classes, info.classes),
        ("pictures", pictures, info.pictures),
    )
    found = [f"{have:,} of {of:,} {what}" for what, have, of in counts if have != of]
    if info.annotated and birds.train.attributes is None:
        found.append("no attributes of single pictures")
    return ", ".join(found)
