"""Sets in the layouts of Imagenette, ImageNet and Tiny ImageNet, of a few pictures each."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from fewbits.data.picture_sets import IMAGENETTE_SET, Archive, PictureSet

THREE = ("n01440764", "n02102040", "n03028079")
NAMES = ("tench", "English springer", "church")
TRAIN, TEST = 4, 2
COLOURS = ((200, 40, 40), (40, 200, 40), (40, 40, 200))


def draw(path: Path, label: int, number: int, side: int = 64) -> None:
    """A noisy square of its class's colour."""
    generator = np.random.default_rng(100 * label + number)
    pixels = np.array(COLOURS[label % 3]) + generator.integers(-40, 41, (side, side, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path, format="JPEG")


def write_folders(
    root: Path, kinds: tuple[str, ...] = THREE, train: int = TRAIN, test: int = TEST
) -> Path:
    """``train/ID/*.JPEG`` and ``val/ID/*.JPEG``."""
    for part, count in (("train", train), ("val", test)):
        for label, kind in enumerate(kinds):
            for number in range(count):
                draw(
                    root / part / kind / f"{kind}_{number}.JPEG",
                    label,
                    number + 50 * (part == "val"),
                )
    return root


def write_tiny(root: Path, kinds: tuple[str, ...] = THREE) -> Path:
    """As Tiny ImageNet unpacks: pictures one folder deeper, val in a table, test without."""
    rows = []
    for label, kind in enumerate(kinds):
        for number in range(TRAIN):
            draw(root / "train" / kind / "images" / f"{kind}_{number}.JPEG", label, number)
        (root / "train" / kind / f"{kind}_boxes.txt").write_text(f"{kind}_0.JPEG\t0\t0\t9\t9\n")
    for number in range(TEST * len(kinds)):
        label = (len(kinds) - 1 - number) % len(kinds)  # in no class's order
        draw(root / "val" / "images" / f"val_{number}.JPEG", label, number + 50)
        rows.append(f"val_{number}.JPEG\t{kinds[label]}\t0\t32\t44\t62\n")
    draw(root / "test" / "images" / "test_0.JPEG", 0, 90)
    (root / "val" / "val_annotations.txt").write_text("".join(rows))
    (root / "wnids.txt").write_text("".join(f"{kind}\n" for kind in reversed(kinds)))
    words = dict(zip(THREE, ("carp, a fish", "spaniel", "church, church building"), strict=True))
    (root / "words.txt").write_text("".join(f"{one}\t{name}\n" for one, name in words.items()))
    return root


def pack(root: Path) -> bytes:
    """``root`` as an archive of one folder."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        tar.add(root, root.name)
    return gzip.compress(plain.getvalue(), mtime=0)


def toy_imagenette(url: str, packed: bytes) -> PictureSet:
    """What would be known of Imagenette if the toy were it, and its archive at ``url``."""
    official = IMAGENETTE_SET.archive
    archive = Archive(
        url, official.name, len(packed), hashlib.md5(packed).hexdigest(), 10**6, official.holds
    )
    counts = {"classes": 3, "train": 3 * TRAIN, "test": 3 * TEST}
    return replace(IMAGENETTE_SET, **counts, archive=archive)
