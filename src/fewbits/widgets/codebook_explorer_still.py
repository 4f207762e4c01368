"""What CodebookExplorer shows where no script runs: a picture in codes, what they add up to."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8

from fewbits.widgets.picture_sheet import picture_url
from fewbits.widgets.still import bars, figure

SIDE = 240  # of the picture, in pixels


def explorer_still(
    pixels: UInt8[np.ndarray, "side side 3"],
    nearest: Int[np.ndarray, "high wide"],
    titles: tuple[str, str],
    parts: Sequence[tuple[str, float]],
    logits: Sequence[tuple[str, float]],
) -> str:
    """Three pictures: the nearest code of each cell, the codes' contributions, the best logits."""
    told, heading = titles
    image = f'<image href="{picture_url(pixels)}" width="{SIDE}" height="{SIDE}"/>'
    high, wide = nearest.shape
    marks = "".join(
        f'<text class="ce-number" x="{(column + 0.5) * SIDE / wide:.1f}" '
        f'y="{(row + 0.5) * SIDE / high + 4:.1f}" text-anchor="middle">{code}</text>'
        for (row, column), code in np.ndenumerate(nearest)
    )
    picture = figure(told, SIDE, SIDE, image + marks)
    reasons = [
        (name, part, "wrong-solid" if part < 0 else "protoquant-fill") for name, part in parts
    ]
    best = [(name, logit, "float-fill") for name, logit in logits]
    title = f"The largest logits, the first that of {best[0][0]}"
    return (
        f'<div class="fb-plots">{picture}'
        f"<div>{bars(heading, reasons)}{bars(title, best)}</div></div>"
    )
