import base64
import json
import re
import zlib

import numpy as np
import pytest
import torch
from comparison_samples import METHODS, MODELS, comparison
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from fewbits.errors import UsageError
from fewbits.metrics.faithfulness import removal_ranks
from fewbits.widgets import SaliencyCompare
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.saliency_compare_transport import LEVELS, pack, removed_at, round_map

TIES = removal_ranks(torch.zeros(1, 28, 28)).flatten().numpy().astype("uint16")
RNG = np.random.default_rng(3)
NOISE = RNG.standard_normal((28, 28))

MAPS = {
    "noise": NOISE,
    "peaky": NOISE**5,
    "whole numbers": np.rint(NOISE),
    "mostly zero": np.where(NOISE > 1, NOISE, 0),
    "tiny beside one": np.where(np.arange(784).reshape(28, 28) == 400, 1, 1e-9 * NOISE),
    "nearly the same": 1 - 1e-9 * np.abs(NOISE),
    "nearly the same, below 0": -1 - 1e-9 * NOISE,
    "all below 0": -(NOISE**2) - 0.1,
    "groups close together": (np.arange(784).reshape(28, 28) // 10) * 1e-7 + 1,
    "groups close together, below 0": (np.arange(784).reshape(28, 28) // 10) * 1e-7 - 1,
    "next to nothing": np.where(NOISE > 2, 1, 1e-9 * NOISE.clip(-0.5, 0.5).clip(0)),
    "next to nothing, below 0": np.where(NOISE > 2, -1, 1e-9 * NOISE.clip(-0.5, 0)),
    "zeros": np.zeros((28, 28)),
    "ones": np.ones((28, 28)),
}


def widget(**settings):
    return SaliencyCompare(**(comparison() | settings))


# Rounding


# No cargo is rounded to fewer than two codes a step.
COARSE = [(n, k) for n in (1, 7, 28, 40) for k in LEVELS if k >= 2 * (n - 1)]


@pytest.mark.parametrize("name", MAPS)
class TestRounding:
    def test_deletion_removes_the_same_pixels_at_every_step(self, name):
        before = removal_ranks(torch.from_numpy(MAPS[name])[None])[0].numpy()
        for steps, levels in COARSE:
            codes = round_map(MAPS[name], TIES, steps, levels).astype(np.float64)
            after = removal_ranks(torch.from_numpy(codes)[None])[0].numpy()
            for count in removed_at(steps, 784):
                assert ((before < count) == (after < count)).all(), (steps, levels, count)

    def test_equal_values_stay_equal_and_zero_zero(self, name):
        for steps, levels in COARSE:
            values, codes = MAPS[name], round_map(MAPS[name], TIES, steps, levels)
            assert np.abs(codes).max() <= levels
            assert (codes[values == 0] == 0).all()
            assert (codes * np.sign(values) >= 0).all()
            for value in np.unique(values):
                assert len(set(codes[values == value])) == 1

    def test_order_is_kept(self, name):
        order = MAPS[name].ravel().argsort()
        for steps, levels in COARSE:
            codes = round_map(MAPS[name], TIES, steps, levels).ravel()[order]
            assert (np.diff(codes.astype(int)) >= 0).all()


def test_rounding_by_hand():
    values = np.zeros((28, 28))
    values[0, :4] = 1.0, 0.25, -0.25, 0.0001
    codes = round_map(values, TIES, 1, 80)
    assert codes[0, :4].tolist() == [80, 40, -40, 1]
    assert not codes[1:].any()


def test_a_step_between_two_values_of_one_code_moves_one_of_them():
    values = np.linspace(0.5, 0.5004, 784).reshape(28, 28)
    values[0, 0] = 0.0
    plain, cut = (np.unique(round_map(values, TIES, steps, 80)) for steps in (1, 2))
    assert plain.tolist() == [0, 80]
    assert cut.tolist() == [0, 79, 80]


@pytest.mark.parametrize("name", ["noise", "peaky", "mostly zero", "whole numbers"])
def test_rounding_moves_no_pixel_far(name):
    values, size = MAPS[name], np.abs(MAPS[name]).max()
    parts = round_map(values, TIES, 28) / 127
    assert np.abs(np.sign(parts) * parts**2 - values / size).max() < 0.03


def test_what_was_packed_comes_out():
    arrays = {"a": np.array([1, -2], "int8"), "b": np.array([[0.5], [2.0]], ">f8")}
    packed = pack(arrays)
    assert packed["parts"] == [["a", "int8", 2], ["b", "float64", 2]]
    text = packed["data"].translate(str.maketrans(",./", "&<>"))
    raw = zlib.decompress(base64.b85decode(text)[: packed["size"]])
    assert raw == np.array([1, -2], "i1").tobytes() + np.array([0.5, 2.0], "<f8").tobytes()


# Size

MANY = tuple(f"model {i}" for i in range(6))


def test_eight_images_five_methods_six_models_of_noise_fit_a_page():
    given = comparison(8, MANY, tuple("abcde"))
    control = SaliencyCompare(**given)
    size = len(control.html().encode())
    assert size <= LIMIT_BYTES
    assert control.cargo["levels"] == min(LEVELS), "noise is the hardest; nothing else is coarser"


def test_more_is_refused():
    given = comparison(10, (*MANY, "another"), tuple("abcde"))
    message = r"10 images x 5 methods x 7 models take \d+ KB in the page, at most 225 KB fit: give"
    with pytest.raises(UsageError, match=message):
        SaliencyCompare(**given)


def test_code_and_style_leave_the_page_to_the_maps():
    control = widget()
    assert len(control.html().encode()) - len(control.cargo["data"]) < LIMIT_BYTES - 225_000


# Numbers


def as_arrived(control, side):
    model, method = MODELS.index(getattr(control, side)), METHODS.index(control.method)
    return control._loaded.map(model, method, control.image).numpy()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.33, 0.5])
