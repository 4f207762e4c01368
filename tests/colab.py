"""Colab, acted out: a fresh environment that looks like its runtime to whoever looks from inside.

The big packages are not installed a second time. They are linked into a folder that the environment
also searches; what Colab has in its own, older version is really installed, in front of it.
"""

import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

from constraints import closure

# Colab's own, in November 2026.
OWN = ("ipywidgets==7.7.1", "anywidget==0.9.21", "ipython-genutils==0.2.0")
# What is there besides, in whatever version this checkout is tested with.
PREINSTALLED = (
    "torch",
    "torchvision",
    "numpy",
    "scikit-learn",
    "matplotlib",
    "nbclient",
    "nbformat",
    "ipykernel",
    "typer",
    "rich",
    "packaging",
    "psygnal",
    "jupyterlab-widgets",
)


def link_distribution(name: str, folder: Path) -> None:
    """Link everything that distribution ``name`` has put into site-packages."""
    distribution = metadata.distribution(name)
    for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
        target = folder / top
        if not target.is_symlink():
            target.symlink_to(Path(str(distribution.locate_file(top))).resolve())


def make_colab(folder: Path) -> Path:
    """Build the environment in ``folder``; return its Python."""
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *OWN]
    subprocess.run([*pip, "--disable-pip-version-check"], check=True)

    # Python 3.11 puts an old one into each environment; the one that torch needs is linked below.
    pip = [str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools"]
    subprocess.run([*pip, "--disable-pip-version-check"], check=True)

    linked = folder / "preinstalled"
    linked.mkdir()
    names = set(PREINSTALLED).union(*(closure(name, frozenset()) for name in PREINSTALLED))
    for name in sorted(names):
        link_distribution(name, linked)
    (site / "preinstalled.pth").write_text(f"{linked}\n")

    stand_in = site / "google" / "colab"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text('"""Stands in for Colab\'s own module."""\n')
    return python
