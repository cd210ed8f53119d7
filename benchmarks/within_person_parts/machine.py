"""What the figures were measured on: processor, cores, load and versions; nothing that names the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Processor, memory, load now, date, and versions of what our side uses."""
    processor = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor[0] if processor else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "scipy", "polars", "numba")},
        "R": _r_version(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _r_version() -> str:
    try:
        return subprocess.run(
            ["Rscript", "-e", "cat(as.character(getRversion()))"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "absent"
