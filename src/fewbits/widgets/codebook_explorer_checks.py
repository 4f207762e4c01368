"""What CodebookExplorer is given, checked: heads that read, one mapping, galleries that fit."""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from fewbits.errors import UsageError
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.galleries import Gallery
from fewbits.protoquant.head import Linear
from fewbits.protoquant.pipeline import Explained
from fewbits.protoquant.vocabulary import CodeVocabulary
from fewbits.widgets.base import as_whole

TEMPERATURES = (0.01, 1.0)  # the slider's ends
STRONGEST = -1  # in place of a code: that of the largest contribution
SAME = 1e-5


def check_books(models: Sequence[Explained]) -> list[Codebook]:
    """The codebooks of models whose heads can be read.

    Raises:
        UsageError: no models, words that are no codes, two codebooks of one size, or a head that
            is not readable, does not fit its codes or leaves a class without any.
    """
    if not models:
        raise UsageError("models must be at least one codebook with its head, got none")
    codebooks = []
    for model in models:
        if not isinstance(model.vocabulary, CodeVocabulary):
            raise UsageError(
                f"models must be heads over codes, got {type(model.vocabulary).__name__}: "
                "channels have no codebook to explore"
            )
        codebooks.append(model.vocabulary.codebook)
        _check_head(model.head, codebooks[-1].count, len(models[0].head.weights))
    sizes = [codebook.count for codebook in codebooks]
    if len(set(sizes)) < len(sizes):
        raise UsageError(
            f"codebooks are told apart by their sizes, got K = {', '.join(map(str, sizes))}"
        )
    return codebooks


def _check_head(head: Linear, codes: int, classes: int) -> None:
    if head.weights.shape != (classes, codes):
        raise UsageError(
            f"a head of {classes} classes over {codes} codes is expected, got "
            f"{' x '.join(map(str, head.weights.shape))}"
        )
    if not head.weights.isfinite().all() or head.weights.min() < 0 or head.bias.any():
        raise UsageError(
            "heads must be readable, weights finite and at least 0 and no bias, as "
            "pipeline.explain fits them: only then do contributions add up to the logit"
        )
    bare = (head.weights == 0).all(1)
    if bare.any():
        raise UsageError(
            f"class {int(bare.int().argmax())} uses no code, so there is nothing to explain: keep "
            "at least its strongest one"
        )


def check_maps(
    codebooks: Sequence[Codebook], maps: Float[Tensor, "..."]
) -> Float[Tensor, "image high wide mapped"]:
    """The maps' vectors as unit vectors, mapped as every codebook maps them.

    Raises:
        UsageError: another shape, NaN, features of another number, or codebooks of more than one
            mapping.
    """
    features = len(codebooks[0].mapping.mean)
    if maps.ndim != 4 or maps.shape[1] != features:
        raise UsageError(
            f"maps must have the shape (image, {features} features, high, wide) of the codebooks' "
            f"backbone, got {tuple(maps.shape)}"
        )
    if not maps.isfinite().all():
        raise UsageError("maps hold NaN or infinity: look at the backbone's weights")
    vectors = maps.detach().float().movedim(1, -1)
    mapped = [book.mapping(vectors.to(book.codes.device)).cpu() for book in codebooks]
    for other in mapped[1:]:
        if other.shape != mapped[0].shape or (other - mapped[0]).abs().max() > SAME:
            raise UsageError(
                "all codebooks must share one mapping, got different ones: make it once, with "
                "pipeline.make_mapping, and give it to every codebook"
            )
    return mapped[0]


def check_galleries(galleries: Sequence[Gallery], codebooks: Sequence[Codebook]) -> None:
    """One gallery a codebook, all with patches of one size and number.

    Raises:
        UsageError: they are not.
    """
    sizes = [len(gallery.cosines) for gallery in galleries]
    expected = [codebook.count for codebook in codebooks]
    if sizes != expected:
        raise UsageError(
            f"galleries must be one a codebook, of {', '.join(map(str, expected))} codes, got "
            f"{', '.join(map(str, sizes)) or 'none'}"
        )
    shapes = {tuple(gallery.pixels.shape[1:]) for gallery in galleries}
    if len(shapes) > 1:
        raise UsageError(
            "galleries must have patches of one size and as many a code, got "
            f"{' and '.join(str(shape) for shape in sorted(shapes))}"
        )


def check_pictures_fit(images: Tensor, maps: Tensor, labels: Tensor) -> None:
    """As many pictures as maps and labels.

    Raises:
        UsageError: they are not.
    """
    if not len(images) == len(maps) == len(labels):
        raise UsageError(
            f"expected maps and a label for each of {len(images)} images, got {len(maps)} and "
            f"{len(labels)}"
        )


def check_codes(value: Any, sizes: Sequence[int]) -> int:
    """Return ``value`` if some codebook has so many codes.

    Raises:
        UsageError: none has.
    """
    codes = as_whole(value)
    if codes not in sizes or codes is None:
        raise UsageError(
            f"codes must be a codebook's size, one of {', '.join(map(str, sizes))}, got {value!r}"
        )
    return codes


def check_code(value: Any, count: int) -> int:
    """Return ``value`` if it is the number of a code, or :data:`STRONGEST`.

    Raises:
        UsageError: it is neither.
    """
    code = as_whole(value)
    if code is None or not STRONGEST <= code < count:
        raise UsageError(
            f"code must be a code's number from 0 to {count - 1}, or {STRONGEST} for the one of "
            f"the largest contribution, got {value!r}"
        )
    return code


def check_degree(value: Any) -> float:
    """Return ``value`` if the slider reaches that temperature.

    Raises:
        UsageError: no number, or one outside.
    """
    low, high = TEMPERATURES
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not low <= value <= high:
        raise UsageError(
            f"temperature must be a number from {low:g} to {high:g}, got {value!r}; plain cosines "
            "are plain=True"
        )
    return float(value)


def check_plain(value: Any) -> bool:
    """Return ``value`` if it is True or False.

    Raises:
        UsageError: it is neither.
    """
    if not isinstance(value, bool):
        raise UsageError(f"plain must be True for plain cosines, or False, got {value!r}")
    return value
