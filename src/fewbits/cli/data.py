"""``fewbits data``: which sets there are, get one, check what is here."""

from pathlib import Path
from typing import Annotated

import typer

from fewbits.cli.options import Data
from fewbits.errors import FewbitsError, UsageError

app = typer.Typer(help="List, get and check data sets.", no_args_is_help=True)


@app.command("list")
def list_sets(data: Data = None) -> None:
    """Show every known set: images, classes, download, licence, and where it is."""
    from fewbits.data import MADE, SETS, find_sources, where
    from fewbits.data.picture_sets import FOLDER_PREFIX, PICTURES
    from fewbits.data.picture_status import where_pictures

    rows = [("name", "images", "classes", "download", "licence", "where")]
    for info in (SETS | MADE).values():
        images = info.train + info.validation + info.test
        theirs = [f"{it.name}'s" for it in find_sources(info).values() if not it.embedded]
        own = f"{info.download_bytes / 1e6:.0f} MB" if info.download_bytes else "none"
        size = " and ".join(theirs) or own
        place = where(info, data)
        rows.append((info.name, f"{images:,}", str(info.classes), size, info.licence, place))
    rows.append(("idx:DIR", "yours", "yours", "none", "yours", "DIR: four IDX files like MNIST's"))
    for key, kind in PICTURES.items():
        own = f"{kind.archive.size / 1e6:.0f} MB" if kind.archive else "by hand"
        size = "none" if kind.drawn else own
        counts = f"{kind.pictures:,}", str(kind.classes)
        rows.append((key, *counts, size, kind.licence, where_pictures(kind, data)))
    place = "DIR: train/ and test/ or val/, a folder a class in each"
    rows.append((f"{FOLDER_PREFIX}DIR", "yours", "yours", "none", "yours", place))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


@app.command("get")
def get_set(
    name: Annotated[str, typer.Argument(help="mnist, fashion-mnist, two-digits, cub, imagenette")],
    data: Data = None,
) -> None:
    """Download a set, or those it is made from. Stopped and started again, it goes on."""
    from fewbits.cli.downloads import download_bars
    from fewbits.data import find_set, get, where
    from fewbits.data.picture_sets import FOLDER_PREFIX, PICTURES

    if name.startswith(("idx:", FOLDER_PREFIX)):
        raise UsageError(f"{name} is a folder of yours: there is nothing to get, use it as it is")
    if name in PICTURES:
        _get_pictures(name, data)
        return
    info = find_set(name)
    if info.embedded and not info.made_from:
        typer.echo(f"{name} is embedded (it comes with scikit-learn): nothing to download")
        return
    with download_bars() as report:
        fetched = get(info, data, report)
    typer.echo(f"{name}: {'whole' if fetched else 'whole already'}, {where(info, data)}")


def _get_pictures(name: str, data: Path | None) -> None:
    """Download a set of pictures, and say what to do with it."""
    from fewbits.cli.downloads import download_bars
    from fewbits.data import data_folder
    from fewbits.data.cub import get_pictures
    from fewbits.data.picture_sets import PICTURES
    from fewbits.data.picture_status import where_pictures

    info = PICTURES[name]
    if info.drawn:
        typer.echo(f"{name} is embedded (it is drawn when first asked for): nothing to download")
        return
    with download_bars() as report:
        fetched = get_pictures(info, data, report)
    typer.echo(f"{name}: {'whole' if fetched else 'whole already'}, {where_pictures(info, data)}")
    home = data_folder(data)
    if info.archive and (home / info.archive.name).is_file():
        typer.echo(f"{home / info.archive.name} is not needed any more")
    method = "qsenn" if info.annotated else "protoquant"
    typer.echo(f"use it with: fewbits run {method} --dataset {name} --data {home} --out DIR")


@app.command("check")
def check_sets(
    name: Annotated[
        str | None, typer.Argument(help="One set; without it all that are here.")
    ] = None,
    data: Data = None,
) -> None:
    """Read every image and label of a set, or of all sets here, and say whether they are whole."""
    from fewbits.data import SETS, data_folder, is_here, named_folder
    from fewbits.data.folders import picture_folders
    from fewbits.data.picture_sets import PICTURES

    if name is not None:
        typer.echo(f"{name}: {_describe(name, data)}")
        return
    named, folder = named_folder(data), data_folder(data)
    if named and not folder.is_dir():
        raise FewbitsError(f"{folder}: there is no such folder; name the one that holds the sets")
    on_disk = [key for key, info in SETS.items() if not info.embedded and is_here(info, data)]
    on_disk += [key for key, info in PICTURES.items() if picture_folders(info, data)]
    embedded = [key for key, info in SETS.items() if info.embedded]
    embedded += [key for key, info in PICTURES.items() if info.drawn]
    damaged = []
    for key in (*SETS, *PICTURES):
        try:
            result = _describe(key, data) if key in on_disk + embedded else "not here"
        except FewbitsError as error:
            damaged.append(key)
            result = f"not whole: {error}"
        typer.echo(f"{key}: {result}")
    if damaged:
        raise FewbitsError(f"not whole: {', '.join(damaged)}; the lines above say what to do")
    if named and not on_disk:
        raise FewbitsError(f"{folder}: holds no known set; fewbits data get NAME fetches one")


def _describe(name: str, data: Path | None) -> str:
    """Read all of one set and say in a few words what is there."""
    from fewbits.data import describe, find_set, load
    from fewbits.data.picture_sets import FOLDER_PREFIX, PICTURES
    from fewbits.data.picture_status import describe_folder, describe_pictures

    if name.startswith("idx:"):
        found = load(name, scale="real")
        counts = (found.train.count, found.validation.count, found.test.count)
        split = " + ".join(f"{count:,}" for count in counts)
        return f"whole, {split} images, {found.num_classes} classes"
    if name.startswith(FOLDER_PREFIX):
        return describe_folder(name)
    if name in PICTURES:
        return describe_pictures(PICTURES[name], data)
    return describe(find_set(name), data)
