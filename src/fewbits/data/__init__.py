"""Images with labels: known sets by name, checked when read, cut into fixed splits."""

from fewbits.data.loading import SCALES, load
from fewbits.data.registry import SETS, SetInfo, find_set
from fewbits.data.splits import ImageSet, Split

__all__ = ["SCALES", "SETS", "ImageSet", "SetInfo", "Split", "find_set", "load"]
