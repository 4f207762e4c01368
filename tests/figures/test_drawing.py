"""What every figure promises: valid SVG, described, in the page's colours, alone in its page."""

import base64
import io
import re
import struct
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from fewbits import figures
from fewbits.data import Split
from fewbits.errors import UsageError
from fewbits.figures.drawing import Drawing, follow_theme, picture, smaller_png
from fewbits.palette import LIGHT

VALUES = torch.linspace(0, 3, 200).square()
SEEDS = torch.rand(2, 5, generator=torch.Generator().manual_seed(0)) + 0.1
LINE = torch.linspace(-1, 1, 20)
PATCHES = torch.rand(64, 16, generator=torch.Generator().manual_seed(1))
PHOTOS = Split(
    torch.randint(0, 256, (4, 3, 16, 16), dtype=torch.uint8, generator=torch.manual_seed(2)),
    torch.tensor([1, 0, 1, 0]),
)

DRAWN = {
    "fewer greys": lambda: figures.fewer_greys(torch.rand(28, 28), [8, 1]),
    "values and levels": lambda: figures.values_and_levels(VALUES, {"two": torch.tensor([0.0, 9])}),
    "error over clip": lambda: figures.error_over_clip(VALUES, [4, 2]),
    "decibels": lambda: figures.decibels_over_bits({"even": [6.0, 15.6], "best": [7.0, 13.0]}),
    "error and accuracy": lambda: figures.error_and_accuracy(
        [0.5, 1.0], [0.1, 0.3], [0.9, 0.2], 1.0
    ),
    "staircase": figures.staircase_and_slope,
    "weight paths": lambda: figures.weight_paths({"a": [0.8, 0.5, 0.5], "b": [0.8, 0.3, 0.3]}, 0.3),
    "gradients": lambda: figures.gradient_answers(LINE, {"truth": LINE, "guess": -LINE}),
    "errors by step": lambda: figures.errors_by_step([0.5, 0.25], {"a": SEEDS}, SEEDS[0]),
    "fits": lambda: figures.fitted_curves(LINE, LINE, {"a": LINE, "b": LINE + 0.25}),
    "digit in codes": lambda: figures.digit_in_codes(
        torch.rand(28, 28), PATCHES, torch.rand(28, 28)
    ),
    "moving levels": lambda: figures.moving_levels(VALUES, [LINE[:4], LINE[4:8]]),
    "pairs": lambda: figures.pairs_and_codes(PATCHES[:, :2], {"a": PATCHES[:4, :2]}),
    "codes by use": lambda: figures.codes_by_use(PATCHES, list(range(1, 65))),
    "error over codes": lambda: figures.error_over_codes(
        [2, 4], {"a": [0.2, 0.1]}, {"level": 0.15}
    ),
    "told in codes": lambda: figures.told_in_codes(
        PHOTOS.images[:2], {"a": torch.arange(8).view(2, 2, 2)}, {"a": 3}, "stripes"
    ),
    "accuracy over codes": lambda: figures.accuracy_over_codes(
        [2, 4], {"a": [0.2, 0.9]}, {"chance": 0.1}
    ),
    "parts or things": lambda: figures.parts_or_things(
        [2, 4], {"a": [(0.2, 0.9), (0.3, 0.9)]}, {"a": [(0.1, 0.2)] * 2}, {"end": (0.3, 1.0)}, 4
    ),
    "one of each": lambda: figures.one_of_each(PHOTOS, ["Reed_Lancer", "Tide_Plover"]),
    "one decision": lambda: figures.one_decision(PHOTOS.images[0], -LINE, "Reed Lancer"),
    "answers kept": lambda: figures.answers_kept(
        [1, 3, 9], {"a": [0.1, 0.5, 1.0], "b": [0.0, 0.2, 1.0]}, "features", "the same"
    ),
    "loudest": lambda: figures.loudest_pictures(
        PHOTOS, torch.tensor([[0, 1], [3, 2]]), ["feature 7", "feature 9"]
    ),
    "about what": lambda: figures.about_what(
        LINE.abs(), LINE.square(), LINE.abs() / 2, LINE.abs() / 3
    ),
    "maps over": lambda: figures.maps_over(
        PHOTOS.images[0], {"dense": torch.rand(2, 4, 4)}, ["first", "second"]
    ),
    "layers": lambda: figures.layers({"dense": PATCHES[:3] - 0.5, "sparse": torch.eye(3)}),
    "not yet": lambda: figures.not_yet([(2.0, 5.0), (1.0, 4.0), (0.9, 2.0)], 0.8, 1.5),
    "humps": lambda: figures.humps({"a": VALUES, "b": LINE}, {"a": 0.25, "b": 1.0}),
    "over passes": lambda: figures.over_passes(
        {"a": [0.3, 0.8, 0.1], "b": [0.5, 0.9, None, 0.8]}, dense=0.9
    ),
    "settings tried": lambda: figures.settings_tried(
        {
            "passes": {"x": {"1": [0.7, 0.8], "2": [0.9]}, "y": {"1": [0.1, 0.2], "2": [0.5]}},
            "features": {"x": {"12": [0.4]}},
        },
        dense=0.9,
    ),
    "twice": lambda: figures.twice(PHOTOS.images[:2], PHOTOS.images[2:4], ["a", "b"], ["b", "b"]),
    "home and away": lambda: figures.home_and_away(
        {"a": [(0.9, 0.3), (0.95, 0.7)], "b": [(0.9, 0.3), (0.94, 0.5)]}
    ),
    "follows": lambda: figures.follows(
        {"a": LINE.abs() / 9, "b": LINE.square() / 99}, {"a": 1 - LINE.abs() / 9, "b": LINE * 0}
    ),
    "looks like": lambda: figures.looks_like(
        PHOTOS.images[:2],
        torch.tensor([0, 5]),
        PHOTOS.images[2:],
        torch.tensor([3, 9]),
        (4, 4),
        ["that wheel", "that leaf"],
    ),
    "similarity": lambda: figures.similarity(PHOTOS.images[0], LINE[:16].view(4, 4), "the bus"),
    "how far": lambda: figures.how_far(PHOTOS.images[1], 5, (4, 4), (4, 12)),
    "patch rows": lambda: figures.patch_rows(
        PHOTOS.images, [torch.tensor([[0, 1]])], [torch.tensor([[2, 3]])], (4, 4), ["a"], ["now"]
    ),
    "adrift": lambda: figures.adrift([1.0, 0.9], [0.6, 0.9], 0.97, "a patch and its like"),
    "rebuilt": lambda: figures.rebuilt_digits({"whole": torch.rand(3, 28, 28)}),
}


