"""``fewbits doctor``: what is here, what is wrong with it, and what to do."""

import importlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer

from fewbits import __version__
from fewbits.cli.options import Data
from fewbits.errors import FewbitsError

ENOUGH_DISK = 500 * 10**6
# Any will do; the first has no windows and opens a page in a third of the others' time.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``remedy`` is empty where all is well.

    ``needed`` tells what must work from what is only good to have.
    """

    what: str
    found: str
    remedy: str = ""
    needed: bool = True

    @property
    def wrong(self) -> bool:
        """Whether this keeps fewbits from working."""
        return self.needed and bool(self.remedy)


def doctor(data: Data = None) -> None:
    """Print what is here (Python, torch, device, data, disk) and what is wrong with it."""
    findings = []
    for finding in examine(data):
        findings.append(finding)
        mark = "WRONG" if finding.wrong else "note" if finding.remedy else "ok"
        remedy = f": {finding.remedy}" if finding.remedy else ""
        typer.echo(f"{mark:<6}{finding.what:<16}{finding.found}{remedy}")
    wrong = [finding.what for finding in findings if finding.wrong]
    if wrong:
        raise FewbitsError(f"wrong here: {', '.join(wrong)}; the lines above say what to do")


def examine(data_dir: Path | None) -> Iterator[Finding]:
    """All findings, the cheap ones first."""
    yield Finding("python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("fewbits", __version__)
    yield from _requirements()
    works = [_import(name) for name in ("torch", "torchvision")]
    yield from (finding for finding in works if finding.wrong)
    yield from _optional()
    if not any(finding.wrong for finding in works):
        yield _device()
        yield from _data(data_dir)


def _requirements() -> Iterator[Finding]:
    """Torch, torchvision and numpy, and every other requirement that is not met."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, metadata.requires("fewbits") or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        remedy = f'pip install "{requirement}"'
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Finding(requirement.name, f"expected {requirement}, it is not installed", remedy)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield Finding(requirement.name, f"expected {requirement}, got {version}", remedy)
        elif requirement.name in ("torch", "torchvision", "numpy"):
            yield Finding(requirement.name, version)


def _import(name: str) -> Finding:
    """Whether a compiled package can be loaded at all: builds that do not fit fail only here."""
    try:
        importlib.import_module(name)
    except Exception as error:
        said = " ".join(str(error).split())
        return Finding(
            name, f"cannot be loaded ({said})", "pip install --force-reinstall torch torchvision"
        )
    return Finding(name, "loads")


def _device() -> Finding:
    """The accelerator, or the processor and how many threads torch uses."""
    import torch

    if torch.cuda.is_available():
        return Finding("device", f"cuda ({torch.cuda.get_device_name()})")
    if torch.backends.mps.is_available():
        return Finding("device", "mps (Apple)")
    return Finding("device", f"cpu ({platform.machine()}, {torch.get_num_threads()} threads)")


def _data(data_dir: Path | None) -> Iterator[Finding]:
    """The data folder, each set in it, and the space left."""
    from fewbits import data

    folder, named = data.data_folder(data_dir), data.named_folder(data_dir)
    if named and not folder.is_dir():
        yield Finding(
            "data", f"{folder} does not exist", "make it, or name another with --data DIR"
        )
    else:
        source = "--data" if data_dir else "FEWBITS_DATA" if named else "your cache folder"
        yield Finding("data", f"{folder} ({source})")
    for info in data.SETS.values():
        if not data.is_here(info, data_dir):
            size = f"{info.download_bytes / 1e6:.0f} MB"
            get = f"fewbits data get {info.name} fetches {size}"
            yield Finding(info.name, "not here", get, needed=False)
            continue
        try:
            yield Finding(info.name, data.describe(info, data_dir))
        except FewbitsError as error:
            yield Finding(info.name, "not whole", str(error))
    yield _disk(folder)


def _disk(folder: Path) -> Finding:
    """Free space where the data goes, and whether anything may be written there."""
    from fewbits.data.disk import free_bytes, nearest_folder

    free, place = free_bytes(folder), nearest_folder(folder)
    said = f"{free / 1e9:.1f} GB free for {folder}"
    if free < ENOUGH_DISK:
        return Finding(
            "disk", said, "free some space, or name another folder with --data DIR", False
        )
    if not os.access(place, os.W_OK):
        return Finding("disk", f"{said}, read-only", "downloads need --data DIR elsewhere", False)
    return Finding("disk", said)


def _optional() -> Iterator[Finding]:
    """What only some parts need."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    yield Finding(
        "chromium",
        browser or "not found",
        "" if browser else f"only the browser tests need it: apt install {BROWSERS[0]}",
        needed=False,
    )
    try:
        yield Finding("onnxruntime", metadata.version("onnxruntime"))
    except metadata.PackageNotFoundError:
        get = "only the int8 export needs it: pip install onnx onnxruntime"
        yield Finding("onnxruntime", "not installed", get, needed=False)
