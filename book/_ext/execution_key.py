"""Keep executed notebooks under a key of everything their outputs depend on.

Jupyter Book's cache knows the code in the cells. What the cells import, the scale they run at and
the data they read decide their outputs just as much, so each combination gets a folder of its own:
`_build/.jupyter_cache/<key>`. A new key makes Sphinx read every page again.
"""

import hashlib
import os
import shutil
import site
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from sphinx.application import Sphinx
from sphinx.config import Config

KEPT = 4  # keys whose notebooks stay: two scales, and one step back in each


def source_facts(package: Path) -> Iterator[str]:
    """Path and content of every file of the package."""
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield f"{path.relative_to(package)} {digest}"


def data_facts(folder: str | None) -> Iterator[str]:
    """Name, size and time of every file down to DIR/MNIST/raw; contents may be gigabytes."""
    if not folder:
        return
    root = Path(folder).resolve()
    yield str(root)
    for pattern in ("*", "*/*", "*/*/*"):
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                stat = path.stat()
                yield f"{path.relative_to(root)} {stat.st_size} {stat.st_mtime_ns}"


def version_facts() -> Iterator[str]:
    """Python and every installed distribution.

    Not what a process has put on its path since: setuptools, imported by whoever, brings copies of
    other distributions along, and the same notebooks would get another key.
    """
    yield sys.version
    places = [*site.getsitepackages(), site.getusersitepackages()]
    found = {
        canonicalize_name(d.metadata["Name"]): d.version
        for d in metadata.distributions(path=places)
        if d.metadata["Name"]
    }
    yield from (f"{name} {version}" for name, version in sorted(found.items()))


def execution_key(root: Path) -> str:
    """Sixteen hexadecimal digits that change whenever a notebook's outputs may."""
    digest = hashlib.sha256()
    data = os.environ.get("FEWBITS_DATA")
    for fact in (
        os.environ.get("FEWBITS_SCALE") or "smoke",
        *source_facts(root / "src" / "fewbits"),
        *source_facts(root / "results"),
        *data_facts(data),
        *version_facts(),
    ):
        digest.update(fact.encode() + b"\n")
    return digest.hexdigest()[:16]


def forget_old(caches: Path, current: Path) -> None:
    """Remove all but the newest few caches; the current one always stays."""
    current.mkdir(parents=True, exist_ok=True)
    os.utime(current)
    folders = [path for path in caches.iterdir() if path.is_dir()]
    for path in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path)


def choose_cache(app: Sphinx, config: Config) -> None:
    """Point MyST-NB at the folder of the current key."""
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / execution_key(Path(app.srcdir))
    forget_old(caches, current)
    config.nb_execution_cache_path = str(current)


def setup(app: Sphinx) -> dict[str, Any]:
    """Choose the cache before MyST-NB reads its settings."""
    app.connect("config-inited", choose_cache)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
