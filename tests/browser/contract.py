"""What the tests of all controls have to know about each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fewbits.widgets.base import Widget

Numbers = Mapping[str, float | int | None]


@dataclass(frozen=True)
class Sent:
    """A trait set from Python, to another value than at first, and what inputs then hold."""

    trait: str
    value: Any
    held: Mapping[str, str]


@dataclass(frozen=True)
class Hand:
    """A reader's key on an input, and what is saved for Python then; ANY where the page decides."""

    input: str
    key: str
    saves: dict[str, Any]


@dataclass(frozen=True)
class Spoilt:
    """A way in which the state in a page can be wrong, and how the line about it begins."""

    spoil: Callable[[str], str]
    says: str


@dataclass(frozen=True)
class Mark:
    """Something drawn: a selector, the property that colours it, the colour's name."""

    selector: str
    property: str
    colour: str


@dataclass(frozen=True)
class Sample:
    """One control of the book, as its reader meets it.

    Attributes:
        kind: its class.
        make: the control in which ``inputs``, ``sent``, ``hands`` and ``pictures`` hold.
        other: a second one of its kind, as different as can be, to stand beside it.
        named: one in which every name that a chapter can choose is the given text.
        named_inputs: the inputs that then hold this text.
        inputs: every input, in the order of the Tab key, and its name for those who hear it.
        sliders: what its sliders say at first.
        outputs: how many numbers it shows.
        drawings: how many pictures it draws.
        numbers: what Python computes for its present state, by the names of the outputs.
        sent: every trait that the page follows, once. The first one changes what is drawn.
        hands: keys on the inputs, one after the other.
        mark: something drawn in a colour of the palette.
        pictures: what its still pictures are described as.
        spoilt: states it must speak of, besides one that is cut.
        patience: milliseconds from a slider to the numbers.
    """

    kind: type[Widget]
    make: Callable[[], Any]
    other: Callable[[], Any]
    named: Callable[[str], Any]
    named_inputs: tuple[str, ...]
    inputs: Mapping[str, str | re.Pattern[str]]
    sliders: Mapping[str, str]
    outputs: int
    drawings: int
    numbers: Callable[[Any], Numbers]
    sent: tuple[Sent, ...]
    hands: tuple[Hand, ...]
    mark: Mark
    pictures: tuple[str, ...]
    spoilt: tuple[Spoilt, ...]
    patience: float = 16

    @property
    def name(self) -> str:
        """As the page calls it."""
        return self.kind.__name__


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Spoils a page at the first ``old``."""
    return lambda html: html.replace(old, new, 1)
