"""What a run leaves behind: one JSON file with its settings, its numbers and their origin."""

import errno
import json
import math
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from fewbits.errors import FewbitsError, UsageError

# Full runs kept with the code: inside the package once installed, beside `src` in a clone.
_HERE = Path(__file__).resolve().parent
RECORDED_FOLDERS = (_HERE / "recorded", _HERE.parents[1] / "results")
REPORT_NAME = "report.json"
SETTINGS_NAME = "settings.json"
LOCK_NAME = ".lock"
# An object of nothing but numbers, an interval say. Strings may hold anything: none may be in it.
ONE_LINE = re.compile(r"\{\n((?: *\"[^\"]*\": [-+.\deE]+,?\n)+) *\}")


@dataclass(frozen=True)
class Report:
    """One finished run.

    Attributes:
        settings: everything that, changed, could change the numbers.
        metrics: accuracies are fractions, sizes are bytes, times are seconds.
        provenance: versions, device, duration, git revision; None where unknown.
    """

    method: str
    dataset: str
    scale: str
    seed: int
    settings: dict[str, object]
    metrics: dict[str, object]
    provenance: dict[str, object]

    def number(self, metric: str) -> int | float:
        """One metric that is a finite number.

        Raises:
            FewbitsError: it is missing or something else.
        """
        value = self.metrics.get(metric) if isinstance(self.metrics, dict) else None
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise FewbitsError(
                f"the report's metric {metric!r} should be a finite number, got {value!r}: the "
                "report is damaged. Delete it and run again, nothing is trained twice."
            )
        return value

    @classmethod
    def read(cls, folder: Path) -> "Report":
        """Read ``folder/report.json``.

        Raises:
            FewbitsError: it is missing or not a report.
        """
        return cls(**read_json(folder / REPORT_NAME, set(cls.__dataclass_fields__)))

    def write(self, folder: Path) -> Path:
        """Write ``folder/report.json`` whole or not at all."""
        return write_json(asdict(self), folder / REPORT_NAME)


def recorded(method: str) -> list[Report]:
    """The full runs of a method that are kept with this project, in a fixed order.

    Raises:
        FewbitsError: there are none.
    """
    files = [
        file for folder in RECORDED_FOLDERS for file in sorted((folder / method).glob("*.json"))
    ]
    if not files:
        places = " or ".join(map(str, RECORDED_FOLDERS))
        raise FewbitsError(f"no recorded runs of {method!r} in {places}: install fewbits again")
    return [Report(**read_json(file, set(Report.__dataclass_fields__))) for file in files]


def read_json(path: Path, keys: set[str] | None = None, holds: str = "settings") -> dict[str, Any]:
    """One JSON object, with exactly these keys if they are named.

    Args:
        holds: what an object without named keys is, for the message.

    Raises:
        FewbitsError: the file is missing, damaged, or another project's.
    """
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise FewbitsError(f"{path} is missing: run the command that writes it first") from error
    except (OSError, ValueError) as error:
        raise FewbitsError(
            f"{path} cannot be read as JSON: {error}. If it is damaged, delete it and run again; "
            "checkpoints are kept."
        ) from error
    if not isinstance(found, dict) or (keys is not None and set(found) != keys):
        expected = f"the keys {', '.join(sorted(keys))}" if keys else holds
        raise FewbitsError(f"{path} is not a file of this project: expected {expected}")
    return found


def _on_one_line(found: re.Match[str]) -> str:
    return "{" + ", ".join(line.strip().rstrip(",") for line in found[1].splitlines() if line) + "}"


