"""What recorded runs on photographs gave up for what: accuracy, sharing, purity."""

from collections.abc import Mapping, Sequence

from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

MARKERS = "osD^vP*Xd"
SHADES = ("protoquant", "wrong", "pact", "qsenn", "float")

Traded = tuple[float, float, float]
"""Share named rightly, classes a code, purity above chance."""


def accuracy_over_parts(
    found: Mapping[str, Sequence[Traded]], levels: Mapping[str, float]
) -> Drawing:
    """Accuracy against how many classes share a code, left, and against purity, right.

    Args:
        found: by setting, one point a seed; large is their mean.
        levels: what to compare accuracies with, as level lines.
    """
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
    for place, (name, seeds) in enumerate(found.items()):
        shade = LIGHT[SHADES[place % len(SHADES)]]
        marker = MARKERS[place % len(MARKERS)]
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
        for (name, share), dash in zip(levels.items(), (":", "--"), strict=False):
            label = name if axes is panels[0] else None
            axes.axhline(100 * share, color=LIGHT["float"], linestyle=dash, label=label)
    panels[0].set(xscale="log", xlabel="classes a code", ylabel="named rightly, %")
    panels[0].set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    panels[0].minorticks_off()
    panels[1].axvline(0, color=LIGHT["float"], linewidth=1)
    panels[1].set(xlabel="purity above that of a fixed cell")
    drawing.legend(loc="outside upper left", ncols=2)
    return drawing
