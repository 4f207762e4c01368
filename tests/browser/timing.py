"""How long it takes from an input's event until the numbers in the page are other ones."""

import statistics

from visiting import Visit

# The first change of any text in the control: its numbers come before its drawing.
WATCH = """() => {
  window.times = [];
  const root = document.querySelector('[data-widget]');
  let moved = null;
  root.addEventListener('input', (event) => { moved = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (moved !== null) { window.times.push(performance.now() - moved); moved = null; }
  }).observe(root, { subtree: true, childList: true });
}"""


def watch(seen: Visit) -> None:
    """From now on, note the time of every event on an input of the first control."""
    seen.page.evaluate(WATCH)


def median(seen: Visit, what: str, least: int) -> float:
    """The median in milliseconds of at least ``least`` times, forgotten afterwards."""
    times = seen.page.evaluate("window.times.splice(0)")
    assert len(times) >= least, f"{what}: {len(times)} times"
    print(f"{what}: median {statistics.median(times):.2f} ms, slowest {max(times):.1f} ms")
    return statistics.median(times)
