"""How much memory a device has left, and how much a piece of work took at its worst."""

import contextlib
import os
from pathlib import Path

import torch

PROCESS = Path("/proc/self")
CGROUP = Path("/sys/fs/cgroup")


def available(device: str = "cpu") -> int:
    """Bytes that a new table may take: the GPU's own memory, or the machine's or container's."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        free = _kilobytes(Path("/proc/meminfo"), "MemAvailable")
    except (OSError, KeyError):  # no Linux: what the machine has, with a quarter for others
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit
        limit = int((CGROUP / "memory.max").read_text())
        free = min(free, limit - int((CGROUP / "memory.current").read_text()) + _files_held())
    return max(free, 0)


class Peak:
    """The most memory taken since this was made, above what was taken then."""

    def __init__(self, device: str = "cpu") -> None:
        self.device, self.before = device, 0
        if device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(device)
            self.before = torch.cuda.memory_allocated(device)
            return
        with contextlib.suppress(OSError):
            (PROCESS / "clear_refs").write_text("5")  # forgets the highest so far
            self.before = _kilobytes(PROCESS / "status", "VmRSS")

    def read(self) -> int | None:
        """Bytes; None where the system does not tell."""
        if self.device.startswith("cuda"):
            return int(torch.cuda.max_memory_allocated(self.device)) - self.before
        if not self.before:
            return None
        return _kilobytes(PROCESS / "status", "VmHWM") - self.before


def _kilobytes(file: Path, name: str) -> int:
    """A line such as ``VmHWM:  1234 kB``, in bytes."""
    lines = dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line)
    return int(lines[name].split()[0]) * 1024


def _files_held() -> int:
    """Bytes of files that a container's memory keeps and gives up when somebody needs them."""
    try:
        lines = (CGROUP / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    held = dict(line.split() for line in lines)
    return sum(int(held.get(name, 0)) for name in ("active_file", "inactive_file"))
