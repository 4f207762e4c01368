"""What the colour words look like: one paint each, and how far a bird may stray from it."""

import numpy as np

from fewbits.data.birds.species import Species
from fewbits.data.drawing.paint import Colour, mix, stray

FEATHERS: dict[str, Colour] = {
    "black": (44, 44, 52),
    "blue": (44, 98, 186),
    "brown": (134, 92, 56),
    "green": (98, 134, 52),
    "grey": (134, 146, 160),
    "orange": (226, 124, 44),
    "red": (206, 44, 40),
    "white": (246, 243, 234),
    "yellow": (244, 206, 58),
}
BARE: dict[str, Colour] = {"black": (42, 40, 44), "orange": (240, 138, 34)}
"""Bills and legs."""

UNDERPARTS: dict[str, Colour] = {"grey": (176, 184, 192)}
"""Where the paint of the belly is not that of a wing."""

CREAM: Colour = (250, 243, 222)
INK: Colour = (40, 34, 36)


class Coat:
    """The paints of one bird, each a little off its species' own.

    Attributes:
        upper: back, tail and wing.
        under: breast and belly.
        crown: top of the head, and the crest.
        face: the sides of the head.
        bill: the beak.
        legs: tarsi and toes.
    """

    def __init__(self, species: Species, rng: np.random.Generator) -> None:
        traits = species.traits
        under = traits["has_underparts_color"]
        self.upper = stray(FEATHERS[traits["has_wing_color"]], rng)
        self.under = stray(UNDERPARTS.get(under, FEATHERS[under]), rng)
        self.crown = stray(FEATHERS[traits["has_crown_color"]], rng)
        self.face = mix(self.upper, CREAM, 0.30)
        self.bill = stray(BARE[traits["has_bill_color"]], rng)
        self.legs = stray(BARE[traits["has_leg_color"]], rng)
