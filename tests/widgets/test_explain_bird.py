import re
from copy import deepcopy

import pytest
import torch
from bird_samples import SPECIES, bird_network, bird_pictures, explain_birds

from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.qsenn.network import make_dense
from fewbits.training import to_float
from fewbits.widgets import ExplainBird
from fewbits.widgets.base import LIMIT_BYTES

PICTURES, TRAINING = bird_pictures(), bird_pictures(20, seed=1)


def built(**settings):
    given = {
        "network": bird_network(),
        "pictures": PICTURES,
        "training": TRAINING,
        "class_names": SPECIES,
        **settings,
    }
    return ExplainBird(**given)


@torch.no_grad()
def logits(network, dropped=(), flipped=()):
    """PyTorch's, after changing the layer of a copy."""
    changed = deepcopy(network)
    changed.head.weight[:, list(dropped)] = 0
    for name, feature in flipped:
        changed.head.weight[SPECIES.index(name), feature] *= -1
    return changed(to_float(PICTURES.images)).double()


@torch.no_grad()
def maps_and_values(network, pictures=PICTURES):
    """Maps, and features in the units of the layer, of these pictures."""
    maps = network.maps(to_float(pictures.images))
    return maps, (maps.mean((2, 3)) - network.head.mean) / network.head.scale


def in_page(control):
    numbers = control.numbers()
    return torch.tensor([numbers[f"logit_{row}"] for row in range(len(SPECIES))]).double()


CHANGES = [
    ((), ()),
    ((4,), ()),
    ((4, 5), ()),
    ((), (("Winter_Kite", 4),)),
    ((2,), (("Winter_Kite", 7), ("Acorn_Jay", 2), ("Dune_Runner", 1))),
]


@pytest.mark.parametrize(("dropped", "flipped"), CHANGES)
def test_logits_are_those_of_the_changed_network(dropped, flipped):
    control = built(dropped=dropped, flipped=flipped)
    expected = logits(bird_network(), dropped, flipped)
    for image in range(PICTURES.count):
        control.image = image
        torch.testing.assert_close(in_page(control), expected[image], rtol=1e-4, atol=1e-5)
        assert control.numbers()["decided_now"] == expected[image].argmax()
    assert control.numbers()["right_now"] == (expected.argmax(1) == PICTURES.labels).sum()


@pytest.mark.parametrize(("dropped", "flipped"), CHANGES)
def test_parts_add_up_to_the_logit_and_shares_to_the_difference(dropped, flipped):
    control = built(dropped=dropped, flipped=flipped, explained="Winter_Kite", against="Acorn_Jay")
    numbers = control.numbers()

    def together(prefix):
        return sum(value for name, value in numbers.items() if re.match(rf"{prefix}_\d", name))

    assert together("part") == pytest.approx(numbers["parts"])
    assert numbers["parts"] + numbers["bias"] == pytest.approx(numbers["logit_2"])
    assert numbers["logit"] == numbers["logit_2"]
    apart = numbers["logit_2"] - numbers["logit_3"]
    assert numbers["difference"] == pytest.approx(apart)
    assert together("share") + numbers["share_bias"] == pytest.approx(apart)


def test_numbers_are_the_layer_s_feature_by_feature():
    network = bird_network()
    _, values = maps_and_values(network)
    control = built(
        image=3, explained="Winter_Kite", against="Acorn_Jay", flipped=[(SPECIES[2], 5)]
    )
    numbers, head = control.numbers(), network.head
    for feature in range(8):
        own, other = head.weight[2, feature].item(), head.weight[3, feature].item()
        own = -own if feature == 5 else own
        assert (f"part_{feature}" in numbers) == bool(own)
        assert (f"share_{feature}" in numbers) == bool(own or other)
        if own:
            assert numbers[f"value_{feature}"] == pytest.approx(values[3, feature].item())
            assert numbers[f"weight_{feature}"] == pytest.approx(own)
            assert numbers[f"part_{feature}"] == pytest.approx(own * values[3, feature].item())
        if own or other:
            assert (numbers[f"own_{feature}"], numbers[f"other_{feature}"]) == (own, other)
            share = (own - other) * values[3, feature].item()
            assert numbers[f"share_{feature}"] == pytest.approx(share)


def test_drop_is_for_every_class_and_flip_for_one():
    plain, dropped = built(), built(dropped=[4])
    flipped = built(flipped=[("Winter_Kite", 4)])
    uses = bird_network().head.weight[:, 4] != 0
    assert 1 < uses.sum() < 5
    assert ((in_page(dropped) != in_page(plain)) == uses).all()
    assert (in_page(flipped) != in_page(plain)).tolist() == [False, False, True, False, False]
    twice = 2 * plain.numbers()["part_4"]
    assert (in_page(plain) - in_page(flipped))[2].item() == pytest.approx(twice)


