"""Pictures of the PACT chapters."""

from collections.abc import Mapping, Sequence
from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from fewbits.figures.drawing import Drawing
from fewbits.figures.tables import Table, table
from fewbits.pact.activations import pact_quantize
from fewbits.pact.export import Int8Comparison
from fewbits.pact.plans import PLAN_NAMES
from fewbits.pact.weights import Grid
from fewbits.palette import LIGHT
from fewbits.report import Report

DASH = "\N{EN DASH}"
SHADES = ("pact", "wrong", "qsenn", "protoquant", "float", "ink")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def pact_function(alpha: float, bits: int) -> Drawing:
    """PACT's output over its input, and below it the two gradients it passes back."""
    x = torch.linspace(-0.4 * alpha, 1.6 * alpha, 801)
    alt = (
        f"Two panels over the input x. Above: the output is 0 below 0, climbs in "
        f"{2**bits - 1} equal steps and stays at alpha = {alpha:g} beyond it. Below: the gradient "
        "for x is 1 between 0 and alpha and 0 elsewhere; the gradient for alpha is 0 up to alpha "
        "and 1 beyond."
    )
    drawing = Drawing(alt, 6.4, 4.2)
    above, below = drawing.panels(2, 1, sharex=True)
    above.plot(x, x, color=LIGHT["float"], linestyle="--", label="float")
    above.plot(x, pact_quantize(x, alpha, bits), color=LIGHT["pact"], label=f"PACT, {bits} bits")
    above.set(ylabel="output y", ylim=(-0.1 * alpha, 1.5 * alpha))
    above.legend(loc="upper left", frameon=False)
    inside = ((x > 0) & (x < alpha)).float()
    below.step(x, inside, color=LIGHT["pact"], label="passed back to x")
    below.step(x, (x >= alpha).float(), color=LIGHT["wrong"], linestyle="--", label="kept by alpha")
    below.set(xlabel="input x", ylabel="gradient", ylim=(-0.1, 1.6))
    below.legend(loc="upper left", ncols=2, frameon=False)
    return drawing


def clip_paths(
    paths: Mapping[str, Sequence[float]], best: float, largest: float, steps_label: str = "step"
) -> Drawing:
    """Where each learner moves its clip, beside the best clip and the largest activation."""
    ends = "; ".join(f"{name} ends at {path[-1]:.2f}" for name, path in paths.items())
    alt = (
        f"Alpha over training steps. {ends}. Two level lines: the clip with the smallest error, "
        f"{best:.2f}, and the largest activation, {largest:.2f}."
    )
    drawing = Drawing(alt, 6.4, 3.4)
    (axes,) = drawing.panels()
    for (name, path), shade, dash in zip(paths.items(), SHADES, DASHES, strict=False):
        axes.plot(path, color=LIGHT[shade], linestyle=dash, label=name)
    longest = max(map(len, paths.values()))
    for level, text in ((best, "smallest error"), (largest, "largest activation")):
        axes.axhline(level, color=LIGHT["ink"], linewidth=0.8)
        axes.annotate(text, (longest, level), (0, 3), textcoords="offset points", ha="right")
    axes.set(xlabel=steps_label, ylabel="alpha", ylim=(0, None))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return drawing


def clips_by_layer(records: Mapping[str, Sequence[Mapping[str, float]]]) -> Drawing:
    """Each layer's clip after each epoch, one panel a training; panels share their axes."""
    told = []
    for name, epochs in records.items():
        moved = max(abs(epochs[-1][layer] - epochs[0][layer]) for layer in epochs[0])
        told.append(f"{name}: the clip that moved most moved by {moved:.2f}")
    drawing = Drawing(f"Clips of all layers over the epochs. {'; '.join(told)}.", 6.8, 3.2)
    panels = drawing.panels(1, len(records), sharex=True, sharey=True)
    for axes, (name, epochs) in zip(panels, records.items(), strict=True):
        for layer, shade, dash in zip(epochs[0], SHADES, DASHES, strict=False):
            path = [record[layer] for record in epochs]
            axes.plot(path, color=LIGHT[shade], linestyle=dash, label=layer)
        axes.set(title=name, xlabel="epoch", ylim=(0, None))
    panels[0].set_ylabel("alpha")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return drawing


def weight_levels(weights: Float[Tensor, "..."], grids: Mapping[str, Grid]) -> Drawing:
    """One layer's weights as a histogram, and the levels each quantiser gives them."""
    flat = weights.detach().flatten()
    told = "; ".join(
        f"{name}: levels from {_levels(grid)[0]:.3f} to {_levels(grid)[-1]:.3f}"
        for name, grid in grids.items()
    )
    alt = f"The same histogram of {flat.numel()} weights, one panel a quantiser. {told}."
    drawing = Drawing(alt, 6.4, 1.2 + 1.0 * len(grids))
    panels = drawing.panels(len(grids), 1, sharex=True)
    for axes, (name, grid) in zip(panels, grids.items(), strict=True):
        axes.hist(flat, bins=80, color=LIGHT["float"], alpha=0.55)
        for level in _levels(grid):
            axes.axvline(level, color=LIGHT["pact"], linewidth=1.6)
        axes.set(title=name, yticks=[])
        axes.grid(visible=False)
    panels[-1].set_xlabel("weight")
    return drawing


