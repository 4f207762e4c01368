"""Cut validation from the official training images: class by class, the same on every machine."""

import hashlib
from pathlib import Path, PurePosixPath

from fewbits.data.cub.tables import broken
from fewbits.data.splits import SPLIT_SEED, order_by_digest, order_stratified


def path_digest(path: PurePosixPath, seed: int) -> bytes:
    """Of an image's path and the seed; the path is the same wherever the set lies."""
    text = f"{seed} {path}".encode(errors="surrogateescape")  # names that are not UTF-8
    return hashlib.blake2b(text, digest_size=16, salt=SPLIT_SEED).digest()


def cut(
    file: Path,
    labels: list[int],
    training: list[bool],
    digests: list[bytes],
    validation: float | int,
    class_names: list[str],
) -> tuple[list[int], list[int], list[int]]:
    """Positions of train, validation and test, each in stratified order of the digests.

    Args:
        file: that said which images are for training; named in errors.
        labels: of all images, from 0.
        training: of all images, or else they are for testing.
        digests: of all images.
        validation: share of each class's training images.
        class_names: by label.

    Raises:
        FewbitsError: a class has too few training images to be cut.
    """
    kept: list[int] = []
    held: list[int] = []
    by_label: list[list[int]] = [[] for _ in class_names]
    for i in order_by_digest(digests):
        if training[i]:
            by_label[labels[i]].append(i)
    for name, members in zip(class_names, by_label, strict=True):
        least = 2 if validation else 1
        if len(members) < least:
            broken(
                file, None,
                f"at least {least} training image{'s' * (least > 1)} of class {name}",
                f"{len(members)}",
                "add pictures of it or leave the class out",
            )  # fmt: skip
        share = round(validation * len(members))
        count = min(max(share, 1), len(members) - 1) if validation else 0
        kept += members[: len(members) - count]
        held += members[len(members) - count :]
    rest = [i for i, flag in enumerate(training) if not flag]

    def in_order(chosen: list[int]) -> list[int]:
        places = order_stratified([digests[i] for i in chosen], [labels[i] for i in chosen])
        return [chosen[i] for i in places]

    return in_order(kept), in_order(held), in_order(rest)