def test_left_alone_it_explains_what_was_decided_before_any_change():
    plain = logits(bird_network())
    control = built(dropped=[4, 5, 7])
    for image in range(PICTURES.count):
        control.image = image
        first, second = plain[image].argsort(descending=True)[:2].tolist()
        numbers = control.numbers()
        assert numbers["decided"] == first
        assert numbers["difference"] == numbers[f"logit_{first}"] - numbers[f"logit_{second}"]


def test_a_maps_mean_less_its_zero_is_the_value():
    network = bird_network()
    maps, values = maps_and_values(network)
    stored = built()._stored
    zero = network.head.mean / network.head.scale
    for image in range(PICTURES.count):
        for place, feature in enumerate(stored.features):
            found, half = stored.map(image, place), float(stored.scales[image, place]) / 2
            exact = maps[image, feature].double() / network.head.scale[feature].item()
            assert abs(found - exact.detach().numpy()).max() <= half * 1.001
            value = values[image, feature].item()
            assert found.mean() - zero[feature].item() == pytest.approx(value, abs=half + 1e-5)


def test_maps_below_zero_stay_below_zero():
    network = bird_network(signed=True)
    maps, _ = maps_and_values(network)
    control = built(network=network)
    assert (maps < 0).any()
    for place, feature in enumerate(control._stored.features):
        found, exact = control._stored.map(0, place), maps[0, feature].numpy()
        strong = abs(exact) > 0.02 * abs(exact).max()
        assert ((found < 0) == (exact < 0))[strong].all()


def test_the_scale_of_colours_ends_at_the_largest_shown():
    maps, _ = maps_and_values(bird_network())
    spreads = maps / bird_network().head.scale[:, None, None]
    uses = bird_network().head.weight[1] != 0
    largest = spreads[2, uses].max().item()
    assert built(image=2, explained="Dune_Runner").numbers()["reach"] == pytest.approx(largest)


def test_evidence_is_the_training_pictures_that_raise_a_feature_most():
    _, values = maps_and_values(bird_network(), TRAINING)
    control = built()
    found, stored = control._evidence, control._stored
    for place, feature in enumerate(stored.features):
        column = values[:, feature].tolist()
        best = sorted(range(20), key=lambda picture: (-column[picture], picture))[:3]
        assert found.values[place].tolist() == pytest.approx([column[k] for k in best], abs=1e-6)
        assert found.labels[found.tiles[place]].tolist() == TRAINING.labels[best].tolist()
    assert found.sheet.count == len(set(found.tiles.ravel().tolist()))


def test_few_training_pictures_are_all_evidence():
    assert built(training=bird_pictures(2))._evidence.tiles.shape == (8, 2)


def test_large_maps_are_pooled():
    network = bird_network(pool=1)
    assert maps_and_values(network)[0].shape[2:] == (16, 16)
    large = bird_pictures(2, side=32)
    assert built(network=network, pictures=large)._stored.codes.shape[2:] == (16, 16)


def test_names_stand_beside_numbers():
    titles = built(names=["red crown", None, *[""] * 6]).cargo["titles"]
    assert titles[:3] == ["red crown (0)", "feature 1", "feature 2"]


def test_columns_that_no_class_uses_do_not_travel():
    network = deepcopy(bird_network())
    network.head.weight[:, 0] = 0
    control = built(network=network)
    assert control.cargo["features"] == [1, 2, 3, 4, 5, 6, 7]
    for image in range(PICTURES.count):
        control.image = image
        torch.testing.assert_close(in_page(control), logits(network)[image], rtol=1e-4, atol=1e-5)


def no_features():
    network = deepcopy(bird_network())
    network.head.weight[3] = 0
    return network


def infinite():
    network = deepcopy(bird_network())
    network.head.bias[1] = float("inf")
    return network


def sick():
    network = deepcopy(bird_network())
    network.backbone.body[0].bias.data.fill_(float("nan"))
    return network


def crowded():
    return bird_network(per_class=21, features=25, channels=25)


