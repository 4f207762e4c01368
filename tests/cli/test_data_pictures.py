"""``fewbits data`` on sets of pictures: listed, fetched, checked, every refusal one line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cub_toys import pack_toy, paste_toy, toy_set, write_toy
from toys import Mirror, serving

from fewbits.data import pictures
from fewbits.data.cub import getting
from fewbits.data.picture_sets import PICTURES


@pytest.fixture
def cub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of the toy, which the command takes for all of CUB while this is in use."""
    packed = pack_toy(write_toy(tmp_path / "original"))
    with serving({"cub": packed}) as server:
        monkeypatch.setitem(PICTURES, "cub", toy_set(f"{server.address}cub", packed))
        yield server


def row(text: str, name: str) -> str:
    """A row of ``data list``, its columns one space apart."""
    return next(" ".join(line.split()) for line in text.splitlines() if line.split()[0] == name)


def test_list_has_a_row_for_each(fewbits, tmp_path: Path) -> None:
    out = fewbits("data", "list", "--data", tmp_path).out
    drawn = "1,920 24 none MIT embedded, drawn when first asked for"
    assert row(out, "birds") == f"birds {drawn}"
    assert row(out, "birds-travelling") == f"birds-travelling {drawn}"
    assert row(out, "cub") == "cub 11,788 200 1151 MB non-commercial research not here"
    assert row(out, "travelingbirds").startswith("travelingbirds 11,788 200 by hand CUB's and")
    assert "not here, CUB_fixed is to be had from https://worksheets" in row(out, "travelingbirds")
    assert "DIR: train/ and test/ or val/" in row(out, "imagefolder:DIR")


def test_list_says_where_they_are_and_how_much_has_come(fewbits, tmp_path: Path, cub) -> None:
    home = tmp_path / "data"
    for place in ("birds-12x24+10", "birds-travelling-3x4+2", "CUB_fixed"):
        (home / place).mkdir(parents=True)
    (home / "CUB_200_2011.tgz.part").write_bytes(bytes(100))
    out = fewbits("data", "list", "--data", home).out
    assert row(out, "birds").endswith(f"MIT {home / 'birds-12x24+10'}")
    assert row(out, "birds-travelling").endswith(f"MIT {home / 'birds-travelling-3x4+2'}")
    assert row(out, "travelingbirds").endswith(f" {home / 'CUB_fixed'}")
    size = PICTURES["cub"].archive.size / 1e6
    part = home / "CUB_200_2011.tgz.part"
    assert row(out, "cub").endswith(f"not unpacked, 0 of {size:.0f} MB in {part}")
    fewbits("data", "get", "cub", "--data", home)
    out = fewbits("data", "list", "--data", home).out
    assert row(out, "cub").endswith(f" {home / 'CUB_200_2011'}")


def test_get_then_check_then_get_again(fewbits, tmp_path: Path, cub: Mirror) -> None:
    home = tmp_path / "data"
    use = f"use it with: fewbits run qsenn --dataset cub --data {home} --out DIR\n"
    ended = fewbits("data", "get", "cub", "--data", home)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"cub: whole, {home / 'CUB_200_2011'}\n{use}"
    ended = fewbits("data", "check", "cub", "--data", home)
    assert ended.code == 0
    assert ended.out == f"cub: whole, 3 classes, 7 + 3 pictures, {home / 'CUB_200_2011'}\n"
    ended = fewbits("data", "get", "cub", "--data", home)
    assert ended.out == f"cub: whole already, {home / 'CUB_200_2011'}\n{use}"
    ended = fewbits("data", "get", "cub", "--data", home / "CUB_200_2011")
    assert ended.out.startswith(f"cub: whole already, {home / 'CUB_200_2011'}\n")
    assert len(cub.asked) == 1


def test_an_archive_that_was_put_there_is_kept_and_said_to_be_spare(
    fewbits, tmp_path: Path, cub: Mirror
) -> None:
    (tmp_path / "data").mkdir()
    archive = tmp_path / "data" / "CUB_200_2011.tgz"
    archive.write_bytes(cub.files["cub"])
    ended = fewbits("data", "get", "cub", "--data", tmp_path / "data")
    assert ended.code == 0 and f"{archive} is not needed any more\n" in ended.out
    assert archive.exists() and not cub.asked


