import base64
import json
import re
import sys
import types
from html.parser import HTMLParser

import numpy as np
import pytest
import traitlets
from IPython.core.formatters import DisplayFormatter

from fewbits.errors import UsageError
from fewbits.palette import DARK, LIGHT
from fewbits.widgets import base
from fewbits.widgets.base import Widget, encode, state_json, style


class Dial(Widget):
    """The smallest control there can be."""

    scripts = ()
    _esm = "const control = {}; export default control;"
    _css = style()
    title = traitlets.Unicode("a title").tag(sync=True)
    private = traitlets.Unicode("stays in Python")

    def still(self):
        return "<svg role='img' aria-label='a dial'></svg>"


class Parts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.open = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open = dict(attrs).get("type") if tag == "script" else None

    def handle_data(self, data):
        if self.open:
            self.scripts.append((self.open, data))
            self.open = None


def state_of(widget):
    kinds = dict(Parts(widget.html()).scripts)
    return json.loads(kinds["application/json"])


def test_state_holds_its_own_traits_only():
    assert state_of(Dial()) == {"title": "a title"}


def test_root_names_the_class():
    tags = Parts(Dial().html()).tags
    assert [attrs["data-widget"] for _, attrs in tags if "data-widget" in attrs] == ["Dial"]


def test_two_of_one_kind_have_different_roots():
    first, second = (re.search(r'id="([^"]+)"', Dial().html()).group(1) for _ in range(2))
    assert first != second


@pytest.mark.parametrize("text", ["</script><b>", "<!--<script>", "a & b", "\u2028 </SCRIPT >"])
def test_state_cannot_close_its_script(text):
    assert "<" not in state_json({"title": text})
    dial = Dial(title=text)
    assert state_of(dial) == {"title": text}
    assert [tag for tag, _ in Parts(dial.html()).tags] == [
        tag for tag, _ in Parts(Dial().html()).tags
    ]


def test_state_refuses_nan():
    with pytest.raises(ValueError, match="JSON"):
        state_json({"alpha": float("nan")})


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", ">f4"])
def test_arrays_arrive_little_endian(dtype):
    array = np.array([[1, 2], [3, 250]], dtype=dtype)[:, ::-1]
    sent = encode(array)
    back = np.frombuffer(base64.b64decode(sent["data"]), np.dtype(sent["dtype"]).newbyteorder("<"))
    assert back.tolist() == [2, 1, 250, 3]


def test_noscript_holds_the_still_picture():
    noscript = re.search(r"<noscript>(.*)</noscript>", Dial().html(), re.S).group(1)
    assert "aria-label='a dial'" in noscript


def test_a_control_without_a_still_picture_says_so():
    class Blind(Dial):
        still = Widget.still

    with pytest.raises(TypeError, match="Blind needs a still"):
        Blind().html()


def test_too_large_for_a_page():
    with pytest.raises(UsageError, match=r"Dial takes 4\d\d KB .* limit is 300 KB: .* fewer"):
        Dial(title="x" * 400_000).html()


def test_both_forms_are_in_the_bundle():
    data, metadata = Dial()._repr_mimebundle_()
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json", "text/html"}
    assert data["text/html"].startswith("<style>")
    assert metadata == {}


def test_colab_gets_the_notebook_form_alone(monkeypatch):
    output = types.SimpleNamespace(
        enable_custom_widget_manager=lambda: None,
        _widgets=types.SimpleNamespace(_installed_url=None),
    )
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(output=output))
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    data, _ = Dial()._repr_mimebundle_()
    assert "text/html" not in data
    assert "application/vnd.jupyter.widget-view+json" in data


def test_ipython_shows_the_bundle():
    # ipywidgets 7 defines _ipython_display_, which would come first and leave the page out.
    formatter = DisplayFormatter()
    formatter.active_types = formatter.format_types
    data, _ = formatter.format(Dial())
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= set(data)


def test_style_has_both_themes_and_fetches_nothing():
    text = style()
    assert LIGHT["pact"] in text
    assert DARK["pact"] in text
    assert "url(" not in text
    assert "@import" not in text


def test_sources_can_stand_in_a_page():
    for path in base.HERE.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "</" not in text, path.name
        assert "<!--" not in text, path.name
        assert max(map(len, text.splitlines())) <= 115, path.name
        assert not re.search(r"^\s*import\b|fetch\(|https?://(?!www\.w3\.org/)", text, re.M), (
            path.name
        )