def test_agreement_is_that_of_other_people_s_code(method, share):
    control = widget(method=method, right="2 bits", share=share, image=1)
    a, b = as_arrived(control, "left"), as_arrived(control, "right")
    ink = comparison()["images"][1, 0].numpy() > 0
    shown = control.numbers()
    assert shown["spearman"] == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert shown["spearman_inside"] == pytest.approx(spearmanr(a[ink], b[ink]).statistic)
    x, y = ((m - m.min()) / (m.max() - m.min()) for m in (a, b))
    total, local = structural_similarity(x, y, data_range=1, full=True)
    assert shown["ssim"] == pytest.approx(total)
    assert shown["ssim_inside"] == pytest.approx(local[ink].mean())
    assert shown["topk"] == pytest.approx(common_part(a.ravel(), b.ravel(), share))
    assert shown["topk_inside"] == pytest.approx(common_part(a[ink], b[ink], share))
    assert shown["both"] == pytest.approx(shown["topk"] * shown["pixels"])
    assert shown["both"] + shown["left_only"] == pytest.approx(round(784 * share))


def common_part(a, b, share):
    k = max(1, round(len(a) * share))
    members = []
    for values in (a, b):
        threshold = sorted(values)[-k]
        tied = (values == threshold).sum()
        rest = k - (values > threshold).sum()
        members.append([1.0 if v > threshold else rest / tied * (v == threshold) for v in values])
    return sum(min(pair) for pair in zip(*members, strict=True)) / k


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("removed", [0, 0.25, 0.5, 1])
def test_deletion_is_that_of_the_maps_given(method, removed):
    # Not of the rounded ones: the same pixels are gone before and after rounding.
    given = comparison()
    shown = widget(method=method, left="2 bits", removed=removed, image=2).numbers()
    ranks = removal_ranks(given["maps"]["2 bits"][method])[2]
    image, curve = given["images"][2, 0], given["curves"]["2 bits"][method][2].double()
    count = round(784 * removed)
    assert shown["removed"] == pytest.approx(count / 784)
    assert shown["left_ink"] == pytest.approx((image[ranks < count].sum() / image.sum()).item())
    assert shown["left_score"] == pytest.approx(curve[round(removed * 28)].item(), abs=1e-5)
    assert shown["left_area"] == pytest.approx(np.trapezoid(curve, dx=1 / 28), abs=1e-5)


