import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from path_samples import CLASSES, LOOSE, TIGHT, features_and_labels, paths

from fewbits import glm
from fewbits.errors import UsageError
from fewbits.widgets import PathExplorer
from fewbits.widgets.base import LIMIT_BYTES
from fewbits.widgets.path_explorer_transport import round_weights
from fewbits.widgets.stored_features import MOST_NUMBERS

HELD_OUT, LABELS = features_and_labels(seed=1)


def explorer(**settings):
    given = {
        "paths": paths(),
        "features": HELD_OUT,
        "labels": LABELS,
        "class_names": CLASSES,
        **settings,
    }
    return PathExplorer(**given)


def slowly(path, place, row):
    """The control's numbers from the fit itself, picture by picture and weight by weight."""
    fit, how = path.fits[place], path.standardization
    weights, bias = fit.weights.double().tolist(), fit.bias.double().tolist()
    right = 0
    for picture, label in zip(HELD_OUT, LABELS.tolist(), strict=True):
        z = ((picture - how.mean) / how.scale).double().tolist()
        logits = [
            sum(w * v for w, v in zip(line, z, strict=True)) + b
            for line, b in zip(weights, bias, strict=True)
        ]
        right += logits.index(max(logits)) == label
    counts = [sum(w != 0 for w in line) for line in weights]
    return {
        "place": path.lambdas[place],
        "nonzeros": sum(counts),
        "mean": sum(counts) / len(counts),
        "fewest": min(counts),
        "most": max(counts),
        "of_class": counts[CLASSES.index(row)],
        "used": sum(any(line[f] for line in weights) for f in range(len(weights[0]))),
        "accuracy": right / len(LABELS),
        "objective": fit.objective,
        "residual": fit.residual,
        "steps": fit.steps,
    }


@pytest.mark.parametrize("tolerance", [LOOSE, TIGHT])
@pytest.mark.parametrize("place", [0, 1, 5, 11])
def test_numbers_are_those_of_the_fit(tolerance, place):
    control = explorer(place=place, tolerance=tolerance, row="Dune_Runner")
    expected = slowly(paths()[tolerance], place, "Dune_Runner")
    assert control.numbers() == pytest.approx(expected, rel=1e-9)


def test_the_sample_shows_what_it_is_for():
    loose, tight = (explorer(tolerance=t).numbers() for t in (LOOSE, TIGHT))
    assert loose["nonzeros"] != tight["nonzeros"]
    assert tight["accuracy"] > 0.5


def test_starts_at_the_weakest_and_strictest():
    control = explorer()
    assert (control.place, control.tolerance, control.row) == (11, TIGHT, CLASSES[0])


def test_rounding_keeps_zeros_and_only_zeros():
    weights = np.array([[1.0, -1e-9, 0.0], [-0.5, 1e-7, 0.25]])
    codes, scale = round_weights(weights)
    assert ((codes == 0) == (weights == 0)).all()
    assert (np.sign(codes) == np.sign(weights)).all()
    assert np.abs(codes * scale - weights).max() <= 1.01 * scale
    codes, scale = round_weights(np.zeros((2, 2)))
    assert not codes.any()
    assert scale > 0


def other_lambdas():
    given, labels = features_and_labels()
    return glm.fit_path(given, labels, len(CLASSES), lambdas=5)


