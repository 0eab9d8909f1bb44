"""Runs: what a run leaves behind, which is all of it or nothing."""

from clvcli.runs.files import write_atomically

__all__ = ["write_atomically"]
