"""``fewbits run protoquant`` on what cannot be run: one line each, and nothing is made."""

from pathlib import Path

import pytest
from wordnet_toys import THREE, write_folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folders(tmp_path / "set")


def line(fewbits, folder: Path, tmp_path: Path, code: int, *options: object) -> str:
    """What the command says, on one line, having made nothing."""
    out = tmp_path / "out"
    dataset = ("--dataset", f"imagefolder:{folder}", "--out", out, "--side", 32, "--codes", 4)
    ended = fewbits("run", "protoquant", *dataset, "--per-class", 2, *options)
    assert (ended.code, ended.out) == (code, "") and not out.exists()
    return ended.line


def test_one_class_only(fewbits, folder, tmp_path):
    for part in ("train", "val"):
        for kind in THREE[1:]:
            (folder / part / kind).rename(tmp_path / f"{part}-{kind}")
    said = line(fewbits, folder, tmp_path, 1)
    assert "train: expected at least two folders, one a class, got 1" in said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("train", f"expected at least 2 training images of class {THREE[1]}, got 0; add pictures"),
        ("val", f"expected pictures to test with, got none of class {THREE[1]} that end in .jpg"),
    ],
)
def test_an_empty_class_folder(fewbits, folder, tmp_path, part, said):
    for path in (folder / part / THREE[1]).iterdir():
        path.unlink()
    assert said in line(fewbits, folder, tmp_path, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--temperature", "0"), "temperature must be above 0"),
        (("--temperature", "-1"), "temperature must be above 0"),
        (("--temperature", "nan"), "temperature must be above 0"),
        (("--codes", "145"), "--codes 145: they are made of 144 feature vectors; ask for fewer"),
        (("--baselines", "all,channels"), "--baselines all,channels: all stands alone"),
        (("--baselines", "pip-net"), "unknown baseline 'pip-net': expected all, none, or some of"),
        (("--codes", "1"), "codes must be from 2 to 65,536, got 1"),
        (("--per-class", "5"), "per_class must be from 1 to 4, got 5"),
        (("--backbone", "squeezenet1_1"), "squeezenet1_1 has no layer behind its last maps"),
        (("--backbone", "vit_b_16", "--side", "100"), "--side 100: patches of 16 x 16 pixels do"),
        (("--backbone", "vit_b_32"), "--side 32: of such pictures vit_b_32 makes maps of a sing"),
        (("--dataset", "imagenette"), "expected imagenette2-320 or imagenette2 or imagenette2-160"),
        (("--dataset", "tinyimagenet"), "unknown set of pictures 'tinyimagenet': expected birds"),
    ],
)
def test_settings_that_do_not_fit(fewbits, folder, tmp_path, options, said):
    code = 1 if said.startswith("expected") else 2
    assert said in line(fewbits, folder, tmp_path, code, *options)


def test_a_picture_that_does_not_decode_is_named_and_what_may_be_done_about_it(
    fewbits, folder, tmp_path
):
    picture = folder / "val" / THREE[0] / f"{THREE[0]}_1.JPEG"
    picture.write_text("no picture")
    said = line(fewbits, folder, tmp_path, 1)
    assert f"{picture}: expected a picture, got a file that does not decode" in said
    assert said.endswith("; or go on without such pictures: --skip-broken\n")


def test_check_calls_folders_by_the_names_they_have(fewbits, folder):
    ended = fewbits("data", "check", f"imagefolder:{folder}")
    assert ended.out == f"imagefolder:{folder}: whole, 3 classes, 12 + 6 pictures, {folder}\n"
    (folder / "train" / THREE[2]).rename(folder / "train" / "n00000001")
    assert (
        "only one has n00000001, n03028079"
        in fewbits("data", "check", f"imagefolder:{folder}").line
    )
