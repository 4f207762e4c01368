"""WordNet ids become names: from the data's own tables, else from torchvision's."""

import pytest
import torch
from torchvision import models
from torchvision.datasets import Imagenette
from wordnet_toys import NAMES, THREE, write_folders

from fewbits.data.cub import read_folders
from fewbits.data.cub.wordnet import class_names
from fewbits.errors import FewbitsError

TEN = {one: names[0] for one, names in Imagenette._WNID_TO_CLASS.items()}
CATEGORIES = models.ResNet50_Weights.DEFAULT.meta["categories"]


def thousand() -> list[str]:
    """Ids of no meaning, sorted, Imagenette's ten at the places that they have in ImageNet."""
    places = {CATEGORIES.index(name): one for one, name in TEN.items()}
    found, last, step = [], 1_000_000, 10
    for place in range(1000):
        last = int(places[place][1:]) if place in places else last + step
        found.append(f"n{last:08d}")
    assert len(places) == 10 and found == sorted(found) and len(set(found)) == 1000
    return found


def test_imagenettes_names_are_torchvisions(tmp_path):
    assert class_names(tmp_path, sorted(TEN)) == tuple(TEN[one] for one in sorted(TEN))
    found = read_folders(write_folders(tmp_path))
    assert found.class_names == NAMES
    assert {path.parent.name for path in found.train.paths} == set(THREE)


def test_a_thousand_ids_with_imagenettes_in_their_places_are_imagenets(tmp_path):
    assert list(class_names(tmp_path, thousand())) == CATEGORIES


def test_another_thousand_are_not_taken_for_imagenets(tmp_path):
    """One id fewer before the last of Imagenette's ten, and one more behind them."""
    others = [one for one in thousand() if one != thousand()[600]] + ["n99999999"]
    found = class_names(tmp_path, others)
    assert found[0] == TEN["n01440764"] and found[1] == others[1] and found[-1] == "n99999999"
    assert sum(name in CATEGORIES for name in found) == 10


def test_what_is_no_wordnet_id_stays_as_it_is(tmp_path):
    for kinds in (("ant", "n01440764"), ("n0144076", "n01440764"), ("n014407640", "n01440764")):
        assert class_names(tmp_path, kinds) == kinds


def test_the_folders_own_words_count_first_and_the_rest_keep_their_ids(tmp_path):
    (tmp_path / "words.txt").write_text(
        "n01440764\tcarp, big fish\r\nnonsense\nn1\tx\nn00000002\tcrane, a bird\n"
        "n00000003\tcrane\nn00000004\tm\u00f6we\n",
        encoding="utf-8",
    )
    kinds = ("n00000001", "n00000002", "n00000003", "n00000004", "n01440764", "n02102040")
    assert class_names(tmp_path, kinds) == (
        "n00000001", "crane (n00000002)", "crane (n00000003)", "m\u00f6we", "carp", NAMES[1]
    )  # fmt: skip


def test_imagenets_devkit_is_read_as_torchvision_leaves_it(tmp_path):
    table = {"n00000001": ("crane",), "n00000002": ("crane", "bird"), "n00000003": ("ox", "bull")}
    torch.save((table, ["n00000001", "n00000003"]), tmp_path / "meta.bin")
    kinds = sorted(table)
    assert class_names(tmp_path, kinds) == ("crane (n00000001)", "crane (n00000002)", "ox")
    (tmp_path / "meta.bin").write_bytes(b"none")
    with pytest.raises(FewbitsError, match=r"meta.bin: expected what torchvision makes of ImageN"):
        class_names(tmp_path, kinds)
