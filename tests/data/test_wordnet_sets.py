"""Imagenette, ImageNet and Tiny ImageNet: by name, as they unpack, and how they are got."""

import os
import re
from pathlib import Path

import pytest
import torch
from torchvision.datasets import ImageNet, Imagenette
from toys import serving
from wordnet_toys import NAMES, THREE, draw, pack, toy_imagenette, write_folders, write_tiny

from fewbits.data import pictures
from fewbits.data.cub import get_pictures, read_folders, read_pixels
from fewbits.data.picture_sets import IMAGENET_SET, IMAGENETTE_SET, PICTURES, TINY_SET
from fewbits.errors import FewbitsError, UsageError


def labelled(photos) -> dict[str, int]:
    return {
        path.name: label for path, label in zip(photos.paths, photos.labels.tolist(), strict=True)
    }


def test_tiny_imagenet_is_read_as_it_unpacks(tmp_path):
    write_tiny(tmp_path / "tiny-imagenet-200")
    found = pictures.load_pictures("tiny-imagenet", tmp_path, "real")
    assert (found.train.count, found.validation.count, found.test.count) == (9, 3, 6)
    assert found.class_names == ("carp", "spaniel", "church")
    assert labelled(found.test) == {
        f"val_{number}.JPEG": label for number, label in enumerate((2, 1, 0, 2, 1, 0))
    }
    kinds = [path.parent.parent.name for path in found.train.paths]
    assert kinds == [THREE[label] for label in found.train.labels]
    assert read_pixels(found.test, 8).float().mean((2, 3)).argmax(1).tolist() == (
        found.test.labels.tolist()
    ), "each picture has its class's colour"


def test_folders_of_ones_own_may_have_that_layout_too(tmp_path):
    write_tiny(tmp_path)
    found = pictures.load_pictures(f"imagefolder:{tmp_path}", scale="real")
    assert found.num_classes == 3 and found.test.count == 6


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("val_9.JPEG n01440764 0 0 1 1", "line 7: expected picture, class, box, tabs between, got"),
        ("../val_9.JPEG\tn01440764\t0", "line 7: expected picture, class, box"),
        ("val_9.JPEG\t\t0", "line 7: expected picture, class, box"),
        ("val_0.JPEG\tn01440764\t0", "line 7: expected each picture once, got val_0.JPEG twice"),
        ("val_9.JPEG\tn09999999\t0", "the same classes in train/ and val/, but only one has n0999"),
        ("val_9.JPEG\tn01440764\t0", "val_9.JPEG: expected the picture that the set names, got no"),
    ],
)
def test_a_broken_table_of_labels_is_named(tmp_path, row, message):
    write_tiny(tmp_path)
    with (tmp_path / "val" / "val_annotations.txt").open("a") as file:
        file.write(f"{row}\n")
    with pytest.raises(FewbitsError, match=re.escape(message)):
        read_folders(tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("imagenette", "imagenette2-320"),
        ("imagenette", "imagenette2"),
        ("imagenette", "imagenette2-160"),
        ("imagenet", "imagenet"),
        ("imagenet", "ILSVRC2012"),
        ("tiny-imagenet-50", "tiny-imagenet-50"),
    ],
)
def test_sets_are_known_by_name(tmp_path, name, folder):
    write_folders(tmp_path / folder)
    found = pictures.load_pictures(name, tmp_path, "real")
    assert (found.name, found.class_names, found.folder) == (name, NAMES, tmp_path / folder)
    assert (found.train.count, found.validation.count, found.test.count) == (9, 3, 6)
    assert pictures.side_for(name, "real") == 160


def test_a_missing_set_says_how_to_have_it(tmp_path):
    for name, said in (
        (
            "imagenette",
            f"expected imagenette2-320 or .* fewbits data get imagenette --data {tmp_path}",
        ),
        (
            "imagenet",
            rf"sign in at https://image-net.org.* into {tmp_path}/imagenet and let torchv",
        ),
        ("tiny-imagenet", f"download http.*tiny-imagenet-200.zip and unpack it in {tmp_path}$"),
        ("tiny-imagenet-50", f"50 classes of tiny-imagenet into {tmp_path}/tiny-imagenet-50, a fo"),
    ):
        with pytest.raises(FewbitsError, match=said):
            pictures.load_pictures(name, tmp_path)
    for info in (IMAGENET_SET, TINY_SET):
        with pytest.raises(UsageError, match=f"{info.name} is not fetched by a command: "):
            get_pictures(info, tmp_path)


