"""Habitats under a wide sky: meadow, snow, shore and desert."""

import numpy as np

from fewbits.data.birds import branches, ledges
from fewbits.data.birds.scene import Scene
from fewbits.data.drawing.curves import Real
from fewbits.data.drawing.paint import mix


def meadow(scene: Scene) -> None:
    """Blue hills, hedges, and grass full of flowers; a fence to sit on."""
    scene.sky((104, 168, 226), (206, 230, 240))
    scene.clouds(3)
    scene.ridge(15, 6, (132, 168, 178))
    scene.ridge(6, 4, (104, 150, 108))
    scene.bokeh(12, [(64, 112, 62), (84, 132, 70)], scene.horizon - 5, scene.horizon, 6, 230)
    scene.ground((146, 184, 92), (76, 128, 48))
    scene.blur(1.3)
    greens = [(96, 150, 58), (122, 172, 72), (74, 122, 46)]
    scene.blades(130, scene.horizon + 4, scene.side, 11, greens)
    scene.scatter(34, [(222, 66, 56), (246, 214, 84), (250, 248, 240), (168, 110, 200)], 2.1, 0.85)
    if scene.stand.perched:
        scene.blur(0.45)
        ledges.post(scene, (150, 132, 112))
    else:
        scene.shadow()


def snow(scene: Scene) -> None:
    """White mountains and dark firs, flakes in the air; a snowy branch."""
    scene.sky((150, 178, 208), (226, 232, 240))
    scene.ridge(26, 9, (166, 182, 206), steep=2.6)
    scene.ridge(17, 7, (204, 214, 230), steep=2.2)
    scene.blur(0.9)
    for _ in range(13):
        x, size = scene.rng.uniform(0, scene.side), scene.rng.uniform(14, 34)
        _fir(scene, x, scene.horizon + scene.rng.uniform(0, 5), size)
    scene.ground((222, 230, 242), (246, 248, 252))
    for _ in range(4):
        x, y = scene.rng.uniform(0, scene.side), scene.rng.uniform(scene.horizon + 5, scene.side)
        scene.disc(x, y, 40, 3.2, (202, 214, 234), 170)
    scene.blur(0.9)
    flakes = scene.rng.uniform(0, scene.side, (46, 2))
    for (x, y), radius in zip(flakes, scene.rng.uniform(0.5, 1.4, 46), strict=True):
        scene.disc(x, y, radius, radius, (255, 255, 255), 225)
    if scene.stand.perched:
        top = branches.branch(scene, (92, 74, 66), 0.15, cap=(250, 251, 255))
        branches.leaves(scene, top, 9, [(58, 92, 84), (44, 74, 68), (226, 234, 242)], 0.30, 0.14)
    else:
        ledges.drift(scene, (240, 244, 251), (204, 216, 236))
        scene.shadow()


def _fir(scene: Scene, x: Real, y: Real, size: Real) -> None:
    """A spruce with snow on its boughs, its foot at (x, y)."""
    for level in range(4):
        top, wide = y - size * (1 - 0.22 * level), size * (0.11 + 0.075 * level)
        low = top + 0.38 * size
        needles = np.array([[x, top], [x + wide, low], [x - wide, low]])
        scene.polygon(needles, (54, 84, 82))
        white = np.array([[x, top], [x + 0.45 * wide, top + 0.17 * size], [x - 0.8 * wide, low]])
        scene.polygon(white, (222, 232, 240), 210)


def shore(scene: Scene) -> None:
    """The sea with its waves, sometimes a sail; sand and rocks."""
    scene.horizon = min(scene.horizon, 0.5 * scene.side)
    scene.sky((122, 186, 226), (222, 236, 240))
    scene.clouds(2)
    water = min(scene.stand.y - 0.05 * scene.side, 0.78 * scene.side)
    scene.gradient(scene.horizon, scene.side, (36, 104, 148), (92, 178, 190))
    if scene.rng.random() < 0.5:
        _sail(scene)
    scene.blur(0.8)
    for y in scene.horizon + (water - scene.horizon) * np.linspace(0.12, 0.9, 7) ** 1.4:
        for _ in range(4):
            x, wide = scene.rng.uniform(0, scene.side), scene.rng.uniform(6, 26)
            scene.disc(x, y, wide, 0.7, (232, 246, 248), 150)
    if scene.stand.perched:
        scene.blur(0.5)
        ledges.rock(scene, (128, 120, 116), (92, 116, 74))
        for _ in range(9):
            left, low = scene.rng.uniform(0, scene.side), scene.side - scene.rng.uniform(0, 7)
            scene.disc(left, low, scene.rng.uniform(7, 18), 1.8, (244, 250, 250), 220)
        return
    _beach(scene, water)
    scene.shadow()


