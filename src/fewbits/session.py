"""What every notebook's first cell calls: look around, fill the gaps, say in one line what is here.

Nothing heavy is imported at the top, because this module runs before the package's own requirements
are known to be installed (Colab brings torch and numpy, not everything else).
"""

import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import VERSION_PATTERN, Version

from fewbits import __version__
from fewbits.errors import FewbitsError, UsageError

T = TypeVar("T")

SCALES = ("smoke", "real")

VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)

# The newest version of each that the whole book has been run with. Newer ones probably work; the
# first cell says so in a line. The oldest that work are the ranges in pyproject.toml.
NEWEST_TESTED = {
    "torch": "2.15",
    "torchvision": "0.29",
    "numpy": "2.4",
    "ipywidgets": "8.1",
    "anywidget": "0.11",
}

# What `real` fetches, for the line that tells a Colab reader what a change of scale costs.
DOWNLOADS = "MNIST 12 MB, Fashion-MNIST 31 MB"


class NotReady(FewbitsError):
    """The environment cannot run the book; the message says why, and is shown without a stack."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of the stack: the one line that matters."""
        return [f"Not ready: {self}"]


@dataclass(frozen=True)
class Here:
    """Where a notebook runs and what it may use.

    Attributes:
        scale: ``smoke`` (embedded data, seconds) or ``real`` (whole data sets, minutes to hours).
        data_dir: the folder with the data sets; None means the user's cache folder.
        device: ``cuda`` or ``cpu``, as ``Tensor.to`` takes it.
        threads: CPU threads that torch uses.
        colab: whether this is Google Colab.
    """

    scale: str
    data_dir: Path | None
    device: str
    threads: int
    colab: bool

    def pick(self, *, smoke: T, real: T) -> T:
        """Return the value meant for the scale at hand: ``here.pick(smoke=2, real=30)`` epochs."""
        return real if self.scale == "real" else smoke


def start(scale: str | None = None, data_dir: str | os.PathLike[str] | None = None) -> Here:
    """Make the environment ready for a notebook, print one line about it, and return it.

    Only packages that are missing are installed; no installed version is ever changed.

    Args:
        scale: ``smoke`` or ``real``. Default: ``FEWBITS_SCALE``, else ``smoke``; in Colab with a
            GPU ``real``, because MNIST is a small download and trains there in minutes. In Colab
            ``real`` also fetches MNIST; elsewhere `fewbits data get mnist` does.
        data_dir: folder with the data sets. Default: ``FEWBITS_DATA``, else your cache folder.

    Raises:
        UsageError: an unknown scale, or a data folder that does not exist.
        NotReady: an installed version is outside the range the book works with, or pip failed.
        FewbitsError: in Colab, ``real`` was asked for and MNIST cannot be fetched.
    """
    colab = in_colab()
    scale = check_scale(scale or os.environ.get("FEWBITS_SCALE") or None)
    requirements = package_requirements()
    install_missing(requirements)
    versions = installed_versions()
    refuse_unfit(requirements, versions)
    # Only from here on may anything be imported that a stranger's machine could be without.
    folder = check_folder(data_dir or os.environ.get("FEWBITS_DATA") or None)

    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = scale or (best_in_colab(device, folder) if colab else "smoke")
    if colab and chosen == "real":
        bring_mnist(folder)
    here = Here(chosen, folder, device, torch.get_num_threads(), colab)
    device_name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    for line in describe(here, versions, device_name):
        print(line)
    return here


def in_colab() -> bool:
    """Whether this is a Colab runtime: only there can ``google.colab`` be imported."""
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:
        return False


def best_in_colab(device: str, folder: Path | None) -> str:
    """The largest scale that needs less than 100 MB and five minutes there: MNIST with a GPU."""
    if device == "cpu":
        return "smoke"
    try:
        bring_mnist(folder)
    except FewbitsError as error:
        print(f"Staying at scale smoke, because MNIST cannot be fetched: {error}")
        return "smoke"
    return "real"


def bring_mnist(folder: Path | None) -> None:
    """Download MNIST unless it is there and whole; checksums are compared with the published."""
    from fewbits.data.fetching import get
    from fewbits.data.registry import find_set

    info = find_set("mnist")
    if get(info, folder):
        print(f"Downloaded MNIST: {info.download_bytes / 1e6:.0f} MB, checksums as published")


