"""Codes that say where they look -> one number a code: on one part, steadily, and only there?

A code is one entry of a codebook (the papers: prototype). Each picture gives it a score, the
maximum of the code's map over places, and a cell, the place of that maximum in the map's grid,
counted row by row. Positions of parts are x, y in pixels of the square picture the network saw.
"""

from fewbits.metrics.parts.boxes import patch_boxes
from fewbits.metrics.parts.chance import fixed_cells, random_cells
from fewbits.metrics.parts.consistency import consistency, noise_like, part_vectors, stability
from fewbits.metrics.parts.covering import covered
from fewbits.metrics.parts.following import cell_parts, main_share
from fewbits.metrics.parts.groups import merge_sides
from fewbits.metrics.parts.intervening import Intervened, intervened
from fewbits.metrics.parts.misalignment import (
    activation_change,
    attack_outside,
    enlarge,
    keep_box,
    location_change,
    rank_change,
)
from fewbits.metrics.parts.purity import Purity, exact_purity, purity
from fewbits.metrics.parts.redrawn import Redrawn, redrawn
from fewbits.metrics.parts.sharing import carrying, classes_per_code, global_size, local_size
from fewbits.metrics.parts.steady import consistent, exact_vectors, unchanged

__all__ = [
    "Intervened",
    "Purity",
    "Redrawn",
    "activation_change",
    "attack_outside",
    "carrying",
    "cell_parts",
    "classes_per_code",
    "consistency",
    "consistent",
    "covered",
    "enlarge",
    "exact_purity",
    "exact_vectors",
    "fixed_cells",
    "global_size",
    "intervened",
    "keep_box",
    "local_size",
    "location_change",
    "main_share",
    "merge_sides",
    "noise_like",
    "part_vectors",
    "patch_boxes",
    "purity",
    "random_cells",
    "rank_change",
    "redrawn",
    "stability",
    "unchanged",
]