@pytest.fixture(params=DRAWN, ids=str)
def drawing(request):
    return DRAWN[request.param]()


def test_svg_is_whole_and_described(drawing):
    root = ElementTree.fromstring(drawing.svg())
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawing.alt
    assert len(drawing.alt) > 30
    assert drawing.alt.endswith(".")


def test_colours_follow_the_theme(drawing):
    svg = drawing.svg()
    bare = re.findall(r"(?<!, )#[0-9A-Fa-f]{6}\b", re.sub(r"base64,[^\"]*", "", svg))
    assert not set(bare) - {"#ffffff"} - {c for c in bare if f"#{c[1:]}" in svg and "url" in c}
    assert "var(--fb-" in svg


def test_nothing_leaks_into_the_page(drawing):
    svg = drawing.svg()
    assert "<style" not in svg
    assert "http://" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", svg)
    assert not re.search(r'<g id="', svg)


def test_names_inside_a_figure_are_its_own():
    names = [set(re.findall(r' id="([^"]+)"', draw().svg())) for draw in DRAWN.values()]
    for i, mine in enumerate(names):
        for theirs in names[i + 1 :]:
            assert not mine & theirs


def test_braces_in_a_description_are_only_braces():
    drawing = Drawing("Values {0} and {most}.", 2.0, 1.0)
    drawing.panels()
    assert ElementTree.fromstring(drawing.svg()).get("aria-label") == drawing.alt


def test_images_keep_their_pixels_and_places_two_digits():
    """An enlarged picture is many times as heavy, and a page has dozens."""
    drawing = Drawing("A picture.", 2.0, 2.0)
    picture(drawing.panels()[0], torch.rand(28, 28))
    svg = drawing.svg()
    (data,) = re.findall(r"base64,\s*([^\"]+)", svg)
    width, height = struct.unpack(">II", base64.b64decode(data)[16:24])
    assert (width, height) == (28, 28) and "pixelated" in svg
    assert not re.search(r' (d|x|y)="[^"]*\.\d{3}', svg)


def test_the_same_figure_twice_is_the_same_text():
    assert DRAWN["staircase"]().svg() == DRAWN["staircase"]().svg()


def test_alt_text_cannot_break_out():
    drawing = Drawing('a "quoted" <b> & more.', 3.0, 2.0)
    drawing.panels()
    assert ElementTree.fromstring(drawing.svg()).get("aria-label") == drawing.alt


def test_a_palette_colour_becomes_a_variable():
    document = f'<svg width="1" ><path style="fill: {LIGHT["pact"].lower()}"/></svg>'
    assert f"var(--fb-pact, {LIGHT['pact']})" in follow_theme(document, "x", 3.0)


def test_error_over_clip_tells_where_the_minimum_is():
    alt = figures.error_over_clip(VALUES, [2]).alt
    found = float(re.search(r"2 bits: smallest at (\d+\.\d+)", alt)[1])
    assert 0 < found < VALUES.max()


@pytest.mark.parametrize(
    ("lit", "cells"),
    [("pact/quantised", 1), ("gradient", 3), ("protoquant", 2)],
)
def test_portrait_lights_a_cell_a_row_or_a_column(lit, cells):
    portrait = figures.family_portrait(lit, rows="quantised gradient")
    html = portrait._repr_html_()
    assert html.count("<td class=lit") == len(portrait.lit) == cells
    assert html.count("<strong>") == cells
    assert html.count('scope="col"') == 3


