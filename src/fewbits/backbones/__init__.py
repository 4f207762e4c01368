"""Backbones: a picture in, feature maps out."""

from fewbits.backbones.classifier import Classifier
from fewbits.backbones.networks import (
    PUBLISHED,
    TINY,
    TINY_CHANNELS,
    Backbone,
    build,
)

__all__ = ["PUBLISHED", "TINY", "TINY_CHANNELS", "Backbone", "Classifier", "build"]
