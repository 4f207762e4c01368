"""What has to be certain of pictures before hours are spent on them."""

from fewbits.data.cub import BirdSet
from fewbits.errors import FewbitsError, UsageError
from fewbits.glm.planning.memory import available

GB = 1e9


def check_classes(known: BirdSet, use: str, labels: set[int]) -> None:
    """Make sure that a picture of each class is left.

    Args:
        known: the set.
        use: what the pictures are for: to ``train`` or to ``test``.
        labels: of the pictures that are left.

    Raises:
        FewbitsError: of some class none is.
    """
    lost = [name for label, name in enumerate(known.class_names) if label not in labels]
    if lost:
        raise FewbitsError(
            f"{known.folder}: expected pictures of each class to {use} with, got none that decodes "
            f"of {', '.join(lost[:3])}; put some there, or leave the class out"
        )


def check_memory(known: BirdSet, side: int, epochs: int) -> None:
    """Make sure that memory holds the pictures that a backbone is trained and tested with.

    Args:
        known: the set.
        side: height and width at which they are looked at, in pixels.
        epochs: that the backbone is to be trained for.

    Raises:
        UsageError: it does not.
    """
    needed, free = (known.train.count + known.test.count) * 3 * side**2, available()
    if needed > free:
        raise UsageError(
            f"--tune {epochs}: the backbone is trained with all pixels in memory, "
            f"{needed / GB:,.1f} GB of them, and {free / GB:,.1f} GB are free: give --weights and "
            "--tune 0, or a smaller --side"
        )