GREY = Split(torch.zeros(2, 1, 16, 16, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": make_dense(bird_network().backbone, 5)}, "features a class, got DenseHead"),
        ({"network": no_features()}, "class 3 has no feature, so there is nothing to explain"),
        ({"network": infinite()}, "the last layer holds NaN or infinity"),
        ({"network": sick()}, "features hold NaN or infinity: find where they come from first"),
        ({"network": crowded()}, "at most 20 features a class, class 0 has 21: round the layer"),
        ({"pictures": bird_pictures(0)}, "pictures must be at least one picture, got none"),
        ({"training": bird_pictures(0)}, "training must be at least one picture, got none"),
        ({"pictures": GREY}, "pictures must be squares of three colours, shape (image, 3, side"),
        ({"class_names": SPECIES[:4]}, "class_names must be 5 different names, one for each class"),
        ({"class_names": ("a", "b", "c", "d", "a")}, "class_names must be 5 different names"),
        ({"class_names": ("a", "b", "c", "d", "")}, "class_names must be 5 different names"),
        ({"pictures": bird_pictures(9, classes=7)}, "labels must be from 0 to 4, a name each"),
        ({"training": bird_pictures(9, classes=7)}, "labels must be from 0 to 4, a name each"),
        ({"names": ["wing"]}, "names must be one for each of the 8 features, None where there is"),
        ({"image": 6}, "image must be a whole number from 0 to 5, got 6"),
        ({"explained": "Dodo"}, "explained must be a class, one of Reed_Lancer, Dune_Runner"),
        ({"against": "Dodo"}, "against must be a class, one of Reed_Lancer, Dune_Runner"),
        ({"dropped": [8]}, "features that some class uses, of 0, 1, 2, 3, 4, 5, 6, 7, got [8]"),
        ({"dropped": [True]}, "got [True]"),
        ({"flipped": [("Winter_Kite", 0)]}, "that it uses, ['Reed_Lancer', 2] say, got ['Winter_K"),
        ({"cover": 1.5}, "cover must be a number from 0 to 1, got 1.5"),
    ],
)  # fmt: skip
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        built(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", -1),
        ("explained", "Dodo"),
        ("against", 3),
        ("dropped", 3),
        ("dropped", ["3"]),
        ("flipped", "Winter_Kite"),
        ("flipped", [["Winter_Kite", 4.5]]),
        ("cover", True),
    ],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = built(dropped=[2], flipped=[("Winter_Kite", 4)])
    before = getattr(control, name)
    with pytest.raises(UsageError, match=name):
        setattr(control, name, value)
    assert getattr(control, name) == before


def test_changes_are_kept_in_one_order():
    pairs = [("Acorn_Jay", 6), ("Dune_Runner", 7), ("Dune_Runner", 1), ("Acorn_Jay", 6)]
    control = built(dropped=[5, 2, 5], flipped=pairs)
    assert control.dropped == [2, 5]
    assert control.flipped == [["Dune_Runner", 1], ["Dune_Runner", 7], ["Acorn_Jay", 6]]


def test_the_network_stays_as_it_was():
    network = deepcopy(bird_network()).train()
    before = deepcopy(network.state_dict())
    built(network=network)
    assert network.training
    assert network.dropout.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def many_features(count):
    """As large as a page of the book has it: 24 classes and 50 features, maps of 8 x 8."""
    return bird_network(per_class=5, features=count, classes=24, pool=8, channels=count)


def test_a_page_carries_24_pictures_of_50_features():
    names = [str(row) for row in range(24)]
    pictures, training = (bird_pictures(n, n, classes=24, side=64) for n in (24, 300))
    control = ExplainBird(many_features(50), pictures, training, names)
    assert len(control.cargo["features"]) >= 45
    assert len(control.html().encode()) < 250_000 < LIMIT_BYTES


def test_what_does_not_fit_a_page_is_refused_when_made():
    noise = torch.Generator().manual_seed(0)
    images = torch.randint(256, (60, 3, 96, 96), generator=noise).to(torch.uint8)
    pictures = Split(images, torch.arange(60) % 5)
    message = r"60 pictures and 8 features take \d+ KB in the page, at most 225 KB fit"
    with pytest.raises(UsageError, match=message):
        built(pictures=pictures)


def test_still_pictures_say_the_numbers():
    control = built(image=2)
    still, numbers = control.still(), control.numbers()
    own = SPECIES[numbers["decided"]].replace("_", " ")
    assert f"The picture: {SPECIES[PICTURES.labels[2]].replace('_', ' ')}" in still
    assert f"What adds up to the logit of {own}, {numbers['logit']:.2f}" in still
    for row, name in enumerate(SPECIES):
        assert f">{name.replace('_', ' ')}<" in still
        assert f">{numbers[f'logit_{row}']:+.2f}<".replace("-", "\N{MINUS SIGN}") in still
    for name, value in numbers.items():
        if name.startswith("part_"):
            assert f">{value:+.2f}<".replace("-", "\N{MINUS SIGN}") in still
    assert "nan" not in still


def test_the_sample_is_in_use():
    assert explain_birds().numbers().keys() == built().numbers().keys()
