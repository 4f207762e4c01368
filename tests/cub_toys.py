"""A set in CUB's layout, small enough to be checked by hand: three classes, gaps in every id."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

from fewbits.data.picture_sets import CUB_SET, Archive, PictureSet

IMAGES = {
    # id: class id, for training, width, height, grey, part 1, part 2 (None: not visible)
    3: (2, 1, 20, 10, 10, (5.0, 4.0), (20.0, 10.0)),
    4: (2, 1, 20, 10, 20, (6.0, 4.0), None),
    8: (2, 0, 20, 10, 30, (7.0, 4.0), (1.0, 1.0)),
    9: (5, 1, 12, 16, 40, None, (2.0, 3.0)),
    11: (5, 1, 12, 16, 50, (5.0, 5.0), (2.0, 3.0)),
    12: (5, 1, 12, 16, 60, (5.0, 6.0), (2.0, 3.0)),
    15: (5, 0, 12, 16, 70, (5.0, 7.0), (2.0, 3.0)),
    20: (9, 1, 16, 16, 80, (0.0, 0.0), (16.0, 16.0)),
    21: (9, 1, 16, 16, 90, (8.0, 8.0), (4.0, 4.0)),
    30: (9, 0, 16, 16, 100, (8.0, 8.0), (4.0, 4.0)),
}
CLASSES = {2: "002.Ash_Owl", 5: "005.Bay_Wren", 9: "009.Coal_Tit"}
ATTRIBUTES = ("has_bill_shape::cone", "has_eye_ring::yes", "has_size::small")


def write_toy(root: Path) -> Path:
    """Write the set into ``root`` / CUB_200_2011, attributes.txt beside it, and return ``root``."""
    folder = root / "CUB_200_2011"
    for inside in ("images", "parts", "attributes", "segmentations"):
        (folder / inside).mkdir(parents=True)
    lines: dict[str, list[str]] = {name: [] for name in (
        "images.txt", "image_class_labels.txt", "train_test_split.txt", "bounding_boxes.txt",
        "parts/part_locs.txt", "attributes/image_attribute_labels.txt",
    )}  # fmt: skip
    for key, (of, training, wide, high, grey, *parts) in IMAGES.items():
        for kind, mode, ending in (("images", "RGB", "jpg"), ("segmentations", "L", "png")):
            path = folder / kind / CLASSES[of] / f"bird_{key}.{ending}"
            path.parent.mkdir(exist_ok=True)
            Image.new(mode, (wide, high), (grey,) * 3 if mode == "RGB" else grey).save(path)
        lines["images.txt"].append(f"{key} {CLASSES[of]}/bird_{key}.jpg")
        lines["image_class_labels.txt"].append(f"{key} {of}")
        lines["train_test_split.txt"].append(f"{key} {training}")
        lines["bounding_boxes.txt"].append(f"{key} 2.0 1.0 {wide - 4}.0 {high - 4}.0")
        for part, place in enumerate(parts, 1):
            x, y = place or (0.0, 0.0)
            lines["parts/part_locs.txt"].append(f"{key} {part} {x} {y} {int(place is not None)}")
        lines["attributes/image_attribute_labels.txt"] += [
            f"{key} 1 {key % 2} 4 1.234",
            f"{key} 2 0 1 {'0 5.6' if key == 11 else '5.6'}",  # too long, as some official ones
            f"{key} 3 1 3 0.5",
        ]
    lines["classes.txt"] = [f"{key} {name}" for key, name in CLASSES.items()]
    lines["parts/parts.txt"] = ["1 beak", "2 left eye"]
    lines["../attributes.txt"] = [f"{i} {name}" for i, name in enumerate(ATTRIBUTES, 1)]
    lines["attributes/class_attribute_labels_continuous.txt"] = [
        f"{10.0 * row} {row} 100" for row in range(1, 11)
    ]
    for name, rows in lines.items():
        (folder / name).write_text("".join(f"{row}\n" for row in rows))
    return root


def pack_toy(root: Path) -> bytes:
    """The toy as an archive like the official one: the folder, and attributes.txt beside it."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in ("CUB_200_2011", "attributes.txt"):
            tar.add(root / name, name)
    return gzip.compress(plain.getvalue(), mtime=0)


def toy_set(url: str, packed: bytes) -> PictureSet:
    """What would be known of CUB if the toy were it, and its archive at ``url``."""
    md5 = hashlib.md5(packed).hexdigest()
    archive = Archive(url, "CUB_200_2011.tgz", len(packed), md5, 10**6, "CUB_200_2011/images.txt")
    return replace(CUB_SET, classes=3, train=7, test=3, archive=archive)


def paste_toy(root: Path) -> Path:
    """Write ``CUB_fixed`` beside the toy: all its pictures twice, brighter in train and test."""
    for part, more in (("train", 100), ("test", 150)):
        for key, (of, _, wide, high, grey, *_) in IMAGES.items():
            path = root / "CUB_fixed" / part / CLASSES[of] / f"bird_{key}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (wide, high), (grey + more,) * 3).save(path)
    return root / "CUB_fixed"
