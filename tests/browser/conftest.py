"""One Chromium for all browser tests, and ways to open a page or a control in it."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from playwright.sync_api import Browser, sync_playwright
from reading import ready
from visiting import Visit, serving

from fewbits.cli.doctor import BROWSERS

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    """Whatever lies in this folder drives Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("FEWBITS_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )
    if path is None or not Path(path).is_file():
        pytest.fail(
            "no Chromium found for the browser tests: install it (Debian: "
            f"`apt install {BROWSERS[0]}`, or `chromium`), or set FEWBITS_CHROMIUM to one, "
            "or leave them out with -m 'not browser'",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens an address: ``visit(url, theme="dark")``; ``settled`` waits for late requests."""
    contexts = []

    def opened(url, theme="light", width=1200, javascript=True, settled=False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=javascript,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        seen = Visit(page)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("response", lambda response: seen.responses.append(response))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("console", lambda message: seen.heard(message))
        page.goto(url, wait_until="networkidle" if settled else "load")
        return seen

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def publish(tmp_path_factory):
    """Puts a page on 127.0.0.1: ``publish(html)`` -> its address."""
    folder, numbers = tmp_path_factory.mktemp("pages"), itertools.count()

    def published(html):
        name = f"{next(numbers)}.html"
        (folder / name).write_text(html, encoding="utf-8")
        return f"{origin}/{name}"

    with serving(folder) as origin:
        yield published


@pytest.fixture
def show(visit, publish):
    """Opens controls in a bare page: ``show(widget, theme="dark")``, settings as of ``visit``."""

    def shown(*widgets, **settings):
        return ready(visit(publish(pages.bare(*widgets)), **settings))

    return shown


@pytest.fixture
def notebook(visit, publish):
    """Opens a control under a notebook's model: ``notebook(widget)``; the console stays empty."""
    opened = []

    def shown(widget):
        opened.append(ready(visit(publish(pages.notebook(widget)))))
        return opened[-1]

    yield shown
    for seen in opened:
        assert seen.complaints == []
