"""The command ``fewbits``: its parts put together, and every expected error as one line."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from fewbits import __version__
from fewbits.cli import bench, data, doctor, name, plan, run
from fewbits.errors import FewbitsError

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(data.app, name="data")
app.add_typer(run.app, name="run")
app.add_typer(name.app, name="name")
app.add_typer(bench.app, name="bench")
app.add_typer(plan.app, name="plan")
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"fewbits {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def fewbits(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Few Bits, Clear Reasons: quantised vision networks a person can read."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``fewbits`` and end the process: 0 done, 1 failed or interrupted, 2 wrong usage."""
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    with _interrupts() as came:
        return _told(arguments, came)


def _told(arguments: Sequence[str], came: list[int]) -> int:
    """The exit code, and every expected error in one line."""
    try:
        exit_code = _invoke(arguments)
        if sys.stdout is not None:  # closed by whoever started us
            sys.stdout.flush()
    except FewbitsError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt as stop:
        return _complain(str(stop) or "interrupted", 1)
    except OSError as error:
        # Python would complain once more when it flushes what it could not write at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read our output has gone
            return 1
        return _complain(str(error), 1)
    except Exception as error:
        return _complain("interrupted", 1) if came else _complain_usage(error)
    return exit_code


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """The interrupts so far; each raises KeyboardInterrupt as always.

    One that comes while a library is being loaded may be swallowed there, and the library, half
    loaded, then fails in a way of its own: what happens after an interrupt is not looked into.
    """
    came: list[int] = []
    usual = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread()
    if not ours or usual is not signal.default_int_handler:  # ignored, or somebody else's
        yield came
        return

    def note(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, usual)


def _invoke(arguments: Sequence[str]) -> int:
    """Parse the arguments and call the command they name."""
    try:
        with typer.main.get_command(app).make_context("fewbits", list(arguments)) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _complain(message: str, exit_code: int) -> int:
    """One line on stderr, whatever the message holds."""
    print(f"fewbits: {' '.join(message.split())}", file=sys.stderr)
    return exit_code


def _complain_usage(error: Exception) -> int:
    """One line for what the command line's parser rejects; anything else is a bug and goes on up.

    Typer carries its own copy of Click from 0.20 on and uses the installed one before, so its
    errors are known by what they can do.
    """
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()  # type: ignore[attr-defined]
        return 2
    if not hasattr(error, "format_message"):
        raise error
    context = getattr(error, "ctx", None)
    asked = f" (see {context.command_path} --help)" if context else ""
    return _complain(error.format_message().rstrip(".") + asked, getattr(error, "exit_code", 2))
