"""Which pictures a page gets, and what is said of features and labels that are none."""

import re
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fewbits import glm
from fewbits.errors import UsageError
from fewbits.widgets import stored_features
from fewbits.widgets.stored_features import spread, store_features

HOW = glm.Standardization(
    torch.tensor([1.0, 0]), torch.tensor([2.0, 1]), torch.tensor([False, False])
)


def test_a_stride_checked_by_hand():
    # Twelve pictures in six pairs, the second of each pair.
    by_class = torch.tensor([0] * 4 + [1] * 4 + [2] * 4)
    assert spread(by_class, 6).tolist() == [1, 3, 5, 7, 9, 11]
    # In the order of classes: 1, 3, 5 | 0, 2, 4. Two stretches of three, the middle of each.
    assert spread(torch.tensor([1, 0, 1, 0, 1, 0]), 2).tolist() == [2, 3]
    assert spread(by_class, 12).tolist() == list(range(12))


@given(labels=st.lists(st.integers(0, 5), min_size=1, max_size=60), data=st.data())
def test_each_class_gets_its_share(labels, data):
    count = data.draw(st.integers(1, len(labels)))
    found = spread(torch.tensor(labels), count).tolist()
    assert found == sorted(set(found)) and len(found) == count and max(found) < len(labels)
    kept = Counter(labels[place] for place in found)
    for label, many in Counter(labels).items():
        assert abs(kept[label] - count * many / len(labels)) < 1


@pytest.mark.parametrize("in_order", [True, False])
def test_of_too_many_pictures_each_class_keeps_some(monkeypatch, in_order):
    monkeypatch.setattr(stored_features, "MOST_NUMBERS", 2 * 8)
    labels = torch.arange(40) // 10 if in_order else torch.arange(40) % 4
    features = torch.stack([torch.arange(40.0), labels.float()], 1)
    stored = store_features(features, labels, HOW, "abcd")
    assert (len(stored.labels), stored.given) == (8, 40)
    assert Counter(stored.labels.tolist()) == dict.fromkeys(range(4), 2)
    # Each row belongs to its label, standardised: the second column is the label itself.
    assert stored.values[:, 1].tolist() == stored.labels.tolist()
    places = (2 * stored.values[:, 0] + 1).astype(int).tolist()
    assert places == sorted(places) and max(places) > 30


def test_what_fits_is_kept_as_it_comes():
    labels = torch.tensor([2, 0, 1, 0])
    stored = store_features(torch.arange(8.0).view(4, 2), labels, HOW, "abc")
    assert stored.labels.tolist() == [2, 0, 1, 0] and stored.given == 4
    assert stored.values.tolist() == [[-0.5, 1], [0.5, 3], [1.5, 5], [2.5, 7]]


TABLE, LABELS = torch.zeros(3, 2), torch.tensor([0, 1, 0])


@pytest.mark.parametrize(
    ("features", "labels", "said"),
    [
        (TABLE[:, 0], LABELS, "features must be a table, one row a picture and one column a fea"),
        (TABLE[None], LABELS, "got the shape (1, 3, 2)"),
        (TABLE, LABELS[None], "labels must be whole numbers, one a picture, got the shape (1, 3)"),
        (TABLE, LABELS.float(), "got the shape (3,) of torch.float32"),
        (TABLE, LABELS > 0, "got the shape (3,) of torch.bool"),
        (TABLE.numpy(), LABELS, "features and labels must be tensors, got ndarray and Tensor: to"),
        (TABLE, [0, 1, 0], "must be tensors, got Tensor and list: torch.as_tensor makes them"),
        (TABLE, LABELS[:2], "of the same pictures, at least one, got 3 and 2"),
    ],
)
def test_what_is_no_table_or_no_labels_is_refused(unchecked, features, labels, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        store_features(features, labels, HOW, "ab")


@pytest.mark.parametrize("kind", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_labels_of_any_whole_kind(unchecked, kind):
    stored = store_features(TABLE, LABELS.to(kind), HOW, "ab")
    assert stored.labels.tolist() == [0, 1, 0] and stored.labels.dtype == np.uint16
