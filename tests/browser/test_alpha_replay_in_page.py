"""AlphaReplay in a page and in a notebook: its numbers, its keys, its looks."""

import json
import re
import statistics

import numpy as np
import pytest
from replay_samples import by_hand, recorded, samples
from visiting import serving

from fewbits.pact.replay import Replay
from fewbits.palette import DARK, LIGHT
from fewbits.widgets import AlphaReplay
from fewbits.widgets.alpha_replay_state import heights

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0; padding: 8px; font: 16px/1.5 sans-serif; }}</style></head>
<body><main><h1>A page</h1>{}</main></body></html>"""

READ = """() => Object.fromEntries([...document.querySelector('[data-widget]')
  .querySelectorAll('output')].map((o) => [o.dataset.value, Number(o.dataset.exact)]))"""

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

FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")

    def write(name, *widgets):
        html = "".join(widget.html() for widget in widgets)
        (folder / name).write_text(PAGE.format(html), encoding="utf-8")

    first = AlphaReplay(samples())
    write("one.html", first)
    write("two.html", AlphaReplay(recorded(), frame=4), AlphaReplay(by_hand(), layer="narrow"))
    write("alone.html", AlphaReplay(recorded()["LSQ from 30"], layer="act2", frame=3))
    rude = "</script><b>&"
    replay = by_hand()
    layers = {rude: replay.layers["wide"]}
    frames = tuple(
        type(f)(f.step, f.accuracy, f.loss, f.training_loss, {rude: f.layers["wide"]})
        for f in replay.frames
    )
    write("rude.html", AlphaReplay({rude: Replay(layers, frames)}))
    whole = PAGE.format(first.html())
    (folder / "cut.html").write_text(whole.replace('"replays":[', '"replays":[[,'))
    (folder / "empty.html").write_text(whole.replace('"replays":[', '"replays":[],"rest":['))
    (folder / "module.html").write_text(whole.replace("const control =", "const const ="))
    with serving(folder) as address:
        yield address, folder


@pytest.fixture
def one(origin, visit):
    return visit(f"{origin[0]}/one.html")


def numbers(seen):
    return seen.page.evaluate(READ)


def control(seen, name):
    return seen.page.locator(f"[data-input={name}]").first


def text(seen, name):
    return seen.page.locator(f"output[data-value={name}]").first.inner_text()


def status(seen):
    seen.page.evaluate(FRAME)
    return seen.page.locator(".fb-status").first.inner_text()


# Numbers


def expected_numbers(replay, layer, frame):
    found = AlphaReplay(samples(), replay=replay, layer=layer, frame=frame).numbers()
    nan = float("nan")
    return {k.replace("_", "-"): nan if v is None else v for k, v in found.items()}


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
        assert shown == pytest.approx(expected_numbers(*where), rel=0, abs=0, nan_ok=True), where
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


# Hands and eyes


def test_keyboard_alone_reaches_and_moves_everything(one):
    reached = []
    for _ in range(4):
        one.page.keyboard.press("Tab")
        reached.append(one.page.evaluate("document.activeElement.dataset.input"))
    assert reached == ["replay", "layer", "play", "step"]
    one.page.keyboard.press("ArrowRight")
    assert numbers(one)["step"] == 1
    one.page.keyboard.press("End")
    assert numbers(one)["step"] == 6
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("ArrowDown")
    assert control(one, "layer").input_value() == "act2"
    assert numbers(one) == pytest.approx(expected_numbers("starts at 30", "act2", 6))
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("ArrowDown")
    assert control(one, "replay").input_value() == "fitted start"
    assert control(one, "layer").input_value() == "act2", "the same layer in the other training"


def test_every_input_has_a_name_and_every_number_too(one):
    page = one.page
    assert page.get_by_role("combobox", name="Training").count() == 1
    assert page.get_by_role("combobox", name="Layer").count() == 1
    assert page.get_by_role("button", name="Play").count() == 1
    slider = page.get_by_role("slider", name="training step")
    assert slider.get_attribute("aria-valuetext") == "0 of 6"
    assert list(numbers(one)) == [
        "step",
        "alpha",
        "clipped",
        "zero",
        "levels",
        "accuracy",
        "loss",
        "training-loss",
    ]
    assert page.locator("svg[role=img][aria-label]").count() == 4


def test_one_replay_alone_has_no_choice_of_replays(origin, visit):
    seen = visit(f"{origin[0]}/alone.html")
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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_serious(origin, visit, theme, width):
    seen = visit(f"{origin[0]}/two.html", theme=theme, width=width)
    assert seen.axe() == []


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_colours_follow_the_theme(origin, visit, theme, colours):
    seen = visit(f"{origin[0]}/one.html", theme=theme)
    ground = "getComputedStyle(document.querySelector('[data-widget]')).backgroundColor"
    bars = "getComputedStyle(document.querySelector('.pact-bar')).fill"
    for script, name in ((ground, "paper"), (bars, "pact")):
        expected = tuple(int(colours[name][i : i + 2], 16) for i in (1, 3, 5))
        assert seen.page.evaluate(script) == f"rgb{expected}"


def test_fits_a_phone(origin, visit):
    seen = visit(f"{origin[0]}/two.html", width=360)
    assert seen.overhang() <= 0
    seen.page.set_viewport_size({"width": 1000, "height": 900})
    seen.page.set_viewport_size({"width": 320, "height": 900})
    assert seen.overhang() <= 0


# The page around it


def test_nothing_is_fetched_and_nothing_complains(origin, visit):
    seen = visit(f"{origin[0]}/two.html", settled=True)
    control(seen, "step").press("ArrowRight")
    control(seen, "replay").select_option("LSQ from 30")
    seen.page.get_by_role("button", name="Play").first.click()
    seen.page.wait_for_timeout(400)
    assert [url for url in seen.requests if not url.startswith("data:")] == [
        f"{origin[0]}/two.html"
    ]
    assert seen.complaints == []


def test_two_on_a_page_do_not_touch(origin, visit):
    seen = visit(f"{origin[0]}/two.html")
    second = seen.page.locator("[data-widget]").nth(1).locator("output")
    before = second.all_inner_texts()
    control(seen, "step").press("ArrowLeft")
    control(seen, "layer").select_option("act2")
    assert second.all_inner_texts() == before


def test_opens_from_a_file(origin, visit):
    seen = visit((origin[1] / "one.html").as_uri())
    control(seen, "step").press("ArrowRight")
    assert numbers(seen)["step"] == 1
    assert seen.complaints == []


def test_without_javascript_there_is_a_picture(origin, visit):
    seen = visit(f"{origin[0]}/one.html", javascript=False)
    pictures = seen.page.locator("[data-widget] noscript svg[role=img]")
    assert pictures.count() == 2
    assert pictures.first.is_visible()
    assert "What enters act1 at step 0" in pictures.first.get_attribute("aria-label")
    assert seen.page.locator(".fb-late").is_hidden()


def test_a_name_cannot_break_the_page(origin, visit):
    seen = visit(f"{origin[0]}/rude.html")
    assert control(seen, "layer").input_value() == "</script><b>&"
    assert seen.page.locator("b").count() == 0
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("cut.html", "AlphaReplay stopped: .*JSON"),
        ("empty.html", "AlphaReplay stopped: no replay arrived"),
    ],
)
def test_a_broken_state_leaves_a_line(origin, visit, page, message):
    alert = visit(f"{origin[0]}/{page}").page.get_by_role("alert")
    alert.wait_for()
    assert re.search(message, alert.inner_text())


def test_a_broken_module_leaves_a_line(origin, visit):
    late = visit(f"{origin[0]}/module.html").page.locator(".fb-late")
    assert late.is_hidden()
    late.wait_for(state="visible")
    assert "has not started" in late.inner_text()


TIME = """() => {
  window.times = [];
  const root = document.querySelector('[data-widget]');
  let moved = null;
  root.addEventListener('input', (event) => { moved = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (moved !== null) { window.times.push(performance.now() - moved); moved = null; }
  }).observe(root.querySelector('output[data-value=step]'), { childList: true });
}"""


def test_slider_to_numbers_takes_under_a_frame(one):
    one.page.evaluate(TIME)
    control(one, "step").focus()
    for key in (["ArrowRight"] * 6 + ["ArrowLeft"] * 6) * 4:
        one.page.keyboard.press(key)
    times = one.page.evaluate("window.times")
    assert len(times) >= 40
    assert statistics.median(times) < 16, sorted(times)


# In a notebook

# Backbone's get, set, on, off and save_changes, as anywidget hands them to render().
NOTEBOOK = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title>
<link rel="icon" href="data:,"><style>%s</style></head><body><div id="out"></div>
<script id="esm" type="text/plain">%s</script><script id="state" type="application/json">%s</script>
<script type="module">
  const state = JSON.parse(document.getElementById("state").textContent), heard = {};
  const model = {
    saved: [], pending: {},
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      model.pending[name] = value;
      for (const call of heard["change:" + name] ?? []) call();
    },
    save_changes() { model.saved.push(model.pending); model.pending = {}; },
    on: (name, call) => (heard[name] ??= []).push(call),
    off: (name, call) => { heard[name] = heard[name].filter((other) => other !== call); },
    listeners: () => Object.values(heard).reduce((sum, calls) => sum + calls.length, 0),
  };
  const text = document.getElementById("esm").textContent;
  const source = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const { default: widget } = await import(source);
  window.model = model;
  window.cleanup = await widget.render({ model, el: document.getElementById("out") });
</script></body></html>"""


