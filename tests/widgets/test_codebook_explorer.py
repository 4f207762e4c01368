import re
from dataclasses import replace

import pytest
import torch
from bird_samples import SPECIES, bird_pictures
from code_samples import GRID, InMemory, explore_codes, galleries, maps_and_labels, trained
from torch.nn.functional import cosine_similarity

from fewbits import backbones
from fewbits.data import pictures
from fewbits.errors import UsageError
from fewbits.protoquant import pipeline
from fewbits.protoquant.codebook import Codebook, flat
from fewbits.protoquant.galleries import cut_patches, make_gallery
from fewbits.protoquant.grounding import Patches, effective_field
from fewbits.protoquant.head import HeadSettings, fit_linear
from fewbits.protoquant.pipeline import Explained, Sample
from fewbits.protoquant.scores import score, strongest
from fewbits.protoquant.vocabulary import ChannelVocabulary, CodeVocabulary
from fewbits.training import to_float
from fewbits.widgets import CodebookExplorer
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.codebook_explorer_numbers import cosines_of
from fewbits.widgets.codebook_explorer_transport import store_explorer

MAPS, LABELS = maps_and_labels(6, 2)
CHOICES = [(0, 0.1), (1, 0.1), (1, 0.05), (2, 0.4), (2, None)]


def model_at(place, temperature):
    """What the model itself says of the pictures, were its scores taken at another temperature."""
    model = trained()[place]
    codebook = model.vocabulary.codebook
    scored = strongest(CodeVocabulary(codebook, temperature).maps(MAPS).detach())
    return model, scored, model.head(scored.scores)


def control_at(place, temperature, **settings):
    degree = {"plain": True} if temperature is None else {"temperature": temperature}
    return explore_codes(codes=trained()[place].vocabulary.count, **degree, **settings)


@pytest.mark.parametrize(("place", "temperature"), CHOICES)
def test_logits_and_decisions_are_the_models(place, temperature):
    control = control_at(place, temperature)
    _, _, logits = model_at(place, temperature)
    for image in range(len(MAPS)):
        control.image = image
        numbers = control.numbers()
        shown = torch.tensor([numbers[f"logit_{row}"] for row in range(len(SPECIES))])
        torch.testing.assert_close(shown, logits[image], atol=0.02, rtol=0.0)
        assert numbers["decided"] == logits[image].argmax()
        assert numbers["label"] == LABELS[image]
    assert numbers["right"] == (logits.argmax(1) == LABELS).sum()


@pytest.mark.parametrize(("place", "temperature"), CHOICES)
def test_codes_are_listed_by_what_they_add_to_the_class_shown(place, temperature):
    model, scored, logits = model_at(place, temperature)
    control = control_at(place, temperature, explained="Winter_Kite", image=3)
    numbers = control.numbers()
    parts = model.head.contributions(scored.scores[3:4], torch.tensor([2]))[0]
    best = [code for code in parts.argsort(descending=True).tolist() if model.head.weights[2, code]]
    listed = [int(name[5:]) for name in numbers if name.startswith("part_")]
    assert listed == best[:5]
    assert numbers["chosen"] == best[0]
    for code in listed:
        assert numbers[f"score_{code}"] == pytest.approx(float(scored.scores[3, code]), abs=0.01)
        assert numbers[f"weight_{code}"] == pytest.approx(float(model.head.slope[2, code]))
        product = numbers[f"score_{code}"] * numbers[f"weight_{code}"]
        assert numbers[f"part_{code}"] == pytest.approx(product)
        assert numbers[f"classes_{code}"] == (model.head.weights[:, code] > 0).sum()
    assert numbers["listed"] == pytest.approx(sum(numbers[f"part_{code}"] for code in listed))
    assert numbers["logit"] == numbers["logit_2"]
    assert numbers["logit"] == pytest.approx(float(logits[3, 2]), abs=0.02)
    assert numbers["share"] == pytest.approx(numbers["listed"] / numbers["logit"])


def test_five_codes_of_many_make_part_of_the_logit():
    control = control_at(2, 0.1, explained="Winter_Kite")
    assert (trained()[2].head.weights[2] > 0).sum() > 5
    assert sum(name.startswith("part_") for name in control.numbers()) == 5
    assert 0.5 < control.numbers()["share"] < 1


