"""The book's colours, by what they stand for: one place for figures and live controls alike.

The hues come from Okabe and Ito's colour-blind safe set (2008), darkened for text on white and
lightened for text on dark: every colour reads at 4.5 to 1 or better on its own ``paper``, and no
two look alike to eyes without red or green cones.
"""

from types import MappingProxyType
from typing import Literal

Theme = Literal["light", "dark"]

LIGHT = MappingProxyType(
    {
        "pact": "#0072B2",  # blue: PACT, and whatever is quantised before the methods have names
        "qsenn": "#007A5A",  # bluish green
        "protoquant": "#822070",  # reddish purple
        "float": "#67707D",  # grey: the unquantised twin
        "wrong": "#C04A00",  # vermilion: an error, a loss, a trap
        "ink": "#1D222B",  # text and the line that matters most
        "faint": "#D5DAE1",  # grid lines, frames
        "wash": "#F3F5F8",  # the ground behind a plot
        "paper": "#FFFFFF",
    }
)

DARK = MappingProxyType(
    {
        "pact": "#56B4E9",
        "qsenn": "#35C79B",
        "protoquant": "#F3B6DC",
        "float": "#929BA8",
        "wrong": "#FF8F52",
        "ink": "#E7EAF0",
        "faint": "#3A424E",
        "wash": "#1C2129",
        "paper": "#14181E",
    }
)

THEMES = MappingProxyType({"light": LIGHT, "dark": DARK})
METHODS = ("float", "pact", "qsenn", "protoquant")


def css_variables(theme: Theme) -> str:
    """The colours of ``theme`` as CSS custom properties: ``--fb-ink: #1D222B; ...``."""
    return " ".join(f"--fb-{name}: {value};" for name, value in THEMES[theme].items())
