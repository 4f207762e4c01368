"""What SaliencyCompare shows where no script runs: the image, both maps, both deletion curves."""

from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import Float

from fewbits.widgets.saliency_compare_transport import Cargo
from fewbits.widgets.still import BOTTOM, LEFT, RIGHT, TOP, panel, polyline, scale

SHADES = 4


def shaded(values: Float[np.ndarray, "height width"], fill: str) -> str:
    """Pixels above 0 in four shades, one path a shade; runs along a row are one rectangle."""
    shades = np.ceil(values.clip(0, 1) * SHADES - 0.5).astype(int)
    paths = []
    for shade in range(1, SHADES + 1):
        runs = "".join(
            f"M{start} {row}h{length}v1h-{length}z"
            for row, line in enumerate(shades == shade)
            for start, length in _runs(line)
        )
        if runs:
            opacity = shade / SHADES
            paths.append(f'<path style="fill:{fill};stroke:none" opacity="{opacity}" d="{runs}"/>')
    return "".join(paths)


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Start and length of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def picture(title: str, description: str, layers: str) -> str:
    """One described picture of 28 x 28 pixels, caption above."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg role="img" aria-label="{escape(description)}" viewBox="0 0 28 28" '
        f'width="196" height="196"><rect class="wash-fill" width="28" height="28"/>{layers}'
        "</svg></figure>"
    )


def curves_panel(cargo: Cargo, places: Sequence[tuple[int, int, int]]) -> str:
    """Both deletion curves over the share of pixels removed."""
    x, y = scale(0.0, 1.0, LEFT, RIGHT), scale(0.0, 1.0, BOTTOM, TOP)
    marks = ""
    for kind, place in zip(("sc-left-line", "sc-right-line"), places, strict=True):
        curve = cargo.curve(*place).tolist()
        xs = [x(i / cargo.steps) for i in range(len(curve))]
        marks += f'<path class="{kind}" d="{polyline(xs, [y(score) for score in curve])}"/>'
    ticks = [(x(0) + 8, "0 %"), (x(0.5), "50 %"), (x(1) - 14, "100 %")]
    title = "Probability of the class (0 to 1) while pixels are removed, most important first"
    return panel(title, "pixels removed", title, marks, ticks)


def saliency_still(
    cargo: Cargo,
    image: int,
    method: int,
    models: Sequence[int],
    titles: tuple[str, str],
    label: str,
) -> str:
    """Four pictures; both maps share one scale of shades, blue above 0 and amber below."""
    maps = [cargo.map(model, method, image).numpy() for model in models]
    largest = max(float(np.abs(values).max()) for values in maps) or 1.0
    grey = shaded(cargo.images[image] / 255.0, "var(--fb-ink)")
    pictures = picture(f"The image: {label}", f"The image: {label}", grey)
    for side, title, values in zip(("Left", "Right"), titles, maps, strict=True):
        layers = shaded(values / largest, "var(--fb-pact)")
        layers += shaded(-values / largest, "var(--sc-right)")
        pictures += picture(f"{side}: {title}", f"Saliency map: {title}", layers)
    pictures += curves_panel(cargo, [(model, method, image) for model in models])
    return f'<div class="fb-plots">{pictures}</div>'
