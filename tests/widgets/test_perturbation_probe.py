import re
from dataclasses import replace

import pytest
import torch
from bird_samples import SPECIES, bird_pictures
from probe_samples import FAR, GRID, NEAR, maps_of, models, network, patches, perturb, probes

from fewbits.errors import UsageError
from fewbits.protoquant.pipeline import see
from fewbits.protoquant.probing import probe, stamp
from fewbits.widgets.base import LIMIT_BYTES

IMAGES = bird_pictures(3, side=64).images
CHOICES = [(0, "white", 1, 2), (2, "noise", 3, 0), (1, "white", 0, 3)]


def control_at(image, patch, row, column, **settings):
    return perturb(image=image, patch=patch, row=row, column=column, **settings)


def seen(image, patch, row, column):
    """The picture as it is, and with the patch: maps of both."""
    one = IMAGES[image : image + 1]
    changed = stamp(one, patches()[patch], 4 * row + column, GRID)
    return see(network(), one), see(network(), changed)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize(("side", "name"), [("left", NEAR), ("right", FAR)])
def test_scores_are_the_models_own(choice, side, name):
    model, numbers = models()[name], control_at(*choice).numbers()
    before, after = (model.vocabulary.maps(maps).detach().amax((2, 3))[0] for maps in seen(*choice))
    listed = [int(key.split("_")[2]) for key in numbers if key.startswith(f"{side}_from_")]
    for code in listed:
        assert numbers[f"{side}_from_{code}"] == pytest.approx(float(before[code]), abs=6e-4)
        assert numbers[f"{side}_to_{code}"] == pytest.approx(float(after[code]), abs=6e-4)
    others = [code for code in range(len(before)) if code not in listed]
    change = (after - before).abs()
    assert change[others].max() <= change[listed[:5]].min() + 2e-3 if others else True
    assert numbers[f"{side}_moved"] == pytest.approx(int((change >= 0.05).sum()), abs=1)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize(("side", "name"), [("left", NEAR), ("right", FAR)])
def test_decisions_and_the_code_that_says_most(choice, side, name):
    model, numbers = models()[name], control_at(*choice).numbers()
    before, after = (model.vocabulary.maps(maps).detach().amax((2, 3)) for maps in seen(*choice))
    decided = model.head(before).argmax(1)
    assert numbers[f"{side}_decided"] == int(decided)
    assert numbers[f"{side}_now"] == int(model.head(after).argmax(1))
    parts = model.head.contributions(before, decided)[0]
    assert numbers[f"{side}_chosen"] == int(parts.argmax())


def test_distances_are_from_the_cell_where_the_code_scored():
    control = perturb(row=1, column=2)
    maps = models()[NEAR].vocabulary.maps(maps_of(IMAGES[:1]))[0].detach()
    for code in range(7):
        control.left_code = code
        row, column = divmod(int(maps[code].flatten().argmax()), 4)
        away = max(abs(row - 1), abs(column - 2))
        assert control.numbers()[f"left_away_{code}"] == away


def test_near_and_far_are_means_over_every_place():
    control = perturb(left_code=3, image=2)
    found = probe(network(), {"one": models()[NEAR].vocabulary}, IMAGES, patches()["white"])["one"]
    change = (found.after - found.before)[:, 2, 3].abs()
    away = found.away()[:, 2, 3]
    numbers = control.numbers()
    assert numbers["left_reach"] == found.reach() == 1
    assert numbers["left_near"] == pytest.approx(float(change[away <= 1].mean()), abs=1e-3)
    assert numbers["left_far"] == pytest.approx(float(change[away > 1].mean()), abs=1e-3)
    assert numbers["left_near"] > 0.002


def test_the_largest_change_comes_first():
    numbers = perturb(row=1, column=2).numbers()
    listed = [int(key[10:]) for key in numbers if key.startswith("left_from_")]
    sizes = [abs(numbers[f"left_to_{code}"] - numbers[f"left_from_{code}"]) for code in listed[:5]]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0.05


def test_another_model_lets_go_of_the_code():
    control = perturb(left_code=6, right_code=2)
    assert control.numbers()["left_chosen"] == 6
    control.left = FAR
    assert (control.left_code, control.right_code) == (-1, 2)
    control.set_state({"right": NEAR, "right_code": -1})
    assert (control.right, control.right_code) == (NEAR, -1)


