"""Habitats among trees: the green wood and the autumn wood."""

import numpy as np

from fewbits.data.birds import branches, ledges
from fewbits.data.birds.colours import INK
from fewbits.data.birds.scene import Scene
from fewbits.data.drawing.curves import Real
from fewbits.data.drawing.paint import mix


def woodland(scene: Scene) -> None:
    """Deep green with trunks and shafts of light; moss, ferns, a mossy branch."""
    scene.gradient(0, scene.side, (96, 142, 88), (34, 66, 46))
    glow = [(150, 186, 96), (108, 152, 82), (196, 214, 128)]
    scene.bokeh(34, glow, 0, 0.75 * scene.horizon, 9, 80)
    for _ in range(4):
        _shaft(scene)
    scene.blur(2.4)
    for wide in (5.0, 6.5, 9.0, 12.0):
        x = scene.rng.uniform(0, scene.side)
        _trunk(
            scene,
            x,
            wide * scene.rng.uniform(0.8, 1.2),
            mix((58, 48, 40), (70, 104, 72), 5 / wide - 0.3),
        )
    scene.ground((84, 118, 62), (52, 76, 40))
    scene.blur(1.0)
    greens = [(88, 132, 58), (64, 108, 50), (112, 150, 70)]
    scene.scatter(50, [(96, 132, 60), (128, 108, 68), (66, 92, 46), (150, 124, 76)], 3.0, 0.45)
    for _ in range(7):
        x, y = scene.rng.uniform(0, scene.side), scene.rng.uniform(scene.horizon + 8, scene.side)
        _fern(scene, x, y, scene.rng.uniform(9, 17), scene.pick(greens))
    scene.blur(0.5)
    if scene.stand.perched:
        top = branches.branch(scene, (104, 78, 56), 0.19, cap=(134, 168, 70))
        branches.leaves(scene, top, 10, greens, 0.30, 0.5)
    else:
        scene.shadow()


def _shaft(scene: Scene) -> None:
    """A beam of light from the sun's side."""
    x, wide = scene.rng.uniform(0, scene.side), scene.rng.uniform(4, 11)
    reach = -scene.light.side * 0.5 * scene.side
    scene.polygon(
        np.array([[x, -2.0], [x + wide, -2.0], [x + 2 * wide + reach, scene.side],
                  [x + reach, scene.side]]), (238, 240, 176), 46
    )  # fmt: skip


def _trunk(scene: Scene, x: Real, wide: Real, bark: tuple[int, int, int]) -> None:
    """A trunk from the ground out of the picture, its lit side lighter."""
    foot = scene.horizon + 2 + 0.6 * wide
    sun = np.sign(scene.light.side)
    scene.polygon(
        np.array([[x - 0.42 * wide, -2], [x + 0.42 * wide, -2], [x + 0.5 * wide, 0.9 * foot],
                  [x + 0.75 * wide, foot], [x - 0.75 * wide, foot], [x - 0.5 * wide, 0.9 * foot]]),
        bark,
    )  # fmt: skip
    edge = np.array([[x + 0.3 * sun * wide, -2], [x + 0.36 * sun * wide, 0.95 * foot]])
    scene.line(edge, mix(bark, (220, 220, 160), 0.35), 0.2 * wide, 150)


def _fern(scene: Scene, x: Real, y: Real, size: Real, colour: tuple[int, int, int]) -> None:
    """Fronds that arch from one foot."""
    for lean in (-1.0, -0.55, -0.15, 0.3, 0.75):
        t = np.linspace(0, 1, 7)
        frond = np.stack(
            [x + lean * size * t, y - size * (1.1 * t - (0.35 + 0.4 * abs(lean)) * t**2)], 1
        )
        scene.line(frond, colour, 0.8)
        for px, py in frond[2:]:
            leaflet = np.array([[px - 1.9, py + 1.4], [px, py], [px + 1.9, py + 1.4]])
            scene.line(leaflet, colour, 0.7)


def autumn(scene: Scene) -> None:
    """Birches before orange foliage, fallen leaves; a stump."""
    scene.gradient(0, scene.side, (246, 226, 172), (206, 140, 76))
    golds = [(232, 142, 46), (214, 98, 40), (244, 190, 76), (186, 74, 42)]
    scene.bokeh(46, golds, -4, 0.9 * scene.horizon, 11, 120)
    scene.blur(2.2)
    scene.ground((190, 118, 62), (128, 76, 42))
    for wide in (3.6, 4.6, 6.0, 8.5):
        _birch(scene, scene.rng.uniform(0, scene.side), wide)
    scene.blur(0.9)
    fallen = [*golds, (150, 84, 40), (246, 206, 106)]
    scene.scatter(150, fallen, 3.0, 0.5)
    for _ in range(14):
        x, y = scene.rng.uniform(0, scene.side, 2) * (1, 0.9 * scene.horizon / scene.side)
        scene.disc(x, y, 1.7, 1.1, scene.pick(golds))
    scene.blur(0.45)
    if scene.stand.perched:
        ledges.stump(scene, (92, 66, 50), (216, 176, 124))
    else:
        scene.shadow()


def _birch(scene: Scene, x: Real, wide: Real) -> None:
    """A white trunk with dark marks."""
    foot = scene.horizon + 1.2 * wide
    half = 0.5 * wide
    scene.polygon(
        np.array(
            [[x - half, -2], [x + half, -2], [x + 1.15 * half, foot], [x - 1.15 * half, foot]]
        ),
        (236, 230, 218),
    )
    shaded = x - np.sign(scene.light.side) * 0.7 * half
    scene.line(np.array([[shaded, -2.0], [shaded, foot]]), (176, 168, 160), 0.3 * wide, 200)
    for y in scene.rng.uniform(0, foot, 9):
        start = x + scene.rng.uniform(-half, 0)
        scene.line(np.array([[start, y], [start + 0.6 * wide, y + 0.4]]), INK, 0.9, 210)
