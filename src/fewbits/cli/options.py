"""Options that several commands share."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fewbits.errors import FewbitsError, UsageError


def _not_empty(given: str) -> Path:
    """A folder of data sets; no name at all is a slip, not the folder one stands in."""
    if not given.strip():
        raise typer.BadParameter("it is empty; name the folder of the data sets, or leave it out")
    return Path(given)


Dataset = Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, two-digits or idx:DIR")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Where data lies. Default: FEWBITS_DATA, else your cache folder.",
        parser=_not_empty,
        metavar="DIR",
    ),
]
Network = Annotated[str, typer.Option(help="classic or compact")]


def set_name(dataset: str) -> str:
    """The set's name; a folder is the same however it is written."""
    from fewbits.data.folders import expand

    kind, colon, folder = dataset.partition(":")
    if kind in ("idx", "imagefolder") and folder:
        return f"{kind}{colon}{expand(folder).resolve()}"
    return dataset


def check_file(file: Path, option: str) -> None:
    """Make sure, before minutes of measuring, that a file can be written; nothing is left there.

    Raises:
        UsageError: a folder is in its place.
        FewbitsError: its folder cannot be made or written.
    """
    from fewbits.data.disk import nearest_folder

    if file.is_dir():
        raise UsageError(f"{option} {file}: expected a file to write, got a folder: name one in it")
    try:
        with tempfile.TemporaryFile(dir=nearest_folder(file.parent)):
            pass
    except OSError as error:
        raise FewbitsError(
            f"{option} {file}: cannot be written ({error.strerror or error}): choose another file"
        ) from error
