"""The same module under a notebook's model: Python moves the view, the reader moves Python."""

import json

import pytest
from layer_samples import activations, weights
from visiting import serving

from fewbits.widgets import QuantizerPlayground

# What anywidget hands to render(): Backbone's get, set, on, off and save_changes. `set` tells the
# listeners at once if the value is another; a message from Python does just that and saves nothing.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title>
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
  const el = document.getElementById("out");
  window.model = model;
  window.cleanup = await widget.render({ model, el });
</script></body></html>"""


@pytest.fixture
def notebook(tmp_path, visit):
    widget = QuantizerPlayground({"a": activations(), "w": weights()}, alpha=2.0, bits=4)
    state = json.dumps(widget.state())
    (tmp_path / "index.html").write_text(PAGE % (widget._css, widget._esm, state), encoding="utf-8")
    with serving(tmp_path) as origin:
        seen = visit(f"{origin}/index.html")
        seen.page.wait_for_selector("[data-widget=QuantizerPlayground] output")
        yield seen
        assert seen.complaints == []


def shown(seen, name):
    output = seen.page.locator(f"output[data-value={name}]")
    return float(output.get_attribute("data-exact"))


def test_python_moves_the_view(notebook):
    total = shown(notebook, "total")
    notebook.page.evaluate("model.set('alpha', 1.25)")
    assert shown(notebook, "alpha") == 1.25
    assert shown(notebook, "total") != total
    notebook.page.evaluate("model.set('bits', 2)")
    assert notebook.page.locator("[data-input=bits]").input_value() == "2"
    notebook.page.evaluate("model.set('scheme', 'signed')")
    assert notebook.page.locator("[data-input=scheme]").input_value() == "signed"
    notebook.page.evaluate("model.set('sample', 'w')")
    assert notebook.page.locator("[data-input=sample]").input_value() == "w"
    assert shown(notebook, "alpha") == 1.25, "Python asked for a sample, not for another alpha"
    assert notebook.page.evaluate("model.saved") == [], "what Python sent must not come back"


def test_the_reader_moves_python(notebook):
    notebook.page.locator("[data-input=bits]").press("ArrowLeft")
    assert notebook.page.evaluate("model.saved") == [{"bits": 3}]
    notebook.page.locator("[data-input=alpha]").press("ArrowLeft")
    saved = notebook.page.evaluate("model.saved")[1]
    assert list(saved) == ["alpha"]
    assert saved["alpha"] == shown(notebook, "alpha") < 2
    notebook.page.locator("[data-input=scheme]").select_option("sawb")
    assert notebook.page.evaluate("model.saved")[2] == {"scheme": "sawb"}
    notebook.page.locator("[data-input=sample]").select_option("w")
    assert set(notebook.page.evaluate("model.saved")[3]) == {"sample", "alpha"}


def test_what_the_reader_saves_python_takes(notebook):
    notebook.page.locator("[data-input=alpha]").press("Home")
    notebook.page.locator("[data-input=bits]").press("End")
    widget = QuantizerPlayground({"a": activations(), "w": weights()}, alpha=2.0, bits=4)
    for saved in notebook.page.evaluate("model.saved"):
        widget.set_state(saved)
    assert (widget.alpha, widget.bits) == (shown(notebook, "alpha"), 8)


def test_closing_the_view_leaves_no_listener(notebook):
    assert notebook.page.evaluate("model.listeners()") == 4
    notebook.page.evaluate("cleanup()")
    assert notebook.page.evaluate("model.listeners()") == 0


def test_a_folded_cell_draws_when_it_opens(notebook):
    drawn = "document.querySelector('svg .ink-line').getAttribute('d')"
    notebook.page.evaluate("document.getElementById('out').style.display = 'none'")
    notebook.page.evaluate("model.set('bits', 2)")
    notebook.page.evaluate("document.getElementById('out').style.display = ''")
    notebook.page.wait_for_function(f"({drawn})?.length > 100")
