"""The one way a plot is made: SVG whose colours follow the page's theme, with alt text."""

import base64
import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from fewbits.palette import LIGHT

STYLE: Any = {  # Any, because matplotlib types its keys and this must run with older ones
    "axes.axisbelow": True,
    "axes.edgecolor": LIGHT["float"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": LIGHT["ink"],
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "none",
    "font.size": 10,
    "grid.color": LIGHT["faint"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",  # text stays text: small, sharp, found by the browser's search
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["float"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.color": LIGHT["float"],
    "ytick.labelcolor": LIGHT["ink"],
}

BOX = "overflow-x: auto; margin: 0.5rem 0; background: var(--fb-paper, #fff)"
# Text keeps a readable size: a page too narrow for that scrolls the figure instead.
SVG = (
    "fill: var(--fb-ink, #1D222B); stroke-linejoin: round; display: block; "
    "width: 100%; height: auto; max-width: {most}rem; min-width: {least}rem"
)
EMBEDDED = re.compile(r"(?<=data:image/png;base64,)[^\"]+")
# A hundredth of a point is more than a screen can show.
LONG = re.compile(r"-?\d+\.\d{3,}")


class Drawing(Figure):
    """A matplotlib figure that shows itself as SVG.

    Attributes:
        alt: what a reader who does not see the figure is told: what is drawn and what it shows.
    """

    def __init__(self, alt: str, width: float, height: float) -> None:
        """A blank sheet of ``width`` by ``height`` inches."""
        with mpl.rc_context(STYLE):
            super().__init__(figsize=(width, height), layout="constrained")
        self.alt = alt

    def panels(self, rows: int = 1, columns: int = 1, **options: Any) -> list[Axes]:
        """Axes in reading order, in the book's style."""
        with mpl.rc_context(STYLE):
            return list(self.subplots(rows, columns, squeeze=False, **options).flat)

    def _settle(self) -> None:
        """Bring what was drawn outside ``panels`` into the book's style: titles and legends."""
        for axes in self.axes:
            if title := axes.get_title():
                size = min(axes.title.get_fontsize(), 10)
                axes.set_title("")
                axes.set_title(title, loc="left", fontsize=size, color=LIGHT["ink"])
        for legend in [*self.legends, *(axes.get_legend() for axes in self.axes)]:
            if legend is not None:
                legend.set_frame_on(False)

    def svg(self) -> str:
        """The figure as one ``<svg>`` element."""
        self._settle()
        salt = {
            "svg.hashsalt": self.alt
        }  # the same names for the same figure, its own among others
        with mpl.rc_context(STYLE | salt), io.StringIO() as out:
            self.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
            return follow_theme(out.getvalue(), self.alt, self.get_figwidth())

    def _repr_html_(self) -> str:
        label = escape(self.alt[:60], quote=True)
        return (
            f'<div style="{BOX}" tabindex="0" role="group" aria-label="{label}">{self.svg()}</div>'
        )


def picture(axes: Axes, image: Float[Tensor, "height width"], title: str = "") -> None:
    """Show grey values from 0 (black) to 1 (white), without ticks."""
    axes.imshow(image.detach().numpy(), cmap="gray", vmin=0, vmax=1, interpolation="none")
    axes.set(title=title, xticks=[], yticks=[])
    axes.grid(visible=False)


def _hundredths(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"


def smaller_png(found: re.Match[str]) -> str:
    """An embedded picture of at most 256 opaque colours, with a palette: half of the bytes.

    Matplotlib writes four bytes a pixel whatever a picture holds. Any other picture stays as it is.
    """
    picture = Image.open(io.BytesIO(base64.b64decode(found[0]))).convert("RGBA")
    pixels = np.asarray(picture)
    colours, places = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > 256 or (colours[:, 3] < 255).any():
        return found[0]
    small = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8), mode="P")
    small.putpalette(colours[:, :3].tobytes())
    with io.BytesIO() as out:
        small.save(out, format="png", optimize=True)
        return base64.b64encode(out.getvalue()).decode()


def follow_theme(document: str, alt: str, width: float) -> str:
    """Matplotlib's SVG made fit for a page: no prologue, no global style, colours as variables.

    A colour keeps its light value as the fallback for places that know no theme.
    """
    svg = document[document.index("<svg") :]
    # Matplotlib's own style element would style the whole page.
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r"\s+", " ", svg)
    svg = EMBEDDED.sub(smaller_png, svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r' (d|x|y)="[^"]*"', lambda place: LONG.sub(_hundredths, place[0]), svg)
    while svg != (svg := re.sub(r"<g> ?</g>|<g/>", "", svg)):
        pass
    for name, colour in LIGHT.items():
        svg = re.sub(rf"(?<=[ :]){colour}\b", f"var(--fb-{name}, {colour})", svg, flags=re.I)
    style = SVG.format(most=round(width * 7.4), least=round(width * 3.9, 1))
    described = f'<svg role="img" aria-label="{escape(alt, quote=True)}" style="{style}" '
    return described + svg.removeprefix("<svg ").strip()