@pytest.fixture
def notebook(tmp_path, visit):
    widget = AlphaReplay(samples(), frame=2)
    state = json.dumps(widget.state())
    page = NOTEBOOK % (widget._css, widget._esm, state)
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    with serving(tmp_path) as origin:
        seen = visit(f"{origin}/index.html")
        seen.page.wait_for_selector("[data-widget=AlphaReplay] output")
        yield seen
        assert seen.complaints == []


def test_python_moves_the_view(notebook):
    assert numbers(notebook)["step"] == 2
    notebook.page.evaluate("model.set('frame', 5)")
    assert numbers(notebook) == pytest.approx(expected_numbers("starts at 30", "act1", 5))
    notebook.page.evaluate("model.set('layer', 'act2')")
    assert control(notebook, "layer").input_value() == "act2"
    notebook.page.evaluate("model.set('replay', 'fitted start')")
    assert numbers(notebook) == pytest.approx(expected_numbers("fitted start", "act2", 5))
    assert control(notebook, "replay").input_value() == "fitted start"
    # Python sends the replay first, and what follows from it a moment later.
    notebook.page.evaluate("model.set('replay', 'by hand')")
    assert numbers(notebook)["step"] == 20
    assert control(notebook, "layer").input_value() == "wide"
    assert notebook.page.evaluate("model.saved") == [], "what Python sent must not come back"


