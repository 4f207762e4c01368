import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from replay_samples import NAMES, by_hand, recorded, samples

from fewbits.errors import UsageError
from fewbits.widgets import AlphaReplay
from fewbits.widgets.alpha_replay_state import heights


def decoded(sent):
    return np.frombuffer(base64.b64decode(sent["data"]), sent["dtype"])


def test_traits_follow_the_call():
    widget = AlphaReplay(samples(), replay="fitted start", layer="act2", frame=3)
    assert (widget.replay, widget.layer, widget.frame) == ("fitted start", "act2", 3)
    first = AlphaReplay(samples())
    assert (first.replay, first.layer, first.frame) == ("starts at 30", "act1", 0)


def test_one_replay_needs_no_name():
    widget = AlphaReplay(by_hand())
    assert (list(widget.replays), widget.replay, widget.layer) == (
        ["training"],
        "training",
        "wide",
    )


def test_numbers_by_hand():
    widget = AlphaReplay(by_hand())
    assert widget.numbers() == {
        "step": 0,
        "alpha": 8.0,
        "clipped": 0.0,
        "zero": 1.0,
        "levels": 1,
        "accuracy": 0.1,
        "loss": 2.5,
        "training_loss": None,
    }
    widget.frame, widget.layer = 1, "narrow"
    assert widget.numbers() == {
        "step": 20,
        "alpha": 1.5,
        "clipped": 0.5,
        "zero": 0.25,
        "levels": 2,
        "accuracy": 0.9,
        "loss": 0.4,
        "training_loss": 1.5,
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"replays": {}}, "AlphaReplay needs at least one replay: replays={name: replay}"),
        (
            {"replays": {"a": replace(by_hand(), frames=())}},
            "replay 'a' has no frames: record at least one",
        ),
        ({"replay": "b"}, "replay must be one of a, got 'b'"),
        ({"layer": "act9"}, "layer must be one of wide, narrow, got 'act9'"),
        ({"frame": 2}, "frame must be a whole number from 0 to 1 (replay 'a' has 2), got 2"),
        ({"frame": -1}, "frame must be a whole number from 0 to 1 (replay 'a' has 2), got -1"),
        ({"frame": True}, "(replay 'a' has 2), got True"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings, message):
    given = {"replays": {"a": by_hand()}, **settings}
    with pytest.raises(UsageError, match=re.escape(message)):
        AlphaReplay(**given)


@pytest.mark.parametrize(
    ("name", "value"),
    [("replay", "x"), ("layer", "x"), ("frame", 7), ("frame", "one"), ("frame", 0.5)],
)
def test_a_bad_value_set_later_is_refused_too(name, value):
    widget = AlphaReplay(samples())
    before = getattr(widget, name)
    with pytest.raises(UsageError, match=name):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_another_replay_keeps_what_it_has():
    widget = AlphaReplay(samples(), layer="act2", frame=5)
    widget.replay = "fitted start"
    assert (widget.layer, widget.frame) == ("act2", 5)
    widget.replay = "by hand"
    assert (widget.layer, widget.frame) == ("wide", 1), "its own first layer, its own last frame"
    assert widget.numbers()["step"] == 20


def test_what_the_front_end_sends_arrives():
    widget = AlphaReplay(samples(), frame=5)
    widget.set_state({"replay": "by hand", "layer": "narrow", "frame": 1})
    assert (widget.replay, widget.layer, widget.frame) == ("by hand", "narrow", 1)
    widget.set_state({"frame": 0})
    assert widget.numbers()["step"] == 0


# What the page is given


