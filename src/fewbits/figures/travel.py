"""Pictures of birds that were moved: the pairs, what the move costs, what each feature follows."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from jaxtyping import Float, UInt8
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.loop import SHADES
from fewbits.figures.qsenn import DASHES, show_photo
from fewbits.palette import LIGHT

Photos = UInt8[Tensor, "image 3 height width"]
MARKERS = ("o", "s", "^", "D")


def twice(above: Photos, below: Photos, names: Sequence[str], said: Sequence[str]) -> Drawing:
    """Pictures in pairs, one over the other: what it is above, what was said of the lower one."""
    pairs = "; ".join(f"{name}: {word}" for name, word in zip(names, said, strict=True))
    drawing = Drawing(f"{len(names)} pairs of pictures. {pairs}.", 1.2 * len(names), 2.8)
    panels = drawing.panels(2, len(names))
    for place, (name, word) in enumerate(zip(names, said, strict=True)):
        show_photo(panels[place], above[place], name)
        show_photo(panels[len(names) + place], below[place], word)
    return drawing


def home_and_away(shares: Mapping[str, Sequence[tuple[float, float]]]) -> Drawing:
    """A path a network: named rightly at home across, away up, as it is trained on.

    Args:
        shares: for each network its pairs of shares, 0 to 1, home and away, in order.
    """
    told = "; ".join(
        f"{name} from {100 * pairs[0][1]:.0f} to {100 * pairs[-1][1]:.0f} % away, "
        f"{100 * pairs[0][0]:.0f} to {100 * pairs[-1][0]:.0f} % at home"
        for name, pairs in shares.items()
    )
    drawing = Drawing(f"Named rightly as training goes on: {told}.", 5.6, 3.2)
    (axes,) = drawing.panels()
    for (name, pairs), shade, dash, marker in zip(
        shares.items(), cycle(("float", *SHADES)), cycle(DASHES), cycle(MARKERS), strict=False
    ):
        home, away = zip(*((100 * one, 100 * other) for one, other in pairs), strict=True)
        axes.plot(home, away, marker, color=LIGHT[shade], linestyle=dash, ms=4, label=name)
        axes.plot(home[-1], away[-1], marker, color=LIGHT[shade], ms=9)
    axes.set(xlabel="named rightly at home, %", ylabel="away, %")
    axes.legend(fontsize=8)
    return drawing


def follows(
    place: Mapping[str, Float[Tensor, " feature"]], bird: Mapping[str, Float[Tensor, " feature"]]
) -> Drawing:
    """A panel a network, a dot a feature: how much of it follows the place, and how much the bird.

    Args:
        place, bird: shares of variance, 0 to 1, of the same networks and features.
    """
    told = "; ".join(
        f"{name}: {place[name].mean():.2f} of the place, {bird[name].mean():.2f} of the bird, "
        f"at most {place[name].max():.2f} of the place"
        for name in place
    )
    drawing = Drawing(f"What features follow, on average. {told}.", 2.6 * len(place), 2.7)
    panels = drawing.panels(1, len(place), sharex=True, sharey=True)
    for axes, (name, shares), shade in zip(
        panels, place.items(), cycle(("float", *SHADES)), strict=False
    ):
        axes.plot([0, 1], [1, 0], color=LIGHT["float"], linewidth=0.8)
        axes.plot(shares, bird[name], "o", color=LIGHT[shade], markersize=4, alpha=0.8)
        axes.set_title(name, fontsize=9)
        axes.set(xlabel="follows the place", xlim=(0, 1.02), ylim=(0, 1.02))
    panels[0].set_ylabel("follows the bird")
    return drawing