def test_removed_goes_to_the_nearest_step():
    assert widget(removed=0.049).numbers()["removed"] == pytest.approx(28 / 784)


def test_predictions():
    given = comparison()
    shown = widget(left="4 bits", right="2 bits").numbers()
    assert shown["left_prediction"] == given["labels"][0]
    assert shown["right_prediction"] == (given["labels"][0] + 1) % 10
    chances = given["logits"]["4 bits"][0].softmax(0)
    assert shown["left_confidence"] == pytest.approx(chances.max().item(), rel=1e-5)


def test_the_yardstick_is_the_two_seeds():
    seeds = widget(left="4 bits", right="2 bits").numbers()
    pair = widget(left=MODELS[0], right=MODELS[1]).numbers()
    for name in ("spearman", "topk", "ssim", "spearman_inside", "topk_inside", "ssim_inside"):
        assert seeds[f"seeds_{name}"] == pair[name] == pair[f"seeds_{name}"]
    other = widget(left="4 bits", right="2 bits", seeds=("4 bits", "2 bits")).numbers()
    assert other["seeds_topk"] == other["topk"]


def test_without_seeds_there_is_no_yardstick():
    control = SaliencyCompare(**comparison(models=("float", "2 bits")))
    assert control.seeds is None
    assert not [name for name in control.numbers() if name.startswith("seeds")]


def test_one_model_agrees_with_itself():
    control = SaliencyCompare(**comparison(models=("2 bits",)))
    assert (control.left, control.right) == ("2 bits", "2 bits")
    assert control.numbers()["spearman"] == control.numbers()["topk"] == 1


# What it refuses


def changed(where, value, *keys):
    given = comparison()
    if not keys:
        given[where] = value
    else:
        target = given[where]
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value
    return given


def without(where, *keys):
    given = comparison()
    target = given[where]
    for key in keys[:-1]:
        target = target[key]
    del target[keys[-1]]
    return given


