"""Stages: when this run began, and how long each stage of it took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Stages:
    """A run's beginning, and the seconds of the stages that it has been through, in their order."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _last: float = field(default_factory=time.perf_counter)
    _seconds: dict[str, float] = field(default_factory=dict)

    def end(self, stage: str) -> None:
        """The stage ends now; it began when the one before it ended."""
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each stage took, in seconds."""
        return dict(self._seconds)


_current = Stages()


def begin() -> None:
    """A run begins."""
    global _current  # noqa: PLW0603 - a process has one run at a time
    _current = Stages()


def current() -> Stages:
    """The stages of this run."""
    return _current
