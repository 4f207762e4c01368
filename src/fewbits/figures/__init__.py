"""Results -> pictures. One visual language: a colour a method, one for float, one for wrong."""

from fewbits.figures.drawing import Drawing
from fewbits.figures.pact import (
    clip_paths,
    clips_by_layer,
    pact_function,
    recorded_accuracy,
    weight_levels,
)
from fewbits.figures.portrait import family_portrait
from fewbits.figures.tables import table

__all__ = [
    "Drawing",
    "clip_paths",
    "clips_by_layer",
    "family_portrait",
    "pact_function",
    "recorded_accuracy",
    "table",
    "weight_levels",
]