def spoilt():
    path = paths()[TIGHT]
    bad = replace(path.last, weights=path.last.weights * float("nan"))
    return replace(path, fits=(*path.fits[:-1], bad))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": {}}, "needs at least one path: paths={tolerance: path}"),
        ({"paths": {-1.0: paths()[TIGHT]}}, "tolerance must be above 0, got -1.0"),
        ({"paths": {**paths(), 1e-2: other_lambdas()}}, "the same lambdas on the same features"),
        (
            {"paths": {1.0: replace(paths()[TIGHT], lambdas=(0.1,), fits=paths()[TIGHT].fits[:1])}},
            "at least two lambdas to move between, got one",
        ),
        ({"paths": {1.0: spoilt()}}, "a path holds NaN or infinity"),
        ({"features": HELD_OUT[:, :5]}, "must be the 9 that the layer was fitted on, got 5"),
        ({"features": HELD_OUT[:7]}, "of the same pictures, at least one, got 7 and 60"),
        ({"features": HELD_OUT[:0], "labels": LABELS[:0]}, "at least one, got 0 and 0"),
        ({"features": HELD_OUT * float("nan")}, "features hold NaN or infinity"),
        ({"labels": LABELS + 1}, "labels must be from 0 to 3, a name each in class_names, got 1"),
        ({"class_names": ("a", "b", "c", "a")}, "class_names must be different names"),
        ({"class_names": (*CLASSES, "e")}, "one for each of the 4 classes of the path, got 5"),
        ({"place": 12}, "place must be a whole number from 0 to 11, got 12"),
        ({"tolerance": 0.5}, "tolerance must be one of 0.1, 1e-06, got 0.5"),
        ({"row": "Dodo"}, "row must be a class, one of Reed_Lancer, Dune_Runner"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        explorer(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("place", -1), ("place", 1.5), ("place", True), ("tolerance", 3), ("row", "x")],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    control = explorer()
    before = getattr(control, name)
    with pytest.raises(UsageError, match=name):
        setattr(control, name, value)
    assert getattr(control, name) == before


@pytest.mark.parametrize("kind", [np.int64, np.uint8, torch.tensor])
def test_whole_numbers_of_numpy_and_torch_are_whole_numbers(unchecked, kind):
    control = explorer(place=kind(3))
    assert control.place == 3 and type(control.place) is int
    control.place = kind(5)
    assert control.numbers() == explorer(place=5).numbers()
    with pytest.raises(UsageError, match=r"place must be a whole number from 0 to 11, got "):
        control.place = kind(12)


def test_a_tolerance_of_numpys_is_a_number(unchecked):
    control = explorer(paths={np.float64(TIGHT): paths()[TIGHT]}, tolerance=np.float64(TIGHT))
    assert control.tolerance == TIGHT and type(control.tolerance) is float


@pytest.mark.parametrize("key", ["1e-3", None, True])
def test_a_tolerance_that_is_no_number_is_refused(unchecked, key):
    said = f"the keys of paths must be the tolerances, numbers above 0 like 1e-4, got {key!r}"
    with pytest.raises(UsageError, match=re.escape(said)):
        explorer(paths={key: paths()[TIGHT]})


def test_a_fit_that_gave_up_is_said_where_no_script_runs_too():
    loose = paths()[LOOSE]
    control = explorer(paths={TIGHT: loose}, place=6)
    residual = loose.fits[6].residual
    assert residual > TIGHT
    assert f", where the solver gave up at a residual of {residual:.2g}" in control.still()
    assert "gave up" not in explorer(place=6).still()
    assert "gave up" not in explorer(place=6, tolerance=LOOSE).still()


def test_too_many_pictures_are_cut_and_counted():
    many, labels = features_and_labels(count=4000, seed=2)
    control = explorer(features=many, labels=labels)
    assert control.cargo["given"] == 4000
    (values,) = [size for name, _, size in control.cargo["parts"] if name == "values"]
    assert values <= MOST_NUMBERS


def test_a_wide_path_fits_a_page():
    many, labels = features_and_labels(count=400, features=50)
    tight = glm.fit_path(many, labels, len(CLASSES), lambdas=40, tolerance=1e-4)
    loose = {
        t: glm.fit_path(many, labels, 4, lambdas=tight.lambdas, tolerance=t) for t in (0.1, 1e-2)
    }
    size = len(PathExplorer({1e-4: tight, **loose}, many, labels, CLASSES).html().encode())
    assert size < LIMIT_BYTES


def test_what_does_not_fit_a_page_is_refused_when_made():
    generator = torch.Generator().manual_seed(0)
    names = [str(c) for c in range(200)]
    lambdas = tuple(2.0**-k for k in range(30))
    dense = [
        glm.Fit(torch.randn(200, 50, generator=generator), torch.zeros(200), 1.0, 0.0, 1, True)
        for _ in lambdas
    ]
    how = glm.standardize(torch.randn(300, 50, generator=generator))[1]
    wide = {1e-4: glm.Path(lambdas, tuple(dense), how)}
    pictures = torch.randn(300, 50, generator=generator)
    with pytest.raises(UsageError, match=r"30 lambdas x 1 tolerances x 200 classes take \d+ KB"):
        PathExplorer(wide, pictures, torch.arange(300) % 200, names)


def test_the_layers_stay_as_they_were():
    before = paths()[TIGHT].last.weights.clone()
    explorer()
    assert torch.equal(paths()[TIGHT].last.weights, before)


def test_still_pictures_say_the_numbers():
    still = explorer(place=6).still()
    numbers = explorer(place=6).numbers()
    assert f"on average: {numbers['mean']:.1f} at lambda" in still
    assert f"{CLASSES[0]}, a line a feature: {numbers['of_class']} are not 0" in still
    assert "nan" not in still
    assert "nan" not in explorer(place=0).still()