def test_nearest_codes_are_the_codebooks():
    control = explore_codes(codes=7)
    codebook = trained()[1].vocabulary.codebook
    for image in range(len(MAPS)):
        assigned = codebook.assign(flat(MAPS[image : image + 1]))
        control.image = image
        assert control.numbers()["used"] == len(assigned.unique())
        for code in range(7):
            control.code = code
            assert control.numbers()["cells"] == (assigned == code).sum()
            assert control.numbers()["chosen"] == code


def test_the_maximum_is_where_the_map_is_largest():
    model, scored, _ = model_at(1, 0.1)
    control = explore_codes(codes=7)
    for code in range(7):
        control.code = code
        numbers, found = control.numbers(), model.vocabulary.maps(MAPS).detach()[0, code]
        row, column = (found == found.max()).nonzero()[0].tolist()
        assert (numbers["row"], numbers["column"]) == (row + 1, column + 1)
        assert numbers["loudest"] == pytest.approx(float(found.max()), abs=0.01)
        assert f"part_{code}" in numbers  # listed or not, the chosen one is told


def test_the_temperature_moves_scores_and_not_the_head():
    control = explore_codes(codes=7, code=3)
    before = control.numbers()
    control.temperature = 0.5
    after = control.numbers()
    assert after["weight_3"] == before["weight_3"]
    assert after["score_3"] < before["score_3"] - 0.2
    control.plain = True
    cosines = trained()[1].vocabulary.codebook.cosines(MAPS).detach()
    largest = float(cosines[0, 3].max())
    assert control.numbers()["score_3"] == pytest.approx(largest, abs=2e-3)


def test_how_near_the_nearest_patch_is():
    model = trained()[1]
    training = flat(maps_and_labels(60, 1)[0])
    mapped = model.vocabulary.codebook.mapping(training)
    control = explore_codes(codes=7)
    for code in range(7):
        control.code = code
        cosines = cosine_similarity(mapped, model.vocabulary.codebook.keys()[code][None])
        near = control.numbers()[f"near_{code}"]
        assert near == pytest.approx(float(cosines.max().detach()), abs=1e-5)


def test_a_logit_below_0_has_no_shares():
    (model,) = trained((4,), None)
    weights = model.head.weights.clone()
    weights[2] = torch.tensor([1.0, 0.0, 0.0, 0.0])
    codebook, maps = model.vocabulary.codebook, MAPS.clone()
    for image, sign in ((0, 1), (1, -1)):  # at the class's one code, and opposite to it
        vector = codebook.mapping.mean + sign * codebook.keys().detach()[0]
        maps[image] = vector[:, None, None]
    models = (replace(model, head=replace(model.head, weights=weights)),)
    control = explore_codes(models, maps=maps, explained="Winter_Kite")
    slope = float(weights[2, 0] / model.head.scale[0])
    for image, logit, share in ((0, slope, 1.0), (1, -slope, None)):
        control.image = image
        assert control.numbers()["logit"] == pytest.approx(logit, rel=1e-3)
        assert control.numbers()["share"] == share


def test_rounding_moves_no_cosine_by_two_thousandths():
    for features in (8, 40):  # fewer than there are codes, and more
        models = trained(features=features)
        maps, labels = maps_and_labels(6, 2, features)
        stored, _ = store_explorer(models, maps, labels, galleries(models))
        assert stored.vectors.shape == (6, 12, min(features, 4 + 7 + 12))
        for book, model in zip(stored.books, models, strict=True):
            exact = model.vocabulary.codebook.cosines(maps).detach().double()
            assert (cosines_of(stored, book) - exact).abs().max() < 2e-3


def test_every_patch_travels_once():
    shown = {
        tuple(patch.flatten().tolist())
        for gallery in galleries(trained())
        for patch in gallery.pixels.flatten(0, 1)
    }
    sheets = explore_codes().cargo["sheets"]
    assert sheets["patches"]["count"] == len(shown) < (4 + 7 + 12) * 3
    assert sheets["patches"]["side"] == 5


def test_it_begins_as_the_first_head_was_fitted():
    shares, plain = explore_codes(), explore_codes(trained((5, 3), None))
    assert (shares.codes, shares.temperature, shares.plain) == (4, 0.1, False)
    assert (plain.codes, plain.plain) == (5, True)
    assert [book["fitted"] for book in plain.cargo["books"]] == [None, None]
    assert not explore_codes(trained((5, 3), None), temperature=0.3).plain


