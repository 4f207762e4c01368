"""What ClassEditor shows where no script runs: a picture, a class's reasons, all shares."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from fewbits.widgets.picture_sheet import picture_url
from fewbits.widgets.still import bars, figure

SIDE = 160  # of the picture, in pixels


def editor_still(
    pixels: UInt8[np.ndarray, "side side 3"],
    titles: tuple[str, str, str],
    parts: Sequence[tuple[str, float]],
    shares: Sequence[tuple[str, float]],
) -> str:
    """Three pictures: the one looked at, the codes' contributions, the classes' shares."""
    image = f'<image href="{picture_url(pixels)}" width="{SIDE}" height="{SIDE}"/>'
    reasons = [(name, part, "protoquant-fill") for name, part in parts]
    classes = [(name, share, "float-fill") for name, share in shares]
    return (
        f'<div class="fb-plots"><div>{figure(titles[0], SIDE, SIDE, image)}'
        f"{bars(titles[1], reasons)}</div>{bars(titles[2], classes)}</div>"
    )
