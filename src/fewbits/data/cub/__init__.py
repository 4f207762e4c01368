"""CUB-200-2011, or any set in its layout: photographs of birds with parts and attributes."""

from fewbits.data.cub.birdset import BirdSet, Lost, Photos
from fewbits.data.cub.checking import decodable, lacking, read_everything
from fewbits.data.cub.getting import get_pictures
from fewbits.data.cub.imagefolder import read_folders
from fewbits.data.cub.pasting import read_pasted
from fewbits.data.cub.pixels import place_boxes, place_parts, read_masks, read_pixels, windows
from fewbits.data.cub.reading import find_layout, read_cub

__all__ = [
    "BirdSet",
    "Lost",
    "Photos",
    "decodable",
    "find_layout",
    "get_pictures",
    "lacking",
    "place_boxes",
    "place_parts",
    "read_cub",
    "read_everything",
    "read_folders",
    "read_masks",
    "read_pasted",
    "read_pixels",
    "windows",
]
