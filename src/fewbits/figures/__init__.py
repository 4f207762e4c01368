"""Results -> pictures. One visual language: a colour a method, one for float, one for wrong."""

from fewbits.figures.drawing import Drawing
from fewbits.figures.levels import (
    decibels_over_bits,
    error_and_accuracy,
    error_over_clip,
    fewer_greys,
    values_and_levels,
)
from fewbits.figures.pact import (
    clip_paths,
    clips_by_layer,
    engines,
    pact_function,
    recorded_accuracy,
    weight_levels,
    what_a_layer_says,
)
from fewbits.figures.portrait import family_portrait
from fewbits.figures.staircase import (
    errors_by_step,
    fitted_curves,
    gradient_answers,
    staircase_and_slope,
    weight_paths,
)
from fewbits.figures.tables import table

__all__ = [
    "Drawing",
    "clip_paths",
    "clips_by_layer",
    "decibels_over_bits",
    "engines",
    "error_and_accuracy",
    "error_over_clip",
    "errors_by_step",
    "family_portrait",
    "fewer_greys",
    "fitted_curves",
    "gradient_answers",
    "pact_function",
    "recorded_accuracy",
    "staircase_and_slope",
    "table",
    "values_and_levels",
    "weight_levels",
    "weight_paths",
    "what_a_layer_says",
]
