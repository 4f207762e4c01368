"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Dataset = Annotated[str, typer.Option(help="digits, mnist, fashion-mnist, two-digits or idx:DIR")]
Data = Annotated[Path | None, typer.Option(help="Where the data sets lie.")]
Network = Annotated[str, typer.Option(help="classic or compact")]


def set_name(dataset: str) -> str:
    """The set's name; a folder is the same however it is written."""
    from fewbits.data.folders import expand

    kind, colon, folder = dataset.partition(":")
    if kind in ("idx", "imagefolder") and folder:
        return f"{kind}{colon}{expand(folder).resolve()}"
    return dataset
