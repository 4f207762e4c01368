"""``fewbits run``: train, evaluate and report one method."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fewbits.cli.options import Data, Dataset, Network, set_name
from fewbits.errors import BrokenPictureError, FewbitsError, UsageError

app = typer.Typer(help="Train, evaluate and report one method.", no_args_is_help=True)


@app.callback()
def run() -> None:
    """Train, evaluate and report one method."""


@app.command()
def pact(
    dataset: Dataset,
    out: Annotated[str, typer.Option(help="Folder for the report and the checkpoints.")],
    network: Network = "compact",
    bits: Annotated[str, typer.Option(help="32 (float), 8, 4, 4/2 or 2")] = "4",
    weights: Annotated[str, typer.Option(help="sawb, dorefa or lsq")] = "sawb",
    ends: Annotated[str, typer.Option(help="First and last layer: 8 bits, or the same")] = "8",
    activations: Annotated[
        str, typer.Option(help="How each clip learns: pact (alpha) or lsq (its step)")
    ] = "pact",
    scale: Annotated[str, typer.Option(help="smoke (seconds) or real (minutes)")] = "smoke",
    seed: Annotated[int, typer.Option(min=0, help="Draws weights and batches.")] = 0,
    data: Data = None,
) -> None:
    """Quantisation-aware training with PACT: float network, conversion, fine-tuning, packing.

    Run it again with the same --out after a kill: it goes on where it stopped.
    """
    from fewbits.cli.progress import stoppable, training_bar
    from fewbits.pact import experiment

    folder = _out_folder(out)
    settings = experiment.Settings(
        dataset=set_name(dataset),
        network=network,
        bits=bits,
        weights=weights,
        ends=ends,
        activations=activations,
        scale=scale,
        seed=seed,
    )
    with stoppable(), training_bar() as bar:
        report, fresh = experiment.run(settings, data, folder, on_step=bar)
    _say_if_old(fresh, folder)
    accuracy = report.number("test_accuracy")
    typer.echo(f"test accuracy {100 * accuracy:.2f} %   report: {folder / 'report.json'}")


@app.command()
def saliency(
    dataset: Dataset,
    out: Annotated[str, typer.Option(help="Folder for the report, networks and measurements.")],
    network: Network = "compact",
    seeds: Annotated[int, typer.Option(help="Families of networks: seeds 1 to this.")] = 3,
    scale: Annotated[str, typer.Option(help="smoke (minutes) or real (hours)")] = "smoke",
    images: Annotated[int, typer.Option(help="Test images whose maps are compared.")] = 500,
    guided: Annotated[
        bool, typer.Option(help="Train with guided and masked images too: most of the time.")
    ] = True,
    runs: Annotated[
        Path | None, typer.Option(help="Finished `run pact` folders to take networks from.")
    ] = None,
    data: Data = None,
) -> None:
    """What few bits do to saliency maps: families of networks, their maps, every measure.

    Run it again with the same --out after a kill: it goes on where it stopped.
    """
    from fewbits.cli.progress import stoppable, training_bar
    from fewbits.cli.showing import console, reading
    from fewbits.saliency import experiment, tables

    folder = _out_folder(out)
    settings = experiment.Settings(
        dataset=set_name(dataset),
        network=network,
        seeds=seeds,
        scale=scale,
        images=images,
        guided=guided,
    )
    with stoppable(), training_bar() as bar:
        report, fresh = experiment.run(settings, data, folder, runs, on_stage=bar)
    _say_if_old(fresh, folder)
    with reading(folder / "report.json", fresh):
        console().print(tables.overview(report))
    explained, asked = int(report.number("images")), settings.images
    fewer = "" if explained == asked else f" ({asked} asked for, the test split has no more)"
    typer.echo(f"{explained} images explained{fewer}   report: {folder / 'report.json'}")


@app.command()
def qsenn(
    dataset: Annotated[
        str,
        typer.Option(
            help="birds, birds-travelling, cub, travelingbirds, imagenette, imagenet, "
            "tiny-imagenet, tiny-imagenet-50 or imagefolder:DIR; "
            "fewbits data list says where each is to be had"
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the report and the checkpoints.")],
    backbone: Annotated[
        str, typer.Option(help="tiny, or a classifier of torchvision: resnet50, mobilenet_v2, ...")
    ] = "tiny",
    weights: Annotated[
        str, typer.Option(help="A file with the backbone's weights, or published: torchvision's.")
    ] = "",
    features: Annotated[int, typer.Option(help="How many the last layer may use.")] = 50,
    per_class: Annotated[int, typer.Option(help="Features a class, on average.")] = 5,
    iterations: Annotated[int, typer.Option(help="Passes of the loop.")] = 4,
    cut: Annotated[
        str,
        typer.Option(help="One threshold for the layer, as in the paper, or each class its own."),
    ] = "layer",
    bias: Annotated[
        str,
        typer.Option(help="The ternary layer's: counts, as in the paper, fitted, zero, solved."),
    ] = "counts",
    baselines: Annotated[
        str,
        typer.Option(
            help="What Q-SENN is held against, most of the time: all, none, or of dense-longer, "
            "sldd, glm-saga-5, first-layer, random, attributes those named, with commas"
        ),
    ] = "all",
    side: Annotated[int, typer.Option(help="Pictures' side in pixels; 0: the scale's own.")] = 0,
    scale: Annotated[
        str,
        typer.Option(help="smoke (two minutes), real (hours) or paper (its recipe: days on a GPU)"),
    ] = "smoke",
    seed: Annotated[int, typer.Option(min=0, help="Draws weights and batches.")] = 0,
    data: Data = None,
) -> None:
    """Q-SENN: dense network, a few features, a ternary last layer, and the loop; every baseline.

    Run it again with the same --out after a kill: it goes on where it stopped.
    """
    from fewbits.cli.progress import stoppable, training_bar
    from fewbits.cli.showing import console, reading
    from fewbits.qsenn import experiment, tables

    folder = _out_folder(out)
    settings = experiment.Settings(
        dataset=set_name(dataset),
        backbone=backbone,
        weights=weights,
        features=features,
        per_class=per_class,
        iterations=iterations,
        cut=cut,
        bias=bias,
        baselines=_baselines(baselines, tuple(experiment.BASELINES)),
        scale=scale,
        seed=seed,
        side=side,
    )
    with stoppable(), training_bar() as bar:
        report, fresh = experiment.run(settings, data, folder, on_stage=bar, on_note=typer.echo)
    _say_if_old(fresh, folder)
    with reading(folder / "report.json", fresh):
        console().print(tables.overview(report))
        for line in tables.sparser(report):
            typer.echo(line)
        kept = report.metrics["retention"]
        retention = "unknown" if kept is None else f"{100 * report.number('retention'):.1f} %"
    typer.echo(
        f"test accuracy {100 * report.number('test_accuracy'):.2f} %, "
        f"retention {retention}   report: {folder / 'report.json'}"
    )


@app.command()
def protoquant(
    dataset: Annotated[
        str,
        typer.Option(
            help="scenes, birds, cub, imagenette, imagenet, tiny-imagenet, tiny-imagenet-50 or "
            "imagefolder:DIR; fewbits data list says where each is to be had"
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for report, feature maps and checkpoints.")],
    backbone: Annotated[
        str | None,
        typer.Option(
            help="tiny, or a classifier of torchvision: mobilenet_v2, vit_b_16, ... "
            "Default: tiny; at scale paper this and the next are the published recipe's."
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="A file with the backbone's weights, or published: torchvision's."),
    ] = None,
    layer: Annotated[
        str,
        typer.Option(
            help="An inner map instead of the last: of tiny 7, 11 or 14, else a node of "
            "torchvision's feature extraction."
        ),
    ] = "",
    tune: Annotated[
        int,
        typer.Option(
            help="Epochs of training the backbone before it is frozen; -1: none if it has weights, "
            "else the scale's own."
        ),
    ] = -1,
    mapping: Annotated[
        str | None,
        typer.Option(
            help="Before the cosine: none, centred, whitened, lda or mixed. Default: centred; at "
            "scale paper none."
        ),
    ] = None,
    codes: Annotated[
        int | None, typer.Option(help="How many the codebook has. Default: 256; paper: 2048.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="How codes begin: kmeans, random or orthogonal. Default: kmeans; paper: "
            "orthogonal."
        ),
    ] = None,
    learn: Annotated[
        int | None,
        typer.Option(help="Epochs of learning them by gradient. Default: 10; paper: 60."),
    ] = None,
    per_class: Annotated[int, typer.Option(help="Codes that a class keeps.")] = 10,
    temperature: Annotated[
        str, typer.Option(help="Of the softmax over codes; none: plain cosines.")
    ] = "0.1",
    baselines: Annotated[
        str | None,
        typer.Option(
            help="What the codes are held against: none, or with commas some of random-codes, "
            "kmeans-codes, channels; aligned, PIP-Net's way over the frozen maps, looks at every "
            "training picture a second time. all: the four of them. Default: the first three."
        ),
    ] = None,
    still: Annotated[
        bool,
        typer.Option(
            help="Measure whether codes hold still under noise and attack; with cached maps most "
            "of the time."
        ),
    ] = True,
    side: Annotated[int, typer.Option(help="Pictures' side in pixels; 0: the scale's own.")] = 0,
    scale: Annotated[
        str,
        typer.Option(
            help="smoke (two minutes), real (every picture) or paper (every picture, its recipe)"
        ),
    ] = "smoke",
    seed: Annotated[int, typer.Option(min=0, help="Draws weights, codes and batches.")] = 0,
    skip_broken: Annotated[
        bool,
        typer.Option("--skip-broken", help="Leave out pictures that do not decode, and name them."),
    ] = False,
    data: Data = None,
) -> None:
    """ProtoQuant: a codebook of parts over a frozen backbone, a head one can read; every baseline.

    Run it again with the same --out after a kill: it goes on where it stopped. On several devices
    of one machine: torchrun --nproc-per-node 4 -m -- fewbits run protoquant and the same options;
    batches, shards and scores are shared, the numbers are those of one. At scale paper a batch is
    128 a process.
    """
    from fewbits.cli.progress import stoppable, training_bar
    from fewbits.cli.showing import console, reading
    from fewbits.protoquant import experiment, tables
    from fewbits.training import processes

    folder = _out_folder(out)
    settings = experiment.settings_of(
        scale,
        dataset=set_name(dataset),
        backbone=backbone,
        weights=weights,
        tune=tune,
        mapping=mapping,
        codes=codes,
        start=start,
        learn=learn,
        per_class=per_class,
        temperature=_temperature(temperature),
        seed=seed,
        side=side,
        layer=layer,
        baselines=None if baselines is None else _baselines(baselines, experiment.RIVALS),
        still=still,
    )
    with stoppable(), training_bar() as bar, _skippable():
        report, fresh = experiment.run(
            settings,
            data,
            folder,
            on_stage=bar,
            workers=processes().share_of_cores(),
            on_note=typer.echo,
            skip_broken=skip_broken,
        )
    if not processes().main:
        return
    _say_if_old(fresh, folder)
    with reading(folder / "report.json", fresh):
        console().print(tables.overview(report))
        length = report.number("local_size")
        if lost := tables.left_out(report):
            typer.echo(lost)
    typer.echo(
        f"test accuracy {100 * report.number('test_accuracy'):.2f} % with {length:.1f} codes a "
        f"class   report: {folder / 'report.json'}"
    )


@contextmanager
def _skippable() -> Iterator[None]:
    """A picture that does not decode ends a run with a line that says how to go on without it."""
    try:
        yield
    except BrokenPictureError as error:
        raise FewbitsError(f"{error}; or go on without such pictures: --skip-broken") from error


def _temperature(given: str) -> float | None:
    if given.strip() == "none":
        return None
    try:
        return float(given)
    except ValueError:
        raise UsageError(f"--temperature {given!r}: expected a number above 0, or none") from None


def _baselines(given: str, known: tuple[str, ...]) -> tuple[str, ...]:
    asked = given.strip()
    if asked in ("all", "none"):
        return known if asked == "all" else ()
    names = tuple(name.strip() for name in asked.split(","))
    if alone := {"all", "none"}.intersection(names):
        raise UsageError(
            f"--baselines {asked}: {min(alone)} stands alone; expected all, none, or some of "
            f"{', '.join(known)}"
        )
    return names


def _out_folder(out: str) -> Path:
    if not out.strip():
        raise UsageError("--out is empty: name a folder for the report and the checkpoints")
    return Path(out)


def _say_if_old(fresh: bool, folder: Path) -> None:
    if not fresh:
        typer.echo(f"This run was finished before; nothing was trained again: {folder}")
