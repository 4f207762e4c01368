"""The frame: exit codes, one line for every expected error, a quick start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fewbits import __version__, cli
from fewbits.errors import FewbitsError, UsageError


def raising(error: BaseException):  # noqa: ANN201
    def command(*_: object, **__: object) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (FewbitsError("the file\nis gone"), 1, "fewbits: the file is gone"),
        (UsageError("no such thing"), 2, "fewbits: no such thing"),
        (KeyboardInterrupt(), 1, "fewbits: interrupted"),
        (KeyboardInterrupt("kept"), 1, "fewbits: kept"),
    ],
)
def test_expected_errors_are_one_line(
    fewbits, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, says: str
) -> None:
    monkeypatch.setattr(cli, "_invoke", raising(error))
    ended = fewbits("doctor")
    assert (ended.code, ended.out, ended.line) == (code, "", f"{says}\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command 'nope' (see fewbits --help)"),
        (["data", "get"], "(see fewbits data get --help)"),
        (["data", "list", "--nope"], "No such option: --nope"),
        (["data", "list", "extra"], "unexpected extra argument"),
        (["data", "list", "--data", ""], "'--data': it is empty; name the folder of the data"),
        (["doctor", "--data", " "], "'--data': it is empty; name the folder of the data sets"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(fewbits, arguments: list[str], says: str) -> None:
    ended = fewbits(*arguments)
    assert ended.code == 2 and ended.out == "" and says in ended.line


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_invoke", raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError):
        cli.main(["doctor"])


def test_an_interrupt_that_a_library_swallows_is_still_one_line(
    fewbits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy's import may swallow one and then fails half loaded."""
    usual = signal.getsignal(signal.SIGINT)

    def half_loaded(*_: object) -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise AttributeError("module 'numpy' has no attribute 'subtract'") from None
        return 0

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        monkeypatch.setattr(cli, "_invoke", half_loaded)
        ended = fewbits("doctor")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, usual)
    assert (ended.code, ended.line) == (1, "fewbits: interrupted\n")
    monkeypatch.setattr(cli, "_invoke", raising(AttributeError("a bug")))
    with pytest.raises(AttributeError, match="a bug"):
        cli.main(["doctor"])


def test_version(fewbits) -> None:
    ended = fewbits("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"fewbits {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["data", "--help"], ["data", "get", "--help"]])
def test_help(fewbits, arguments: list[str]) -> None:
    ended = fewbits(*arguments)
    assert ended.code == 0 and "Usage: fewbits" in ended.out and ended.err == ""


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, fewbits.cli as c\ntry: c.main(['--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "typer" in loaded
    assert not loaded & {"torch", "torchvision", "numpy", "sklearn", "matplotlib"}


def test_stopped_while_it_loads() -> None:
    code = """
import sys
class Stop:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
from fewbits.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "fewbits: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break differently there")
def test_a_reader_that_has_gone_is_no_news() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from fewbits.cli import main; main(['--version'])"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_output_that_cannot_be_written_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, the device that is always full")
    command = [sys.executable, "-c", "from fewbits.cli import main; main(['--version'])"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "fewbits: [Errno 28] No space left on device\n"