@pytest.mark.parametrize("lit", ["pakt", "pact/colour"])
def test_portrait_names_what_it_knows(lit):
    with pytest.raises(UsageError, match="expected a method .pact, qsenn, protoquant."):
        figures.family_portrait(lit)


def test_table_shows_three_figures_and_escapes():
    table = figures.table({"<x>": ["a", "b"], "y": torch.tensor([0.123456, -2.0])}, caption="c & d")
    assert table.rows() == [("a", "0.123"), ("b", "−2")]
    html = table._repr_html_()
    assert "&lt;x&gt;" in html
    assert "c &amp; d" in html
    assert repr(table).splitlines()[1].endswith("0.123")


def test_a_sentence_in_a_table_is_broken_into_lines():
    html = figures.table({"said": ["short", "a bird " * 9]})._repr_html_()
    assert "<td>short</td>" in html and '<td class="fb-long">a bird a bird' in html


def test_table_needs_columns_of_one_length():
    with pytest.raises(ValueError, match="zip"):
        figures.table({"x": [1], "y": [1, 2]}).rows()


def test_the_share_of_the_five_largest_parts_is_told():
    parts = torch.tensor([4.0, -3.0, 1.0, 1.0, 0.5, 0.5])
    alt = figures.one_decision(PHOTOS.images[0], parts, "Reed Lancer").alt
    assert "the 6 parts" in alt and "from 4.00 down" in alt and "make up 95 %" in alt


def test_layers_count_what_is_not_0():
    alt = figures.layers({"sparse": torch.tensor([[1.0, 0, -2], [0, 0, 3]])}).alt
    assert "2 classes, 3 features, 1.5 of them a class, 3 weights" in alt


def test_signs_of_a_layer_differ_in_shape_and_not_in_colour_alone():
    (axes,) = figures.layers({"toy": torch.tensor([[4.0, -1.0, 0.0], [-4.0, 0, 1]])}).axes
    alpha = axes.images[0].get_array()[..., 3]
    whole, bar = [1, 1, 1], [0, 1, 0]  # of the three rows of a cell, seen from top to bottom
    assert alpha[:3].T.tolist() == [whole, [0, 0.5, 0], [0, 0, 0]]
    assert alpha[3:].T.tolist() == [bar, [0, 0, 0], [0.5, 0.5, 0.5]]
    assert "orange bars: against it" in axes.get_xlabel()


def test_a_class_without_pictures_is_named_and_said_to_have_none():
    drawing = figures.one_of_each(PHOTOS, ["Reed_Lancer", "Tide_Plover", "Grey_Ghost"])
    assert drawing.alt.endswith("Tide Plover, Grey Ghost. There is no picture of Grey Ghost.")
    shown = [len(axes.images) for axes in drawing.axes]
    assert shown == [1, 1, 0, 0, 0, 0, 0, 0]
    assert [text.get_text() for text in drawing.axes[2].texts] == ["no picture"]
    assert drawing.axes[2].get_title() == "Grey\nGhost"
    assert "There is no" not in DRAWN["one of each"]().alt


@pytest.mark.parametrize(("names", "columns"), [([], 8), (["Reed_Lancer"], 0)])
def test_no_class_or_no_column_is_refused(names, columns):
    with pytest.raises(
        UsageError, match=f"one class and one column, got {len(names)} and {columns}"
    ):
        figures.one_of_each(PHOTOS, names, columns)


@pytest.mark.parametrize(
    ("name", "read"),
    [("has_crown_color::red", "crown color: red"), ("Reed_Lancer", "Reed Lancer")],
)
def test_names_as_one_reads_them(name, read):
    assert figures.spoken(name) == read


def embedded(picture: np.ndarray) -> re.Match[str]:
    """A picture as matplotlib embeds it in an SVG."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="png")
    found = re.fullmatch(r".*", base64.b64encode(out.getvalue()).decode())
    assert found
    return found


def opened(text: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA"))


def test_embedded_pictures_of_few_colours_lose_bytes_and_nothing_else():
    numbers = np.random.default_rng(0)
    picture = numbers.integers(256, size=(256, 4), dtype=np.uint8)[
        numbers.permutation(64 * 64) % 256
    ].reshape(64, 64, 4)
    picture[:, :, 3] = 255
    found = embedded(picture)
    small = smaller_png(found)
    assert (opened(small) == picture).all()
    assert len(small) < 0.5 * len(found[0])


@pytest.mark.parametrize("spoil", ["a pixel one sees through", "a colour too many"])
def test_other_embedded_pictures_stay_as_they_are(spoil):
    picture = np.zeros((2, 200, 4), dtype=np.uint8)
    picture[:, :, 3] = 255
    picture[0, :, 0] = np.arange(200)
    if spoil == "a colour too many":
        picture[1, :, 1] = np.arange(200)
    else:
        picture[0, 3, 3] = 254
    found = embedded(picture)
    assert smaller_png(found) == found[0]
