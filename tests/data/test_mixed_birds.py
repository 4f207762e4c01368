"""Birds of no species: traits that go with nothing, and a truth as careful as the species'."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

from fewbits.data.birds import ATTRIBUTES, GROUPS, HABITATS, SIDE, SPECIES, draw_bird, draw_mixed
from fewbits.data.birds.drawing import draw_kind
from fewbits.data.birds.mixed import NAMES, choose_kind
from fewbits.errors import FewbitsError, UsageError


@pytest.fixture(scope="module")
def birds():
    return draw_mixed(40, 3, 32)


def test_a_species_drawn_by_its_traits_is_the_species():
    kind = SPECIES[4]
    drawn, again = draw_bird(4, 7, 2, "snow"), draw_kind(kind, "snow", (2, 4, 7))
    assert np.array_equal(drawn.pixels, again.pixels)
    assert np.array_equal(drawn.truth.attributes, again.truth.attributes)


def test_a_picture_depends_on_its_seed_and_number_alone(birds):
    fewer, other = draw_mixed(2, 3, 32), draw_mixed(2, 4, 32)
    assert torch.equal(fewer.images, birds.images[:2]) and torch.equal(fewer.shown, birds.shown[:2])
    assert not torch.equal(other.images, fewer.images)


def test_two_workers_draw_the_same(birds):
    drawn = draw_mixed(5, 3, 32, workers=2)
    assert torch.equal(drawn.images, birds.images[:5]) and torch.equal(drawn.shown, birds.shown[:5])


def test_every_bird_has_one_habitat_and_at_most_one_value_of_a_group(birds):
    assert birds.count == 40 and birds.shown.shape == (40, len(NAMES))
    assert (birds.shown[:, len(ATTRIBUTES) :].sum(1) == 1).all()
    assert NAMES[len(ATTRIBUTES)] == f"has_habitat::{next(iter(HABITATS))}"
    for group in GROUPS:
        own = torch.tensor([name.startswith(f"{group}::") for name in NAMES])
        assert (birds.shown[:, own].sum(1) <= 1).all()


def test_no_trait_goes_with_another():
    """Of 24 species every one of these goes with another; of mixed birds none does."""
    kinds = [choose_kind(0, n) for n in range(2000)]
    chosen = np.array(
        [
            [kind.has("wing_color", "blue"), kind.has("crown_color", "red"),
             kind.has("bill_shape", "hooked"), kind.has("shape", "plump"), kind.habitat == "snow"]
            for kind in kinds
        ]
    )  # fmt: skip
    together = np.corrcoef(chosen.T.astype(float)) - np.eye(5)
    assert np.abs(together).max() < 4 / len(kinds) ** 0.5, "four standard errors"
    assert np.abs(chosen.mean(0) - [1 / 5, 1 / 5, 1 / 4, 1 / 2, 1 / 8]).max() < 0.045


def test_what_is_chosen_is_what_is_shown(birds):
    for n in range(0, birds.count, 7):
        kind = choose_kind(3, n)
        own = {f"{group}::{value}" for group, value in kind.traits.items()}
        seen = {name for name, there in zip(NAMES, birds.shown[n].tolist(), strict=True) if there}
        assert seen <= own | {f"has_habitat::{kind.habitat}"} and len(seen) > len(own) / 2


def test_pictures_are_resized_as_those_of_a_set_are():
    large, drawn = draw_mixed(1, 3, SIDE), draw_mixed(1, 3, 32)
    stored = Image.fromarray(large.images[0].permute(1, 2, 0).numpy())
    small = stored.resize((32, 32), Image.Resampling.BILINEAR)
    assert np.array_equal(np.asarray(small), drawn.images[0].permute(1, 2, 0).numpy())


def test_kept_birds_are_read_again_and_damage_is_told(birds, tmp_path):
    first = draw_mixed(2, 3, 32, tmp_path)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    again = draw_mixed(2, 3, 32, tmp_path)
    assert file.stat().st_mtime_ns == written
    assert torch.equal(first.images, again.images) and torch.equal(first.shown, again.shown)
    assert torch.equal(first.images, birds.images[:2])
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(FewbitsError, match=r"is damaged \(BadZipFile\): delete it, and the birds"):
        draw_mixed(2, 3, 32, tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count": 0}, "expected count from 1 to 100,000, got 0"),
        ({"seed": -1}, "expected seed from 0 to"),
        ({"side": 0}, "expected side from 1 to 2,048, got 0"),
        ({"workers": 0}, "expected workers from 1 to 1,024, got 0"),
    ],
)
def test_numbers_out_of_range_are_refused(changed, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        draw_mixed(**{"count": 1, "seed": 0, "side": 8} | changed)
