"""Every page of the built book: alone with its server, light, legible, alive."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from visiting import serving

BOOK = Path(__file__).parents[2] / "_build" / "html"
# index.html at the top only sends the reader on to the first page.
PAGES = sorted(str(p.relative_to(BOOK)) for p in BOOK.rglob("*.html") if p != BOOK / "index.html")
HARMLESS = ("THEBE_JS_URL has already been declared",)
CODE = (".html", ".css", ".js", ".woff2", ".woff", ".ttf", ".json")
MOST_BYTES = 1_000_000

pytestmark = pytest.mark.skipif(not PAGES, reason="the book is not built: run `make book` first")
every_page = pytest.mark.parametrize("path", PAGES or ["the book"])

OUTPUTS = "(root) => [...root.querySelectorAll('output')].map((o) => o.textContent).join('|')"


@pytest.fixture(scope="module")
def origin():
    with serving(BOOK) as address:
        yield address


@every_page
def test_page_is_alone_light_and_quiet(origin, visit, path):
    seen = visit(f"{origin}/{path}", settled=True)
    assert seen.strangers(origin) == []
    assert [line for line in seen.complaints if not any(word in line for word in HARMLESS)] == []
    failed = [f"{r.status} {r.url}" for r in seen.responses if r.status >= 400]
    assert failed == []
    asked = {urlsplit(url).path for url in seen.requests if url.startswith(origin)}
    sizes = {name: (BOOK / name[1:]).stat().st_size for name in asked if name.endswith(CODE)}
    assert sum(sizes.values()) <= MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:8]


def test_the_top_leads_to_the_first_page(origin, visit):
    seen = visit(f"{origin}/index.html", settled=True)
    assert seen.page.url.startswith(f"{origin}/book/")
    assert seen.page.locator("article h1").first.is_visible()


@every_page
def test_axe_finds_nothing_serious(origin, visit, path):
    assert visit(f"{origin}/{path}").axe() == []


@every_page
def test_everything_can_be_read_in_the_dark(origin, visit, path):
    """Nothing but colours differs between the themes."""
    seen = visit(f"{origin}/{path}", theme="dark")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert seen.axe("color-contrast") == []


@every_page
def test_page_fits_a_phone(origin, visit, path):
    seen = visit(f"{origin}/{path}", width=360)
    wide = """[...document.querySelectorAll('article *')].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width && box.right > innerWidth + 1;
    }).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
    assert seen.overhang() <= 0, seen.page.evaluate(wide)


@every_page
def test_every_control_is_alive(origin, visit, path):
    seen = visit(f"{origin}/{path}")
    controls = seen.page.locator("[data-widget]")
    for i in range(controls.count()):
        root = controls.nth(i)
        name = f"{root.get_attribute('data-widget')}, number {i + 1} of {path}"
        slider = root.locator("input[type=range]").first
        before = root.evaluate(OUTPUTS)
        at_end = slider.evaluate("(input) => input.value === input.max")
        slider.press("ArrowLeft" if at_end else "ArrowRight")
        assert root.evaluate(OUTPUTS) != before, f"{name}: its first slider moved no number"


@every_page
def test_every_control_has_a_picture_without_javascript(origin, visit, path):
    seen = visit(f"{origin}/{path}", javascript=False)
    controls = seen.page.locator("[data-widget]")
    for i in range(controls.count()):
        pictures = controls.nth(i).locator("noscript [role=img], noscript img")
        assert pictures.count() >= 1
        assert pictures.first.is_visible()
        assert pictures.first.evaluate("(e) => e.getAttribute('aria-label') || e.alt")
