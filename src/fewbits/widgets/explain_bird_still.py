"""What ExplainBird shows where no script runs: the picture, the parts of its logit, all logits."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from fewbits.widgets.picture_sheet import picture_url
from fewbits.widgets.still import bars, figure


def explain_still(
    pixels: UInt8[np.ndarray, "side side 3"],
    names: tuple[str, str],
    parts: Sequence[tuple[str, float]],
    bias: float,
    class_names: Sequence[str],
    logits: Sequence[float],
) -> str:
    """Three pictures; what speaks against the class has another colour, and so has the class."""
    label, explained = (name.replace("_", " ") for name in names)
    side = len(pixels)
    image = f'<image href="{picture_url(pixels)}" width="{side}" height="{side}"/>'
    picture = figure(f"The picture: {label}", side, side, image, shown=160)
    together = sum(part for _, part in parts) + bias
    title = f"What adds up to the logit of {explained}, {together:.2f}"
    signed = [
        (name, part, "wrong-solid" if part < 0 else "qsenn-fill")
        for name, part in [*parts, ("bias", bias)]
    ]
    spoken = [
        (name.replace("_", " "), logit, "qsenn-fill" if name == names[1] else "float-fill")
        for name, logit in zip(class_names, logits, strict=True)
    ]
    spoken.sort(key=lambda row: -row[1])
    every = bars(f"Logits of all classes, the largest that of {spoken[0][0]}", spoken)
    return f'<div class="fb-plots"><div>{picture}{bars(title, signed)}</div>{every}</div>'