def write_json(value: object, path: Path) -> Path:
    """Write JSON beside the file, then rename it into place; objects of numbers on one line each.

    Raises:
        FewbitsError: the folder cannot be written.
    """
    text = ONE_LINE.sub(_on_one_line, json.dumps(value, indent=2, allow_nan=False)) + "\n"
    return write_whole(path, lambda part: part.write_text(text))


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` make a file beside ``path``, then rename it.

    A kill leaves the old file or the new one, never half.

    Raises:
        UsageError: a file stands where a folder is needed.
        FewbitsError: the folder cannot be written.
    """
    # Two processes that write the same file must not share a half of it.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:  # torch.save reports a full disk as a RuntimeError
        raise _writing_failed(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return path


def _writing_failed(path: Path, error: OSError | RuntimeError) -> FewbitsError:
    """What kept a file from being written, and what to do about it."""
    code = error.errno if isinstance(error, OSError) else errno.ENOSPC
    reason = error.strerror if isinstance(error, OSError) else "the disk is full"
    if code in (errno.EEXIST, errno.ENOTDIR):
        return UsageError(f"could not write {path}: a file is in the way, choose another folder")
    if code in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Free some space and run the same command again; what was finished is kept."
    else:
        remedy = "Choose a folder (--out) that you can write to."
    return FewbitsError(f"could not write {path}: {reason}. {remedy}")


def claim_folder(folder: Path, settings: dict[str, object]) -> bool:
    """Make ``folder`` this run's own, or find that it already is.

    Returns:
        True if a report of exactly this run is there already.

    Raises:
        UsageError: the folder belongs to another run. Nothing in it is touched.
        FewbitsError: the folder cannot be written.
    """
    note = folder / SETTINGS_NAME
    if (folder / REPORT_NAME).exists() and not note.exists():
        raise UsageError(
            f"{folder} holds a report without its settings: choose another --out, or delete "
            f"{REPORT_NAME} in it and run again"
        )
    if note.exists():
        found = read_json(note)
        if found != json.loads(json.dumps(settings)):
            differ = sorted(k for k in found | settings if found.get(k) != settings.get(k))
            # A plan or schedule follows from the settings before it.
            differ = [k for k in differ if not isinstance(settings.get(k), dict)] or differ
            # What an identity does not name is as it is by default.
            was = ", ".join(
                f"{k}={found[k]!r}" if k in found else f"{k} by default" for k in differ
            )
            raise UsageError(
                f"{folder} holds another run ({was}): choose another --out, nothing was changed"
            )
        return (folder / REPORT_NAME).exists()
    write_json(settings, note)
    return False


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other process out of a run's folder. A kill lets go of it.

    Raises:
        UsageError: another process is at work in it.
        FewbitsError: the folder cannot be written.
    """
    lock = FileLock(folder / LOCK_NAME, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"{folder} is in use by another run: let it finish, or choose another --out"
        ) from error
    except OSError as error:
        raise _writing_failed(folder / LOCK_NAME, error) from error
    try:
        yield
    finally:
        lock.release()


def run_once(
    out: Path, identity: dict[str, object], work: Callable[[], Report]
) -> tuple[Report, bool]:
    """Do the work of a run and write its report to ``out``, unless that is there already.

    Returns:
        The report, and whether the work was done.

    Raises:
        UsageError: the folder belongs to another run, or another process is at work in it.
        FewbitsError: the folder cannot be read or written.
    """
    if claim_folder(out, identity):
        return Report.read(out), False
    with held(out):
        report = work()
        report.write(out)
    return report, True


@dataclass(frozen=True)
class Beginning:
    """When work began, and the revision of the code that does it: it may be another one later."""

    clock: float
    revision: str | None


def begin() -> Beginning:
    """Begin work whose :func:`provenance` will be told."""
    return Beginning(time.perf_counter(), git_revision())


def provenance(begun: Beginning, seconds: float | None = None) -> dict[str, object]:
    """Where a number comes from: versions, machine, time taken, revision of this code.

    Args:
        begun: what :func:`begin` gave.
        seconds: that the work took. Default: all since then.
    """
    taken = time.perf_counter() - begun.clock if seconds is None else seconds
    return {
        "python": platform.python_version(),
        "versions": {n: _version(n) for n in ("fewbits", "torch", "torchvision", "numpy")},
        "device": device_name(),
        "threads": torch.get_num_threads(),
        "duration_seconds": round(taken, 1),
        "git_revision": begun.revision,
    }


def device_name() -> str:
    """The accelerator's name, or the processor's architecture."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu ({platform.machine()})"


def git_revision() -> str | None:
    """The commit this package runs from; None outside its repository."""
    here = Path(__file__).resolve().parent
    try:
        found = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # A copy installed into some other project's repository must not report that project's commit.
    inside = here.parent.name == "src" and (here.parents[1] / "pyproject.toml").exists()
    return found.stdout.strip() or None if inside else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
