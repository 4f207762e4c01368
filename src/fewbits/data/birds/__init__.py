"""``birds``: the embedded set of drawn birds, whose every part and attribute is known."""

from fewbits.data.birds.anatomy import PARTS
from fewbits.data.birds.attributes import ATTRIBUTES, GROUPS
from fewbits.data.birds.drawing import SIDE, Drawing, choose_habitat, draw_bird
from fewbits.data.birds.habitats import HABITATS
from fewbits.data.birds.mixed import MixedBirds, draw_mixed
from fewbits.data.birds.species import SPECIES, Species
from fewbits.data.birds.tables import habitats_of
from fewbits.data.birds.truth import Truth
from fewbits.data.birds.writing import make_birds

__all__ = [
    "ATTRIBUTES",
    "GROUPS",
    "HABITATS",
    "PARTS",
    "SIDE",
    "SPECIES",
    "Drawing",
    "MixedBirds",
    "Species",
    "Truth",
    "choose_habitat",
    "draw_bird",
    "draw_mixed",
    "habitats_of",
    "make_birds",
]
