"""From plan and pose to a body: where each part lies in the picture, and the outline it has."""

from dataclasses import dataclass, replace

import numpy as np

from fewbits.data.birds.pose import Plan, Pose
from fewbits.data.birds.shapes import BILLS, BODY, CREST, EYE, TAILS, WING, tail_feathers
from fewbits.data.drawing.curves import Frame, Outline, Vector, ellipse, smooth

PARTS = (
    "back", "beak", "belly", "breast", "crown", "forehead", "left eye", "left leg", "left wing",
    "nape", "right eye", "right leg", "right wing", "tail", "throat",
)  # fmt: skip
"""The fifteen parts of CUB, in its order."""


@dataclass(frozen=True)
class Leg:
    """A leg from hip over ankle to foot, in pixels."""

    hip: Vector
    ankle: Vector
    foot: Vector


@dataclass(frozen=True)
class Anatomy:
    """One bird's frames and outlines, in pixels of the picture, not yet painted.

    Attributes:
        unit: pixels in a body length.
        root: between the feet, level; x where the bird faces.
        depth: half the height of the body, in body lengths.
    """

    unit: float
    depth: float
    root: Frame
    body: Frame
    head: Frame
    wing: Frame
    far_wing: Frame
    tail: Frame
    trunk: tuple[Outline, ...]
    skull: Outline
    bill: Outline
    crest: Outline | None
    tail_feathers: tuple[Outline, ...]
    near_leg: Leg
    far_leg: Leg

    def extent(self) -> Outline:
        """All points of all outlines."""
        wings = [self.wing.place(WING), self.far_wing.place(WING)]
        feet = [leg.foot[None] for leg in (self.near_leg, self.far_leg)]
        crest = [] if self.crest is None else [self.crest]
        return np.concatenate(
            [*self.trunk, self.skull, self.bill, *crest, *self.tail_feathers, *wings, *feet]
        )

    def points(self) -> dict[str, Vector]:
        """Where the parts lie, near and far ones called so."""
        return {
            "back": self.body.at(-0.02, -0.86 * self.depth),
            "beak": self.head.at(1.22, 0.06),
            "belly": self.body.at(0.04, 0.80 * self.depth),
            "breast": self.body.at(0.38, 0.36 * self.depth),
            "crown": self.head.at(-0.05, -0.78),
            "forehead": self.head.at(0.66, -0.52),
            "nape": self.head.at(-0.80, 0.10),
            "tail": self.tail.at(0.34, 0.0),
            "throat": self.head.at(0.45, 0.68),
            "near eye": self.head.at(*EYE),
            "near wing": self.wing.at(0.42, 0.0),
            "near leg": 0.5 * (self.near_leg.ankle + self.near_leg.foot),
            "far leg": 0.5 * (self.far_leg.ankle + self.far_leg.foot),
        }


def build(plan: Plan, pose: Pose, root: Frame) -> Anatomy:
    """Put a bird together around its feet.

    Args:
        plan: proportions.
        pose: of this picture.
        root: between the feet; its unit is a body length.
    """
    height = (0.02 if pose.crouched else plan.leg) + 0.82 * plan.depth
    body = root.inner(0.0, -height, -(plan.pitch + pose.pitch))
    head = _head(plan, pose, root, body)
    shoulder = body.inner(0.27, -0.24 * plan.depth, 0.04 + pose.wing, mirrored=True)
    wing = Frame(
        shoulder.origin, 0.92 * shoulder.across, (0.05 + 0.68 * plan.depth) * shoulder.down
    )
    back = body.inner(0.17, -0.5 * plan.depth, 0.04 + 1.35 * max(pose.wing, 0.0), mirrored=True)
    tail = body.inner(-0.40, -0.06 * plan.depth, pose.tail, mirrored=True)
    skull = head.place(smooth(ellipse(0, 0, 1.03, 0.94, 10)))
    return Anatomy(
        unit=root.unit,
        depth=plan.depth,
        root=root,
        body=body,
        head=head,
        wing=wing,
        far_wing=replace(wing, origin=back.origin, across=0.9 * back.across),
        tail=tail,
        trunk=_trunk(plan, body, head),
        skull=skull,
        bill=head.place(BILLS[plan.bill]),
        crest=head.place(smooth(CREST, 3)) if plan.crested else None,
        tail_feathers=tail_feathers(TAILS[plan.tail], tail),
        near_leg=_leg(pose, plan, root, body, 0.5),
        far_leg=_leg(pose, plan, root, body, -0.5),
    )


def _head(plan: Plan, pose: Pose, root: Frame, body: Frame) -> Frame:
    """Above and before the shoulder, level but for its tilt, whatever the body does."""
    reach = plan.neck * pose.neck
    rise = np.radians(58 + 20 * (plan.neck > 0.28))
    start = body.at(0.30, -0.42 * plan.depth)
    origin = start + reach * (np.cos(rise) * root.across - np.sin(rise) * root.down)
    tilt = -pose.tilt if pose.looking_back else pose.tilt
    return replace(root.inner(0, 0, tilt, plan.head, pose.looking_back), origin=origin)


def _trunk(plan: Plan, body: Frame, head: Frame) -> tuple[Outline, ...]:
    """The body, and a row of discs that make the neck."""
    egg = body.place(smooth(BODY * [1.0, plan.depth]))
    chest, thick = body.at(0.22, -0.12 * plan.depth), 0.74 * plan.depth * body.unit
    neck = []
    for share in np.linspace(0.0, 1.0, 7):
        x, y = chest + share * (head.origin - chest)
        radius = thick + np.sqrt(share) * (0.80 * head.unit - thick)
        neck.append(ellipse(x, y, radius, radius))
    return (egg, *neck)


def _leg(pose: Pose, plan: Plan, root: Frame, body: Frame, side: float) -> Leg:
    """One leg; the ankle bends backwards, as a bird's does. The foot stands on the slope."""
    hip = body.at(-0.04 + 0.10 * side, 0.66 * plan.depth)
    along = 0.03 + side * pose.stride
    foot = root.at(along, np.tan(pose.slope) * along)
    ankle = 0.45 * hip + 0.55 * foot - (0.03 + 0.12 * plan.leg) * root.across
    return Leg(hip, ankle, foot)


def fit(plan: Plan, pose: Pose, side: int) -> Anatomy:
    """The bird at the size and place in a picture of ``side`` pixels that its pose asks for."""
    level = Frame(np.zeros(2), np.array([float(pose.facing), 0.0]), np.array([0.0, 1.0]))
    points = build(plan, pose, level).extent()
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = high - low
    scale = side * min(pose.size / max(wide, tall), 0.90 / wide, 0.80 / tall)
    # Room on every side, more below: the ground goes on under the feet.
    room = np.array([0.04, 0.06]) * side
    free = side - scale * (high - low) - room - np.array([0.04, 0.09]) * side
    share = np.array([pose.place[0], 0.35 + 0.65 * pose.place[1]])
    origin = room + share * np.maximum(free, 0) - scale * low
    return build(plan, pose, Frame(origin, scale * level.across, scale * level.down))
