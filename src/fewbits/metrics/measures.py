"""The list of measures: what each says, which way is better, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One number an image, and how to read it.

    Attributes:
        name: family and measure, "faithfulness.deletion".
        direction: "higher" or "lower" is better.
        best: the value of a perfect map.
        paper: citation key and where to find the paper.
        says: in a sentence, what the number means.
    """

    name: str
    direction: Literal["higher", "lower"]
    best: float
    paper: str
    says: str


_ADEBAYO = "adebayo2018sanity, arXiv 1810.03292"
_PETSIUK = "petsiuk2018rise, arXiv 1806.07421"
_YEH = "yeh2019infidelity, arXiv 1901.09392"

_ALL = (
    Measure(
        "agreement.spearman",
        "higher",
        1.0,
        _ADEBAYO,
        "Do two maps put the pixels in the same order?",
    ),
    Measure(
        "agreement.topk",
        "higher",
        1.0,
        "ghorbani2019fragile, arXiv 1710.10547",
        "What part of the strongest pixels do two maps have in common?",
    ),
    Measure(
        "agreement.ssim",
        "higher",
        1.0,
        "wang2004ssim, IEEE Transactions on Image Processing 13(4), 600-612, 2004",
        "Do two maps have the same structure, window by window?",
    ),
    Measure(
        "faithfulness.deletion",
        "lower",
        0.0,
        _PETSIUK,
        "How long does the class stay probable while the map's strongest pixels turn black?",
    ),
    Measure(
        "faithfulness.insertion",
        "higher",
        1.0,
        _PETSIUK,
        "How soon does the class become probable while the map's strongest pixels come back?",
    ),
    Measure(
        "faithfulness.road",
        "lower",
        0.0,
        "rong2022road, arXiv 2202.00449",
        "How long does the class stay probable while the map's strongest pixels are smoothed away?",
    ),
    Measure(
        "clarity.gini",
        "higher",
        1.0,
        "chalasani2020concise, arXiv 1810.06583",
        "How unevenly is the map's strength spread over the pixels?",
    ),
    Measure(
        "clarity.entropy",
        "lower",
        0.0,
        "bhatt2020evaluating, arXiv 2005.00631",
        "Over how many pixels is the map's strength spread, as a logarithm?",
    ),
    Measure(
        "robustness.infidelity",
        "lower",
        0.0,
        _YEH,
        "How far off is the map's forecast of what removing a square does to the logit?",
    ),
    Measure(
        "robustness.sensitivity",
        "lower",
        0.0,
        _YEH,
        "How much can a little noise in the image change the map?",
    ),
    Measure(
        "randomisation.spearman",
        "lower",
        0.0,
        _ADEBAYO,
        "How like itself does the map stay when the network forgets what it learned?",
    ),
    Measure(
        "localisation.energy",
        "higher",
        1.0,
        "wang2020scorecam, arXiv 1910.01279",
        "What part of the map's positive mass lies inside the object?",
    ),
    Measure(
        "localisation.pointing",
        "higher",
        1.0,
        "zhang2016excitation, arXiv 1608.00507",
        "Does the map's largest value lie inside the object?",
    ),
)

# Two that are made of others: the same within the object alone, and beside random pixels.
_WITHIN = (
    replace(measure, name=f"{measure.name}.foreground", says=f"{measure.says} Of the object alone.")
    for measure in _ALL
    if measure.name.startswith("agreement.")
)
_GAINS = (
    replace(
        measure,
        name=f"{measure.name}.gain",
        direction="higher",
        best=1.0,
        says=f"{measure.says} How much better than for random pixels, on the same image?",
    )
    for measure in _ALL
    if measure.name.startswith("faithfulness.")
)

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.name: measure for measure in (*_ALL, *_WITHIN, *_GAINS)}
)
