"""What ExplainBird is given, checked: a layer that can be explained, names, choices."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from fewbits.errors import UsageError
from fewbits.qsenn.network import FeatureNetwork, FixedHead

MOST_PER_CLASS = 20


def check_layer(network: FeatureNetwork) -> FixedHead:
    """The network's last layer, if each class has a few features.

    Raises:
        UsageError: it is not a fixed one, holds NaN, or a class has no feature or too many.
    """
    head = network.head
    if not isinstance(head, FixedHead):
        raise UsageError(
            f"ExplainBird explains a fixed layer of a few features a class, got "
            f"{type(head).__name__}: take the network after rounding, as pipeline.iterate makes it"
        )
    if not (head.weight.isfinite().all() and head.bias.isfinite().all()):
        raise UsageError("the last layer holds NaN or infinity: its fit went wrong, look there")
    counts = (head.weight != 0).sum(1)
    if not counts.min():
        raise UsageError(
            f"class {int(counts.argmin())} has no feature, so there is nothing to explain: keep "
            "more weights, or a class's strongest one"
        )
    if counts.max() > MOST_PER_CLASS:
        raise UsageError(
            f"ExplainBird shows at most {MOST_PER_CLASS} features a class, class "
            f"{int(counts.argmax())} has {int(counts.max())}: round the layer first"
        )
    return head


def check_names(names: Sequence[str | None] | None, count: int) -> list[str]:
    """A name for each column of the last layer, empty where it has none.

    Raises:
        UsageError: names of another number.
    """
    if names is None:
        return [""] * count
    if len(names) != count:
        raise UsageError(
            f"names must be one for each of the {count} features, None where there is none, "
            f"got {len(names)}"
        )
    return ["" if name is None else str(name) for name in names]


def check_classes(class_names: Sequence[str], labels: Tensor, count: int) -> tuple[str, ...]:
    """The classes' names.

    Raises:
        UsageError: not one a class, two alike, an empty one, or a label without a name.
    """
    names = tuple(str(name) for name in class_names)
    if len(names) != count or len(set(names)) < count or "" in names:
        raise UsageError(
            f"class_names must be {count} different names, one for each class of the layer, "
            f"got {names}"
        )
    if labels.min() < 0 or labels.max() >= count:
        raise UsageError(
            f"labels must be from 0 to {count - 1}, a name each in class_names, got "
            f"{int(labels.min())} to {int(labels.max())}"
        )
    return names


def check_class(value: object, name: str, known: Sequence[str]) -> str:
    """Return ``value`` if it is a class's name, or empty.

    Raises:
        UsageError: it is neither.
    """
    if value not in ("", *known):
        raise UsageError(
            f"{name} must be a class, one of {', '.join(known)}, or '' to leave the choice to the "
            f"network, got {value!r}"
        )
    return str(value)


def check_dropped(value: Any, known: Sequence[int]) -> list[int]:
    """Return the numbers of some features, sorted, each once.

    Raises:
        UsageError: no list, or something in it that is no feature's number.
    """
    found = value if isinstance(value, list | tuple) else [value]
    if found is not value or any(type(n) is not int or n not in known for n in found):
        raise UsageError(
            "dropped must be a list of numbers of features that some class uses, of "
            f"{', '.join(map(str, known))}, got {value!r}"
        )
    return sorted(set(value))


def check_flipped(value: object, known: Sequence[list[str | int]]) -> list[list[str | int]]:
    """Return some pairs of a class's name and a feature's number, in the order of ``known``.

    Raises:
        UsageError: no list, or something in it that is no such pair.
    """
    found = value if isinstance(value, list | tuple) else [value]
    pairs = [list(pair) if isinstance(pair, list | tuple) else pair for pair in found]
    if unknown := [pair for pair in pairs if pair not in known]:
        raise UsageError(
            f"flipped must be pairs of a class and a feature that it uses, {known[0]} say, got "
            f"{unknown[0]!r}"
        )
    return [pair for pair in known if pair in pairs]


def check_cover(value: object) -> float:
    """Return ``value`` if it is a share from 0 to 1.

    Raises:
        UsageError: no number, or one outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise UsageError(f"cover must be a number from 0 to 1, got {value!r}")
    return float(value)
