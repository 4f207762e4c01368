"""Pictures of the saliency chapters."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from fewbits.figures.drawing import Drawing, picture
from fewbits.figures.tables import Table, table
from fewbits.metrics import Curve, Interval
from fewbits.palette import DARK, LIGHT
from fewbits.report import Report
from fewbits.saliency.findings import Findings

# Nothing is black, as the digits' background is; evidence for the class is blue, against it orange.
EVIDENCE = LinearSegmentedColormap.from_list("evidence", [DARK["wrong"], "#000000", DARK["pact"]])
SHADES = ("float", "pact", "wrong", "qsenn", "protoquant", "ink")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 3)))


def map_rows(
    images: Float[Tensor, "image 1 height width"],
    maps: Mapping[str, Float[Tensor, "image height width"]],
    said: Mapping[str, Sequence[str]] | None = None,
    inside: Bool[Tensor, "image height width"] | None = None,
) -> Drawing:
    """Images on top; below, a row for each network with its map of each image.

    Each map has its own scale: only where it is strong can be compared.

    Args:
        said: what stands above each map, the network's answer say.
        inside: a box in each image that is framed; then each map's strongest pixel is crossed.
    """
    rows = ", ".join(maps)
    alt = (
        f"{len(images)} digits in the top row, their saliency maps below, one row a network: "
        f"{rows}. Bright pixels speak for the class."
    )
    if inside is not None:
        hits = {
            name: int(inside.flatten(1).gather(1, own.flatten(1).argmax(1)[:, None]).sum())
            for name, own in maps.items()
        }
        told = ", ".join(f"{name} {count}" for name, count in hits.items())
        alt += f" A cross marks the strongest; within the frame it is, of {len(images)}: {told}."
    drawing = Drawing(alt, 1.0 * len(images) + 1.3, 1.05 * (len(maps) + 1))
    panels = drawing.panels(len(maps) + 1, len(images))
    for axes, image in zip(panels, images, strict=False):
        picture(axes, image[0])
    for row, (name, own) in enumerate(maps.items(), start=1):
        cells = panels[row * len(images) : (row + 1) * len(images)]
        for place, (axes, one) in enumerate(zip(cells, own, strict=True)):
            show_map(axes, one, said[name][place] if said else "")
            if inside is not None:
                _aim(axes, one, inside[place])
        cells[0].set_ylabel(name, rotation=0, ha="right", va="center")
    return drawing


def _aim(
    axes: Axes, one: Float[Tensor, "height width"], inside: Bool[Tensor, "height width"]
) -> None:
    """Frame a box, and cross the strongest pixel."""
    down, across = inside.nonzero().unbind(1)
    corner = (int(across.min()) - 0.5, int(down.min()) - 0.5)
    size = (int(across.max() - across.min()) + 1, int(down.max() - down.min()) + 1)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=DARK["float"], linewidth=1))
    row, column = divmod(int(one.argmax()), one.shape[1])
    axes.plot(column, row, "x", color=DARK["protoquant"], markersize=7, markeredgewidth=2)


def show_map(axes: Any, one: Float[Tensor, "height width"], title: str = "") -> None:
    """One map, black where it says nothing; its strongest hundredth is at full brightness."""
    reach = max(one.abs().quantile(0.99).item(), 1e-12)
    axes.imshow(one.numpy(), cmap=EVIDENCE, vmin=-reach, vmax=reach, interpolation="none")
    axes.set_title(title, fontsize=8)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def curves(found: Mapping[str, Curve], title: str = "") -> Drawing:
    """The class's mean probability while pixels are taken away, one line a kind of map."""
    told = "; ".join(f"{name}: area {curve.area().mean():.3f}" for name, curve in found.items())
    drawing = Drawing(
        f"Probability of the class over the share of pixels changed. {told}.", 6.4, 3.0
    )
    (axes,) = drawing.panels()
    for (name, curve), style in zip(found.items(), _styles(), strict=False):
        axes.plot(curve.shares, curve.scores.mean(0), label=name, **style)
    axes.set(xlabel="share of the pixels", ylabel="probability", ylim=(0, 1.02), title=title)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return drawing


def cascade(found: Mapping[str, Mapping[str, Float[Tensor, " image"]]]) -> Drawing:
    """How like itself a map stays while layers forget, from the logits down; one line a method."""
    layers = list(next(iter(found.values())))
    told = "; ".join(
        f"{name} ends at {values[layers[-1]].mean():.2f}" for name, values in found.items()
    )
    alt = f"Spearman correlation with the original map as layers are drawn anew. {told}."
    drawing = Drawing(alt, 6.8, 3.0)
    (axes,) = drawing.panels()
    for (name, values), style in zip(found.items(), _styles(), strict=False):
        path = [1.0, *(values[layer].mean().item() for layer in layers)]
        axes.plot(path, marker=".", label=name, **style)
    axes.set_xticks(range(len(layers) + 1), ["none", *layers], rotation=45, ha="right")
    axes.set(ylabel="Spearman", ylim=(-0.25, 1.05), xlabel="layers drawn anew, up to")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return drawing


def _styles() -> Iterator[dict[str, Any]]:
    """Lines that no two of thirty-six share: colours first, then dashes."""
    for dash in cycle(DASHES):
        for shade in SHADES:
            yield {"color": LIGHT[shade], "linestyle": dash}


def with_interval(interval: Interval) -> str:
    """A mean with its interval, for a table: ``0.71 (0.69 to 0.73)``."""
    parts = (f"{v:.2f}" for v in (interval.mean, interval.low, interval.high))
    mean, low, high = (part.replace("-", "\N{MINUS SIGN}") for part in parts)
    return f"{mean} ({low} to {high})"


