"""Formulas as MathML, made while the book is built: reading them takes no script.

TeX goes through math-core, which writes MathML Core and rejects what it does not know. A formula
that cannot be converted is a Sphinx warning, and the book is built with warnings as errors.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
CONVERTER = LatexToMathML(fancy_error=False)

# Authors may break a line in a bare formula; TeX allows that only inside an environment.
ENVIRONMENT = re.compile(r"\s*\\begin\{(\w+\*?)\}")
NUMBERED = ("equation", "align", "gather", "multline", "alignat", "eqnarray")


def prepare(tex: str) -> str:
    """TeX as an author writes it in a Sphinx document, turned into TeX that stands alone.

    Numbers are Sphinx's business (a label after the formula), so environments lose theirs.
    """
    tex = tex.replace(r"\begin{split}", r"\begin{aligned}").replace(
        r"\end{split}", r"\end{aligned}"
    )
    for name in NUMBERED:
        tex = tex.replace(rf"\begin{{{name}}}", rf"\begin{{{name}*}}")
        tex = tex.replace(rf"\end{{{name}}}", rf"\end{{{name}*}}")
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", tex) if part.strip()]
    joined = r" \\ ".join(paragraphs)
    if r"\\" in joined and not ENVIRONMENT.match(joined):
        return rf"\begin{{aligned}}{joined}\end{{aligned}}"
    return joined


def to_mathml(tex: str, *, display: bool) -> str:
    """Return ``tex`` as one ``<math>`` element that carries its source as ``alttext``.

    Raises:
        LatexError: the formula holds an unknown command or does not close what it opens.
    """
    mathml = CONVERTER.convert_with_local_state(prepare(tex), displaystyle=display)
    source = escape(" ".join(tex.split()), quote=True)
    return mathml.replace("<math", f'<math alttext="{source}"', 1)


def converted(node: nodes.Element, *, display: bool) -> str:
    """The formula of ``node``, or its source in red type and a warning that names the place."""
    tex = node.astext()
    try:
        return to_mathml(tex, display=display)
    except LatexError as error:
        LOGGER.warning(
            "formula cannot be rendered: %s in %r", error, tex, location=node, type="mathml"
        )
        return f'<code class="math-error">{escape(tex)}</code>'


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line of text."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(converted(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on its own line, with its number if it has a label."""
    # A wide formula scrolls inside its own box, so the box can take the keyboard's focus.
    attributes = {"tabindex": "0", "role": "group", "aria-label": "formula"}
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight", **attributes))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(converted(node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register as a renderer that `html_math_renderer: mathml` chooses."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
