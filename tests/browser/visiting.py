"""Pages served on 127.0.0.1, and what an open page asked for and complained about."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Response


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder on 127.0.0.1; yields its origin."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """An open page and what it did: every address it asked for, every complaint on its console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the console calls an error or a warning."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def strangers(self, origin: str) -> list[str]:
        """What was asked of anyone but ``origin``; data and blob addresses stay in the page."""
        return [url for url in self.requests if not url.startswith((origin, "data:", "blob:"))]

    def axe(self, *rules: str) -> list[str]:
        """Serious and critical findings of axe-core, one line each; of all rules by default."""
        # A button on its way from one theme's colours to the other's has neither's contrast.
        settle = "one => { try { one.finish() } catch { one.cancel() } }"  # some never end
        self.page.evaluate(f"document.getAnimations().forEach({settle})")
        options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{finding['impact']}: {finding['id']} at {finding['nodes'][0]['target']} "
            f"({len(finding['nodes'])} in all): {finding['nodes'][0]['failureSummary']}"
            for finding in found
            if finding["impact"] in ("serious", "critical")
        ]

    def overhang(self) -> int:
        """Pixels by which the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
