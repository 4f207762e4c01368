"""What is broad enough to stand on: post, rock, stump, mud bank and snow drift."""

import numpy as np

from fewbits.data.birds.colours import CREAM, INK
from fewbits.data.birds.scene import Scene
from fewbits.data.drawing.curves import ellipse
from fewbits.data.drawing.paint import Colour, mix


def post(scene: Scene, wood: Colour) -> None:
    """A weathered fence post, its rails running out of the picture."""
    stand, side = scene.stand, scene.side
    half = 0.17 * stand.unit
    for drop in (0.42, 0.98):
        y = stand.y + drop * stand.unit
        rail = np.array([[-2, y], [side + 2, y - 3], [side + 2, y + 3], [-2, y + 6]])
        scene.polygon(rail, mix(wood, INK, 0.15))
        scene.line(rail[:2], mix(wood, CREAM, 0.3), 0.8)
    slant = stand.incline * half
    top = [[stand.x - half, stand.y - slant], [stand.x + half, stand.y + slant]]
    foot = [[stand.x + half, side + 2.0], [stand.x - half, side + 2.0]]
    scene.polygon(np.array(top + foot), wood)
    sunny = half * np.sign(scene.light.side)
    dark = np.array([[stand.x, stand.y], [stand.x - sunny, stand.y], [stand.x - sunny, side + 2.0]])
    scene.polygon(np.concatenate([dark, [[stand.x, side + 2.0]]]), mix(wood, INK, 0.25), 150)
    for share in (-0.5, 0.1, 0.6):
        grain = [[stand.x + share * half, stand.y + 2], [stand.x + share * half + 1, side + 2.0]]
        scene.line(np.array(grain), mix(wood, INK, 0.45), 0.6, 170)
    scene.line(np.array(top), mix(wood, CREAM, 0.5), 1.6)


def rock(scene: Scene, stone: Colour, moss: Colour | None = None) -> None:
    """A boulder with a flat top and a lit face; water or ground hides its foot."""
    stand, unit = scene.stand, scene.stand.unit
    left, right = unit * scene.rng.uniform(0.55, 0.95, 2)
    x, y, tilt = stand.x, stand.y, stand.incline
    crown = [
        [x - 0.34 * unit, y - 0.34 * unit * tilt],
        [x, y],
        [x + 0.34 * unit, y + 0.34 * unit * tilt],
    ]
    rest = [
        [x + right, y + 0.28 * unit],
        [x + 1.25 * right, scene.side + 4.0],
        [x - 1.2 * left, scene.side + 4.0],
        [x - left, y + 0.36 * unit],
    ]
    scene.polygon(np.array(crown + rest), stone)
    sun = 1 if scene.light.side > 0 else -1
    edge = 1.25 * right if sun < 0 else -1.2 * left
    face = np.array(
        [[x - 0.1 * unit * sun, y], crown[2 if sun < 0 else 0], rest[0 if sun < 0 else 3],
         [x + edge, scene.side + 4.0], [x - 0.2 * unit * sun, scene.side + 4.0]]
    )  # fmt: skip
    scene.polygon(face, mix(stone, INK, 0.38))
    scene.line(np.array(crown), mix(stone, CREAM, 0.5), 1.4)
    for _ in range(7):
        right_of, below = scene.rng.uniform(-0.6, 0.6) * unit, scene.rng.uniform(0.15, 0.9) * unit
        scene.disc(x + right_of, y + below, 1.8, 1.0, mix(stone, INK, 0.25), 140)
    if moss is not None:
        for _ in range(10):
            along = scene.rng.uniform(-0.5, 0.5) * unit
            scene.disc(x + along, y + 0.12 * unit, 3.4, 1.8, moss, 200)


def stump(scene: Scene, bark: Colour, wood: Colour) -> None:
    """A sawn trunk with its rings; the bird stands on the cut."""
    stand, unit = scene.stand, scene.stand.unit
    half = 0.52 * unit
    x, y = stand.x, stand.y + 0.02 * unit
    trunk = np.array(
        [[x - half, y], [x + half, y], [x + 1.2 * half, scene.side + 2.0],
         [x - 1.25 * half, scene.side + 2.0]]
    )  # fmt: skip
    scene.polygon(trunk, bark)
    for share in np.linspace(-0.9, 0.9, 9):
        furrow = [[x + share * half, y + 3], [x + 1.2 * share * half, scene.side + 2.0]]
        scene.line(np.array(furrow), mix(bark, INK, 0.4), 1.0, 160)
    for size, colour in ((1.0, mix(wood, INK, 0.25)), (0.93, wood)):
        scene.disc(x, y, size * half, 0.19 * size * half + 1, colour)
    for size in (0.7, 0.45, 0.2):
        ring = ellipse(x, y, size * half, 0.19 * size * half)
        scene.line(np.concatenate([ring, ring[:1]]), mix(wood, bark, 0.5), 0.5, 180)


def bank(scene: Scene, mud: Colour, light: Colour) -> None:
    """Mud that runs out into water from one side, wet at its edge, down to the picture's end."""
    stand, unit, side = scene.stand, scene.stand.unit, scene.side
    seaward = stand.facing
    x = stand.x + seaward * unit * np.array([-4.0, -2.2, -1.0, -0.4, 0.1, 0.6, 1.0, 1.3, 1.4])
    drop = unit * np.array([-0.16, -0.14, -0.11, -0.08, -0.06, -0.01, 0.08, 0.22, 0.5])
    shore = np.stack([x, stand.y + drop + scene.rng.uniform(-0.6, 0.6, len(x))], axis=1)
    ends = np.array([[x[-1] + seaward * 0.5 * unit, side + 2.0], [x[0], side + 2.0]])
    scene.polygon(np.concatenate([shore - (0, 1.6), ends]), mix(light, (230, 236, 232), 0.5))
    scene.polygon(np.concatenate([shore, ends]), mix(mud, INK, 0.22))
    scene.polygon(np.concatenate([shore + (-1.5 * seaward, 2.4), ends]), mud)
    for _ in range(30):
        along, down = scene.rng.uniform(-2.6, 0.8) * unit * seaward, scene.rng.uniform(0.02, 0.9)
        colour = scene.pick([mix(mud, INK, 0.3), light, mix(mud, light, 0.5)])
        scene.disc(
            stand.x + along, stand.y + down * unit, scene.rng.uniform(0.8, 3), 0.7, colour, 150
        )


def drift(scene: Scene, snow: Colour, shade: Colour) -> None:
    """A wave of blown snow under the feet, its back in shadow."""
    stand, unit, side = scene.stand, scene.stand.unit, scene.side
    x = np.linspace(-4, side + 4, 30)
    away = (x - stand.x) / unit
    crest = stand.y - 0.05 * unit + 0.05 * unit * away**2 + 1.2 * np.sin(2.1 * away)
    top = np.stack([x, np.minimum(crest, side)], axis=1)
    floor = np.array([[side + 4.0, side + 2.0], [-4.0, side + 2.0]])
    scene.polygon(np.concatenate([top, floor]), snow)
    for share in (0.3, 0.62):
        ripple = np.stack(
            [x, top[:, 1] + share * (side - stand.y) + 2 * np.sin(away + share)], axis=1
        )
        scene.line(ripple, shade, 1.4, 130)
