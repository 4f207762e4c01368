"""Laws of the splits: sizes, nothing in two of them, the same everywhere and always."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toys import draw_part, write_part, write_set

from fewbits import data
from fewbits.data import loading
from fewbits.data.digits import enlarge
from fewbits.data.splits import ImageSet, Split, order_stratified
from fewbits.errors import FewbitsError, UsageError

SPLITS = ("train", "validation", "test")


def keys(split: Split) -> list[bytes]:
    return [image.numpy().tobytes() for image in split.images]


def checksum(images: ImageSet) -> str:
    together = hashlib.sha256()
    for name in SPLITS:
        split = getattr(images, name)
        together.update(split.images.numpy().tobytes() + split.labels.numpy().tobytes())
    return together.hexdigest()[:16]


def test_digits_are_cut_into_1197_200_and_400_and_nothing_lies_in_two() -> None:
    digits = data.load("digits", scale="real")
    assert [getattr(digits, name).count for name in SPLITS] == [1197, 200, 400]
    seen = Counter(key for name in SPLITS for key in keys(getattr(digits, name)))
    assert len(seen) == 1797
    assert digits.class_names == tuple("0123456789")
    assert digits.num_classes == 10


def test_each_split_of_digits_holds_each_class_in_its_share() -> None:
    digits = data.load("digits", scale="real")
    whole = sum(getattr(digits, name).labels.bincount() for name in SPLITS)
    for name in SPLITS:
        split = getattr(digits, name)
        assert (split.labels.bincount() - whole * split.count / 1797).abs().max() <= 1.5
        tenth = split.first(split.count // 10).labels.bincount(minlength=10)
        assert tenth.min() >= split.count // 100 - 1


def test_digits_are_bit_for_bit_these() -> None:
    # Every number in the book that stands on digits stands on these pixels in this order.
    assert checksum(data.load("digits", scale="real")) == "ef39f247a26c2bfc"
    assert checksum(data.load("digits", scale="smoke")) == "ef39f247a26c2bfc"


@given(arrays.arrays(np.uint8, (2, 8, 8), elements=st.integers(0, 16)))
def test_enlarging_is_bilinear_up_to_rounding(small: np.ndarray) -> None:
    ours = torch.from_numpy(enlarge(small)).double()
    ink = torch.from_numpy(small)[:, None].double()
    theirs = torch.nn.functional.interpolate(ink, size=(28, 28), mode="bilinear")[:, 0] * 255 / 16
    assert (ours - theirs).abs().max() <= 0.5 + 1e-9


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_stratified_order_is_a_permutation_that_spreads_each_class(labels: list[int]) -> None:
    digests = [hashlib.md5(bytes([i])).digest() for i in range(len(labels))]
    order = order_stratified(digests, labels)
    assert sorted(order) == list(range(len(labels)))
    half = Counter(labels[i] for i in order[: len(order) // 2])
    for label, count in Counter(labels).items():
        assert abs(half[label] - count / 2) <= 0.5 + len(set(labels)) / 2


@given(seed=st.integers(0, 10**6))
def test_splits_do_not_depend_on_the_order_of_the_files(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("shuffled")
    for number, (part, count) in enumerate((("train", 30), ("test", 9))):
        images, labels = draw_part(count, number)
        shuffle = np.random.default_rng(seed).permutation(count)
        write_part(folder, part, images[shuffle], labels[shuffle])
    straight = write_set(tmp_path_factory.mktemp("straight"), 30, 9)
    assert checksum(data.load(f"idx:{folder}")) == checksum(data.load(f"idx:{straight}"))


@pytest.mark.parametrize(("count", "validation"), [(2, 1), (9, 1), (10, 1), (40, 4), (105, 10)])
def test_a_tenth_of_train_becomes_validation(tmp_path: Path, count: int, validation: int) -> None:
    images = data.load(f"idx:{write_set(tmp_path, count, 7)}", scale="real")
    assert [getattr(images, name).count for name in SPLITS] == [
        count - validation,
        validation,
        7,
    ]


def test_validation_comes_from_train_and_test_from_test(tmp_path: Path) -> None:
    labels = (np.arange(40) % 4).astype(np.uint8)
    write_part(
        tmp_path, "train", np.full((40, 28, 28), 10, np.uint8) + labels[:, None, None], labels
    )
    write_part(tmp_path, "test", np.full((8, 28, 28), 20, np.uint8), labels[:8])
    images = data.load(f"idx:{tmp_path}")
    assert images.train.images.max() < 20 and images.validation.images.max() < 20
    assert (images.test.images == 20).all()
    for split in (images.train, images.validation):
        assert (split.images[:, 0, 0, 0].long() - 10).tolist() == split.labels.tolist()


def test_classes_are_read_from_the_labels(tmp_path: Path) -> None:
    write_part(tmp_path, "train", *draw_part(20, 0, classes=5))
    write_part(tmp_path, "test", *draw_part(20, 1, classes=7))
    images = data.load(f"idx:{tmp_path}")
    assert images.num_classes == 7
    assert images.class_names == tuple("0123456")


def test_one_training_image_cannot_be_split(tmp_path: Path) -> None:
    with pytest.raises(FewbitsError, match="expected at least 2 training images.*got 1"):
        data.load(f"idx:{write_set(tmp_path, 1, 3)}")


def test_smoke_takes_the_first_of_each_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SMOKE_COUNTS", {"train": 6, "validation": 2, "test": 4})
    name = f"idx:{write_set(tmp_path)}"
    smoke, real = data.load(name), data.load(name, scale="real")
    assert [getattr(smoke, split).count for split in SPLITS] == [6, 2, 4]
    for split in SPLITS:
        some, every = getattr(smoke, split), getattr(real, split)
        assert keys(some) == keys(every)[: some.count]
        assert some.labels.tolist() == every.labels[: some.count].tolist()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("mnits",), "unknown data set 'mnits': did you mean mnist"),
        (("cifar",), "expected digits, mnist, fashion-mnist or idx:DIR"),
        (("",), "unknown data set ''"),
        (("idx:",), "idx: needs a folder"),
        (("digits", None, "huge"), "unknown scale 'huge': expected smoke or real"),
    ],
)
def test_a_wrong_call_says_what_is_known(arguments: tuple, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        data.load(*arguments)
