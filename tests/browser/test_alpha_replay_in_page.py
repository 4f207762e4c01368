"""AlphaReplay in a page and in a notebook: its numbers, its bars, what plays it."""

import re

import numpy as np
import pytest
from reading import as_shown, control, numbers, status, text
from replay_samples import recorded, samples

from fewbits.pact.replay import Replay
from fewbits.widgets import AlphaReplay
from fewbits.widgets.alpha_replay_state import heights

# Every replay, layer and frame, by events on the inputs; what is drawn is read after each picture.
SWEEP = """async () => {
  const root = document.querySelector('[data-widget]');
  const input = (name) => root.querySelector(`[data-input="${name}"]`);
  const put = (name, value, event) => {
    input(name).value = value;
    input(name).dispatchEvent(new Event(event, { bubbles: true }));
  };
  const d = (selector) => root.querySelector(`svg ${selector}`).getAttribute('d');
  const rows = [];
  for (const replay of [...input('replay').options].map((o) => o.value)) {
    put('replay', replay, 'change');
    for (const layer of [...input('layer').options].map((o) => o.value)) {
      put('layer', layer, 'change');
      for (let frame = 0; frame <= Number(input('step').max); frame++) {
        put('step', frame, 'input');
        const numbers = Object.fromEntries([...root.querySelectorAll('output')]
          .map((o) => [o.dataset.value, o.dataset.exact]));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        rows.push({ replay, layer, frame, numbers,
          said: root.querySelector('.fb-status').textContent,
          tone: root.querySelector('.fb-status').dataset.tone,
          alpha: Number(root.querySelector('line.thick').getAttribute('x1')),
          bars: { zero: d('.float-bar'), kept: d('.pact-bar'), beyond: d('.wrong-bar') } });
      }
    }
  }
  return rows;
}"""


@pytest.fixture
def one(show):
    return show(AlphaReplay(samples()))


# Numbers


def expected_numbers(replay, layer, frame):
    return as_shown(AlphaReplay(samples(), replay=replay, layer=layer, frame=frame).numbers())


def expected_sentence(replay: Replay, name: str, frame: int) -> tuple[str, str]:
    """Said slowly: one sentence for each thing that holds."""
    lsq = replay.layers[name].learns == "lsq"
    start, now = (replay.frames[i].layers[name] for i in (0, frame))
    parts = []
    if now.zero == 1:
        parts.append("Every value leaves as 0: the layers behind it see nothing.")
    if now.clipped == 0 and lsq:
        parts.append(
            "No value reaches alpha, yet the values inside move it: LSQ’s gradient is not 0."
        )
    if now.clipped == 0 and not lsq:
        parts.append("No value reaches alpha: its gradient is 0, only the penalty moves it.")
    if now.clipped > 0 and lsq:
        parts.append(
            "Values beyond alpha pull it up, the values inside pull as well: LSQ hears both."
        )
    if now.clipped > 0 and not lsq:
        parts.append("Values reach alpha and pull on it.")
    if 0.85 < now.zero < 1:
        parts.append("Nearly everything leaves as 0: the steps are too wide.")
    ends = f"{start.alpha:.4g}", f"{now.alpha:.4g}"
    if frame and ends[0] == ends[1]:
        parts.append(f"It is where it was at step 0, at {ends[1]}.")
    elif frame:
        parts.append(f"From {ends[0]} it has come to {ends[1]}.")
    wrong = now.zero == 1 or (now.clipped == 0 and not lsq)
    return " ".join(parts), "wrong" if wrong else "plain"


def test_every_number_of_every_replay_layer_and_frame(one):
    rows = one.page.evaluate(SWEEP)
    every = [
        (name, layer, frame)
        for name, replay in samples().items()
        for layer in replay.layers
        for frame in range(len(replay.frames))
    ]
    assert [(row["replay"], row["layer"], row["frame"]) for row in rows] == every
    assert len(every) == 3 * 2 * 7 + 2 * 2
    tones = set()
    for row in rows:
        where = row["replay"], row["layer"], row["frame"]
        shown = {name: float(value) for name, value in row["numbers"].items()}
        expected = expected_numbers(*where)
        assert shown == pytest.approx(expected, rel=0, abs=0, nan_ok=True), where
        assert list(shown) == list(expected)
        replay = samples()[where[0]]
        assert (row["said"], row["tone"]) == expected_sentence(replay, *where[1:]), where
        tones.add(re.sub(r"From .*|It is .*", "", row["said"]))
    assert len(tones) >= 4, "all kinds of moments are among the samples"


def test_every_bar_has_its_height_and_its_fate(one):
    """The drawn bars against the counts: where each is cut, how tall it is, in which colour."""
    rows = one.page.evaluate(SWEEP)
    frame_height = 350 - 34 - 20
    for row in rows:
        replay = samples()[row["replay"]]
        layer = replay.layers[row["layer"]]
        counts = [f.layers[row["layer"]].counts for f in replay.frames]

        tall = heights(np.array(counts))[row["frame"]]
        alphas = [f.layers[row["layer"]].alpha for f in replay.frames]
        now = alphas[row["frame"]]
        high = max(layer.low + layer.width * layer.bins, 1.03 * max(alphas))
        low = min(layer.low, -0.03 * high)
        # The frame is 12 pixels in from both sides: alpha's own line tells the scale.
        scale = (row["alpha"] - 12) / (now - low)
        ends = {
            "zero": (low, now / (2**layer.bits - 1) / 2),
            "kept": (now / (2**layer.bits - 1) / 2, now),
            "beyond": (now, high),
        }
        for fate, (start, end) in ends.items():
            expected = []
            for i, height in enumerate(tall):
                left = max(layer.low + i * layer.width, start)
                right = min(layer.low + (i + 1) * layer.width, end)
                if height and right > left:
                    expected.append((12 + (left - low) * scale, int(height)))
            found = [
                tuple(map(float, bar))
                for bar in re.findall(r"M([\d.]+) [\d.]+V([\d.]+)H", row["bars"][fate])
            ]
            assert len(found) == len(expected), (row["replay"], row["layer"], row["frame"], fate)
            for drawn, (x, height) in zip(found, expected, strict=True):
                top = 20 + frame_height * (1 - height / 255)
                assert drawn == pytest.approx((x, top), abs=0.2)


