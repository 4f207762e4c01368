"""What a large run costs: hours by stage, in one way and another, on one device and on many."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from fewbits.figures.drawing import Drawing
from fewbits.palette import LIGHT

SHADES = ("float", "protoquant", "pact", "qsenn", "wrong")
HATCHES = ("", "//", "", "..", "")

Ways = Mapping[str, Mapping[str, float]]
"""What each way of doing it takes, by what it goes to."""


def hours_and_bytes(hours: Ways, gigabytes: Ways) -> Drawing:
    """Two panels of bars, one bar a way: hours by what they go to, and gigabytes likewise.

    Args:
        hours: of each way, by what they go to.
        gigabytes: of each way, by what they are.
    """
    told = [
        f"{name}: " + ", ".join(f"{what} {value:,.4g}" for what, value in parts.items())
        for panel in (hours, gigabytes)
        for name, parts in panel.items()
    ]
    half = len(hours)
    drawing = Drawing(
        f"Bars of hours. {'; '.join(told[:half])}. Bars of gigabytes. {'; '.join(told[half:])}.",
        6.8,
        2.6,
    )
    for axes, parts, unit in zip(
        drawing.panels(1, 2), (hours, gigabytes), ("hours", "GB through the disk"), strict=True
    ):
        _bars(axes, parts)
        axes.set_xlabel(unit)
    return drawing


def _bars(axes: Axes, ways: Ways) -> None:
    """One bar a way, its pieces side by side; the same piece has the same shade in both."""
    kinds = list(dict.fromkeys(what for parts in ways.values() for what in parts))
    for place, parts in enumerate(ways.values()):
        left = 0.0
        for what, value in parts.items():
            look = kinds.index(what)
            axes.barh(
                place,
                value,
                left=left,
                color=LIGHT[SHADES[look]],
                hatch=HATCHES[look],
                edgecolor=LIGHT["paper"],
                label=what if what not in _named(axes) else None,
            )
            left += value
        axes.text(left, place, f" {left:,.3g}", va="center")
    axes.set_yticks(range(len(ways)), list(ways))
    axes.invert_yaxis()
    axes.margins(x=0.22)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), fontsize="small")


def _named(axes: Axes) -> list[str]:
    return list(axes.get_legend_handles_labels()[1])


def hours_over_devices(
    devices: Sequence[int], hours: Sequence[float], fixed: float
) -> Drawing:
    """Hours against the number of devices: as planned, if all were shared, and what never is.

    Args:
        hours: as planned, one for each number of devices.
        fixed: hours that no number of devices shortens.
    """
    ideal = [hours[0] * devices[0] / count for count in devices]
    told = ", ".join(f"{h:,.3g} h on {n}" for n, h in zip(devices, hours, strict=True))
    drawing = Drawing(
        f"Hours by devices, both axes logarithmic: {told}. If all were shared, the last would be "
        f"{ideal[-1]:,.3g} h. What is not shared takes {fixed:,.3g} h.",
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
