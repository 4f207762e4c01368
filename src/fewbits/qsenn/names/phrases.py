"""An attribute's name as words: ``has_crown_color::red`` is a red crown."""

import re

PLURAL = ("eyes", "legs", "underparts", "upperparts", "wings")
"""Parts that take no article."""

PARTS = {"eye": "eyes", "leg": "legs", "wing": "wings"}
"""What a group's part is called where its name alone would sound odd."""

WHOLE = {
    "has_bill_length": "with a bill {} its head",
    "has_habitat": "in {}",
    "has_primary_color": "mainly {}",
    "has_shape": "of {} shape",
    "has_size": "of {} size",
}
"""Groups that are no part with an adjective."""

VALUES = {
    "has_bill_length::about_the_same_as_head": "as long as",
    "has_bill_length::longer_than_head": "longer than",
    "has_bill_length::shorter_than_head": "shorter than",
    "has_bill_shape::cone": "cone-shaped",
    "has_bill_shape::dagger": "dagger-shaped",
    "has_bill_shape::needle": "needle-shaped",
    "has_bill_shape::spatulate": "spoon-shaped",
    "has_habitat::autumn": "autumn leaves",
    "has_habitat::desert": "a desert",
    "has_habitat::meadow": "a meadow",
    "has_habitat::shore": "a bay",
    "has_habitat::woodland": "a wood",
    "has_shape::upright-perching_water-like": "upright water bird",
    "has_tail_shape::fan": "fan-shaped",
}
"""Values whose own word would not do."""

WRITTEN_OUT = {
    "has_eye_ring::yes": "with an eye ring",
    "has_head_pattern::eyebrow": "with an eyebrow",
    "has_head_pattern::eyeline": "with a line through its eye",
    "has_head_pattern::eyering": "with a ring around its eye",
    "has_head_pattern::malar": "with a malar stripe",
    "has_head_pattern::unique_pattern": "with an unusual head",
}
"""Attributes that fit no pattern."""


def phrase(attribute: str) -> str:
    """What to say of a bird that has an attribute: ``with a red crown``, ``in snow``.

    Knows the groups of CUB-200-2011 and of the drawn birds. Others are taken at their word:
    ``has_beak_color::red`` becomes ``with a red beak``, and what has no ``::`` stays as it is.

    Args:
        attribute: as in ``attributes.txt``, group and value with ``::`` between.
    """
    if attribute in WRITTEN_OUT:
        return WRITTEN_OUT[attribute]
    group, _, value = attribute.partition("::")
    if not value:
        return group.replace("_", " ")
    word = VALUES.get(attribute) or _plain(value)
    if group in WHOLE:
        return WHOLE[group].format(word)
    if group.endswith("_pattern") and word == "solid":
        word = "plain"  # of colour a photograph's caption never says solid
    part = re.sub(r"_(color|length|pattern|shape)$", "", group.removeprefix("has_"))
    return f"with {_with_article(word, PARTS.get(part, part.replace('_', ' ')))}"


def _plain(value: str) -> str:
    """A value without what CUB adds: measures in brackets, the part again, ``-like``."""
    bare = re.sub(r"_\(.*\)$", "", value)
    for ending in ("_tail", "-wings", "-like"):
        bare = bare.removesuffix(ending)
    return bare.replace("_", " ")


def _with_article(word: str, part: str) -> str:
    """``a red crown``, ``an orange bill``, ``blue wings``."""
    if part in PLURAL:
        return f"{word} {part}"
    return f"a{'n' * (word[0] in 'aeio')} {word} {part}"