def _beach(scene: Scene, water: Real) -> None:
    """Foam, wet sand, dry sand and shells, below ``water``."""
    x = np.linspace(0, scene.side, 30)
    edge = np.stack([x, water + 2.2 * np.sin(x / 13 + scene.rng.uniform(0, 6))], axis=1)
    corners = np.array([[scene.side, scene.side], [0.0, scene.side]], dtype=np.float64)
    scene.polygon(np.concatenate([edge - (0, 2.5), corners]), (246, 250, 248))
    scene.polygon(np.concatenate([edge + (0, 1), corners]), (196, 170, 128))
    scene.polygon(np.concatenate([edge + (0, 9), corners]), (226, 204, 160))
    scene.blur(0.6)
    for _ in range(26):
        right, y = scene.rng.uniform(0, scene.side), scene.rng.uniform(water + 10, scene.side)
        shell = scene.pick([(250, 240, 226), (196, 168, 126), (166, 140, 108)])
        scene.disc(right, y, 1.3, 0.9, shell)


def _sail(scene: Scene) -> None:
    """A small boat far out."""
    x, y = scene.rng.uniform(0.1, 0.9) * scene.side, scene.horizon + 1
    scene.polygon(np.array([[x, y - 13], [x + 8, y - 2], [x, y - 2]]), (250, 246, 238))
    scene.polygon(np.array([[x - 1, y - 11], [x - 6, y - 2], [x - 1, y - 2]]), (226, 92, 70))
    scene.polygon(
        np.array([[x - 7, y - 1], [x + 8, y - 1], [x + 5, y + 2], [x - 5, y + 2]]), (96, 66, 52)
    )


def desert(scene: Scene) -> None:
    """Table mountains and saguaros in warm haze; sand and red stones."""
    scene.sky((126, 182, 210), (250, 222, 178))
    for _ in range(3):
        _mesa(scene)
    scene.ridge(3, 2.5, (214, 150, 102))
    scene.ground((232, 186, 128), (214, 156, 98))
    scene.blur(0.9)
    for _ in range(3):
        x, y = scene.rng.uniform(0, scene.side), scene.horizon + scene.rng.uniform(2, 16)
        _saguaro(scene, x, y, scene.rng.uniform(20, 42))
    for _ in range(6):
        x, y = scene.rng.uniform(0, scene.side), scene.rng.uniform(scene.horizon + 6, scene.side)
        scene.disc(x, y, scene.rng.uniform(16, 44), 1.5, (196, 136, 84), 130)
    scene.scatter(26, [(168, 108, 72), (240, 206, 156), (140, 92, 66)], 1.9, 0.6)
    scene.blades(22, scene.horizon + 8, scene.side, 10, [(176, 160, 84), (150, 142, 78)], 0.9, 0.8)
    scene.blur(0.4)
    if scene.stand.perched:
        ledges.rock(scene, (190, 106, 70))
    else:
        scene.shadow()


def _mesa(scene: Scene) -> None:
    """A table mountain, banded."""
    x, half = scene.rng.uniform(0, scene.side), scene.rng.uniform(12, 26)
    high, y = scene.rng.uniform(14, 32), scene.horizon + 2
    rock = mix((194, 108, 76), (236, 180, 150), scene.rng.uniform(0, 0.5))
    top, foot = y - high, 1.5 * half
    scene.polygon(
        np.array([[x - half, top], [x + half, top], [x + 1.1 * half, y - 0.4 * high],
                  [x + foot, y], [x - foot, y], [x - 1.1 * half, y - 0.4 * high]]), rock
    )  # fmt: skip
    for share in (0.25, 0.5):
        band = np.array([[x - half, top + share * high], [x + half, top + share * high]])
        scene.line(band, mix(rock, (110, 60, 60), 0.35), 1.4, 190)


def _saguaro(scene: Scene, x: Real, y: Real, size: Real) -> None:
    """A cactus with two arms, its foot at (x, y)."""
    wide, green, lit = 0.15 * size, (84, 118, 78), (126, 156, 102)
    for side, height in ((-1, 0.45), (1, 0.6)):
        elbow = [[x, y - 0.8 * height * size], [x + side * 0.28 * size, y - 0.8 * height * size]]
        arm = np.array([*elbow, [x + side * 0.28 * size, y - (height + 0.3) * size]])
        scene.line(arm, green, 0.7 * wide)
        scene.disc(arm[2, 0], arm[2, 1], 0.35 * wide, 0.35 * wide, green)
    scene.line(np.array([[x, y], [x, y - size]]), green, wide)
    scene.disc(x, y - size, 0.5 * wide, 0.5 * wide, green)
    scene.line(np.array([[x + 0.2 * wide, y], [x + 0.2 * wide, y - size]]), lit, 0.8)
