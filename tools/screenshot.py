"""Take the README's picture of the book: a chapter with its control, as `make book` built it."""

import functools
import os
import shutil
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

from fewbits.cli.doctor import BROWSERS

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
PAGE = "book/foundations/levels.html"
TARGET = ROOT / "docs" / "screenshot.png"
MOST_BYTES = 300_000


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def take(address: str, browser_path: str) -> None:
    """Open the page, put its control at the top of the window, and save what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.goto(f"{address}/{PAGE}", wait_until="networkidle")
        control = page.locator("[data-widget]").first
        control.evaluate("e => window.scrollTo(0, e.getBoundingClientRect().top + scrollY - 62)")
        page.wait_for_timeout(300)
        page.screenshot(path=TARGET)
        browser.close()


def main() -> int:
    """Serve the book on this machine alone and take the picture."""
    found = [os.environ.get("FEWBITS_CHROMIUM"), *map(shutil.which, BROWSERS)]
    browser_path = next((path for path in found if path), None)
    if browser_path is None or not (HTML / PAGE).is_file():
        print(f"a picture needs Chromium (apt install {BROWSERS[0]}) and the book (make book)")
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    handler = functools.partial(Quiet, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        take(f"http://127.0.0.1:{server.server_port}", browser_path)
        server.shutdown()
    size = TARGET.stat().st_size
    print(f"{TARGET.relative_to(ROOT)}: {size / 1000:.0f} kB")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
