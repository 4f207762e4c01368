"""A frozen backbone's feature maps, computed once and kept on disk in 16 bits."""

from fewbits.features.cache import FeatureCache
from fewbits.features.extraction import BATCH, SHARD_BYTES, extract
from fewbits.features.keys import (
    MIRRORED,
    PLAIN,
    RECOLOURED,
    CacheKey,
    View,
    backbone_fingerprint,
    key_of,
)
from fewbits.features.opening import open_cache
from fewbits.features.sources import PhotoPictures, Pictures, SplitPictures

__all__ = [
    "BATCH",
    "MIRRORED",
    "PLAIN",
    "RECOLOURED",
    "SHARD_BYTES",
    "CacheKey",
    "FeatureCache",
    "PhotoPictures",
    "Pictures",
    "SplitPictures",
    "View",
    "backbone_fingerprint",
    "extract",
    "key_of",
    "open_cache",
]
