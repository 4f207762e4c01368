"""What recorded runs on photographs gave up for what: accuracy, sharing, purity."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

from fewbits.errors import UsageError
from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

MARKERS = "osD^vP*Xd"
JOINED = "protoquant"
SHADES = ("wrong", "pact", "qsenn", "float")

Traded = tuple[float, float, float]
"""Share named rightly, classes a code, purity above chance."""


def accuracy_over_parts(
    found: Mapping[str, Sequence[Traded]],
    levels: Mapping[str, float],
    joined: Sequence[str] = (),
) -> Drawing:
    """Accuracy against how many classes share a code, left, and against purity, right.

    Args:
        found: by setting, one point a seed; large is their mean.
        levels: what to compare accuracies with, as level lines.
        joined: settings that differ in one number: of one colour, in this order on one line.

    Raises:
        UsageError: a joined setting is not among those found.
    """
    if strange := [name for name in joined if name not in found]:
        raise UsageError(
            f"joined: nothing was found for {', '.join(map(repr, strange))}; there is "
            f"{', '.join(map(repr, found))}"
        )
    means = {
        name: tuple(sum(column) / len(seeds) for column in zip(*seeds, strict=True))
        for name, seeds in found.items()
    }
    told = "; ".join(
        f"{name}: {100 * right:.1f} %, {classes:.1f} classes a code, purity {above:+.3f}"
        for name, (right, classes, above) in means.items()
    )
    beside = "; ".join(f"{name} {100 * share:.1f} %" for name, share in levels.items())
    drawing = Drawing(
        f"Named rightly against classes a code and purity above chance. {told}; {beside}.", 7.0, 4.2
    )
    panels = drawing.panels(1, 2, sharey=True)
    for axes, column in zip(panels, (1, 2), strict=True):
        way = [means[name] for name in joined]
        axes.plot([m[column] for m in way], [100 * m[0] for m in way], color=LIGHT[JOINED])
    others = [name for name in found if name not in joined]
    for place, (name, seeds) in enumerate(found.items()):
        alone = SHADES[others.index(name) % len(SHADES)] if name in others else JOINED
        shade, marker = LIGHT[alone], MARKERS[place % len(MARKERS)]
        for axes, column in zip(panels, (1, 2), strict=True):
            axes.plot(
                [seed[column] for seed in seeds],
                [100 * seed[0] for seed in seeds],
                marker,
                color=shade,
                alpha=0.45,
                markersize=3,
            )
            mean = means[name]
            axes.plot(mean[column], 100 * mean[0], marker, color=shade, markersize=9)
        panels[0].plot([], [], marker, color=shade, label=name)
    for axes in panels:
        for (name, share), dash in zip(levels.items(), cycle((":", "--", "-.")), strict=False):
            label = name if axes is panels[0] else None
            axes.axhline(100 * share, color=LIGHT["float"], linestyle=dash, label=label)
    panels[0].set(xscale="log", xlabel="classes a code", ylabel="named rightly, %")
    most = max(seed[1] for seeds in found.values() for seed in seeds)
    ticks = [2**power for power in range(max(1, math.ceil(math.log2(most))) + 1)]
    panels[0].set_xticks(ticks, [str(tick) for tick in ticks])
    panels[0].minorticks_off()
    panels[1].axvline(0, color=LIGHT["float"], linewidth=1)
    panels[1].set(xlabel="purity above that of a fixed cell")
    drawing.legend(loc="outside upper left", ncols=3)
    return drawing
