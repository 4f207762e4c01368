"""How a bird is built and how it holds itself in one picture."""

from dataclasses import dataclass

import numpy as np

from fewbits.data.birds.species import Species


@dataclass(frozen=True)
class Plan:
    """The proportions of a species, in body lengths: they follow from its attributes.

    Attributes:
        depth: half the height of the body.
        head: radius of the head.
        neck: from the shoulder to the middle of the head.
        leg: from the belly to the ground.
        pitch: how steeply the body rises towards the head, in radians.
        bill: shape of the beak.
        tail: shape of the tail.
        crested: whether a crest stands on the head.
    """

    depth: float
    head: float
    neck: float
    leg: float
    pitch: float
    bill: str
    tail: str
    crested: bool


@dataclass(frozen=True)
class Pose:
    """What changes from picture to picture; angles in radians.

    Attributes:
        facing: 1 to the right, -1 to the left.
        perched: on something, or else on the ground.
        crouched: so low that the legs are hidden in the feathers.
        pitch: added to the plan's.
        tilt: of the head, downwards.
        looking_back: the head is turned over the shoulder.
        tail: how far the tail is lifted.
        wing: how far the wing is lifted.
        neck: stretch of the neck, 1 as in the plan.
        stride: how far apart the feet are, in body lengths.
        slope: of the perch, towards where the bird faces, downwards.
        size: the longer side of the bird's box, as a share of the picture.
        place: where the box lies in the room that is left, 0 to 1 rightwards and downwards.
    """

    facing: int
    perched: bool
    crouched: bool
    pitch: float
    tilt: float
    looking_back: bool
    tail: float
    wing: float
    neck: float
    stride: float
    slope: float
    size: float
    place: tuple[float, float]


def plan_for(species: Species) -> Plan:
    """A body that goes with the attributes: hooked bills sit upright, long legs have long necks."""
    hooked, long = species.has("bill_shape", "hooked"), species.has("leg_length", "long")
    plump = species.has("shape", "plump")
    bill = species.traits["has_bill_shape"]
    head = {"cone": 0.225, "hooked": 0.22, "dagger": 0.195, "needle": 0.195}[bill]
    return Plan(
        depth=0.335 if plump else 0.245,
        head=head - 0.03 * long + 0.02 * plump,
        neck=0.46 if long and not plump else 0.30 if long else 0.235,
        leg=0.52 if long else 0.17,
        pitch=np.radians(50 if hooked else 16 if long else 27),
        bill=bill,
        tail=species.traits["has_tail_shape"],
        crested=species.has("head_pattern", "crested"),
    )


def draw_pose(species: Species, rng: np.random.Generator) -> Pose:
    """A pose that suits the species: waders walk, birds of prey perch, the others do both."""
    hooked, long = species.has("bill_shape", "hooked"), species.has("leg_length", "long")
    perched = bool(rng.random() < (0.15 if long else 0.9 if hooked else 0.6))
    lifted = rng.random() < 0.22
    return Pose(
        facing=1 if rng.random() < 0.5 else -1,
        perched=perched,
        crouched=bool(perched and not long and rng.random() < 0.25),
        pitch=np.radians(rng.uniform(-8, 9) + 8 * (perched and not long)),
        tilt=np.radians(rng.uniform(-16, 20)),
        looking_back=bool(rng.random() < 0.16),
        tail=np.radians(rng.choice([rng.uniform(-8, 14), rng.uniform(22, 48)], p=[0.8, 0.2])),
        wing=np.radians(rng.uniform(16, 34) if lifted else rng.uniform(-3, 3)),
        neck=rng.uniform(0.88, 1.14),
        stride=rng.uniform(0.10, 0.16) if perched else rng.uniform(0.12, 0.34 if long else 0.22),
        slope=np.radians(rng.uniform(-8, 8)) if perched else 0.0,
        size=rng.uniform(0.70, 0.92),
        place=(rng.uniform(0, 1), rng.uniform(0, 1)),
    )
