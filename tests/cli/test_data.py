"""``fewbits data`` from the outside: what it prints, on which stream, with which exit code."""

from pathlib import Path

import pytest
from toys import toy_files, write_set

from fewbits.data import fetching


def table(text: str) -> dict[str, str]:
    """The rows of ``data list`` by their first word."""
    return {line.split()[0]: line for line in text.splitlines()}


def test_list_knows_every_set(fewbits) -> None:
    ended = fewbits("data", "list")
    assert (ended.code, ended.err) == (0, "")
    rows = table(ended.out)
    for row in (
        "digits 1,797 10 none CC BY 4.0 embedded",
        "mnist 70,000 10 12 MB CC BY-SA 3.0 not here",
        "fashion-mnist 70,000 10 31 MB MIT not here",
    ):
        assert " ".join(rows[row.split()[0]].split()) == row
    assert "idx:DIR" in rows


def test_list_says_where_a_set_is(fewbits, mirror, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "Toy" / "raw")
    assert str(folder) in table(fewbits("data", "list", "--data", tmp_path).out)["toy"]
    (folder / "t10k-labels-idx1-ubyte").unlink()
    assert f"3 of 4 files in {folder}" in fewbits("data", "list", "--data", tmp_path).out


def test_get_then_check_then_get_again(fewbits, mirror, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "Toy" / "raw"
    ended = fewbits("data", "get", "toy", "--data", tmp_path / "new")
    assert (ended.code, ended.out, ended.err) == (0, f"toy: whole, {folder}\n", "")
    assert {p.name: p.read_bytes() for p in folder.glob("*ubyte")} == toy_files()
    ended = fewbits("data", "check", "toy", "--data", tmp_path / "new")
    assert (ended.code, ended.out) == (0, f"toy: whole, official order, {folder}\n")
    assert "whole already" in fewbits("data", "get", "toy", "--data", tmp_path / "new").out


def test_the_variable_and_the_cache_are_used(
    fewbits, mirror, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(cache) in fewbits("data", "get", "toy").out
    assert (cache / "Toy" / "raw" / "train-images-idx3-ubyte").exists()
    monkeypatch.setenv("FEWBITS_DATA", str(tmp_path / "variable"))
    assert str(tmp_path / "variable") in fewbits("data", "get", "toy").out


def test_what_needs_no_getting_says_so(fewbits, tmp_path: Path) -> None:
    ended = fewbits("data", "get", "digits")
    assert ended.code == 0 and "embedded" in ended.out and "nothing to download" in ended.out
    ended = fewbits("data", "get", f"idx:{tmp_path}")
    assert ended.code == 2 and "a folder of yours" in ended.line


@pytest.mark.parametrize("verb", ["get", "check"])
def test_an_unknown_name_is_wrong_usage(fewbits, verb: str) -> None:
    ended = fewbits("data", verb, "mist")
    assert ended.code == 2
    assert "unknown data set 'mist': did you mean mnist?" in ended.line


def test_a_failed_download_is_one_line(fewbits, mirror, tmp_path: Path) -> None:
    mirror.status = 500
    ended = fewbits("data", "get", "toy", "--data", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert "it answered 500" in ended.line and "run the same command again" in ended.line
    assert not list(tmp_path.rglob("*ubyte"))


def test_wrong_bytes_are_one_line(fewbits, mirror, tmp_path: Path) -> None:
    mirror.files["train-images-idx3-ubyte.gz"] = b"captive portal"
    ended = fewbits("data", "get", "toy", "--data", tmp_path)
    assert ended.code == 1 and "wrong checksum" in ended.line


def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(
    fewbits, mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as while_stopped:
        while_stopped.setattr(fetching, "unpack", stopped)
        ended = fewbits("data", "get", "toy", "--data", tmp_path)
    assert ended.code == 1
    assert "what has come is kept, run the same command again" in ended.line
    assert fewbits("data", "get", "toy", "--data", tmp_path).code == 0
    asked = [path for path, _ in mirror.asked]
    assert len(asked) == len(set(asked)) == 4


def test_check_names_the_damaged_file_and_the_command_that_mends_it(
    fewbits, mirror, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "Toy" / "raw")
    path = folder / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    ended = fewbits("data", "check", "toy", "--data", tmp_path)
    assert ended.code == 1
    assert f"{path}: truncated" in ended.line
    assert f"fewbits data get toy --data {tmp_path}" in ended.line
    ended = fewbits("data", "check", "--data", tmp_path)
    assert ended.code == 1 and "not whole: toy" in ended.line
    assert "digits: whole, embedded" in ended.out and f"toy: not whole: {path}" in ended.out
    assert fewbits("data", "get", "toy", "--data", tmp_path).code == 0
    assert fewbits("data", "check", "--data", tmp_path).code == 0


def test_check_of_nothing_is_fine_where_no_folder_was_named(fewbits) -> None:
    ended = fewbits("data", "check")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "digits: whole, embedded",
        "mnist: not here",
        "fashion-mnist: not here",
        "birds: embedded, drawn when first asked for",
        "birds-travelling: embedded, drawn when first asked for",
        "scenes: embedded, drawn when first asked for",
        "cub: not here",
        "travelingbirds: not here",
        "imagenette: not here",
        "imagenet: not here",
        "tiny-imagenet: not here",
        "tiny-imagenet-50: not here",
    ]


def test_check_of_a_named_folder_that_is_missing_or_empty_fails(fewbits, tmp_path: Path) -> None:
    ended = fewbits("data", "check", "--data", tmp_path / "nowhere")
    assert ended.code == 1 and "there is no such folder" in ended.line
    ended = fewbits("data", "check", "--data", tmp_path)
    assert ended.code == 1 and "holds no known set" in ended.line
    ended = fewbits("data", "check", "mnist", "--data", tmp_path)
    assert ended.code == 1 and f"fewbits data get mnist --data {tmp_path}" in ended.line


def test_check_reads_a_folder_of_ones_own(fewbits, tmp_path: Path) -> None:
    ended = fewbits("data", "check", f"idx:{write_set(tmp_path)}")
    assert (ended.code, ended.out) == (
        0,
        f"idx:{tmp_path}: whole, 36 + 4 + 12 images, 3 classes\n",
    )
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"")
    assert "truncated" in fewbits("data", "check", f"idx:{tmp_path}").line