def check_scale(scale: str | None) -> str | None:
    """Return ``scale`` (None stays None: not chosen), or say which there are."""
    if scale is not None and scale not in SCALES:
        raise UsageError(
            f"the scale must be one of {', '.join(SCALES)}, got {scale!r}: set FEWBITS_SCALE to one"
        )
    return scale


def check_folder(data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the data folder as an absolute path, or say that it is not there."""
    if data_dir is None:
        return None
    from fewbits.data.folders import expand

    folder = expand(data_dir).resolve()
    if not folder.is_dir():
        raise UsageError(
            f"the data folder {folder} does not exist: set FEWBITS_DATA to one that does, "
            "or leave it out and the sets are kept in your cache folder"
        )
    return folder


def package_requirements() -> list[Requirement]:
    """The package's own requirements, without its extras."""
    try:
        lines = metadata.requires("fewbits") or []
    except metadata.PackageNotFoundError as error:
        raise NotReady(
            "fewbits is on the path but not installed: run `pip install --no-deps` on it"
        ) from error
    parsed = [Requirement(line) for line in lines]
    return [r for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})]


def installed_versions() -> dict[str, str]:
    """Every installed distribution's version; the first on the path counts, as in an import.

    Distributions without a name or with a version that pip would not accept are left out: system
    packages can be so, and pip refuses a whole list of constraints for one such line.
    """
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if name and version and VERSION.fullmatch(version):
            found.setdefault(canonicalize_name(name), version)
    return found


def install_missing(requirements: list[Requirement]) -> list[str]:
    """Install what is not there at all, holding every installed version still; return the names."""
    versions = installed_versions()
    missing = [r for r in requirements if canonicalize_name(r.name) not in versions]
    if not missing:
        return []
    with tempfile.TemporaryDirectory() as scratch:
        held = Path(scratch) / "constraints.txt"
        held.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(held)]
        command += ["--disable-pip-version-check", *(f"{r.name}{r.specifier}" for r in missing)]
        done = subprocess.run(command, capture_output=True, text=True)
    names = [r.name for r in missing]
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "pip said nothing").splitlines()[-1]
        raise NotReady(
            f"{', '.join(names)} could not be installed without changing what is here: {last}"
        )
    importlib.invalidate_caches()
    return names


def refuse_unfit(requirements: list[Requirement], versions: Mapping[str, str]) -> None:
    """Stop with one line if an installed version is outside the range that the book works with."""
    unfit = [
        f"{r.name}{r.specifier} (here: {versions.get(canonicalize_name(r.name), 'none')})"
        for r in requirements
        if not r.specifier.contains(versions.get(canonicalize_name(r.name), "0"), prereleases=True)
    ]
    if unfit:
        raise NotReady(
            f"fewbits {__version__} needs {', '.join(unfit)}, and a notebook changes nothing that "
            "is installed: pick a newer runtime, or run `make install` in a clone of the book"
        )


def describe(here: Here, versions: Mapping[str, str], device_name: str) -> list[str]:
    """The line about the environment and, where there is something to add, one more each."""
    python = ".".join(map(str, sys.version_info[:3]))
    data = here.data_dir or ("embedded digits" if here.scale == "smoke" else "your cache folder")
    where = f"{device_name}, {here.threads} thread{'s' * (here.threads != 1)}"
    lines = [
        f"fewbits {__version__} · Python {python} · torch {versions['torch']} · "
        f"numpy {versions['numpy']} · {where} · scale {here.scale} · data: {data}"
    ]
    newer = [
        f"{name} {versions[name]} (tested up to {tested})"
        for name, tested in NEWEST_TESTED.items()
        if name in versions and Version(versions[name]).release[:2] > Version(tested).release
    ]
    if newer:
        lines.append(f"Newer than anything tested here: {', '.join(newer)}. It will probably work.")
    if here.colab:
        other = "real" if here.scale == "smoke" else "smoke"
        cost = f"downloads {DOWNLOADS}" if other == "real" else "downloads nothing"
        lines.append(f"For the other scale write start(scale={other!r}) above: it {cost}.")
    return lines
