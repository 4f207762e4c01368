"""Tables and what they are made from, shown to whoever reads the output."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from fewbits.errors import FewbitsError

PIPED = 200  # columns where no terminal says how many it has


def console() -> Console:
    """As wide as the terminal; into a file or a pipe tables go uncut."""
    usual = Console()
    return usual if usual.is_terminal else Console(width=PIPED)


@contextmanager
def reading(file: Path, fresh: bool) -> Iterator[None]:
    """Show what a report says; one that was not written just now may be damaged.

    Raises:
        FewbitsError: something in it is missing or of another kind.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if fresh:
            raise
        raise FewbitsError(
            f"{file} is damaged ({type(error).__name__}: {error}). Delete it and run again, "
            "nothing is trained twice."
        ) from error