def test_every_number_reaches_the_page():
    sent = json.loads(json.dumps(AlphaReplay(samples()).state(), allow_nan=False))["replays"]
    assert [each["name"] for each in sent] == list(samples())
    for each, replay in zip(sent, samples().values(), strict=True):
        frames = replay.frames
        assert each["steps"] == [frame.step for frame in frames]
        assert decoded(each["accuracy"]).tolist() == [frame.accuracy for frame in frames]
        assert decoded(each["loss"]).tolist() == [frame.loss for frame in frames]
        known = [None if np.isnan(v) else v for v in decoded(each["training"])]
        assert known == [frame.training_loss for frame in frames]
        for layer in each["layers"]:
            seen = [frame.layers[layer["name"]] for frame in frames]
            bins = replay.layers[layer["name"]]
            for key in ("bits", "learns", "low", "width", "bins"):
                assert layer[key] == getattr(bins, key)
            for key in ("alpha", "clipped", "zero", "used"):
                assert decoded(layer[key]).tolist() == [getattr(s, key) for s in seen], key
            assert decoded(layer["heights"]).size == len(frames) * bins.bins


def test_heights_are_square_roots_on_one_scale():
    counts = np.array([[0, 1, 400, 10_000], [2_500, 0, 10_000, 0]])
    rows = heights(counts)
    unit = 255 / 1.1 / 100  # of the square root
    assert rows.tolist() == [
        [0, int(np.ceil(unit)), int(np.ceil(20 * unit)), int(np.ceil(100 * unit))],
        [int(np.ceil(50 * unit)), 0, int(np.ceil(100 * unit)), 0],
    ]


def test_a_moment_in_which_all_falls_together_does_not_flatten_the_rest():
    counts = np.array([[50, 100, 50], [50, 100, 50], [0, 1_000_000, 0]])
    rows = heights(counts)
    assert rows[2].tolist() == [0, 255, 0] and rows[0, 1] > 200


def test_what_is_there_can_be_seen():
    counts = np.array([[1, 100_000_000, 0]])
    assert heights(counts).tolist() == [[1, 232, 0]]
    assert heights(np.array([[0, 0]])).tolist() == [[0, 0]]


def test_size_of_two_real_trainings_in_a_page():
    """Six layers of 96 bins, 60 frames: what a chapter shows."""
    replay = recorded()["fitted start"]
    layer, frame = replay.layers["act1"], replay.frames[0]
    seen = replace(frame.layers["act1"], counts=tuple(range(96)))
    names = [f"act{i}" for i in range(6)]
    large = replace(
        replay,
        layers={name: replace(layer, bins=96) for name in names},
        frames=(replace(frame, layers=dict.fromkeys(names, seen)),) * 60,
    )
    assert len(AlphaReplay({"a": large, "b": large}).html().encode()) < 200_000
    longer = replace(large, frames=large.frames * 4)
    with pytest.raises(UsageError, match=r"AlphaReplay takes \d+ KB in the page, the limit is 300"):
        AlphaReplay({"a": longer, "b": longer}).html()
    with pytest.raises(UsageError, match=r"300 KB: record fewer frames \(a larger `every`\)$"):
        AlphaReplay({"a": longer, "b": longer}).html()


@pytest.mark.parametrize("name", NAMES)
def test_still_picture(name):
    widget = AlphaReplay({"a < b": by_hand(), **samples()}, replay=name, frame=1)
    still = widget.still()
    assert still.count('role="img"') == 2 and "nan" not in still and "inf" not in still
    # Every replay that has the layer is drawn, and only this one shares its layer with another.
    assert ("a &lt; b" in still) == (widget.layer == "wide") == (name == "by hand")
    assert "a < b" not in still
    numbers = widget.numbers()
    said = f"What enters {widget.layer} at step {numbers['step']}, and"
    assert said in still and f"up to {numbers['alpha']:.3g}" in still
    last = widget.replays[name].frames[-1].layers[widget.layer].alpha
    assert re.search(rf"{name}: \S+ to {re.escape(f'{last:.3g}')}", still)


def test_still_picture_is_where_the_control_is():
    widget = AlphaReplay(recorded(), replay="fitted start")
    before = widget.still()
    widget.frame = 6
    assert widget.still() != before