def test_another_codebook_lets_go_of_the_code():
    control = explore_codes(codes=12, code=11)
    assert control.numbers()["chosen"] == 11
    control.codes = 7
    assert control.code == -1
    control.code = 6
    control.codes = 7
    assert control.code == 6
    control.set_state({"codes": 12, "code": -1})
    assert (control.codes, control.code) == (12, -1)


def test_models_stay_as_they_were():
    models = trained()
    before = [model.vocabulary.codebook.state_dict() for model in models]
    kept = [{name: value.clone() for name, value in state.items()} for state in before]
    explore_codes(models).numbers()
    for state, copy in zip(before, kept, strict=True):
        assert all(torch.equal(state[name], copy[name]) for name in copy)


# Bad input


def with_head(**changes):
    """The models, the first with something else in its head."""
    first, *rest = trained()
    return (replace(first, head=replace(first.head, **changes)), *rest)


def elsewhere():
    """The models, the last one's codes under a mapping of its own."""
    *rest, last = trained()
    mapping = pipeline.make_mapping(Sample(flat(MAPS), LABELS.repeat_interleave(12)), "whitened")
    codebook = Codebook(last.vocabulary.codebook.codes.detach(), mapping)
    return (*rest, replace(last, vocabulary=CodeVocabulary(codebook, 0.1)))


