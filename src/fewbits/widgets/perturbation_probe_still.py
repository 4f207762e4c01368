"""What PerturbationProbe shows where no script runs: the patched picture, and what changed most."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from fewbits.widgets.picture_sheet import picture_url
from fewbits.widgets.still import bars, figure

SIDE = 200  # of the picture, in pixels


def probe_still(
    pixels: UInt8[np.ndarray, "side side 3"],
    told: str,
    rows: Sequence[tuple[str, Sequence[tuple[str, float]]]],
) -> str:
    """The picture with the patch on it, and for each model the codes that changed most."""
    image = f'<image href="{picture_url(pixels)}" width="{SIDE}" height="{SIDE}"/>'
    lists = "".join(
        bars(
            title,
            [
                (name, change, "wrong-solid" if change < 0 else "protoquant-fill")
                for name, change in changes
            ],
        )
        for title, changes in rows
    )
    return f'<div class="fb-plots">{figure(told, SIDE, SIDE, image)}<div>{lists}</div></div>'
