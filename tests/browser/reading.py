"""What a reader sees of an open control, and how a reader's hands reach its inputs."""

from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator
from visiting import Visit

STARTED = """() => {
  const roots = [...document.querySelectorAll('[data-widget]')];
  return roots.length && roots.every((root) => root.querySelector('output[data-exact]'));
}"""

# Two: what is drawn when a size is known comes one picture after that.
PICTURES = """async () => {
  for (let k = 0; k < 2; k++) {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
}"""

NUMBERS = """() => Object.fromEntries([...document.querySelector('[data-widget]')
  .querySelectorAll('output')].map((o) => [o.dataset.value, Number(o.dataset.exact)]))"""

LOOKS = """() => {
  const root = document.querySelector('[data-widget]');
  const every = (selector, read) => [...root.querySelectorAll(selector)].map(read);
  const attributes = ['d', 'x1', 'y1', 'cx', 'cy', 'r', 'width', 'height'];
  return {
    words: root.innerText,
    numbers: every('output:not([hidden] *)', (e) => [e.dataset.value, e.dataset.exact]),
    inputs: every('[data-input]',
      (e) => [e.dataset.input, e.value, e.checked, e.disabled, e.getAttribute('aria-valuetext')]),
    descriptions: every('[aria-label]', (e) => e.getAttribute('aria-label')),
    drawn: every('svg *', (e) => attributes.map((name) => e.getAttribute(name))),
    painted: every('canvas', (e) => e.toDataURL()),
  };
}"""


def pictures(seen: Visit) -> None:
    """Wait until what was asked for has been drawn."""
    seen.page.evaluate(PICTURES)


def ready(seen: Visit) -> Visit:
    """The same page, when every control in it shows its numbers and its pictures."""
    seen.page.wait_for_function(STARTED)
    pictures(seen)
    return seen


def numbers(seen: Visit) -> dict[str, float]:
    """Every number of the first control, to its last digit."""
    return seen.page.evaluate(NUMBERS)


def as_shown(found: Mapping[str, float | int | None]) -> dict[str, float]:
    """Numbers of Python by the names of the page's outputs; what there is not yet is NaN."""
    nan = float("nan")
    return {k.replace("_", "-"): nan if v is None else v for k, v in found.items()}


def agree(seen: Visit, found: Mapping[str, float | int | None]) -> None:
    """Checks the first control's numbers against Python's: all that both of them have."""
    shown, expected = numbers(seen), as_shown(found)
    both = expected.keys() & shown.keys()
    assert both
    for name in both:
        near = pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True)
        assert shown[name] == near, name


def rgb(colours: Mapping[str, str], name: str) -> tuple[int, ...]:
    """A colour of a palette: red, green and blue from 0 to 255."""
    return tuple(int(colours[name][i : i + 2], 16) for i in (1, 3, 5))


def looks(seen: Visit) -> dict[str, Any]:
    """All there is to see of the first control: words, numbers, inputs, lines and pixels."""
    pictures(seen)
    return seen.page.evaluate(LOOKS)


def pixels(canvas: Locator) -> np.ndarray:
    """Red, green and blue of a canvas, from 0 to 255: row x column x 3."""
    # As a PNG: a list of a million numbers takes seconds to hand over.
    _, drawn = canvas.evaluate("(e) => e.toDataURL()").split(",")
    return np.asarray(Image.open(BytesIO(b64decode(drawn))).convert("RGB")).astype(int)


def control(seen: Visit, name: str) -> Locator:
    """The input of this name; of radio buttons the first."""
    return seen.page.locator(f"[data-input={name}]").first


def chosen(seen: Visit, name: str) -> Locator:
    """The input of this name that the Tab key reaches: of radio buttons the chosen one."""
    return seen.page.locator(f"[data-input={name}]:not([type=radio]:not(:checked))").first


def held(seen: Visit, name: str) -> str:
    """The value of an input; of a box to tick whether it is."""
    return chosen(seen, name).evaluate("(e) => e.type === 'checkbox' ? `${e.checked}` : e.value")


def text(seen: Visit, name: str) -> str:
    """A number as it is written in the page."""
    return seen.page.locator(f"output[data-value={name}]").first.inner_text()


def status(seen: Visit) -> str:
    """The sentence about what is seen."""
    pictures(seen)
    return seen.page.locator(".fb-status").first.inner_text()