def test_one_model_stands_on_both_sides():
    own = {NEAR: models()[NEAR]}
    found = {name: {NEAR: by[NEAR]} for name, by in probes().items()}
    control = perturb(models=own, probes=found)
    assert (control.left, control.right) == (NEAR, NEAR)


# Bad input

HEAD = models()[NEAR].head
NARROW = {
    **models(),
    NEAR: replace(
        models()[NEAR], head=replace(HEAD, weights=HEAD.weights[:, 1:], scale=HEAD.scale[1:])
    ),
}
BIASED = {**models(), NEAR: replace(models()[NEAR], head=replace(HEAD, bias=torch.ones(5)))}
SMALL = {name: patch[:, :8, :8] for name, patch in patches().items()}
LACKS = {name: {NEAR: by[NEAR]} for name, by in probes().items()}
NAN = {
    name: {k: replace(p, after=p.after * torch.nan) for k, p in by.items()}
    for name, by in probes().items()
}
LOUD = {
    name: {k: replace(p, after=p.after * 1000) for k, p in by.items()}
    for name, by in probes().items()
}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": {}}, "models must be at least one vocabulary with its head, by name, got []"),
        ({"models": NARROW}, "near-sighted: a finite head of 5 classes over 7 codes is expected"),
        ({"models": BIASED}, "near-sighted: the head must be readable and have no bias"),
        ({"patches": SMALL}, "patch white must be as large as a cell, (3, 16, 16), got (3, 8, 8)"),
        ({"patches": {"white": SMALL["white"]}}, "probes must hold, for each patch (white), what"),
        ({"probes": LACKS}, "what probe() found for each model (near-sighted, far-sighted), got"),
        ({"probes": NAN}, "near-sighted: scores hold NaN or infinity: look at the backbone"),
        ({"probes": LOUD}, "near-sighted: scores up to 30 at up to 256 places fit a page"),
        ({"probes": probes(2)}, "expected scores of the shape (16, 3, 7), as places, pictures and"),
        ({"labels": torch.arange(2)}, "expected 3 labels, got 2"),
        ({"labels": torch.tensor([0, 1, 5])}, "labels must be from 0 to 4, a name each"),
        ({"class_names": SPECIES[:4]}, "class_names must be 5 different names, one for each"),
        ({"images": IMAGES[:, :1]}, "images must be squares of three colours, shape (image, 3,"),
        ({"image": 3}, "image must be a whole number from 0 to 2, got 3"),
        ({"patch": "black"}, "patch must be one of white, noise, got 'black'"),
        ({"row": 4}, "row must be a whole number from 0 to 3, got 4"),
        ({"column": -1}, "column must be a whole number from 0 to 3, got -1"),
        ({"left": "blind"}, "left must be one of near-sighted, far-sighted, got 'blind'"),
        ({"right_code": 5}, "right_code must be a code's number from 0 to 4, or -1 for the one"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        perturb(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("row", 4), ("column", 1.5), ("image", True), ("patch", None), ("left", 3), ("left_code", 7)],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = perturb(row=1, left_code=2)
    before = getattr(control, name)
    with pytest.raises(UsageError, match=f"^{name} must be"):
        setattr(control, name, value)
    assert getattr(control, name) == before


# What a page carries


def test_what_does_not_fit_a_page_is_refused_when_made():
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (90, 3, 64, 64), generator=draw).to(torch.uint8)
    words = {name: model.vocabulary for name, model in models().items()}
    found = {"noise": probe(network(), words, images, patches()["noise"])}
    with pytest.raises(UsageError, match="90 pictures, 1 patches and 2 models take .* 230 KB fit"):
        perturb(
            probes=found,
            patches={"noise": patches()["noise"]},
            images=images,
            labels=torch.arange(90) % 5,
        )
    assert len(perturb().html().encode()) < LIMIT_BYTES


def test_still_pictures_say_the_numbers():
    control = perturb(image=1, row=1, column=2, patch="noise")
    still, numbers = control.still(), control.numbers()
    assert "Dune Runner, with noise in row 2, column 3" in still
    for side, name in (("left", NEAR), ("right", FAR)):
        assert f"{name}: what changed most" in still
        for code in [int(k.split("_")[2]) for k in numbers if k.startswith(f"{side}_from_")][:5]:
            change = numbers[f"{side}_to_{code}"] - numbers[f"{side}_from_{code}"]
            assert f">code {code}<" in still
            assert f">{change:+.2f}<".replace("-", "\N{MINUS SIGN}") in still