def test_ctrl_c_keeps_what_came(fewbits, tmp_path: Path, cub: Mirror, monkeypatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as while_stopped:
        while_stopped.setattr(getting, "unpack_tar", stopped)
        ended = fewbits("data", "get", "cub", "--data", tmp_path / "data")
    assert ended.code == 1 and "what has come is kept, run the same command again" in ended.line
    assert fewbits("data", "get", "cub", "--data", tmp_path / "data").code == 0
    assert len(cub.asked) == 1


def test_what_needs_no_getting_or_cannot_be_got_says_so(fewbits, tmp_path: Path) -> None:
    for name in ("birds", "birds-travelling"):
        ended = fewbits("data", "get", name)
        assert ended.code == 0 and "drawn when first asked for): nothing to downl" in ended.out
    ended = fewbits("data", "get", f"imagefolder:{tmp_path}")
    assert ended.code == 2 and "a folder of yours: there is nothing to get" in ended.line
    ended = fewbits("data", "get", "travelingbirds", "--data", tmp_path)
    assert ended.code == 2 and "travelingbirds is not fetched by a command" in ended.line
    assert "https://worksheets.codalab.org" in ended.line and str(tmp_path) in ended.line


def test_names_of_one_family_are_known_to_the_other(fewbits, tmp_path: Path) -> None:
    ended = fewbits("data", "get", "bird")
    assert ended.code == 2 and "did you mean birds?" in ended.line
    for name in ("cub", f"imagefolder:{tmp_path}"):
        ended = fewbits("run", "pact", "--dataset", name, "--out", tmp_path / "out")
        assert ended.code == 2 and "a set of colour pictures, expected one of digits" in ended.line
        assert "fewbits run qsenn" in ended.line


def test_check_says_that_some_classes_are_not_all(fewbits, tmp_path: Path) -> None:
    folder = write_toy(tmp_path) / "CUB_200_2011"
    ended = fewbits("data", "check", "cub", "--data", tmp_path)
    assert (ended.code, ended.out) == (
        0,
        f"cub: a subset that can be read: 3 of 200 classes, 10 of 11,788 pictures; {folder}\n",
    )
    (folder / "attributes" / "image_attribute_labels.txt").unlink()
    ended = fewbits("data", "check", "cub", "--data", tmp_path)
    assert "10 of 11,788 pictures, no attributes of single pictures; " in ended.out


@pytest.mark.parametrize("folder", ["images", "segmentations"])
@pytest.mark.parametrize("image", [4, 9, 8])  # one is for training, one for the test
def test_check_decodes_every_picture_and_every_mask(
    fewbits, tmp_path: Path, folder: str, image: int
) -> None:
    path = next((write_toy(tmp_path) / "CUB_200_2011" / folder).rglob(f"bird_{image}.*"))
    path.write_bytes(path.read_bytes()[: -len(path.read_bytes()) // 3])
    ended = fewbits("data", "check", "cub", "--data", tmp_path)
    assert ended.code == 1
    assert f"{path}: expected a picture, got a file that does not decode" in ended.line
    ended = fewbits("data", "check", "--data", tmp_path)
    assert ended.code == 1 and "not whole: cub" in ended.line
    assert f"cub: not whole: {path}" in ended.out and "digits: whole" in ended.out


def test_a_missing_or_empty_folder_is_one_line(fewbits, tmp_path: Path) -> None:
    get = f"get it with: fewbits data get cub --data {tmp_path}"
    assert get in fewbits("data", "check", "cub", "--data", tmp_path).line
    (tmp_path / "CUB_200_2011").mkdir()
    assert get in fewbits("data", "check", "cub", "--data", tmp_path).line


def test_check_of_drawn_birds_reads_those_that_were_drawn(
    fewbits, tmp_path: Path, monkeypatch
) -> None:
    ended = fewbits("data", "check", "birds", "--data", tmp_path)
    assert (ended.code, ended.out) == (0, "birds: embedded, drawn when first asked for\n")
    monkeypatch.setitem(pictures.DRAWN, "smoke", (2, 2, 1))
    folder = pictures.load_pictures("birds", tmp_path).folder
    ended = fewbits("data", "check", "--data", tmp_path)
    assert ended.code == 0, "drawn birds are a known set"
    assert f"birds: whole, 2 classes, 4 + 2 pictures, {folder}\n" in ended.out
    assert "birds-travelling: embedded, drawn when first asked for\n" in ended.out
    next((folder / "images").rglob("*.png")).write_bytes(b"")
    assert "does not decode" in fewbits("data", "check", "birds", "--data", tmp_path).line


def test_check_reads_what_is_pasted_and_folders_of_ones_own(fewbits, tmp_path: Path) -> None:
    folder = paste_toy(write_toy(tmp_path))
    ended = fewbits("data", "check", "travelingbirds", "--data", tmp_path)
    assert ended.code == 0 and f"10 of 11,788 pictures; {folder}" in ended.out
    own = tmp_path / "own"
    shutil.copytree(tmp_path / "CUB_200_2011" / "images", own / "train")
    shutil.copytree(tmp_path / "CUB_200_2011" / "images", own / "val")
    ended = fewbits("data", "check", f"imagefolder:{own}")
    assert ended.out == f"imagefolder:{own}: whole, 3 classes, 10 + 10 pictures, {own}\n"
    picture = next((own / "val").rglob("*.jpg"))
    picture.write_bytes(picture.read_bytes()[:250])
    assert f"{picture}: expected a picture" in fewbits("data", "check", f"imagefolder:{own}").line
