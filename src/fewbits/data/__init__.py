"""Images with labels: known sets by name, checked when read, cut into fixed splits."""

from fewbits.data.fetching import get
from fewbits.data.folders import data_folder, named_folder
from fewbits.data.loading import SCALES, load
from fewbits.data.registry import MADE, SETS, SetInfo, find_set, find_sources
from fewbits.data.splits import ImageSet, Split, digest_of
from fewbits.data.status import describe, is_here, where

__all__ = [
    "MADE",
    "SCALES",
    "SETS",
    "ImageSet",
    "SetInfo",
    "Split",
    "data_folder",
    "describe",
    "digest_of",
    "find_set",
    "find_sources",
    "get",
    "is_here",
    "load",
    "named_folder",
    "where",
]
