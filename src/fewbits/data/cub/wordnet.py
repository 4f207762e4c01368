"""What classes are called that lie in folders named by WordNet id, as ImageNet's do.

No list of names is kept here. They come from the data's own tables, or from those of torchvision,
which is under the BSD licence: ImageNet's 1,000 category names, in the order of the sorted ids, and
Imagenette's ten.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

from fewbits.data.cub.tables import broken

ID = re.compile(r"n\d{8}")
WORDS, META = "words.txt", "meta.bin"


def class_names(root: Path, folders: Sequence[str]) -> tuple[str, ...]:
    """Readable names of the classes in ``folders``, sorted; as they are if they are no WordNet ids.

    Names come from ``words.txt`` in ``root``, as Tiny ImageNet has it, else from ``meta.bin``, what
    torchvision makes of ImageNet's devkit, else from torchvision. The first of several synonyms
    counts. Two classes of one name keep their ids in brackets, and a class that nobody names is
    called by its id.

    Raises:
        FewbitsError: ``meta.bin`` is damaged.
    """
    if not all(map(ID.fullmatch, folders)):
        return tuple(folders)
    known = _torchvisions(folders) | _devkit(root / META) | _words(root / WORDS)
    names = [known.get(one, one) for one in folders]
    times = Counter(names)
    return tuple(
        name if times[name] == 1 else f"{name} ({one})"
        for one, name in zip(folders, names, strict=True)
    )


def _words(file: Path) -> dict[str, str]:
    """``words.txt``: a line an id, a tab, and synonyms with commas between."""
    if not file.is_file():
        return {}
    rows = (line.split("\t") for line in file.read_text("utf-8", "replace").splitlines())
    return {row[0]: _first(row[1]) for row in rows if len(row) == 2 and ID.fullmatch(row[0])}


def _devkit(file: Path) -> dict[str, str]:
    """What :class:`torchvision.datasets.ImageNet` leaves: ids with their synonyms, and more."""
    if not file.is_file():
        return {}
    try:
        table = torch.load(file, weights_only=True)[0]
        return {one: _first(", ".join(synonyms)) for one, synonyms in table.items()}
    except Exception as error:
        broken(
            file, None, "what torchvision makes of ImageNet's devkit",
            f"something else ({type(error).__name__})",
            "delete it, put the devkit beside it and let torchvision make it again",
        )  # fmt: skip


def _torchvisions(folders: Sequence[str]) -> dict[str, str]:
    """Imagenette's names; and ImageNet's, if these are its classes, which a thousand ids may be.

    They are taken for ImageNet's if all ten classes of Imagenette are at the places where
    torchvision's list of 1,000 names has these.
    """
    from torchvision import models
    from torchvision.datasets import Imagenette

    # The list is no part of torchvision's interface: without it classes are called by their ids.
    few = {one: names[0] for one, names in getattr(Imagenette, "_WNID_TO_CLASS", {}).items()}
    categories = models.ResNet50_Weights.DEFAULT.meta["categories"]
    if not few or len(folders) != len(categories):
        return few
    all_of_them = dict(zip(sorted(folders), categories, strict=True))
    fits = all(all_of_them.get(one) == name for one, name in few.items())
    return few | (all_of_them if fits else {})


def _first(synonyms: str) -> str:
    return synonyms.partition(",")[0].strip()