def test_the_reader_moves_python(notebook):
    control(notebook, "step").press("ArrowRight")
    assert notebook.page.evaluate("model.saved") == [{"frame": 3}]
    control(notebook, "layer").select_option("act2")
    assert notebook.page.evaluate("model.saved")[1] == {"layer": "act2"}
    control(notebook, "step").press("End")
    control(notebook, "replay").select_option("by hand")
    saved = notebook.page.evaluate("model.saved")
    assert saved[3] == {"replay": "by hand", "layer": "wide", "frame": 0}
    widget = AlphaReplay(samples(), frame=2)
    for each in saved:
        widget.set_state(each)
    assert (widget.replay, widget.layer, widget.frame) == ("by hand", "wide", 0)
    assert numbers(notebook)["step"] == widget.numbers()["step"]


def test_playing_moves_python_too(notebook):
    notebook.page.get_by_role("button", name="Play").click()
    notebook.page.wait_for_function("model.saved.length === 4")
    saved = notebook.page.evaluate("model.saved")
    assert saved == [{"frame": frame} for frame in (3, 4, 5, 6)]


def test_closing_the_view_leaves_no_listener_and_no_timer(notebook):
    notebook.page.get_by_role("button", name="Play").click()
    assert notebook.page.evaluate("model.listeners()") == 3
    notebook.page.evaluate("cleanup()")
    assert notebook.page.evaluate("model.listeners()") == 0
    before = notebook.page.evaluate("model.saved.length")
    notebook.page.wait_for_timeout(700)
    assert notebook.page.evaluate("model.saved.length") == before


def test_a_folded_cell_draws_when_it_opens(notebook):
    drawn = "document.querySelector('svg .pact-bar').getAttribute('d')"
    notebook.page.evaluate("document.getElementById('out').style.display = 'none'")
    notebook.page.evaluate("model.set('replay', 'fitted start')")
    notebook.page.evaluate("document.getElementById('out').style.display = ''")
    notebook.page.wait_for_function(f"({drawn})?.length > 30")
