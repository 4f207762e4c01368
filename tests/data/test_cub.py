"""Sets in CUB's layout: read as they are, refused with one clear line when they are not whole."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from cub_toys import ATTRIBUTES, CLASSES, IMAGES, write_toy
from PIL import Image

from fewbits import data
from fewbits.data.cub import (
    BirdSet,
    Photos,
    lacking,
    place_boxes,
    place_parts,
    read_cub,
    read_masks,
    read_pixels,
    windows,
)
from fewbits.data.picture_sets import CUB_SET
from fewbits.errors import FewbitsError, UsageError

REAL = data.named_folder()
PARTS = ("train", "validation", "test")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy(tmp_path)


def by_id(birds: BirdSet) -> dict[int, tuple[str, Photos]]:
    """Each image alone, with the name of its split."""
    return {
        int(split.image_ids[i]): (part, split.take([i]))
        for part in PARTS
        for split in (getattr(birds, part),)
        for i in range(split.count)
    }


def test_what_was_written_is_read(toy: Path) -> None:
    birds = read_cub(toy)
    assert (birds.class_ids, birds.class_names) == ((2, 5, 9), ("Ash_Owl", "Bay_Wren", "Coal_Tit"))
    assert (birds.part_names, birds.attribute_names) == (("beak", "left eye"), ATTRIBUTES)
    assert birds.num_classes == 3 and birds.folder == toy / "CUB_200_2011"
    expected = torch.tensor([[0.2, 0.02, 1], [0.5, 0.05, 1], [0.9, 0.09, 1]])
    assert birds.class_attributes is not None
    torch.testing.assert_close(birds.class_attributes, expected)
    found = by_id(birds)
    assert set(found) == set(IMAGES)
    for key, (of, training, wide, high, _, *parts) in IMAGES.items():
        part, photo = found[key]
        assert (part == "test") == (not training)
        assert photo.labels.tolist() == [(2, 5, 9).index(of)] and photo.labels.dtype == torch.int64
        assert photo.paths[0].name == f"bird_{key}.jpg"
        assert photo.sizes.tolist() == [[wide, high]]
        assert photo.boxes.tolist() == [[2.0, 1.0, wide - 4.0, high - 4.0]]
        assert photo.parts[0].tolist() == [list(place or (0, 0)) for place in parts]
        assert photo.visible[0].tolist() == [place is not None for place in parts]
        assert photo.attributes is not None and photo.certainty is not None
        assert photo.attributes[0].tolist() == [key % 2 == 1, False, True]
        assert photo.certainty[0].tolist() == [4, 1, 3]
        assert photo.masks is not None and photo.masks[0].name == f"bird_{key}.png"


def test_every_class_gives_validation_some_and_keeps_some(toy: Path) -> None:
    birds = read_cub(toy, validation=0.9)
    assert Counter(birds.train.labels.tolist()) == {0: 1, 1: 1, 2: 1}
    assert Counter(birds.validation.labels.tolist()) == {0: 1, 1: 2, 2: 1}
    assert Counter(read_cub(toy, validation=0.01).validation.labels.tolist()) == {0: 1, 1: 1, 2: 1}
    whole = read_cub(toy, validation=0)
    assert (whole.train.count, whole.validation.count, whole.test.count) == (7, 0, 3)


def test_splits_depend_on_paths_and_seed_alone(toy: Path, tmp_path: Path) -> None:
    first = read_cub(toy)
    for name in ("images.txt", "image_class_labels.txt", "parts/part_locs.txt"):
        path = toy / "CUB_200_2011" / name
        path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    again = read_cub(toy / "CUB_200_2011")
    for part in PARTS:
        ours, theirs = getattr(first, part), getattr(again, part)
        assert ours.image_ids.equal(theirs.image_ids) and ours.parts.equal(theirs.parts)
    others = {tuple(sorted(read_cub(toy, seed=s).validation.image_ids.tolist())) for s in range(8)}
    assert len(others) > 1


def test_a_set_without_attributes_and_masks(toy: Path) -> None:
    folder = toy / "CUB_200_2011"
    for path in (*folder.glob("attributes/*"), *folder.glob("segmentations/*/*")):
        path.unlink()
    for path in (*folder.glob("segmentations/*"), folder / "segmentations"):
        path.rmdir()
    birds = read_cub(toy)
    assert birds.attribute_names == () and birds.class_attributes is None
    assert birds.train.attributes is None and birds.train.masks is None
    with pytest.raises(UsageError, match="without: unpack them first"):
        read_masks(birds.train, 8)


def test_classes_and_lines_that_no_image_needs_are_left_out(toy: Path) -> None:
    bay = {str(key) for key, (of, *_) in IMAGES.items() if of == 5}
    for name in ("images.txt", "image_class_labels.txt", "train_test_split.txt"):
        path = toy / "CUB_200_2011" / name
        kept = [line for line in path.read_text().splitlines() if line.split()[0] not in bay]
        path.write_text("\n".join(kept))
    birds = read_cub(toy)
    assert birds.class_ids == (2, 9) and birds.train.count + birds.validation.count == 4
    assert set(birds.test.labels.tolist()) == {0, 1}


TABLE = "attributes/class_attribute_labels_continuous.txt"
SEEN = "attributes/image_attribute_labels.txt"
BROKEN = {
    # what is done to a file: pattern, replacement -> what is said
    "no path": ("images.txt", r"^8 .*", "8", r"images.txt, line 3: expected an id and a name"),
    "double": ("images.txt", r"^8 ", "4 ", r"images.txt, line 3: expected each id once, got 4 a"),
    "id 0": ("images.txt", r"^8 ", "0 ", r"images.txt, line 3: expected an id from 1, got 0"),
    "absolute": ("images.txt", r"^8 .*", "8 /etc/x.jpg", r"line 3: expected a path inside of"),
    "climbs": ("images.txt", r"^8 .*", "8 a/../../x.jpg", r"inside of images/, got 'a/../../x.jpg"),
    "backslash": ("images.txt", r"^8 .*", r"8 ..\\\\x.jpg", r"a path that leaves the folder"),
    "gone": ("images.txt", r"bird_8", "bird_7", r"bird_7.jpg: expected the picture that the set"),
    "no label": ("image_class_labels.txt", r"^8 .*\n", "", r"its class id\), got none for image 8"),
    "label": ("image_class_labels.txt", r"^8 2", "8 3", r"line 3: .* classes.txt, 2 to 9, got 3"),
    "no number": ("image_class_labels.txt", r"^8 2", "nan 2", r"line 3: expected 2 finite numb"),
    "endless": ("bounding_boxes.txt", r"^8 .*", "8 1 1 inf 5", r"line 3: expected 5 finite numb"),
    "half seen": ("parts/part_locs.txt", r"^(8 1 .*) 1$", r"\1 2", r"line 5: .*isible or 0, got"),
    "vast": (SEEN, r"^8 1 0 4", f"8 1 {10**30} 4", r"expected 5 numbers"),
    "word": ("image_class_labels.txt", r"^8 2", "8 x", r"txt, line 3: expected 2 numbers \(image"),
    "no split": ("train_test_split.txt", r"^8 .*\n", "", r"1 for training or 0\), got none for i"),
    "split 2": ("train_test_split.txt", r"^8 0", "8 2", r"line 3: expected 1 for training or 0"),
    "alone": ("train_test_split.txt", r"^3 1", "3 0", r"at least 2 training images of class 0"),
    "no box": ("bounding_boxes.txt", r"^8 .*\n", "", r"boxes.txt: .* got none for image 8"),
    "flat box": ("bounding_boxes.txt", r"^8 .*", "8 1 1 0 5", r"20 x 10 pixels of image 8, got"),
    "outer box": ("bounding_boxes.txt", r"^8 .*", "8 90 1 5 5", r"a box in the 20 x 10 pixels of"),
    "short box": ("bounding_boxes.txt", r"^8 .*", "8 1 1 5", r"line 3: expected 5 numb.* got 4"),
    "part out": ("parts/part_locs.txt", r"^8 1 .*", "8 1 22 4 1", r"locs.txt, line 5: expected a"),
    "part twice": ("parts/part_locs.txt", r"^8 2 ", "8 1 ", r"line 6: expected each part once"),
    "no part": ("parts/part_locs.txt", r"^8 2 .*\n", "", r"got none for part 2 of image 8"),
    "part 3": ("parts/part_locs.txt", r"^8 2 ", "8 3 ", r"line 6: expected a part id from 1 to 2"),
    "part names": ("parts/parts.txt", r"^2 ", "3 ", r"line 2: expected ids in their order"),
    "row": (TABLE, r" 100$", "", r"line 1: expected 3 n"),
    "per cent": (TABLE, r"100", "101", r"from 0 to 100"),
    "rows": (TABLE, r"^[89].*\n", "", r"got 8 rows"),
    "sure": (SEEN, r"^8 1 0 4", "8 1 0 5", r"certainty from 1 to 4"),
    "seen": (SEEN, r"^8 1 0 4", "8 1 2 4", r"line 7: expected wheth"),
    "no seen": (SEEN, r"^8 1 .*\n", "", r"attribute 1 of image 8"),
    "long": (SEEN, r"^8 1 0 4", "8 1 0 4 0 0 0", r"5 numbers .* 8"),
    "again": (SEEN, r"^8 2 ", "8 1 ", r"line 8: .* 1 of 8 twice"),
    "which": (SEEN, r"^8 3 ", "8 4 ", r"an attribute id from 1 to 3"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "pattern", "instead", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_named(
    toy: Path, name: str, pattern: str, instead: str, said: str
) -> None:
    path = toy / "CUB_200_2011" / name
    text, count = re.subn(pattern, instead, path.read_text(), flags=re.MULTILINE)
    if name.endswith("continuous.txt"):
        count = min(count, 1)
        if "got 8 rows" in said:
            text = re.sub(r"^10.0 1 .*\n", "", path.read_text(), flags=re.MULTILINE)
            text = re.sub(r"^20.0 2 .*\n", "", text, flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)
    with pytest.raises(FewbitsError, match=said) as caught:
        read_cub(toy)
    named = "bird_7.jpg" if pattern == "bird_8" else path.name
    assert "\n" not in str(caught.value) and named in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["classes.txt", "image_class_labels.txt", "train_test_split.txt", "bounding_boxes.txt",
     "parts/parts.txt", "parts/part_locs.txt", "../attributes.txt"],
)  # fmt: skip
def test_a_missing_or_empty_file_is_named(toy: Path, name: str) -> None:
    path = toy / "CUB_200_2011" / name
    path.write_text("\n")
    with pytest.raises(FewbitsError, match=rf"{path.name}: expected lines with .*an empty file"):
        read_cub(toy)
    path.write_bytes(b"1 \xff\n")
    with pytest.raises(FewbitsError, match=rf"{path.name}: .* bytes that are no UTF-8"):
        read_cub(toy)
    path.unlink()
    with pytest.raises(FewbitsError, match=rf"{path.name}: expected a file with .*, got none"):
        read_cub(toy)


@pytest.mark.parametrize("kept", [9, 8, 5, 1])
def test_a_list_of_images_that_was_cut_within_a_class_is_no_subset(toy: Path, kept: int) -> None:
    path = toy / "CUB_200_2011" / "images.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:kept]))
    said = (
        rf"images.txt: expected all images of a class or none, .*: the first it lacks is image "
        rf"{list(IMAGES)[kept]}, line {kept + 1} there; unpack the official archive"
    )
    with pytest.raises(FewbitsError, match=said):
        read_cub(toy)


@pytest.mark.parametrize("kept", [7, 3])
def test_a_list_of_the_images_of_some_classes_is_a_subset(toy: Path, kept: int) -> None:
    path = toy / "CUB_200_2011" / "images.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:kept]))
    assert sum(getattr(read_cub(toy, 0), part).count for part in PARTS) == kept


@pytest.mark.parametrize(
    "name", ["image_class_labels.txt", "train_test_split.txt", "bounding_boxes.txt"]
)
def test_a_list_about_images_that_was_cut_says_where_it_ends(toy: Path, name: str) -> None:
    path = toy / "CUB_200_2011" / name
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:8]))
    said = rf"{name}: .* none for image 21: it tells of 8 images, the last in line 8, image 20; "
    with pytest.raises(FewbitsError, match=said):
        read_cub(toy)


def test_a_folder_that_is_none_of_cub(tmp_path: Path) -> None:
    with pytest.raises(FewbitsError, match="expected a folder with images.txt, or with CUB_200"):
        read_cub(tmp_path)


def test_a_class_that_cannot_be_cut_can_be_read_without_validation(toy: Path) -> None:
    path = toy / "CUB_200_2011" / "train_test_split.txt"
    path.write_text(path.read_text().replace("3 1\n", "3 0\n", 1))
    with pytest.raises(FewbitsError, match=r"got 1; add pictures of it or leave the class out"):
        read_cub(toy)
    assert read_cub(toy, validation=0).train.count == 6
    path.write_text(path.read_text().replace("4 1\n", "4 0\n", 1))
    with pytest.raises(
        FewbitsError, match=r"at least 1 training image of class 002.Ash_Owl, got 0"
    ):
        read_cub(toy, validation=0)


@pytest.mark.parametrize("validation", [-0.1, 1.0])
def test_a_share_out_of_range(toy: Path, validation: float) -> None:
    with pytest.raises(UsageError, match="expected a share of 0 to below 1 for validation, got"):
        read_cub(toy, validation=validation)


def test_a_picture_that_does_not_decode_is_named(toy: Path) -> None:
    birds = read_cub(toy, validation=0)
    path = birds.test.paths[0]
    path.write_bytes(path.read_bytes()[:250])
    with pytest.raises(FewbitsError, match=rf"{path.name}: expected a picture, got a file that do"):
        read_pixels(birds.test, 8, workers=2)
    path.write_text("no picture")
    with pytest.raises(FewbitsError, match=rf"{path.name}: expected a picture, got a file that do"):
        read_cub(toy)


def test_pixels_and_points_move_together(tmp_path: Path) -> None:
    """A black picture with one white square: where its middle goes, a part put there goes too."""
    photo = paint(tmp_path, wide=60, high=40, spot=(33, 9), box=(21.0, 3.0, 24.0, 12.0))
    for crop, margin in ((False, 0.0), (True, 0.0), (True, 0.25)):
        pixels = read_pixels(photo, 48, crop, margin)
        assert pixels.shape == (1, 3, 48, 48) and pixels.dtype == torch.uint8
        rows, columns = (pixels[0, 0] > 127).nonzero(as_tuple=True)
        middle = torch.tensor([columns.float().mean() + 0.5, rows.float().mean() + 0.5])
        torch.testing.assert_close(
            place_parts(photo, 48, crop, margin)[0, 0], middle, atol=1, rtol=0
        )
    assert place_parts(photo, 48, True)[0, 1].tolist() == [0, 0], "not visible stays at 0"


def test_a_crop_checked_by_hand(tmp_path: Path) -> None:
    photo = paint(tmp_path, wide=60, high=40, spot=(33, 9), box=(20.0, 2.0, 20.0, 10.0))
    # The longer side is 20, with a quarter on each side 30; the middle of the box is (30, 7).
    assert windows(photo, True, 0.25).tolist() == [[15, -8, 30, 30]]
    assert windows(photo).tolist() == [[0, 0, 60, 40]]
    assert place_parts(photo, 60, True, 0.25)[0, 0].tolist() == [(33 - 15) * 2, (9 + 8) * 2]
    assert place_boxes(photo, 60, True, 0.25)[0].tolist() == [10, 20, 40, 20]
    assert place_boxes(photo, 30)[0].tolist() == [10, 1.5, 10, 7.5]
    with pytest.raises(UsageError, match=r"a margin of at least 0, got -0.1"):
        windows(photo, True, -0.1)


def test_a_crop_beyond_the_picture_repeats_its_edge(tmp_path: Path) -> None:
    photo = paint(tmp_path, wide=20, high=20, spot=(10, 10), box=(0.0, 0.0, 20.0, 20.0))
    Image.new("L", (20, 20), 90).save(photo.paths[0])
    assert read_pixels(photo, 16, crop=True, margin=0.5).unique().tolist() == [90]


def paint(
    folder: Path, wide: int, high: int, spot: tuple[int, int],
    box: tuple[float, float, float, float],
) -> Photos:  # fmt: skip
    """One picture with a white square of 6 pixels around ``spot``, which is its first part."""
    pixels = np.zeros((high, wide, 3), np.uint8)
    pixels[spot[1] - 3 : spot[1] + 3, spot[0] - 3 : spot[0] + 3] = 255
    Image.fromarray(pixels).save(folder / "one.png")
    return Photos(
        paths=(folder / "one.png",),
        labels=torch.tensor([0]),
        image_ids=torch.tensor([1]),
        sizes=torch.tensor([[wide, high]]),
        boxes=torch.tensor([box]),
        parts=torch.tensor([[[float(spot[0]), float(spot[1])], [0.0, 0.0]]]),
        visible=torch.tensor([[True, False]]),
    )


def test_workers_change_nothing_and_greys_arrive(toy: Path) -> None:
    birds = read_cub(toy, validation=0)
    one, three = read_pixels(birds.train, 7), read_pixels(birds.train, 7, workers=3)
    assert one.equal(three)
    greys = [IMAGES[key][4] for key in birds.train.image_ids.tolist()]
    assert one[:, 1, 3, 3].tolist() == greys
    assert read_masks(birds.train, 5)[:, 2, 2].tolist() == greys
    for size, workers in ((0, 1), (4, 0)):
        with pytest.raises(UsageError, match=f"at least 1, got {size} and {workers}"):
            read_pixels(birds.train, size, workers=workers)


def test_first_is_a_fair_sample(toy: Path) -> None:
    train = read_cub(toy, validation=0).train
    assert set(train.first(3).labels.tolist()) == {0, 1, 2}
    assert train.first(99).count == train.count


def test_names_with_no_number_stay(toy: Path) -> None:
    path = toy / "CUB_200_2011" / "classes.txt"
    path.write_text(path.read_text().replace("002.", "").replace("005.Bay_Wren", "005."))
    assert read_cub(toy).class_names == ("Ash_Owl", "005.", "Coal_Tit")
    assert len(CLASSES) == 3


@pytest.mark.real
def test_a_hundred_classes_of_cub() -> None:
    folder = (REAL or Path()) / "cub100"
    if not (REAL and folder.is_dir()):
        pytest.skip("cub100 is not in FEWBITS_DATA")
    birds = read_cub(folder)
    assert birds.num_classes == 100 and birds.class_ids[:3] == (1, 4, 7)
    assert birds.train.count + birds.validation.count == 2_999 and birds.test.count == 2_903
    assert set(birds.validation.labels.tolist()) == set(range(100))
    assert lacking(CUB_SET, birds).startswith("100 of 200 classes, 5,902 of 11,788 pictures, no")
    assert len(birds.part_names) == 15 and len(birds.attribute_names) == 312
    assert birds.class_attributes is not None
    assert birds.class_attributes.shape == (100, 312)
    assert birds.class_attributes[1, 0].item() == pytest.approx(0.0, abs=1)
    pixels = read_pixels(birds.validation.first(4), 64)
    assert pixels.float().std() > 20
    crowns = place_parts(birds.test, 64)[birds.test.visible]
    assert crowns.min() >= 0 and crowns.max() <= 64.5