def recorded_maps(
    reports: Sequence[Report], measure: str, models: Sequence[str], methods: Sequence[str]
) -> Drawing:
    """One measure of recorded experiments: a panel an experiment and method, a row a model.

    Agreement is with the network each model started from; the noise floor is one more row and a
    band through all others.
    """
    rows = {
        title: _rows(found, measure, models, method)
        for title, (found, method) in _panels(reports, methods).items()
    }
    return _forest(rows, measure.partition(".")[2], "by model")


def recorded_differences(
    reports: Sequence[Report],
    measure: str,
    pairs: Sequence[tuple[str, str]],
    methods: Sequence[str],
) -> Drawing:
    """What one model's maps have over another's, image by image: panels as above, a row a pair.

    Args:
        pairs: of models, the first minus the second; each among every report's differences. A
            second that they share is named once, below.
    """
    seconds = {other for _, other in pairs}
    common = seconds.pop() if len(seconds) == 1 else ""
    rows = {
        title: {
            one if common else f"{one}, beside {other}": found.differences[f"{one} | {other}"][
                method
            ][measure]
            for one, other in pairs
        }
        for title, (found, method) in _panels(reports, methods).items()
    }
    what = f"each model's minus that of {common}" if common else "the first's minus the second's"
    drawing = _forest(rows, measure.partition(".")[2], what)
    if common:
        drawing.supxlabel(what, fontsize=9)
    for axes in drawing.axes:
        axes.axvline(0, color=LIGHT["ink"], linewidth=0.8)
    return drawing


def of_which(report: Report) -> str:
    """What an experiment is called in figures and tables: its data set and its network."""
    return f"{report.dataset}, {report.settings['network']}"


def _panels(reports: Sequence[Report], methods: Sequence[str]) -> dict[str, tuple[Findings, str]]:
    """Each experiment with each method, under a title that says what tells it from the others."""
    return {
        ", ".join(
            [of_which(report)] * (len(reports) > 1)
            + [method] * (len(methods) > 1 or len(reports) == 1)
        ): (Findings.of(report), method)
        for report in reports
        for method in methods
    }


def _forest(rows_of: Mapping[str, Mapping[str, Interval]], name: str, what: str) -> Drawing:
    """A panel a title, a row a name: mean and interval. The noise floor is a band as well."""
    (names,) = {tuple(rows) for rows in rows_of.values()}  # one axis names the rows of all panels
    told = "; ".join(
        f"{title}: " + ", ".join(f"{row} {_signed(cell.mean)}" for row, cell in rows.items())
        for title, rows in rows_of.items()
    )
    lines = -(-len(rows_of) // MOST_ABREAST)
    columns = -(-len(rows_of) // lines)  # five stand as three and two, not as four and one
    height = 0.26 * len(names) + 0.8
    drawing = Drawing(f"{name}, {what}, with 95 % intervals. {told}.", 7.6, lines * height + 0.4)
    # One scale for all: what looks larger is larger.
    panels = drawing.panels(lines, columns, sharex=True, sharey=True)
    for axes in panels[len(rows_of) :]:
        axes.remove()
    for axes, (title, rows) in zip(panels, rows_of.items(), strict=False):
        for place, (row, cell) in enumerate(rows.items()):
            shade = LIGHT["float" if row.startswith("float") else "pact"]
            axes.plot([cell.low, cell.high], [place, place], color=shade, linewidth=3, alpha=0.5)
            axes.plot(cell.mean, place, "o", color=shade, markersize=4)
            if row == FLOOR:
                axes.axvspan(cell.low, cell.high, color=LIGHT["float"], alpha=0.18, linewidth=0)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.set_title(title.replace(", ", ",\n"), fontsize=8)
    for axes in panels[len(rows_of) - columns : len(rows_of)]:
        axes.set_xlabel(name)
        axes.tick_params(labelbottom=True)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    return drawing


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "\N{MINUS SIGN}")


FLOOR = "float, another seed"
MOST_ABREAST = 4


def _rows(found: Findings, measure: str, models: Sequence[str], method: str) -> dict[str, Interval]:
    if not measure.startswith("agreement"):
        return {name: found.models[name][method][measure] for name in models}
    floor = {FLOOR: found.noise_floor.seeds["float"][method][measure]}
    alike = {name: found.agreement(name) for name in models}
    return floor | {name: rows[method][measure] for name, rows in alike.items() if rows}


def recorded_verdict(
    reports: Sequence[Report],
    models: Sequence[str] = ("PACT 4", "PACT 2"),
    method: str = "gradient",
) -> Table:
    """What few bits change in one method's maps: a row a set, network and model.

    Every change is against the float copy that was trained on for as long, image by image. One
    whose interval holds 0 stands in brackets.
    """
    measures = (
        "agreement.spearman",
        "faithfulness.deletion.gain",
        "faithfulness.road.gain",
        "clarity.gini",
    )
    columns: dict[str, list[str]] = {"data set, network": [], "model": []}
    columns |= {"copy right, %": [], "right, %": []}
    columns |= {measure.partition(".")[2]: [] for measure in measures}
    for report in reports:
        found = Findings.of(report)
        for name in models:
            columns["data set, network"].append(of_which(report))
            columns["model"].append(name)
            copy = found.accuracy["float, trained on"].mean
            columns["copy right, %"].append(f"{100 * copy:.1f}")
            columns["right, %"].append(f"{100 * found.accuracy[name].mean:.1f}")
            for measure in measures:
                cell = found.differences[f"{name} | float, trained on"][method][measure]
                shown = _signed(cell.mean)
                columns[measure.partition(".")[2]].append(
                    f"({shown})" if cell.low <= 0 <= cell.high else shown
                )
    return table(
        columns,
        caption=f"{method} maps: changes beside the float copy; in brackets what could be zero.",
    )
