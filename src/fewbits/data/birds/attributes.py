"""The words that define a bird, in CUB's style: groups of values, each seen on one part."""

from fewbits.errors import UsageError

GROUPS = {
    "has_bill_shape": ("cone", "dagger", "hooked", "needle"),
    "has_bill_color": ("black", "orange"),
    "has_crown_color": ("black", "blue", "red", "white", "yellow"),
    "has_head_pattern": ("crested", "masked", "plain"),
    "has_eye_ring": ("yes",),
    "has_wing_color": ("black", "blue", "brown", "green", "grey"),
    "has_wing_pattern": ("barred", "solid", "spotted"),
    "has_underparts_color": ("grey", "orange", "white", "yellow"),
    "has_breast_pattern": ("banded", "solid", "spotted", "striped"),
    "has_tail_shape": ("fan", "forked", "pointed", "squared"),
    "has_tail_pattern": ("banded",),
    "has_leg_color": ("black", "orange"),
    "has_leg_length": ("long",),
    "has_shape": ("plump",),
}
"""Values by group. A bird has one of each group; where there is only one, it has it or not."""

ATTRIBUTES = tuple(f"{group}::{value}" for group, values in GROUPS.items() for value in values)
"""Every attribute, in the order of its number less one."""

SEEN_ON = {
    "has_bill_shape": ("beak",),
    "has_bill_color": ("beak",),
    "has_crown_color": ("crown",),
    "has_head_pattern": ("crown", "left eye", "right eye"),
    "has_eye_ring": ("left eye", "right eye"),
    "has_wing_color": ("left wing", "right wing"),
    "has_wing_pattern": ("left wing", "right wing"),
    "has_underparts_color": ("breast", "belly"),
    "has_breast_pattern": ("breast",),
    "has_tail_shape": ("tail",),
    "has_tail_pattern": ("tail",),
    "has_leg_color": ("left leg", "right leg"),
    "has_leg_length": ("left leg", "right leg"),
}
"""The parts of which one must be visible to see a group; a shape is seen on the whole bird."""


def attribute_vector(traits: dict[str, str]) -> tuple[bool, ...]:
    """Which of :data:`ATTRIBUTES` a bird has.

    Args:
        traits: a value for each group that has several, and for the others where it has them.

    Raises:
        UsageError: an unknown group or value, or a group left out.
    """
    for group, value in traits.items():
        if value not in GROUPS.get(group, ()):
            raise UsageError(f"expected an attribute of the table, got {group}::{value}")
    for group, values in GROUPS.items():
        if len(values) > 1 and group not in traits:
            raise UsageError(f"expected a value for {group}: one of {', '.join(values)}; got none")
    return tuple(traits.get(group) == value for group, values in GROUPS.items() for value in values)
