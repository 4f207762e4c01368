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
from fewbits.figures.editing import called, struck_out
from fewbits.figures.levels import (
    decibels_over_bits,
    error_and_accuracy,
    error_over_clip,
    fewer_greys,
    values_and_levels,
)
from fewbits.figures.loop import humps, over_passes, settings_tried
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
from fewbits.figures.patches import adrift, how_far, looks_like, patch_rows, similarity
from fewbits.figures.portrait import family_portrait
from fewbits.figures.probing import change_by_distance, change_maps
from fewbits.figures.qsenn import (
    about_what,
    answers_kept,
    layers,
    loudest_pictures,
    maps_over,
    not_yet,
    one_decision,
    one_of_each,
    spoken,
)
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
from fewbits.figures.scaling import hours_and_bytes, hours_over_devices
from fewbits.figures.scores import accuracy_over_size, one_logit, weights_alive
from fewbits.figures.staircase import (
    errors_by_step,
    fitted_curves,
    gradient_answers,
    staircase_and_slope,
    weight_paths,
)
from fewbits.figures.tables import percent, table
from fewbits.figures.trade import accuracy_over_parts
from fewbits.figures.travel import follows, home_and_away, twice
from fewbits.figures.vocabulary import accuracy_over_codes, parts_or_things, told_in_codes

__all__ = [
    "Drawing",
    "about_what",
    "accuracy_over_codes",
    "accuracy_over_parts",
    "accuracy_over_size",
    "adrift",
    "answers_kept",
    "called",
    "cascade",
    "change_by_distance",
    "change_maps",
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
    "follows",
    "gradient_answers",
    "home_and_away",
    "hours_and_bytes",
    "hours_over_devices",
    "how_far",
    "humps",
    "layers",
    "looks_like",
    "loudest_pictures",
    "map_rows",
    "maps_over",
    "moving_levels",
    "not_yet",
    "of_which",
    "one_decision",
    "one_logit",
    "one_of_each",
    "over_passes",
    "pact_function",
    "pairs_and_codes",
    "parts_or_things",
    "patch_rows",
    "percent",
    "rebuilt_digits",
    "recorded_accuracy",
    "recorded_differences",
    "recorded_maps",
    "recorded_price",
    "recorded_verdict",
    "settings_tried",
    "similarity",
    "spoken",
    "staircase_and_slope",
    "struck_out",
    "table",
    "told_in_codes",
    "twice",
    "values_and_levels",
    "weight_levels",
    "weight_paths",
    "weights_alive",
    "what_a_layer_says",
    "with_interval",
]
