"""``fewbits bench codebook`` and ``stage2``: what assigning to codes and a head's epoch cost."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fewbits.cli.options import check_file

Out = Annotated[Path | None, typer.Option(help="A JSON file for the figures.")]
MB = 1e6


def codebook(
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    out: Out = None,
) -> None:
    """Race the assignment to codes beside vector-quantize-pytorch, one thread each."""
    import torch
    from rich.table import Table

    from fewbits.cli.showing import console
    from fewbits.protoquant.benches.codebook import races
    from fewbits.protoquant.clock import one_thread
    from fewbits.report import begin, provenance, write_json

    if out is not None:
        check_file(out, "--out")
    begun, found = begin(), []
    names = ("same code", "near tie", "apart", "MB", "theirs", "of a plain product")
    table = Table("problem", "on", *names)
    with one_thread():
        for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
            for race in races(device, rounds):
                answers = (race.answers.same, race.answers.near, race.answers.apart)
                peaks = (race.ours.peak, race.theirs.peak)
                table.add_row(
                    str(race.problem),
                    device,
                    *map(str, answers),
                    *("" if peak is None else f"{peak / MB:.0f}" for peak in peaks),
                    f"{100 * race.share:.0f} %",
                )
                found.append(race)
        origin = provenance(begun)
    console().print(table)
    for race in found:
        typer.echo(race.line())
    if out is not None:
        rows = [
            {
                **asdict(race),
                "ratio": race.ratio,
                "memory_ratio": race.memory_ratio,
                "share": race.share,
            }
            for race in found
        ]
        write_json(
            {"bench": "codebook", "rounds": rounds, "races": rows, "provenance": origin}, out
        )


def stage2(
    pictures: Annotated[
        int, typer.Option(help="How many go through the backbone; times are scaled up from them.")
    ] = 64,
    backbone: Annotated[str, typer.Option(help="A backbone with fresh weights.")] = "mobilenet_v2",
    side: Annotated[int, typer.Option(help="Pictures' side in pixels.")] = 224,
    codes: Annotated[int, typer.Option(help="How many the codebook has.")] = 2048,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 3,
    out: Out = None,
) -> None:
    """Race an epoch of the head on cached scores beside one with the backbone in the loop."""
    from fewbits.protoquant.benches.stage_two import EPOCHS, PER, stage_two_epoch
    from fewbits.protoquant.clock import one_thread
    from fewbits.report import begin, provenance, write_json
    from fewbits.training import pick_device

    if out is not None:
        check_file(out, "--out")
    begun = begin()
    with one_thread():
        found = stage_two_epoch(pictures, backbone, side, codes, rounds, str(pick_device()))
        origin = provenance(begun)
    typer.echo(
        f"{found.pictures} drawn scenes of {side} px, {backbone}, {codes} codes: a picture takes "
        f"{1e3 * found.in_loop / PER:.3f} ms an epoch with the backbone in the loop and "
        f"{1e3 * found.cached / PER:.3f} ms on its cached scores"
    )
    typer.echo(
        f"a training of {EPOCHS} epochs, the one pass that makes the scores included: "
        f"{found.whole_ratio:.1f} x"
    )
    typer.echo(found.line())
    if out is not None:
        made = {name: getattr(found, name) for name in ("in_loop", "ratio", "whole_ratio")}
        write_json(
            {"bench": "stage2", "epoch": {**asdict(found), **made}, "provenance": origin}, out
        )
