"""Saliency maps -> one number an image: do they agree, tell the truth, show it clearly, hold still?

Maps are ``[image, height, width]``, larger = more important. :data:`MEASURES` lists what there is.
"""

from fewbits.metrics.agreement import spearman, ssim, topk_intersection
from fewbits.metrics.baselines import blurred, edge_maps, random_maps
from fewbits.metrics.clarity import entropy, gini
from fewbits.metrics.faithfulness import Curve, deletion, insertion, removal_ranks, road
from fewbits.metrics.imputation import impute
from fewbits.metrics.intervals import Interval, bootstrap, bootstrap_seeds
from fewbits.metrics.localisation import energy_inside, pointing_game
from fewbits.metrics.measures import MEASURES, Measure
from fewbits.metrics.randomisation import cascading
from fewbits.metrics.robustness import infidelity, sensitivity

__all__ = [
    "MEASURES",
    "Curve",
    "Interval",
    "Measure",
    "blurred",
    "bootstrap",
    "bootstrap_seeds",
    "cascading",
    "deletion",
    "edge_maps",
    "energy_inside",
    "entropy",
    "gini",
    "impute",
    "infidelity",
    "insertion",
    "pointing_game",
    "random_maps",
    "removal_ranks",
    "road",
    "sensitivity",
    "spearman",
    "ssim",
    "topk_intersection",
]