HEAD = trained()[0].head
MIXED = (*trained(), Explained(ChannelVocabulary(torch.arange(4)), HEAD, trained()[0].train))
NARROW = with_head(weights=HEAD.weights[:, :3], scale=HEAD.scale[:3])
BARE = HEAD.weights.clone().index_fill_(0, torch.tensor([3]), 0)
NAN = MAPS.clone().index_fill_(0, torch.tensor([1]), float("nan"))
GREY = torch.zeros(6, 1, 16, 16, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": MIXED, "galleries": []}, "must be heads over codes, got ChannelVocabulary"),
        ({"models": [trained()[0]] * 2}, "codebooks are told apart by their sizes, got K = 4, 4"),
        ({"models": NARROW}, "a head of 5 classes over 4 codes is expected, got 5 x 3"),
        ({"models": with_head(weights=-HEAD.weights)}, "heads must be readable, weights finite"),
        ({"models": with_head(weights=HEAD.weights / 0)}, "heads must be readable, weights finite"),
        ({"models": with_head(bias=torch.ones(5))}, "heads must be readable, weights finite"),
        ({"models": with_head(weights=BARE)}, "class 3 uses no code, so there is nothing to"),
        ({"models": elsewhere()}, "all codebooks must share one mapping, got different ones"),
        ({"maps": MAPS[:, :3]}, "maps must have the shape (image, 8 features, high, wide)"),
        ({"maps": NAN}, "maps hold NaN or infinity: look at the backbone's weights"),
        ({"maps": MAPS[:5]}, "maps and a label for each of 6 images, got 5 and 6"),
        ({"labels": LABELS[:5]}, "maps and a label for each of 6 images, got 6 and 5"),
        ({"labels": LABELS + 1}, "labels must be from 0 to 4, a name each in class_names"),
        ({"images": GREY}, "images must be squares of three colours, shape (image, 3, side"),
        ({"images": bird_pictures(0).images}, "images must be at least one picture, got none"),
        ({"class_names": SPECIES[:4]}, "class_names must be 5 different names, one for each"),
        ({"galleries": galleries(trained())[:2]}, "one a codebook, of 4, 7, 12 codes, got 4, 7"),
        ({"galleries": []}, "galleries must be one a codebook, of 4, 7, 12 codes, got none"),
        (
            {"galleries": [*galleries(trained())[:2], galleries(trained(), field=6)[2]]},
            "patches of one size and as many a code, got (3, 3, 5, 5) and (3, 3, 6, 6)",
        ),
        ({"image": 6}, "image must be a whole number from 0 to 5, got 6"),
        ({"codes": 8}, "codes must be a codebook's size, one of 4, 7, 12, got 8"),
        ({"code": 4}, "code must be a code's number from 0 to 3, or -1 for the one of the largest"),
        ({"temperature": 2}, "temperature must be a number from 0.01 to 1, got 2; plain cosines"),
        ({"explained": "Dodo"}, "explained must be a class, one of Reed_Lancer, Dune_Runner"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("unchecked")
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        explore_codes(**settings)


def test_no_models_at_all():
    with pytest.raises(UsageError, match="at least one codebook with its head, got none"):
        CodebookExplorer([], MAPS, bird_pictures().images, LABELS, SPECIES, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image", -1),
        ("codes", "7"),
        ("codes", True),
        ("code", 7),
        ("code", 1.5),
        ("temperature", 0.0),
        ("temperature", True),
        ("temperature", float("nan")),
        ("plain", 1),
        ("explained", 3),
    ],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = explore_codes(codes=7, code=2)
    before = getattr(control, name)
    with pytest.raises(UsageError, match=f"^{name} must be"):
        setattr(control, name, value)
    assert getattr(control, name) == before


# What a page carries


@pytest.fixture
def scenes(tmp_path, monkeypatch):
    """A few drawn scenes of 64 pixels."""
    monkeypatch.setitem(pictures.DRAWN_SCENES, "smoke", (16, 5, 1))
    return pictures.with_pixels(pictures.load_pictures("scenes", tmp_path, "smoke"), 64)


def all_different(codes, images, grid, field):
    """Patches no two of which are one, as far as can be: a gallery that compresses worst."""
    places = (torch.arange(codes * 3) + codes * 3).view(codes, 3)  # for K = 8, 16, 32, 64
    middle = torch.tensor([18, 20, 27, 29, 36, 38, 45])  # of the grid: none is moved in at the rim
    cells = middle[(places // len(images)) % len(middle)]
    found = Patches(torch.full(places.shape, 0.9), places % len(images), cells)
    return cut_patches(found, images, grid, field)


@torch.no_grad()
def test_a_page_carries_ten_drawn_scenes_and_four_codebooks(scenes):
    """As a chapter has it: scenes of 64 pixels, the tiny backbone, 120 codes with 3 patches."""
    torch.manual_seed(0)
    backbone = backbones.build("tiny").eval()
    training, chosen = scenes.train, scenes.test.first(10)
    maps, shown = (backbone(to_float(part.images)) for part in (training, chosen))
    sample = Sample(flat(maps), training.labels.repeat_interleave(64))
    mapping, field = pipeline.make_mapping(sample, "centred"), effective_field(backbone, 64)
    models, near, worst = [], [], []
    for count in (8, 16, 32, 64):
        codebook = pipeline.make_codes(sample, mapping, count, "kmeans", seed=0)
        table = score(CodeVocabulary(codebook, 0.1).maps, [maps])
        with torch.enable_grad():
            head = fit_linear(table.scores, training.labels, 16, HeadSettings(epochs=2), seed=0)
        models.append(Explained(CodeVocabulary(codebook, 0.1), head, table))
        near.append(make_gallery(codebook, InMemory(maps, (8, 8)), training.images, field))
        worst.append(all_different(count, training.images, (8, 8), field))
    for galleries_, least in ((near, 150), (worst, 330)):
        control = CodebookExplorer(
            models, shown, chosen.images, chosen.labels, scenes.class_names, galleries_
        )
        size, patches = len(control.html().encode()), control.cargo["sheets"]["patches"]["count"]
        print(f"field {field}: {patches} patches, {size:,} bytes in the page")
        assert patches > least
        assert size < LIMIT_BYTES


def test_what_does_not_fit_a_page_is_refused_when_made():
    noise = torch.Generator().manual_seed(0)
    images = torch.randint(256, (80, 3, 64, 64), generator=noise).to(torch.uint8)
    maps, labels = maps_and_labels(80, 2)
    message = r"80 pictures and 23 codes with \d+ patches take \d+ KB in the page, at most 230 KB"
    with pytest.raises(UsageError, match=message):
        explore_codes(images=images, maps=maps, labels=labels)


def test_still_pictures_say_the_numbers():
    control = explore_codes(codes=7, image=4)
    still, numbers = control.still(), control.numbers()
    assert f"The picture, Tide Plover, in {numbers['used']} of 7 codes" in still
    own = SPECIES[numbers["decided"]].replace("_", " ")
    assert f"What the codes add to the logit of {own}, {numbers['logit']:.2f}" in still
    assigned = trained()[1].vocabulary.codebook.assign(flat(MAPS[4:5])).tolist()
    assert re.findall(r'text-anchor="middle">(\d+)<', still) == [str(code) for code in assigned]
    assert len(assigned) == GRID[0] * GRID[1]
    for name, value in numbers.items():
        if name.startswith("part_"):
            assert f">code {name[5:]}<" in still
            assert f">{value:+.2f}<" in still
    for row, name in enumerate(SPECIES):
        assert f">{name.replace('_', ' ')}<" in still
        assert f">{numbers[f'logit_{row}']:+.2f}<" in still