def _levels(grid: Grid) -> list[float]:
    codes = torch.arange(grid.levels)
    return (grid.step * (codes - grid.zero)).tolist()


def recorded_accuracy(runs: Sequence[Report]) -> Drawing:
    """Accuracy of recorded runs by bit width, one panel a data set: each seed, and their mean."""
    scores = _test_accuracies(runs)
    told = []
    drawing = Drawing("", 6.8, 3.2)
    for axes, (dataset, by_plan) in zip(
        drawing.panels(1, len(scores)), scores.items(), strict=True
    ):
        means = {plan: mean(values) for plan, values in by_plan.items()}
        for plan, values in by_plan.items():
            axes.plot([plan] * len(values), values, "o", color=LIGHT["float"], alpha=0.7)
        axes.plot(list(means), list(means.values()), "_-", color=LIGHT["pact"], markersize=18)
        axes.set(title=dataset, xlabel="bits", ylabel="test accuracy, %")
        told.append(
            f"{dataset}: "
            + ", ".join(
                f"{plan} bits {means[plan]:.2f} % ({min(v):.2f} to {max(v):.2f}, {_seeds(len(v))})"
                for plan, v in by_plan.items()
            )
        )
    drawing.alt = f"Test accuracy of recorded runs by bit width. {'; '.join(told)}."
    return drawing


def _points(difference: float) -> str:
    return f"{difference:.2f}".replace("-", "\N{MINUS SIGN}")


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count != 1)}"


def recorded_price(runs: Sequence[Report]) -> Table:
    """What each bit width costs: the mean over the seeds, and its distance from float's mean."""
    scores = _test_accuracies(runs)
    rows = [(d, plan, values) for d, plans in scores.items() for plan, values in plans.items()]
    return table(
        {
            "data set": [dataset for dataset, _, _ in rows],
            "bits": [plan for _, plan, _ in rows],
            "accuracy, %": [f"{mean(values):.2f}" for _, _, values in rows],
            "seeds differ by": [f"{max(values) - min(values):.2f}" for _, _, values in rows],
            "below float by": [_points(mean(scores[d]["32"]) - mean(v)) for d, _, v in rows],
        },
        caption="Means over the seeds; differences in points.",
    )


def _test_accuracies(runs: Sequence[Report]) -> dict[str, dict[str, list[float]]]:
    """Test accuracy in %, by data set and plan, float first."""
    found: dict[str, dict[str, list[float]]] = {}
    for dataset in sorted({run.dataset for run in runs}, reverse=True):
        own = [run for run in runs if run.dataset == dataset]
        by_plan = {
            plan: [100 * r.number("test_accuracy") for r in own if r.settings["bits"] == plan]
            for plan in PLAN_NAMES
        }
        found[dataset] = {plan: values for plan, values in by_plan.items() if values}
    return found


def what_a_layer_says(
    image: Float[Tensor, "height width"],
    said: Mapping[str, Float[Tensor, "channel map_height map_width"]],
    channels: int = 8,
) -> Drawing:
    """One image and, in a row for each network, what the first channels of a layer make of it."""
    counts = ", ".join(
        f"{name}: {maps.unique().numel()} different values" for name, maps in said.items()
    )
    alt = (
        f"A handwritten digit on the left. Right of it, one row a network, {channels} maps of the "
        f"same layer, bright where a channel answers. {counts}. The rows show the same strokes."
    )
    drawing = Drawing(alt, 7.4, 0.95 * len(said) + 0.3)
    panels = drawing.panels(len(said), channels + 1)
    for row, (name, maps) in enumerate(said.items()):
        cells = panels[row * (channels + 1) : (row + 1) * (channels + 1)]
        for axes in cells:
            axes.set_axis_off()
        cells[0].imshow(image.numpy(), cmap="gray")
        cells[0].set_title(name, fontsize=9)
        for axes, channel in zip(cells[1:], maps, strict=False):
            axes.imshow(channel.numpy(), cmap="gray", vmin=0, vmax=maps.max().item())
    return drawing


def engines(found: Int8Comparison) -> Table:
    """Four ways to run one network: accuracy, bytes of the file, milliseconds an image."""
    names = list(dict.fromkeys(timing.engine for timing in found.timings))
    accuracy = {
        "fake-quantised, PyTorch": found.fake_accuracy,
        "int8, ONNX Runtime": found.int8_accuracy,
    }
    size = {"float, ONNX Runtime": found.float_bytes, "int8, ONNX Runtime": found.int8_bytes}
    columns: dict[str, list[object]] = {
        "engine": list(names),
        "accuracy, %": [
            f"{100 * accuracy[name]:.2f}" if name in accuracy else DASH for name in names
        ],
        "bytes": [size.get(name, DASH) for name in names],
    }
    for batch in sorted({timing.batch for timing in found.timings}):
        spent = {t.engine: t.milliseconds for t in found.timings if t.batch == batch}
        columns[f"ms an image, {batch} at a time"] = [f"{spent[name]:.3f}" for name in names]
    agree = f"The integer network gives the same class on {100 * found.agreement:.2f} % of images."
    return table(columns, caption=f"{agree} {found.threads} threads.")
