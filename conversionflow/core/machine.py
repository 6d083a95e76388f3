"""What the process may use of the machine: processor cores and memory, limits of a container included."""

import os
from dataclasses import dataclass
from math import ceil
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """Cores and bytes of memory that a process may use."""

    cores: int
    memory: int

    @classmethod
    def here(cls, cgroup: Path = _CGROUP) -> "Machine":
        """Return what this process may use now.

        Parameters
        ----------
        cgroup
            Folder of the control group (version 2) that limits it; without one, nothing but the machine does.
        """
        return cls(cores(cgroup), min(_free_memory(), _memory_limit(cgroup)))


def cores(cgroup: Path = _CGROUP) -> int:
    """Return how many processor cores this process may use: see `Machine.here`."""
    return min(_allowed_cores(), _core_limit(cgroup))


def _allowed_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _core_limit(cgroup: Path) -> int:
    """Whole cores of the quota, rounded up: a started core is better used than left."""
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    return max(ceil(int(quota) / int(period)), 1) if quota.isdigit() else _allowed_cores()


def _free_memory() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def _memory_limit(cgroup: Path) -> int:
    most, used = _read(cgroup / "memory.max"), _read(cgroup / "memory.current")
    return max(int(most) - int(used or 0), 0) if most.isdigit() else _free_memory()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""