def test_words_by_hand(one):
    control(one, "replay").select_option("by hand")
    assert status(one).startswith("Every value leaves as 0: the layers behind it see nothing.")
    assert text(one, "training-loss") == "none yet"
    assert [text(one, name) for name in ("step", "alpha", "clipped", "zero", "levels")] == [
        "0 of 20",
        "8",
        "0 %",
        "100 %",
        "1 of 4",
    ]
    control(one, "layer").select_option("narrow")
    control(one, "step").press("End")
    assert status(one) == "Values reach alpha and pull on it. From 1 it has come to 1.5."
    shown = [text(one, name) for name in ("step", "clipped", "accuracy", "training-loss")]
    assert shown == ["20 of 20", "50 %", "90 %", "1.5"]
    assert "narrow: PACT, 1 bit" in one.page.locator("[data-widget]").inner_text()


def test_stuck_is_said_and_free_is_said(one):
    control(one, "step").press("End")
    assert "No value reaches alpha: its gradient is 0, only the penalty moves it." in status(one)
    assert one.page.locator(".fb-status").get_attribute("data-tone") == "wrong"
    control(one, "replay").select_option("fitted start")
    assert "Values reach alpha and pull on it." in status(one)
    assert numbers(one)["step"] == 6, "the same step in the other training"


# Hands


def test_one_replay_alone_has_no_choice_of_replays(show):
    seen = show(AlphaReplay(recorded()["LSQ from 30"], layer="act2", frame=3))
    assert seen.page.locator("[data-input=replay]").count() == 0
    assert control(seen, "layer").input_value() == "act2" and numbers(seen)["step"] == 3
    assert "LSQ" in status(seen)


def test_play_runs_to_the_end_and_starts_again(one):
    play = one.page.get_by_role("button", name="Play")
    play.click()
    pause = one.page.get_by_role("button", name="Pause")
    assert pause.count() == 1
    assert one.page.locator(".fb-status").get_attribute("aria-live") == "off", "not every frame"
    one.page.wait_for_function("document.querySelector('[data-value=step]').dataset.exact === '6'")
    play.wait_for()
    assert one.page.locator(".fb-status").get_attribute("aria-live") == "polite"
    assert one.strangers(one.page.url) == one.complaints == []
    play.click()
    assert numbers(one)["step"] < 3, "from the start again"
    pause.click()
    held = numbers(one)["step"]
    one.page.wait_for_timeout(700)
    assert numbers(one)["step"] == held < 6


def test_a_hand_on_the_slider_stops_the_play(one):
    one.page.get_by_role("button", name="Play").click()
    control(one, "step").press("ArrowRight")
    assert one.page.get_by_role("button", name="Play").count() == 1
    held = numbers(one)["step"]
    one.page.wait_for_timeout(700)
    assert numbers(one)["step"] == held


def test_less_motion_gives_one_step_for_each_press(one):
    one.page.get_by_role("button", name="Play").click()
    one.page.emulate_media(reduced_motion="reduce")
    button = one.page.get_by_role("button", name="Next step")
    button.wait_for()
    held = numbers(one)["step"]
    one.page.wait_for_timeout(700)
    assert numbers(one)["step"] == held, "what was playing has stopped"
    button.click()
    assert numbers(one)["step"] == (held + 1) % 7
    one.page.wait_for_timeout(700)
    assert numbers(one)["step"] == (held + 1) % 7
    control(one, "step").press("End")
    button.click()
    assert numbers(one)["step"] == 0


def test_pointer_on_the_curves_moves_the_step(one):
    picture = one.page.locator("svg.fb-reach").nth(1)
    box = picture.bounding_box()
    right = 46 + (box["width"] - 92) * 4.2 / 20  # the longest of the trainings has 20 steps
    picture.click(position={"x": right, "y": 40})
    assert numbers(one)["step"] == 4
    picture.click(position={"x": 2, "y": 40})
    assert numbers(one)["step"] == 0


# In a notebook


@pytest.fixture
def live(notebook):
    return notebook(AlphaReplay(samples(), frame=2))


def test_a_replay_with_other_layers_and_fewer_frames_shows_what_it_has(live):
    live.page.evaluate("model.set('frame', 5)")
    live.page.evaluate("model.set('layer', 'act2')")
    # Python sends the replay first, and what follows from it a moment later.
    live.page.evaluate("model.set('replay', 'by hand')")
    assert numbers(live) == pytest.approx(expected_numbers("by hand", "wide", 1), nan_ok=True)
    assert control(live, "layer").input_value() == "wide"
    assert live.page.evaluate("model.saved") == [], "what Python sent must not come back"


def test_playing_moves_python_too(live):
    live.page.get_by_role("button", name="Play").click()
    live.page.wait_for_function("model.saved.length === 4")
    saved = live.page.evaluate("model.saved")
    assert saved == [{"frame": frame} for frame in (3, 4, 5, 6)]


def test_closing_the_view_ends_the_play(live):
    live.page.get_by_role("button", name="Play").click()
    live.page.evaluate("cleanup()")
    assert live.page.evaluate("model.listeners()") == 0
    before = live.page.evaluate("model.saved.length")
    live.page.wait_for_timeout(700)
    assert live.page.evaluate("model.saved.length") == before
