"""Live controls: in a notebook with Python behind them, in a rendered page by themselves."""

from fewbits.widgets.alpha_replay import AlphaReplay
from fewbits.widgets.class_editor import ClassEditor
from fewbits.widgets.code_budget import CodeBudget
from fewbits.widgets.codebook_explorer import CodebookExplorer
from fewbits.widgets.concept_names import ConceptNames
from fewbits.widgets.draw_digit import DrawDigit
from fewbits.widgets.explain_bird import ExplainBird
from fewbits.widgets.iteration_stepper import IterationStepper
from fewbits.widgets.path_explorer import PathExplorer
from fewbits.widgets.perturbation_probe import PerturbationProbe
from fewbits.widgets.quantizer_playground import QuantizerPlayground
from fewbits.widgets.saliency_compare import SaliencyCompare
from fewbits.widgets.ternary_threshold import TernaryThreshold

__all__ = [
    "AlphaReplay",
    "ClassEditor",
    "CodeBudget",
    "CodebookExplorer",
    "ConceptNames",
    "DrawDigit",
    "ExplainBird",
    "IterationStepper",
    "PathExplorer",
    "PerturbationProbe",
    "QuantizerPlayground",
    "SaliencyCompare",
    "TernaryThreshold",
]
