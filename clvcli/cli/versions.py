"""Versions: of clv and of all that its figures depend on, found without loading any of it."""

from __future__ import annotations

import os

from clvcli import __version__

_LIBRARIES = ("polars", "narwhals", "numpy", "scipy")
"""What figures are worked out with."""


def versions() -> str:
    """`clv` and its version on the first line; below it Python, the libraries, the engine and the platform."""
    import platform
    from importlib.metadata import version

    found = {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}
    rows = {**found, "engine": f"polars, {_counted(threads(), 'thread')}", "platform": platform.platform(terse=True)}
    return "\n".join([f"clv {__version__}", *(f"{name:<8} {value}" for name, value in rows.items())])


def threads() -> int:
    """How many threads the engine uses: as many as it is told, else one for each core that the process may use."""
    told = os.environ.get("POLARS_MAX_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(told) if told.isdecimal() and int(told) else cores


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
