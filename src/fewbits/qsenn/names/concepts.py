"""What a feature may be called: a list of concepts, from a set's attributes or from a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fewbits.errors import FewbitsError, UsageError
from fewbits.qsenn.names.phrases import phrase


@dataclass(frozen=True)
class Concepts:
    """Names to choose from, checked when made.

    Attributes:
        names: how each is called in results: an attribute's name, or a line of a file.
        texts: what a text encoder is given for each, ``a bird with a red crown``.
        groups: values of one group exclude each other; a concept on its own is its own group.

    Raises:
        UsageError: fewer than two concepts, one twice, or lists of different lengths.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.texts) == len(self.groups):
            raise UsageError(
                "each concept needs a name, a text and a group, got "
                f"{len(self.names)}, {len(self.texts)} and {len(self.groups)}"
            )
        if self.count < 2:
            raise UsageError(
                f"expected at least two concepts to choose from, got {self.count}: a name that "
                "stands alone says nothing"
            )
        for what, given in (("name", self.names), ("text", self.texts)):
            twice = [one for one, times in Counter(given).items() if times > 1]
            if twice:
                raise UsageError(f"expected each concept once, got the {what} {twice[0]!r} twice")

    @property
    def count(self) -> int:
        """Number of concepts."""
        return len(self.names)

    def only(self, places: Sequence[int]) -> "Concepts":
        """Some of them, in this order.

        Raises:
            UsageError: fewer than two, or one twice.
        """
        columns = (self.names, self.texts, self.groups)
        return Concepts(*(tuple(column[place] for place in places) for column in columns))


def concepts_of(attributes: Sequence[str], subject: str = "a bird") -> Concepts:
    """The attributes of a set as concepts: ``has_crown_color::red`` is a bird with a red crown.

    Args:
        attributes: their names, group and value with ``::`` between, as
            ``BirdSet.attribute_names`` has them.
        subject: what has the attributes.

    Raises:
        UsageError: as :class:`Concepts`; a set without attributes is told apart.
    """
    if not attributes:
        raise UsageError(
            "the set has no attributes to name features with: give a list of concepts "
            "(--concepts FILE) and a CLIP that looks for them (--clip, --clip-weights)"
        )
    return Concepts(
        tuple(attributes),
        tuple(f"{subject} {phrase(name)}" for name in attributes),
        tuple(name.partition("::")[0] for name in attributes),
    )


def read_concepts(file: Path) -> Concepts:
    """A text file with one concept a line, given to the text encoder as it stands.

    Empty lines do not count.

    Raises:
        FewbitsError: the file is missing, no text, has fewer than two concepts or one twice.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise FewbitsError(f"{file} is not there: expected a text file of concepts") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FewbitsError(
            f"{file} cannot be read as text ({type(error).__name__}): expected one concept a line, "
            "in UTF-8"
        ) from error
    found = tuple(filter(None, (line.strip() for line in lines)))
    try:
        return Concepts(found, found, found)
    except UsageError as error:
        raise FewbitsError(f"{file}: {error}") from error
