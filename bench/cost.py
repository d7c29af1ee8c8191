"""What a command costs: CPU seconds, wall seconds and peak memory of its process tree."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Cost(NamedTuple):
    """What one process tree took."""

    cpu: float
    wall: float
    peak: int  # KiB

    def __str__(self) -> str:
        return f"{self.cpu:7.2f} CPU s  {self.wall:7.2f} s  {self.peak / 1024:6.0f} MiB"


def measure(command: list[str], root: Path) -> Cost:
    """Run a command in a folder, its output thrown away; a failure ends the benchmark."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(root)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.execvp(command[0], command)  # noqa: S606 - the commands are this script's own
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss)
