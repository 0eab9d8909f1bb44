"""Tuning: what the engine for frames is told before it is loaded, so that it groups millions of ids in less memory."""

from __future__ import annotations

import os

_PARTITIONS_PER_CORE = 4
_ROWS_IN_FLIGHT = 4_000_000
_FEWEST_ROWS = 100_000


def tune() -> None:
    """Set the engine's partitions and morsels for this machine, unless the environment says otherwise.

    More partitions than cores are finished one after the other, so fewer of them stand in memory at once;
    larger morsels cost fewer allocations. Polars reads both once, when it is imported.
    """
    cores = os.cpu_count() or 1
    os.environ.setdefault("POLARS_GROUP_BY_NUM_PARTITIONS", str(_PARTITIONS_PER_CORE * cores))
    os.environ.setdefault("POLARS_IDEAL_MORSEL_SIZE", str(max(_FEWEST_ROWS, _ROWS_IN_FLIGHT // cores)))
