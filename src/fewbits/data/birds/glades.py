"""Habitats half open: the reeds of a lake, and an orchard in blossom."""

import numpy as np

from fewbits.data.birds import branches, ledges
from fewbits.data.birds.scene import Scene
from fewbits.data.drawing.curves import Real
from fewbits.data.drawing.paint import mix


def reeds(scene: Scene) -> None:
    """A misty lake, willows far off, canes and cat's-tails; a mud bank or a bent cane."""
    scene.sky((176, 200, 206), (232, 234, 222))
    scene.ridge(9, 5, (158, 178, 166))
    scene.bokeh(14, [(136, 160, 138), (122, 148, 124)], scene.horizon - 9, scene.horizon, 8, 200)
    scene.ground((196, 212, 206), (104, 138, 138))
    scene.blur(1.6)
    for share in np.linspace(0.08, 1.0, 10):
        y, x = (
            scene.horizon + share * (scene.side - scene.horizon),
            scene.rng.uniform(0, scene.side),
        )
        scene.disc(x, y, scene.rng.uniform(14, 40), 0.5 + share, (226, 234, 226), 90)
        scene.disc(scene.rng.uniform(0, scene.side), y + 2, 22, 0.5 + share, (78, 112, 116), 80)
    for _ in range(26):
        _cane(scene, scene.rng.uniform(0, scene.side), blurred=True)
    scene.blur(0.8)
    for _ in range(9):
        x = scene.rng.uniform(0, scene.side)
        if abs(x - scene.stand.x) > 0.35 * scene.stand.unit:
            _cane(scene, x, blurred=False)
    tans = [(166, 164, 86), (134, 146, 74), (186, 172, 104)]
    if scene.stand.perched:
        top = branches.branch(scene, (164, 150, 84), 0.10)
        branches.leaves(scene, top, 6, tans, 0.75, 0.10)
    else:
        ledges.bank(scene, (124, 106, 80), (176, 160, 126))
        scene.blades(16, scene.stand.y + 3, scene.side, 13, tans, 1.1, 0.5)
        scene.shadow()


def _cane(scene: Scene, x: Real, blurred: bool) -> None:
    """A stalk out of the water, some with the brown head of a cat's-tail."""
    foot = scene.horizon + scene.rng.uniform(0.1, 1.0) * (scene.side - scene.horizon)
    high = scene.rng.uniform(0.45, 0.85) * scene.side
    lean = scene.rng.uniform(-7, 7)
    green = scene.pick([(150, 158, 84), (124, 142, 76), (178, 166, 98)])
    colour = mix(green, (206, 216, 204), 0.4) if blurred else green
    scene.line(
        np.array([[x, foot], [x + 0.3 * lean, foot - 0.6 * high], [x + lean, foot - high]]),
        colour,
        1.1,
    )
    if scene.rng.random() < 0.45:
        head = np.array([[x + lean, foot - high - 1], [x + 1.1 * lean, foot - high - 12]])
        scene.line(head, mix((112, 70, 42), (206, 216, 204), 0.3 * blurred), 3.4)
    else:
        leaf = np.array([[x + 0.4 * lean, foot - 0.65 * high], [x + lean + 7, foot - 0.95 * high],
                         [x + lean + 12, foot - 0.8 * high]])  # fmt: skip
        scene.line(leaf, colour, 1.3)


def blossom(scene: Scene) -> None:
    """An orchard in spring: pink crowns, a lawn with petals; a branch in flower."""
    scene.sky((150, 206, 222), (238, 240, 236))
    pinks = [(246, 190, 206), (252, 214, 224), (236, 160, 186)]
    scene.ridge(7, 4, (150, 190, 140))
    scene.ground((158, 204, 116), (98, 158, 76))
    for _ in range(5):
        x, size = scene.rng.uniform(0, scene.side), scene.rng.uniform(10, 19)
        y = scene.horizon + scene.rng.uniform(1, 6)
        scene.line(np.array([[x, y], [x, y - 1.5 * size]]), (112, 84, 74), 2.6)
        for right, up in scene.rng.uniform(-1, 1, (12, 2)):
            scene.disc(
                x + right * size,
                y - 1.8 * size + 0.7 * up * size,
                0.5 * size,
                0.42 * size,
                scene.pick(pinks),
            )
    scene.blur(1.5)
    scene.bokeh(14, [(255, 236, 240), (250, 204, 218)], 0, 0.6 * scene.side, 8, 90)
    scene.blades(
        90, scene.horizon + 6, scene.side, 8, [(112, 172, 84), (138, 190, 98), (88, 148, 68)]
    )
    scene.scatter(44, [*pinks, (255, 246, 248)], 1.7, 0.6)
    scene.blur(0.5)
    if scene.stand.perched:
        top = branches.branch(scene, (88, 62, 58), 0.15)
        branches.leaves(scene, top, 4, [(140, 186, 92), (166, 200, 110)], 0.2, 0.5)
        branches.blossoms(scene, top, 26, pinks)
    else:
        scene.shadow()
