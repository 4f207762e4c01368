"""The book's own Sphinx extensions: formulas, the key of the execution cache, lean pages."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import execution_key
import lean_pages
import mathml
import pytest
from math_core import LatexError

ROOT = Path(__file__).parents[2]


def build(folder, page, *options):
    """Render one Markdown page with the formula extension; return (exit code, HTML, messages)."""
    (folder / "index.md").write_text(page)
    (folder / "conf.py").write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['myst_parser', 'mathml']\n"
        "html_math_renderer = 'mathml'\n"
        "myst_enable_extensions = ['dollarmath', 'amsmath']\n"
    )
    command = [sys.executable, "-m", "sphinx", "-q", *options, str(folder), str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, (folder / "out" / "index.html").read_text(), done.stderr


def test_formulas_become_mathml_with_numbers_and_source(tmp_path):
    page = "# T\n\nInline $a < b$.\n\n$$\nx &= 1 \\\\\ny &= 2\n$$ (pair)\n\nSee {eq}`pair`.\n"
    code, html, messages = build(tmp_path, page, "-W")
    assert code == 0, messages
    assert '<math alttext="a &lt; b"><mi>a</mi>' in html
    assert '<span class="eqno">(1)' in html
    assert 'href="#equation-pair">(1)</a>' in html
    assert html.count("<mtr>") == 2
    assert "tex-mml" not in html, "no script is asked for"


def test_a_broken_formula_fails_the_build_and_names_the_place(tmp_path):
    code, html, messages = build(tmp_path, "# T\n\nSee\n\n$$\n\\frac{1\n$$\n", "-W", "--keep-going")
    assert code != 0
    assert "index.md" in messages
    assert "formula cannot be rendered" in messages
    assert '<code class="math-error">' in html


def test_a_citation_carries_the_label_of_its_entry(tmp_path):
    (tmp_path / "works.bib").write_text(
        "@article{b, author={B, A and C, D and E, F}, title={Second}, journal={J}, year={2018}}\n"
        "@article{a, author={B, A and A, D and E, F}, title={First}, journal={J}, year={2018}}\n"
        "@article{l, author={L{\\'e}on, A and M, B}, title={Pair}, journal={J}, year={1999}}\n"
    )
    page = "# T\n\n{cite}`a` {cite}`b` {cite}`l`\n\n```{bibliography}\n:style: author_year\n```\n"
    (tmp_path / "index.md").write_text(page)
    (tmp_path / "conf.py").write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['myst_parser', 'sphinxcontrib.bibtex', 'citation_labels']\n"
        "bibtex_bibfiles, bibtex_reference_style = ['works.bib'], 'label'\n"
    )
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(tmp_path), str(tmp_path / "out")]
    subprocess.run(command, check=True)
    html = re.sub("<[^>]+>", "", (tmp_path / "out" / "index.html").read_text())
    labels = ["[B et al., 2018a]", "[B et al., 2018b]", "[Léon and M, 1999]"]
    assert [html.count(label) for label in labels] == [2, 2, 2]
    assert re.search(r"2018a\]\s*A.B, [^[]+ First", html)


@pytest.mark.parametrize(
    "tex",
    [
        r"y_q = \mathrm{round}\!\left(\mathrm{clip}(x, 0, \alpha)\tfrac{2^k - 1}{\alpha}\right)",
        r"\begin{cases} 0 & x < \alpha \\ 1 & x \ge \alpha \end{cases}",
        r"\begin{align} a &= b \\ c &= d \end{align}",
        r"\begin{split} a &= b \\ c &= d \end{split}",
        r"\operatorname*{arg\,min}_c \lVert x - c \rVert_2^2, \quad \mathbb{E}[w^2], \hat{w}",
    ],
)
def test_what_chapters_write_is_understood(tex):
    mathml_text = mathml.to_mathml(tex, display=True)
    assert mathml_text.startswith('<math alttext="')
    assert "(1)" not in mathml_text, "numbers are Sphinx's business"


def test_unknown_commands_are_errors():
    with pytest.raises(LatexError):
        mathml.to_mathml(r"\notacommand{x}", display=False)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.delenv("FEWBITS_SCALE", raising=False)
    monkeypatch.delenv("FEWBITS_DATA", raising=False)
    package = tmp_path / "src" / "fewbits"
    package.mkdir(parents=True)
    (package / "ops.py").write_text("x = 1\n")
    return tmp_path


def test_the_key_follows_everything_that_outputs_depend_on(checkout, monkeypatch):
    keys = [execution_key.execution_key(checkout)]
    assert execution_key.execution_key(checkout) == keys[0]

    (checkout / "src" / "fewbits" / "ops.py").write_text("x = 2\n")
    keys.append(execution_key.execution_key(checkout))
    (checkout / "results").mkdir()
    (checkout / "results" / "run.json").write_text("{}\n")
    keys.append(execution_key.execution_key(checkout))
    monkeypatch.setenv("FEWBITS_SCALE", "real")
    keys.append(execution_key.execution_key(checkout))
    raw = checkout / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    monkeypatch.setenv("FEWBITS_DATA", str(checkout / "data"))
    keys.append(execution_key.execution_key(checkout))
    (raw / "images").write_bytes(b"abc")
    keys.append(execution_key.execution_key(checkout))
    monkeypatch.setattr(execution_key, "version_facts", lambda: ["torch 99"])
    keys.append(execution_key.execution_key(checkout))
    assert len(set(keys)) == len(keys)


def test_what_a_process_puts_on_its_path_does_not_change_the_key(checkout, monkeypatch, tmp_path):
    """As setuptools does with the copies that it brings along."""
    before = execution_key.execution_key(checkout)
    told = tmp_path / "vendored" / "stray-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: stray\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(told.parent))
    assert "stray" in {one.metadata["Name"] for one in metadata.distributions()}
    assert execution_key.execution_key(checkout) == before


def test_the_key_ignores_what_does_not_matter(checkout, monkeypatch):
    before = execution_key.execution_key(checkout)
    cache = checkout / "src" / "fewbits" / "__pycache__"
    cache.mkdir()
    (cache / "ops.pyc").write_bytes(b"1")
    monkeypatch.setenv("FEWBITS_SCALE", "smoke")
    assert execution_key.execution_key(checkout) == before


def test_old_caches_are_forgotten_but_never_the_current(tmp_path):
    for age in range(8):
        folder = tmp_path / f"key{age}"
        folder.mkdir()
        os.utime(folder, (1000 - age, 1000 - age))
    execution_key.forget_old(tmp_path, tmp_path / "key7")
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"key7", "key0", "key1", "key2"}


CSS = """
/* gone */ @import "x.css";
.used, .unused > a { color: red } .unused { color: blue }
@media (min-width: 1px) { .unused { color: blue } }
@media print { .used::before { content: "}" ; } .unused {} }
:not(.unused) p { margin: 0 } a:is(.unused, .used) { margin: 1px }
.sm\\:used { top: 0 }
@font-face { src: url(webfonts/a.woff2) } @font-face { src: url(mine.woff2) }
"""


def test_only_rules_that_cannot_match_are_dropped():
    slimmed = lean_pages.slim(CSS.replace('"}"', '"x"'), {"used", "sm", "p"})
    assert ".unused {" not in slimmed.replace(".unused{", ".unused {")
    assert ".used{ color: red }" in slimmed
    assert "min-width" not in slimmed
    assert '@media print{.used::before{ content: "x" ; }}' in slimmed
    assert ":not(.unused) p" in slimmed
    assert "a:is(.unused, .used)" in slimmed
    assert "webfonts" not in slimmed
    assert "mine.woff2" in slimmed
    assert '@import "x.css";' in slimmed
    assert "gone" not in slimmed


def test_pages_without_a_document_go(tmp_path):
    (tmp_path / "book").mkdir()
    for name in ("kept", "dropped"):
        (tmp_path / "book" / f"{name}.html").touch()
    (tmp_path / "search.html").touch()
    assert lean_pages.stale_pages(tmp_path, {"book/kept"}) == [tmp_path / "book" / "dropped.html"]


def test_the_palette_reaches_the_page_in_both_themes():
    css = lean_pages.palette_css()
    assert css.count("--fb-pact:") == 3
    assert 'html[data-theme="dark"]' in css
