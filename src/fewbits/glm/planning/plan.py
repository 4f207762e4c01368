"""What a large fit will take, before it is begun: bytes by counting, seconds by a rehearsal."""

from bisect import bisect_left
from dataclasses import dataclass, replace

from fewbits.errors import UsageError
from fewbits.glm import table
from fewbits.glm.defaults import LAMBDAS
from fewbits.glm.planning.memory import available
from fewbits.glm.planning.rates import Rates, slice_of
from fewbits.glm.planning.rehearsal import Shape, Stage, draw, run

ITEM = 4  # bytes of a float32
# Of the size of the weights: gradients, steps, targets, the last fits and what is made on the way.
LAYERS = 16
# What a process grows by beside, measured on a CPU: a product's buffers, the allocator's leavings.
WORKSPACE = 2**25
# The rehearsal has the features and the selection of the whole, but fewer rows and classes.
REHEARSED_CLASSES, REHEARSED_ROWS = 100, 8000


@dataclass(frozen=True)
class Part:
    """A table that is held.

    Attributes:
        name: of what.
        selection, path: bytes at the most during either stage.
        expected: the same if the columns are screened as in the rehearsal.
    """

    name: str
    selection: int
    path: int
    expected: tuple[int, int]


@dataclass(frozen=True)
class Plan:
    """What a fit takes on a device.

    Attributes:
        shape: of the problem.
        device: "cpu" or "cuda".
        parts: all that is held.
        available: bytes that are free there.
        most_rows: the largest number of rows whose bound is no more than that; 0: none.
        rehearsed: the small problem that was run.
        stages: the rehearsal's selection and path. That the whole takes as many evaluations of the
            loss, over as many columns, is an assumption.
        seconds: of the selection and of the path, under that assumption.
    """

    shape: Shape
    device: str
    parts: tuple[Part, ...]
    available: int
    most_rows: int
    rehearsed: Shape
    stages: tuple[Stage, Stage]
    seconds: tuple[float, float]

    @property
    def peak(self) -> int:
        """Bytes at the worst moment of both stages, as far as the rehearsal tells."""
        return max(sum(part.expected[stage] for part in self.parts) for stage in (0, 1))

    @property
    def bound(self) -> int:
        """Bytes that are planned for: more than the peak, whatever the screening keeps."""
        return _bound(self.parts)

    @property
    def fits(self) -> bool:
        """Whether the memory at hand is enough, come what may."""
        return self.bound <= self.available


def parts_of(
    shape: Shape, device: str = "cpu", screened: tuple[int, int] | None = None
) -> tuple[Part, ...]:
    """Every table of both stages; the features stay where they are in the second too.

    Args:
        shape: of the problem.
        device: where it would run.
        screened: how many columns the screening kept at the most, in either stage of a rehearsal.
    """
    raw, small = shape.rows * shape.features * ITEM, shape.rows * shape.selected * ITEM
    layer = shape.classes * ITEM
    widths = screened or (shape.features, shape.selected)
    kept = [_copied(shape.rows * width * ITEM) for width in widths]
    return (
        _part("features", raw, raw),
        _part("labels", 8 * shape.rows, 8 * shape.rows),
        _part("selected features", 0, small),
        _part("standardised copy", _copied(raw), _copied(small)),
        Part(
            "columns that screening keeps",
            min(raw, table.COPY_BYTES),
            min(small, table.COPY_BYTES),
            (kept[0], kept[1]),
        ),
        _part("workspace", WORKSPACE, WORKSPACE),
        _part("a block of rows", _block(shape, shape.features, device), _block(shape, 0, device)),
        _part(
            "weights, gradients, fits",
            LAYERS * layer * shape.features,
            (LAYERS + LAMBDAS) * layer * shape.selected,
        ),
    )


def plan_fit(shape: Shape, device: str = "cpu", memory: int | None = None) -> Plan:
    """Plan the selection and the path over what it selects; takes seconds, not minutes.

    Args:
        shape: of the problem.
        device: where it would run.
        memory: bytes it may take; None: what is free there.

    Raises:
        UsageError: the memory does not do for the rehearsal.
    """
    room = available(device) if memory is None else memory
    small, narrow = _rehearsal(shape), replace(shape, features=shape.selected)
    _check_room(small, device, room)
    _check_room(slice_of(shape, device), device, room)
    stages = run(*draw(small, device), small)
    widths = (_screened(stages[0], shape.features), _screened(stages[1], shape.selected))
    seconds = [
        Rates(size, device).total(stage.evaluations)
        for size, stage in zip((shape, narrow), stages, strict=True)
    ]
    return Plan(
        shape,
        device,
        parts_of(shape, device, widths),
        room,
        _most_rows(shape, device, room),
        small,
        stages,
        (seconds[0], seconds[1]),
    )


def _check_room(shape: Shape, device: str, room: int) -> None:
    needed = _bound(parts_of(shape, device))
    if needed > room:
        raise UsageError(
            f"a rehearsal on {shape} takes up to {needed / 1e9:.2f} GB, there are "
            f"{room / 1e9:.2f}: allow more memory, or plan fewer features or classes"
        )


def _screened(stage: Stage, width: int) -> int:
    """The most columns, short of all, that a fit of the rehearsal saw."""
    return max((columns for columns in stage.evaluations if columns < width), default=0)


def _rehearsal(shape: Shape) -> Shape:
    classes, rows = min(shape.classes, REHEARSED_CLASSES), min(shape.rows, REHEARSED_ROWS)
    return replace(shape, rows=rows, classes=classes)


def _most_rows(shape: Shape, device: str, room: int) -> int:
    """What is held grows with the rows, but falls where a copy has become too large to make."""

    def too_many(rows: int) -> bool:
        return _bound(parts_of(replace(shape, rows=rows), device)) > room

    fewest = 2 * shape.classes
    most = max(fewest, room // (shape.features * ITEM))
    falls = {table.COPY_BYTES // (wide * ITEM) for wide in (shape.features, shape.selected)}
    starts = [fewest, *sorted(rows + 1 for rows in falls if fewest <= rows < most)]
    ends = [*(start - 1 for start in starts[1:]), most]
    for start, end in reversed(list(zip(starts, ends, strict=True))):
        if not too_many(start):
            return start + bisect_left(range(start, end + 1), True, key=too_many) - 1
    return 0


def _bound(parts: tuple[Part, ...]) -> int:
    return max(sum(part.selection for part in parts), sum(part.path for part in parts))


def _part(name: str, selection: int, path: int) -> Part:
    return Part(name, selection, path, (selection, path))


def _copied(size: int) -> int:
    return size if size <= table.COPY_BYTES else 0


def _block(shape: Shape, features: int, device: str) -> int:
    """Logits, and the features as gathered and as standardised; the features' own check."""
    many = min(shape.rows, table.block_rows(features, shape.classes, ITEM, device))
    return many * ITEM * (shape.classes + 2 * max(features, shape.selected))
