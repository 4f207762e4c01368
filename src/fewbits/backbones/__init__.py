"""Backbones: a picture in, feature maps out."""

from fewbits.backbones.checking import grid_at, weights_identity
from fewbits.backbones.classifier import Classifier
from fewbits.backbones.earlier import earlier
from fewbits.backbones.fields import field_shift
from fewbits.backbones.networks import (
    PUBLISHED,
    TINY,
    TINY_CHANNELS,
    Backbone,
    build,
)

__all__ = [
    "PUBLISHED",
    "TINY",
    "TINY_CHANNELS",
    "Backbone",
    "Classifier",
    "build",
    "earlier",
    "field_shift",
    "grid_at",
    "weights_identity",
]
