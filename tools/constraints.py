"""Write constraints.txt: the versions, here and now, of everything that `fewbits[dev]` pulls in.

Names and versions, nothing else: no addresses, no hashes, nothing that merely happens to be here.
Run it where Python is the oldest supported one (`make constraints`): what installs there has wheels
for the newer ones too.
"""

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TARGET = Path(__file__).resolve().parent.parent / "constraints.txt"
HEADER = """\
# The versions this release was tested with, on every supported Python (`make constraints`).
# The ranges that may be installed are in pyproject.toml.
"""


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether ``requirement`` counts on this machine with one of ``extras`` (or none) chosen."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""})


def closure(root: str, extras: frozenset[str]) -> dict[str, str]:
    """Name and installed version of everything that ``root`` with ``extras`` needs."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(root), extras)]
    found: dict[str, str] = {}
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        distribution = metadata.distribution(name)
        found[name] = distribution.version.split("+")[0]  # 2.13.0+cpu is 2.13.0 to the index
        for line in distribution.requires or []:
            requirement = Requirement(line)
            if applies(requirement, wanted):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    del found[canonicalize_name(root)]
    return found


def main() -> int:
    """Write the file."""
    versions = closure("fewbits", frozenset({"dev"}))
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    TARGET.write_text(HEADER + "".join(lines), "utf8")
    print(f"{TARGET.name}: {len(lines)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
