"""Sparse linear layers: multinomial regression with an elastic net, plain or grouped, as a path.

The field calls these generalised linear models; in a network they are its last layer.
"""

from fewbits.glm.loss import Multinomial
from fewbits.glm.path import Path, fit_path, lambda_max, lambdas_below, largest_strength, walk
from fewbits.glm.penalties import ElasticNet, GroupElasticNet
from fewbits.glm.solver import TOLERANCE, Fit, fit
from fewbits.glm.standardize import Standardization, measure, standardize
from fewbits.glm.table import Table

__all__ = [
    "TOLERANCE",
    "ElasticNet",
    "Fit",
    "GroupElasticNet",
    "Multinomial",
    "Path",
    "Standardization",
    "Table",
    "fit",
    "fit_path",
    "lambda_max",
    "lambdas_below",
    "largest_strength",
    "measure",
    "standardize",
    "walk",
]
