"""Pictures of the loop: shapes of features, accuracy pass by pass, settings tried."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from jaxtyping import Float
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import DASHES
from fewbits.palette import LIGHT

SHADES = ("qsenn", "wrong", "pact", "protoquant")  # the float colour is the dense network's


def humps(
    columns: Mapping[str, Float[Tensor, " value"]], scores: Mapping[str, float], bins: int = 30
) -> Drawing:
    """A histogram of each column, with what a measure says of its shape."""
    told = ", ".join(f"{name} {scores[name]:.2f}" for name in columns)
    wide = min(len(columns), 4)
    rows = -(-len(columns) // wide)
    drawing = Drawing(f"Histograms and their scores: {told}.", 1.85 * wide, 1.7 * rows)
    panels = drawing.panels(rows, wide)
    for axes in panels[len(columns) :]:
        axes.set_axis_off()
    for axes, (name, values) in zip(panels, columns.items(), strict=False):
        axes.hist(values.detach().cpu().numpy(), bins, color=LIGHT["qsenn"])
        axes.set_title(f"{name}: {scores[name]:.2f}", fontsize=8)
        axes.set(yticks=[])
        axes.tick_params(labelsize=7)
    return drawing


def over_passes(
    shares: Mapping[str, Sequence[float | None]], dense: float | None = None
) -> Drawing:
    """Share of pictures named rightly, moment by moment, for several loops.

    Args:
        shares: for each loop its accuracies, 0 to 1: rounded and tuned in turn, pass by pass;
            None where nothing was rounded.
        dense: the dense network's, drawn as a level.
    """
    told = "; ".join(
        f"{name} {', '.join('-' if share is None else f'{100 * share:.0f}' for share in values)} %"
        for name, values in shares.items()
    )
    drawing = Drawing(f"Named rightly after rounding and after tuning: {told}.", 6.4, 2.8)
    (axes,) = drawing.panels()
    if dense is not None:
        axes.axhline(dense, color=LIGHT["float"], linestyle="--", linewidth=1, label="dense")
    for (name, values), shade, dash in zip(
        shares.items(), cycle(SHADES), cycle(DASHES), strict=False
    ):
        found = [(k, share) for k, share in enumerate(values) if share is not None]
        axes.plot(
            *zip(*found, strict=True), color=LIGHT[shade], linestyle=dash, marker="o", label=name
        )
    longest = max(len(values) for values in shares.values())
    axes.set_xticks(
        range(longest),
        [("rounded", f"tuned\npass {k // 2 + 1}")[k % 2] for k in range(longest)],
        fontsize=8,
    )
    axes.set(ylabel="named rightly", ylim=(0, 1.02))
    drawing.legend(loc="outside upper center", ncols=4, fontsize=8)
    return drawing


def settings_tried(
    tried: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]], dense: float
) -> Drawing:
    """A panel for each setting: accuracy over its values, the mean of the seeds and their range.

    Args:
        tried: setting -> line -> value -> accuracies of the seeds, 0 to 1.
        dense: the dense network's, drawn as a level in all panels.
    """
    told = "; ".join(
        f"{setting}: "
        + ", ".join(
            f"{line} {value} {100 * sum(shares) / len(shares):.0f} %"
            for line, values in lines.items()
            for value, shares in values.items()
        )
        for setting, lines in tried.items()
    )
    drawing = Drawing(f"Named rightly for several settings. {told}.", 7.2, 2.6)
    for axes, (setting, lines) in zip(
        drawing.panels(1, len(tried), sharey=True), tried.items(), strict=True
    ):
        names = list(dict.fromkeys(value for values in lines.values() for value in values))
        axes.axhline(100 * dense, color=LIGHT["float"], linestyle="--", linewidth=1)
        for (line, values), shade, dash in zip(
            lines.items(), cycle(SHADES), cycle(DASHES), strict=False
        ):
            shares = [[100 * share for share in one] for one in values.values()]
            means = [sum(one) / len(one) for one in shares]
            reach = [
                [mean - min(one) for mean, one in zip(means, shares, strict=True)],
                [max(one) - mean for mean, one in zip(means, shares, strict=True)],
            ]
            axes.errorbar(
                [names.index(value) for value in values],
                means,
                reach,
                color=LIGHT[shade],
                linestyle=dash,
                marker="o",
                markersize=4,
                capsize=2,
                label=line,
            )
        axes.set_xticks(range(len(names)), names, fontsize=8)
        axes.set(xlabel=setting)
        if len(lines) > 1:
            axes.legend(fontsize=8)
    drawing.axes[0].set(ylabel="named rightly, %")
    return drawing
