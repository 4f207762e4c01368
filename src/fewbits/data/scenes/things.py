"""What there is in the drawn scenes: ten kinds of parts, and sixteen things made of them."""

from dataclasses import dataclass

PARTS = (
    "wheel", "window", "roof", "leg", "leaf", "wing", "stripes", "spots", "antenna", "ear",
)  # fmt: skip
"""Each looks the same on whatever it sits."""

BOX, EGG = "box", "egg"
"""The two bodies. Eight things have one and eight the other, so a body names nothing."""


@dataclass(frozen=True)
class Thing:
    """A class: a body, and the kinds of parts on it.

    No two things have the same parts, and no part belongs to fewer than three things. So parts
    tell things apart, and none of them does so alone.
    """

    name: str
    body: str
    parts: frozenset[str]


def _thing(name: str, body: str, *parts: str) -> Thing:
    return Thing(name, body, frozenset(parts))


THINGS = (
    _thing("barrow", BOX, "wheel", "leg", "leaf"),
    _thing("bat", EGG, "wing", "ear"),
    _thing("bee", EGG, "wing", "stripes", "antenna"),
    _thing("bus", BOX, "wheel", "window", "stripes"),
    _thing("butterfly", EGG, "wing", "spots", "antenna"),
    _thing("car", BOX, "wheel", "window"),
    _thing("dalmatian", EGG, "leg", "spots", "ear"),
    _thing("house", BOX, "window", "roof"),
    _thing("ladybird", EGG, "leg", "spots", "antenna"),
    _thing("plane", EGG, "wing", "window", "wheel"),
    _thing("planter", BOX, "leg", "leaf"),
    _thing("robot", BOX, "window", "leg", "antenna"),
    _thing("stall", BOX, "roof", "stripes", "leg"),
    _thing("toadstool", EGG, "spots", "leaf"),
    _thing("wagon", BOX, "wheel", "window", "roof"),
    _thing("zebra", EGG, "leg", "stripes", "ear"),
)
"""In the order of their class numbers."""
