"""Images with labels: known sets by name, checked when read, cut into fixed splits."""

from fewbits.data.fetching import get
from fewbits.data.folders import data_folder
from fewbits.data.loading import SCALES, load
from fewbits.data.registry import SETS, SetInfo, find_set
from fewbits.data.splits import ImageSet, Split
from fewbits.data.verify import describe_order

__all__ = [
    "SCALES",
    "SETS",
    "ImageSet",
    "SetInfo",
    "Split",
    "data_folder",
    "describe_order",
    "find_set",
    "get",
    "load",
]
