"""One scene with its truth: a backdrop, a thing on it, and which part is seen at each pixel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from fewbits.data.drawing.curves import Frame, ellipse, outline, smooth
from fewbits.data.drawing.lighting import draw_light, model, tinted
from fewbits.data.drawing.paint import Colour, stray
from fewbits.data.scenes.backdrop import paint_backdrop
from fewbits.data.scenes.parts import BEFORE, BEHIND, Body, Painter, paint_face
from fewbits.data.scenes.sheet import SIDE, Sheet
from fewbits.data.scenes.things import BOX, EGG, PARTS, THINGS
from fewbits.errors import UsageError

PAPERS: tuple[Colour, ...] = (
    (214, 92, 78), (226, 152, 66), (232, 200, 92), (118, 164, 104), (92, 150, 176), (132, 122, 184),
    (204, 124, 160), (222, 214, 200),
)  # fmt: skip
"""Of bodies; any thing may have any."""

ROOM = {"top": 0.72, "bottom": 0.66, "sides": 0.22}
"""How far parts reach beyond a body, in halves of its width: kept free on every thing alike."""

# Each of these draws from numbers of its own, so that a part left out changes nothing else.
_POSE, _GROUND, _PARTS = range(3)


@dataclass(frozen=True)
class SceneDrawing:
    """A picture and where its parts are.

    Attributes:
        pixels: red, green and blue, 0 to 255.
        cover: how much of each pixel is thing, 0 to 255.
        parts: the part on top, its place in :data:`fewbits.data.scenes.things.PARTS` from 1, or 0.
    """

    pixels: UInt8[np.ndarray, "144 144 3"]
    cover: UInt8[np.ndarray, "144 144"]
    parts: UInt8[np.ndarray, "144 144"]


def draw_scene(
    thing: int, n: int, seed: int = 0, without: Collection[str] = (), backdrop: int | None = None
) -> SceneDrawing:
    """Draw picture ``n`` of a thing; it depends on these numbers alone.

    Args:
        thing: number from 0, see :data:`fewbits.data.scenes.things.THINGS`.
        n: number of the picture from 0.
        seed: of the whole set.
        without: parts that are left out; all else stays where and as it is (the interventions of
            FunnyBirds, Hesse et al., ICCV 2023).
        backdrop: the number of the picture whose backdrop is taken. Default: its own.

    Raises:
        UsageError: an unknown thing or part, or a negative number.
    """
    _check(thing, n, seed, without, backdrop)
    kind = THINGS[thing]
    rng = np.random.default_rng([seed, thing, n, _POSE])
    light, colour = draw_light(rng), stray(PAPERS[int(rng.integers(len(PAPERS)))], rng)
    body = _pose(kind.body, rng)
    sheet = Sheet()

    def paint(painters: Mapping[str, Painter]) -> None:
        for name, painter in painters.items():
            if name in kind.parts and name not in without:
                own = [seed, thing, n, _PARTS + PARTS.index(name)]
                painter(sheet, body, np.random.default_rng(own))

    paint(BEHIND)
    sheet.fill(body.shape, colour)
    paint(BEFORE)
    if kind.body == EGG:
        paint_face(sheet, body)
    colours, cover, parts = sheet.finish()
    lit = model(colours, cover, light, body.unit)
    behind = n if backdrop is None else backdrop
    ground = paint_backdrop(np.random.default_rng([seed, thing, behind, _GROUND]))
    share = cover[..., None].astype(np.uint16)
    mixed = (lit * share + ground * (255 - share) + 127) // 255
    return SceneDrawing(tinted(mixed.astype(np.uint8), light), cover, parts)


def _pose(kind: str, rng: np.random.Generator) -> Body:
    """A body somewhere in the picture, with room for all the parts that any thing has."""
    unit = rng.uniform(0.23, 0.29) * SIDE
    high = unit * (rng.uniform(0.62, 0.78) if kind == BOX else rng.uniform(0.66, 0.82))
    turn, mirrored = rng.uniform(-0.09, 0.09), bool(rng.integers(2))
    free = np.array([
        [unit * (1 + ROOM["sides"]), SIDE - unit * (1 + ROOM["sides"])],
        [high + unit * ROOM["top"], SIDE - high - unit * ROOM["bottom"]],
    ])  # fmt: skip
    middle = free[:, 0] + rng.uniform(0, 1, 2) * np.maximum(free[:, 1] - free[:, 0], 0)
    level = Frame(middle, np.array([1.0, 0.0]), np.array([0.0, 1.0])).inner(0, 0, turn)
    flip = -1 if mirrored else 1
    frame = Frame(middle, flip * unit * level.across, high * level.down)
    corners = outline((-1, -1), (1, -1), (1, 1), (-1, 1))
    shape = corners if kind == BOX else smooth(ellipse(0, 0, 1, 1, 12), 4)
    return Body(kind, frame, frame.place(shape), unit)


def _check(thing: int, n: int, seed: int, without: Collection[str], backdrop: int | None) -> None:
    if not 0 <= thing < len(THINGS):
        raise UsageError(f"expected a thing from 0 to {len(THINGS) - 1}, got {thing}")
    if min(n, seed, backdrop or 0) < 0:
        raise UsageError(f"expected pictures and a seed from 0, got {n}, {backdrop} and {seed}")
    if strange := sorted(set(without) - set(PARTS)):
        raise UsageError(f"unknown part {strange[0]!r}: expected some of {', '.join(PARTS)}")
