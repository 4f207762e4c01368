"""Make pages light and self-contained: our palette in, rules and files that no page uses out.

The theme ships about 2.5 MB a page, most of it icons and layouts that are not drawn here. After the
build, style rules whose classes occur in no page and no script are dropped.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from fewbits.palette import css_variables

UNUSED = (
    "scripts/fontawesome.js",
    "vendor/fontawesome",
    "locales",
    "sbt-webpack-macros.html",
    "webpack-macros.html",
)
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WORD = re.compile(r"[\w-]+")
CLASS = re.compile(r"\.(-?[A-Za-z_](?:[\w-]|\\.)*)")
# A class inside one of these may be absent and the rule still apply.
ALTERNATIVES = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")


def palette_css() -> str:
    """The book's colours as custom properties, for the light theme and for the dark one."""
    light, dark = css_variables("light"), css_variables("dark")
    return (
        f":root {{ {light} }}\n"
        f'html[data-theme="dark"] {{ {dark} }}\n'
        f"@media (prefers-color-scheme: dark) {{ html:not([data-theme]) {{ {dark} }} }}\n"
    )


def words_in(folder: Path) -> set[str]:
    """Every word of every page and script: a superset of the classes that can occur."""
    found: set[str] = set()
    for suffix in ("*.html", "*.js"):
        for path in folder.rglob(suffix):
            found.update(WORD.findall(path.read_text("utf8", errors="replace")))
    return found


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Split style text into (prelude, body) pairs; the body is None for statements like @import."""
    at = 0
    while at < len(css):
        found = re.compile(r"[;{]").search(css, at)
        if found is None:
            return
        prelude = css[at : found.start()].strip()
        if found[0] == ";":
            yield prelude, None
            at = found.end()
            continue
        depth, end = 1, found.end()
        for brace in re.compile(r"[{}]").finditer(css, found.end()):
            depth += 1 if brace[0] == "{" else -1
            end = brace.end()
            if depth == 0:
                break
        yield prelude, css[found.end() : end - 1]
        at = end


def can_match(selector: str, words: set[str]) -> bool:
    """Whether every class that ``selector`` asks for occurs among ``words``."""
    needed = CLASS.findall(ALTERNATIVES.sub("", selector))
    return all(name.replace("\\", "") in words for name in needed)


def slim(css: str, words: set[str]) -> str:
    """Return ``css`` without the rules that cannot match, without comments and icon fonts."""
    kept = []
    for prelude, body in rules(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        if body is None:
            kept.append(prelude + ";")
        elif prelude.startswith(("@media", "@supports", "@layer")):
            inner = slim(body, words)
            kept.append(f"{prelude}{{{inner}}}" if inner else "")
        elif prelude.startswith("@font-face"):
            kept.append("" if "webfonts" in body else f"{prelude}{{{body}}}")
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{body}}}")
        else:
            selectors = [s for s in re.split(r",(?![^()]*\))", prelude) if can_match(s, words)]
            kept.append(f"{','.join(selectors)}{{{body}}}" if selectors else "")
    return "".join(kept)


def stale_pages(folder: Path, current: set[str]) -> list[Path]:
    """Pages of earlier builds that no document of the book stands behind any more."""
    pages = (folder / "book").rglob("*.html")
    return [p for p in pages if str(p.relative_to(folder).with_suffix("")) not in current]


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """After the build: write the palette, remove stale pages and unused files, slim the styles."""
    if exception is not None or app.builder.format != "html":
        return
    for page in stale_pages(Path(app.outdir), set(app.env.found_docs)):
        page.unlink()
    static = Path(app.outdir) / "_static"
    for name in UNUSED:
        path = static / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for path in static.rglob("*.map"):
        path.unlink()
    words = words_in(Path(app.outdir))
    own = {path.name for path in (Path(app.srcdir) / "book" / "_assets").glob("*.css")}
    for path in static.rglob("*.css"):
        if path.name in own:
            continue
        path.write_text(slim(path.read_text("utf8"), words), "utf8")
    (static / "palette.css").write_text(palette_css(), "utf8")


def drop_widget_state(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Leave out the state of live widgets: ours carry their own in their HTML."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if getattr(script, "attributes", {}).get("type") != WIDGET_STATE
    ]


def name_references(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Call the entries of a bibliography list items: its list may hold nothing else (ARIA 1.2)."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Run after everything else has been written."""
    # Jupyter Book always sets this; it belongs to an extension that is not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("html-page-context", drop_widget_state, priority=900)
    app.connect("html-page-context", name_references, priority=900)
    app.connect("build-finished", lighten, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
