"""Results -> pictures. One visual language: a colour a method, one for float, one for wrong."""

from fewbits.figures.codes import (
    codes_by_use,
    digit_in_codes,
    error_over_codes,
    moving_levels,
    pairs_and_codes,
    rebuilt_digits,
)
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
    recorded_price,
    weight_levels,
    what_a_layer_says,
)
from fewbits.figures.portrait import family_portrait
from fewbits.figures.saliency import (
    cascade,
    curves,
    map_rows,
    of_which,
    recorded_differences,
    recorded_maps,
    recorded_verdict,
    with_interval,
)
from fewbits.figures.staircase import (
    errors_by_step,
    fitted_curves,
    gradient_answers,
    staircase_and_slope,
    weight_paths,
)
from fewbits.figures.tables import percent, table

__all__ = [
    "Drawing",
    "cascade",
    "clip_paths",
    "clips_by_layer",
    "codes_by_use",
    "curves",
    "decibels_over_bits",
    "digit_in_codes",
    "engines",
    "error_and_accuracy",
    "error_over_clip",
    "error_over_codes",
    "errors_by_step",
    "family_portrait",
    "fewer_greys",
    "fitted_curves",
    "gradient_answers",
    "map_rows",
    "moving_levels",
    "pact_function",
    "pairs_and_codes",
    "rebuilt_digits",
    "recorded_accuracy",
    "recorded_verdict",
    "of_which",
    "recorded_differences",
    "recorded_maps",
    "recorded_price",
    "staircase_and_slope",
    "percent",
    "table",
    "values_and_levels",
    "weight_levels",
    "weight_paths",
    "what_a_layer_says",
    "with_interval",
]
