"""``scenes``: the embedded set of drawn things whose classes share their parts."""

from fewbits.data.scenes.drawing import SceneDrawing, draw_scene
from fewbits.data.scenes.redrawing import redraw
from fewbits.data.scenes.sheet import SIDE
from fewbits.data.scenes.things import PARTS, THINGS, Thing
from fewbits.data.scenes.writing import make_scenes, part_maps

__all__ = [
    "PARTS",
    "SIDE",
    "THINGS",
    "SceneDrawing",
    "Thing",
    "draw_scene",
    "make_scenes",
    "part_maps",
    "redraw",
]
