"""A model before and after edits: what it calls pictures, and what striking codes out changes."""

from collections.abc import Mapping, Sequence

from jaxtyping import UInt8
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.qsenn import show_photo
from fewbits.palette import LIGHT

Photos = UInt8[Tensor, "image 3 height width"]
LOOKS = (("protoquant", "o", "-"), ("float", "v", "--"), ("qsenn", "s", ":"))


def called(
    rows: Mapping[str, Photos], names: Mapping[str, Sequence[str]], true: Sequence[str]
) -> Drawing:
    """Rows of the same things in different pictures, above each what a model calls it.

    Args:
        rows: pictures by what is written beside them.
        names: for each row what they are called; a wrong name is red.
        true: what they are, a name a column.
    """
    told = "; ".join(
        f"{row}: {', '.join(f'{t} called {n}' for t, n in zip(true, names[row], strict=True))}"
        for row in rows
    )
    drawing = Drawing(f"{len(rows)} rows of pictures. {told}.", 1.15 * len(true), 1.4 * len(rows))
    panels = iter(drawing.panels(len(rows), len(true)))
    for row, photos in rows.items():
        for place, photo in enumerate(photos):
            axes = next(panels)
            name = names[row][place]
            show_photo(axes, photo)
            shade = "ink" if name == true[place] else "wrong"
            axes.set_xlabel(name, fontsize=8, color=LIGHT[shade], labelpad=2)
            if not place:
                axes.set_ylabel(row, fontsize=8)
    return drawing


def struck_out(measured: Mapping[str, Mapping[str, Sequence[float]]]) -> Drawing:
    """A panel a measure: its share over the number of codes struck out, a line an order.

    Args:
        measured: shares from 0 codes on, by measure and by order of striking.
    """
    told = "; ".join(
        f"{measure}: "
        + ", ".join(
            f"{order} {', '.join(f'{100 * share:.0f}' for share in shares)} %"
            for order, shares in orders.items()
        )
        for measure, orders in measured.items()
    )
    drawing = Drawing(
        f"{len(measured)} panels over the number of codes struck out of one class, from 0. {told}.",
        2.6 * len(measured),
        2.7,
    )
    panels = drawing.panels(1, len(measured))
    for axes, (measure, orders) in zip(panels, measured.items(), strict=True):
        for (order, shares), (shade, marker, dash) in zip(orders.items(), LOOKS, strict=False):
            axes.plot(
                range(len(shares)), [100 * share for share in shares], color=LIGHT[shade],
                marker=marker, markersize=4, linestyle=dash, label=order,
            )  # fmt: skip
        axes.set(title=measure, xlabel="codes struck out", ylim=(-4, 104))
        axes.set_xticks(range(max(len(shares) for shares in orders.values())))
    panels[0].set_ylabel("%")
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper left", ncols=3)
    return drawing
