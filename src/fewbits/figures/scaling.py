"""What a large run costs: hours by stage, in one way and another, on one device and on many."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

SHADES = ("float", "protoquant")
THICK = 0.38

Ways = Mapping[str, Mapping[str, float]]
"""What each of two ways takes, by what it goes to."""


def hours_and_bytes(hours: Ways, gigabytes: Ways) -> Drawing:
    """Two panels of bars on logarithmic axes, of each thing one bar a way.

    Args:
        hours: of each way, by what they go to; what a way does not have has no bar.
        gigabytes: of each way, by what they are.
    """
    told = [
        f"{name}: " + ", ".join(f"{what} {_short(value)}" for what, value in parts.items())
        for panel in (hours, gigabytes)
        for name, parts in panel.items()
    ]
    half = len(hours)
    drawing = Drawing(
        f"Bars of hours. {'; '.join(told[:half])}. Bars of gigabytes. {'; '.join(told[half:])}.",
        6.8,
        3.0,
    )
    for axes, parts, unit in zip(
        drawing.panels(1, 2), (hours, gigabytes), ("hours", "GB through the disk"), strict=True
    ):
        _bars(axes, parts)
        axes.set_xlabel(unit)
    drawing.legend(*drawing.axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return drawing


def _bars(axes: Axes, ways: Ways) -> None:
    """A row a thing, in it a bar a way, its number behind it."""
    things = list(dict.fromkeys(what for parts in ways.values() for what in parts))
    for way, (name, parts) in enumerate(ways.items()):
        rows = [things.index(what) + (way - 0.5) * THICK for what in parts]
        axes.barh(rows, list(parts.values()), THICK, color=LIGHT[SHADES[way]], label=name)
        for row, value in zip(rows, parts.values(), strict=True):
            axes.text(value, row, f" {_short(value)}", va="center", fontsize="small")
    axes.set_xscale("log")
    axes.set_yticks(range(len(things)), things)
    axes.invert_yaxis()
    axes.margins(x=0.3)
    axes.minorticks_off()


def _short(value: float) -> str:
    """At most three figures, no exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def hours_over_devices(devices: Sequence[int], hours: Sequence[float], fixed: float) -> Drawing:
    """Hours against the number of devices: as planned, if all were shared, and what never is.

    Args:
        hours: as planned, one for each number of devices.
        fixed: hours that no number of devices shortens.
    """
    ideal = [hours[0] * devices[0] / count for count in devices]
    told = ", ".join(f"{_short(h)} h on {n}" for n, h in zip(devices, hours, strict=True))
    drawing = Drawing(
        f"Hours by devices, both axes logarithmic: {told}. If all were shared, the last would be "
        f"{_short(ideal[-1])} h. What is not shared takes {_short(fixed)} h.",
        5.4,
        3.0,
    )
    (axes,) = drawing.panels()
    axes.plot(devices, ideal, "--", color=LIGHT["float"], label="if all were shared")
    axes.plot(devices, hours, "o-", color=LIGHT["protoquant"], label="as planned")
    axes.axhline(fixed, linestyle=":", color=LIGHT["wrong"], label="what is not shared")
    axes.set(xlabel="devices", ylabel="hours", xscale="log", yscale="log")
    axes.set_xticks(devices, [str(count) for count in devices])
    axes.minorticks_off()
    axes.legend()
    return drawing
