"""Controls in a page of their own: by themselves, or under a notebook's model."""

import json

from fewbits.widgets.base import Widget

# The font is named because the widths that tests measure hang on it.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0; padding: 8px; font: 16px/1.5 "DejaVu Sans", sans-serif; }}</style></head>
<body><main><h1>A page</h1>{}</main></body></html>"""

# What anywidget hands to render(): Backbone's get, set, on, off and save_changes. `set` tells the
# listeners at once if the value is another; a message from Python does just that and saves nothing.
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
  window.again = async () => {
    const el = document.getElementById("out");
    el.replaceChildren();
    window.cleanup = await widget.render({ model, el });
  };
  await again();
</script></body></html>"""


def bare(*widgets: Widget) -> str:
    """A page with these controls, one beneath the other, and neither kernel nor theme."""
    return PAGE.format("".join(widget.html() for widget in widgets))


def notebook(widget: Widget) -> str:
    """A page that runs the control's module as a notebook does; ``window.model`` is its model."""
    return NOTEBOOK % (widget._css, widget._esm, json.dumps(widget.state()))