NAN = torch.full((3, 28, 28), float("nan"))
BLANK = torch.cat([comparison()["images"][:2], torch.zeros(1, 1, 28, 28)])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (changed("maps", {}), "maps must hold at least one model and one method"),
        (changed("maps", {"float": {}}), "maps must hold at least one model and one method"),
        (without("logits", "2 bits"), "logits lacks the model '2 bits': it has float, seed A"),
        (without("curves", "2 bits"), "curves lacks the model '2 bits'"),
        (without("maps", "2 bits"), "logits has the model '2 bits', which is not in maps"),
        (without("maps", "2 bits", "coarse"), "maps['2 bits'] lacks the method 'coarse'"),
        (without("curves", "4 bits", "weak"), "curves['4 bits'] lacks the method 'weak'"),
        (changed("images", torch.rand(3, 28, 28)), "images must be images of 1 x 28 x 28"),
        (changed("images", 255 * torch.rand(3, 1, 28, 28)), "images must be from 0 to 1, got"),
        (changed("images", torch.rand(0, 1, 28, 28)), "images must be at least one, got none"),
        (changed("images", BLANK), "image 2 has no pixel above 0, so no foreground: leave it out"),
        (changed("labels", torch.tensor([1, 2])), "labels must be 3 whole numbers, one an image"),
        (changed("labels", torch.tensor([1, 2, 10])), "labels must be from 0 to 9, as there are"),
        (
            changed("maps", torch.rand(3, 1, 28, 28), "4 bits", "weak"),
            "maps['4 bits']['weak'] must be 3 maps of 28 x 28, one an image, got the shape "
            "(3, 1, 28, 28)",
        ),
        (
            changed("maps", NAN, "4 bits", "weak"),
            "maps['4 bits']['weak'] must be finite, but 2352 of its 2,352 values are NaN",
        ),
        (changed("logits", torch.rand(3, 9), "4 bits"), "logits['4 bits'] must be 3 x 10"),
        (
            changed("curves", torch.rand(3, 5), "4 bits", "weak"),
            "curves['4 bits']['weak'] must be 3 curves of 2 to 41 points, all of the same length",
        ),
        (
            changed("curves", 2 * torch.ones(3, 29), "4 bits", "weak"),
            "curves must be from 0 to 1, got values from",
        ),
        (comparison(steps=41), "must be 3 curves of 2 to 41 points"),
    ],
)
def test_bad_input_says_what_is_wrong(given, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        SaliencyCompare(**given)


BAD = [
    ("image", 3, "image must be a whole number from 0 to 2, got 3"),
    ("image", True, "image must be a whole number from 0 to 2, got True"),
    ("method", "LIME", "method must be one of signed, sparse, coarse, weak, got 'LIME'"),
    ("left", "8 bits", "left must be one of float, seed A, float, seed B, 4 bits, 2 bits, got"),
    ("right", 2, "right must be one of float, seed A"),
    ("share", 0, "share must be a share of the pixels from 0.01 to 0.5, got 0"),
    ("share", 1.2, "share must be a share of the pixels from 0.01 to 0.5, got 1.2"),
    ("removed", -0.1, "removed must be a share of the pixels from 0 to 1, got -0.1"),
    ("removed", float("nan"), "removed must be a share of the pixels from 0 to 1, got nan"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_bad_settings_are_refused_later_too(name, value, message):
    control = widget()
    before = getattr(control, name)
    with pytest.raises(UsageError, match=re.escape(message)):
        setattr(control, name, value)
    assert getattr(control, name) == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"share": 0.0}, "share must be a share of the pixels from 0.01 to 0.5, got 0.0"),
        ({"share": 1.2}, "share must be a share of the pixels from 0.01 to 0.5, got 1.2"),
        ({"method": "LIME"}, "method must be one of"),
        ({"left": "8 bits"}, "left must be one of"),
        ({"seeds": ("2 bits", "2 bits")}, "seeds must be two different models, got '2 bits'"),
        ({"seeds": ("2 bits", "8 bits")}, "seeds must be one of"),
    ],
)
def test_bad_settings_are_refused_at_once(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        widget(**settings)


# State and still


def test_state_is_json_and_complete():
    state = widget().state()
    json.dumps(state, allow_nan=False)
    assert set(state) == {"cargo", "image", "method", "left", "right", "share", "removed"}


def test_what_the_front_end_sends_arrives():
    control = widget()
    control.set_state({"image": 2, "share": 0.25, "left": "2 bits", "removed": 0.5})
    assert (control.image, control.share, control.left, control.removed) == (2, 0.25, "2 bits", 0.5)
    assert control.numbers()["pixels"] == 196


def test_gradients_are_left_behind():
    given = comparison()
    grown = given["maps"]["2 bits"]["weak"].requires_grad_()
    SaliencyCompare(**given)
    assert grown.grad is None


@pytest.mark.parametrize("method", METHODS)
def test_still_pictures(method):
    still = widget(method=method, right="2 bits", image=1).still()
    assert still.count('role="img"') == 4
    assert f"Saliency map: {method}, 2 bits" in still
    assert "nan" not in still
    assert len(still) < 20_000


def test_still_of_a_map_of_zeros_and_of_rude_names():
    given = comparison(models=("</svg><b>&",), methods=("a",))
    given["maps"]["</svg><b>&"]["a"] = torch.zeros(3, 28, 28)
    still = SaliencyCompare(**given).still()
    assert "<b>" not in still
    assert "nan" not in still


def test_still_paints_the_pixels_of_the_image():
    given = comparison()
    still = widget(image=1).still()
    first = still[: still.index("</figure>")]
    runs = sum(int(n) for n in re.findall(r"h(\d+)v1", first))
    assert runs == (given["images"][1] > 0.125).sum()
