"""The base of every live control: one Python class, one ES module, in a notebook or a page."""

import base64
import itertools
import json
import operator
import sys
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import traitlets
from anywidget import AnyWidget

from fewbits.errors import UsageError
from fewbits.palette import css_variables

HERE = Path(__file__).parent
LIMIT_BYTES = 300_000  # module, state and still picture of one control in a page
_ids = itertools.count(1)


def source(*names: str) -> str:
    """The files of this folder one after the other: the parts of one ES module or style sheet."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def style() -> str:
    """The shared style sheet, its colours for light and dark taken from the palette."""
    dark = f".fewbits {{ {css_variables('dark')} color-scheme: dark; }}"
    told = (
        ':is(html[data-theme="dark"], html[theme="dark"], .vscode-dark, '
        '[data-jp-theme-light="false"])'
    )
    untold = (
        "html:not([data-theme], [theme]) body:not([data-jp-theme-light], [data-vscode-theme-kind])"
    )
    return "\n".join(
        [
            f".fewbits {{ {css_variables('light')} }}",
            source("base.css"),
            f"{told} {dark}",
            f"@media (prefers-color-scheme: dark) {{ {untold} {dark} }}",
        ]
    )


def encode(array: np.ndarray) -> dict[str, str]:
    """An array as JSON can carry it: its type and its bytes, base64, little-endian."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return {"dtype": array.dtype.name, "data": base64.b64encode(little.tobytes()).decode("ascii")}


def state_json(state: dict[str, Any]) -> str:
    """State as JSON for a script element: no ``<`` survives, so nothing can close the element."""
    text = json.dumps(state, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def as_whole(value: Any) -> int | None:
    """A whole number, numpy's or a tensor's too, as Python's own; None if it is none."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


class Given(traitlets.Any):
    """A trait of any kind that must be given: None meets the control's own check like the rest."""

    allow_none = False


class Widget(AnyWidget):
    """A control that runs with Python behind it in a notebook, and by itself in a rendered page.

    A subclass names its files in ``scripts`` (the last one ends with ``export default { render }``
    held in a constant called ``control``), declares its state as traits with ``sync=True``, and
    draws one still picture for a reader without JavaScript in ``still``.
    """

    scripts: ClassVar[tuple[str, ...]] = ()

    # ipywidgets 7 would send only its own view through this; the mime bundle below carries both.
    _ipython_display_ = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "scripts" in cls.__dict__:  # not in the copy that traitlets makes to add a trait
            cls._esm = source("base.js", "plot.js", *cls.scripts)
            cls._css = style()
        super().__init_subclass__(**kwargs)

    def state(self) -> dict[str, Any]:
        """The traits that this control adds, as JSON carries them."""
        inherited = set(AnyWidget.class_trait_names())
        names = [n for n in self.traits(sync=True) if n not in inherited and not n.startswith("_")]
        return dict(self.get_state(names))

    def still(self) -> str:
        """A figure (HTML or SVG, with a text alternative) for a reader without JavaScript."""
        raise TypeError(f"{type(self).__name__} needs a still() figure")

    def html(self) -> str:
        """This control as a piece of a page: style, state, still picture, module.

        Raises:
            UsageError: module and state are larger than a page can carry.
        """
        name, number = type(self).__name__, next(_ids)
        element = f"fewbits-{name.lower()}-{number}"
        piece = f"""<style>{self._css}</style>
<div class="fewbits" id="{element}" data-widget="{escape(name)}">
<script type="application/json">{state_json(self.state())}</script>
<p class="fb-late">This control has not started: it needs a browser with JavaScript modules.</p>
<noscript><style>#{element} .fb-late {{ display: none; }}</style>{self.still()}</noscript>
</div>
<script type="module">
{self._esm}
{source("page.js")}
startInPage(control, "{element}");
</script>"""
        if len(piece.encode()) > LIMIT_BYTES:
            raise UsageError(
                f"{name} takes {len(piece.encode()) / 1000:.0f} KB in the page, the limit is "
                f"{LIMIT_BYTES / 1000:.0f} KB: give it fewer samples"
            )
        return piece

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The notebook's live view and, beside it, the same control for a page without a kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        if "google.colab" not in sys.modules:  # Colab always has a kernel and would store both
            data = {**data, "text/html": self.html()}
        return data, metadata
