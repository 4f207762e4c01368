"""``fewbits bench``: what a step, a map or a fit costs, beside what others take for it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fewbits.cli.glm_plan import glm_plan
from fewbits.cli.options import Data, Dataset, Network, check_file, set_name
from fewbits.cli.part_races import codebook, stage2

app = typer.Typer(
    help="Measure what a training step, saliency maps, a sparse fit or parts cost.",
    no_args_is_help=True,
)
app.command("glm-plan")(glm_plan)
app.command("codebook")(codebook)
app.command("stage2")(stage2)


@app.callback()
def bench() -> None:
    """Measure what a training step, saliency maps, a sparse fit or parts cost."""


@app.command()
def pact(
    rounds: Annotated[int, typer.Option(min=2, help="How often each step is timed.")] = 20,
    brevitas: Annotated[bool, typer.Option(help="Time Brevitas' layers too.")] = True,
    out: Annotated[Path | None, typer.Option(help="A JSON file for the figures.")] = None,
) -> None:
    """Time a training step: float, PACT with each weight quantiser, and Brevitas' layers."""
    from rich.console import Console
    from rich.table import Table

    from fewbits.pact.bench import step_times
    from fewbits.pact.networks import NAMES
    from fewbits.report import begin, provenance, write_json

    if out is not None:
        check_file(out, "--out")
    console, found, begun = Console(), [], begin()
    for network in NAMES:
        table = Table("layers", "ms a step", "quartiles", "x float", title=network)
        for row in step_times(network, rounds, brevitas):
            quartiles = f"{row.low:.1f} to {row.high:.1f}"
            table.add_row(row.layers, f"{row.median:.1f}", quartiles, f"{row.ratio:.2f}")
            found.append(asdict(row))
        console.print(table)
    if out is not None:
        origin = provenance(begun)
        write_json({"bench": "pact", "steps": found, "provenance": origin}, out)


@app.command()
def saliency(
    images: Annotated[int, typer.Option(min=2, help="Digits whose maps are made.")] = 400,
    quantus_images: Annotated[
        int, typer.Option(min=0, help="On how many of them Quantus is timed; 0: not at all.")
    ] = 50,
    network: Network = "compact",
    dataset: Dataset = "digits",
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="A JSON file for the figures.")] = None,
) -> None:
    """Time the maps and the measures, beside the same measures through Quantus."""
    import torch
    from rich.console import Console
    from rich.table import Table

    from fewbits.data import load
    from fewbits.pact import networks
    from fewbits.pact.convert import Recipe, quantize_network
    from fewbits.report import begin, provenance, write_json
    from fewbits.saliency.bench import costs, together, total_seconds
    from fewbits.training import to_float

    if out is not None:
        check_file(out, "--out")
    begun = begin()
    loaded = load(set_name(dataset), data)
    test = loaded.test
    repeats = -(-images // test.count)
    pixels = to_float(test.images.repeat(repeats, 1, 1, 1)[:images])
    labels = test.labels.repeat(repeats)[:images]
    torch.manual_seed(0)
    float_network = networks.build(network, len(loaded.class_names)).eval()
    quantized = quantize_network(float_network, Recipe("2"), pixels[:100])
    found = costs(quantized, float_network, pixels, labels, min(quantus_images, images))
    table = Table(
        "work", "ms an image", "through Quantus", "times", title=f"{dataset}, {network}, 2 bits"
    )
    shown = [*found, together(found)] if quantus_images else found
    for cost in shown:
        theirs = "" if cost.quantus is None else f"{cost.quantus:.2f}"
        ratio = "" if cost.ratio is None else f"{cost.ratio:.1f}"
        table.add_row(cost.work, f"{cost.ours:.3f}", theirs, ratio)
    console, whole = Console(), total_seconds(found, 1000)
    console.print(table)
    console.print(f"1,000 images, 5 methods, maps and every measure: {whole:.0f} s")
    if out is not None:
        origin = provenance(begun)
        rows = [asdict(cost) for cost in found]
        entry = {
            "dataset": dataset,
            "network": network,
            "images": images,
            "quantus_images": quantus_images,
        }
        write_json({"bench": "saliency", **entry, "costs": rows, "provenance": origin}, out)


@app.command()
def glm(
    saga: Annotated[
        bool, typer.Option(help="Run glm-saga too: minutes on the larger problem.")
    ] = True,
    tolerance: Annotated[
        float, typer.Option(help="Of our path's KKT residual at every lambda.")
    ] = 1e-4,
    out: Annotated[Path | None, typer.Option(help="A JSON file for the figures.")] = None,
) -> None:
    """Race the sparse path beside scikit-learn and glm-saga, one thread each."""
    from rich.console import Console
    from rich.table import Table

    from fewbits.glm.bench import races
    from fewbits.protoquant.clock import one_thread
    from fewbits.report import begin, provenance, write_json

    if out is not None:
        check_file(out, "--out")
    begun, found = begin(), []
    table = Table("problem", "beside", "objective", "theirs", "worst", "a class", "theirs")
    with one_thread():
        for race in races(tolerance, saga):
            numbers = (race.ours.objectives[-1], race.theirs.objectives[-1])
            counts = (race.ours.nonzeros, race.theirs.nonzeros)
            table.add_row(
                race.problem,
                race.other,
                *(f"{number:.5f}" for number in numbers),
                f"{race.worst:+.1e}",
                *(f"{count:.1f}" for count in counts),
            )
            found.append(race)
        origin = provenance(begun)
    Console().print(table)
    for race in found:
        typer.echo(race.line())
    if out is not None:
        rows = [{**asdict(race), "ratio": race.ratio} for race in found]
        entry = {"tolerance": tolerance, "races": rows, "provenance": origin}
        write_json({"bench": "glm", **entry}, out)