def test_imagenettes_archive_is_the_one_that_torchvision_knows():
    url, md5 = Imagenette._ARCHIVES["320px"]
    archive = IMAGENETTE_SET.archive
    assert (archive.url, archive.md5) == (url, md5)
    assert archive.folder == Path(url).stem == IMAGENETTE_SET.places[0]
    assert set(IMAGENETTE_SET.places) == {Path(u).stem for u, _ in Imagenette._ARCHIVES.values()}


def test_imagenette_is_fetched_on_from_a_cut_and_is_what_torchvision_reads(tmp_path):
    packed = pack(write_folders(tmp_path / "imagenette2-320"))
    home = tmp_path / "data"
    with serving({"it.tgz": packed}) as mirror:
        mirror.cut_after, mirror.cuts = len(packed) // 2, 1
        info = toy_imagenette(f"{mirror.address}it.tgz", packed)
        assert get_pictures(info, home)
        assert [asked for _, asked in mirror.asked] == [None, f"bytes={len(packed) // 2}-"]
        assert not get_pictures(info, home) and len(mirror.asked) == 2
    assert {path.name for path in home.iterdir()} <= {"imagenette2-320", ".imagenette2-320.lock"}
    theirs = Imagenette(str(home), "val", "320px")
    ours = pictures.load_pictures("imagenette", home, "real")
    assert tuple(names[0] for names in theirs.classes) == ours.class_names
    assert labelled(ours.test) == {Path(path).name: label for path, label in theirs._samples}


def test_imagenet_is_read_as_torchvision_reads_it(tmp_path):
    root = write_folders(tmp_path / "imagenet")
    table = {one: (name, "another name") for one, name in zip(THREE, ("a", "b", "c"), strict=True)}
    torch.save((table, list(THREE)), root / "meta.bin")
    theirs, ours = ImageNet(root, "val"), pictures.load_pictures("imagenet", tmp_path, "real")
    assert tuple(names[0] for names in theirs.classes) == ours.class_names == ("a", "b", "c")
    assert labelled(ours.test) == {Path(path).name: label for path, label in theirs.samples}


def test_wrong_bytes_and_another_archive_leave_nothing(tmp_path):
    packed = pack(write_folders(tmp_path / "imagenette2-320"))
    other = pack(write_folders(tmp_path / "imagewoof2-320"))
    with serving({"it.tgz": packed[:-1] + b"?", "other.tgz": other}) as mirror:
        with pytest.raises(FewbitsError, match="wrong checksum, expected MD5"):
            get_pictures(toy_imagenette(f"{mirror.address}it.tgz", packed), tmp_path / "data")
        with pytest.raises(FewbitsError, match="expected imagenette2-320/train in it, got none"):
            get_pictures(toy_imagenette(f"{mirror.address}other.tgz", other), tmp_path / "data")
    assert not (tmp_path / "data" / "imagenette2-320").exists()


def test_a_class_without_a_picture_to_test_with_is_refused(tmp_path):
    write_folders(tmp_path)
    for path in (tmp_path / "val" / THREE[1]).iterdir():
        path.unlink()
    said = rf"val: expected pictures to test with, got none of class {THREE[1]} that end in .*add s"
    with pytest.raises(FewbitsError, match=said):
        read_folders(tmp_path)
    draw(tmp_path / "val" / THREE[1] / "images" / "one.JPEG", 1, 0)
    assert read_folders(tmp_path).test.count == 5


@pytest.mark.real
def test_the_real_fifty_are_whole():
    home = os.environ.get("FEWBITS_DATA", "")
    if not (Path(home) / "tiny-imagenet-50" / "train").is_dir():
        pytest.skip("tiny-imagenet-50 is not in FEWBITS_DATA")
    info, found = (
        PICTURES["tiny-imagenet-50"],
        pictures.load_pictures("tiny-imagenet-50", home, "real"),
    )
    assert (found.num_classes, found.test.count) == (info.classes, info.test)
    assert found.train.count + found.validation.count == info.train
    assert found.class_names[0] == "goldfish" and len(set(found.class_names)) == 50
    assert not any(re.fullmatch(r"n\d{8}", name) for name in found.class_names)
