"""What a whole child process costs, and how the costs of two compare round by round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import DEVNULL
from typing import IO, Any, TypeAlias, TypeVar

Command = Sequence[str]
Found = TypeVar("Found")
Sides: TypeAlias = tuple[list[Found], list[Found]]
MAXRSS_PER_MIB = 2**20 if sys.platform == "darwin" else 2**10


class CommandError(Exception):
    """A measured command ended with an error: its cost means nothing."""


@dataclass(frozen=True)
class Cost:
    """One process from start to exit: user and system time of all its threads, its largest resident size."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float

    def __str__(self) -> str:
        return f"cpu {self.cpu_seconds:.2f} s, wall {self.wall_seconds:.2f} s, peak {self.peak_mib:.0f} MiB"


@dataclass(frozen=True)
class Spread:
    """A figure over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def over(cls, figures: Sequence[float]) -> Spread:
        return cls(median(figures), min(figures), max(figures))


@dataclass(frozen=True)
class Comparison:
    """A process A against a process B; the rounds stand at the same index on both sides."""

    a: Sequence[Cost]
    b: Sequence[Cost]

    @property
    def cpu_ratio(self) -> Spread:
        return Spread.over([a.cpu_seconds / b.cpu_seconds for a, b in zip(self.a, self.b, strict=True)])

    @property
    def memory_ratio(self) -> float:
        return median(a.peak_mib / b.peak_mib for a, b in zip(self.a, self.b, strict=True))

    @property
    def cpu_seconds(self) -> float:
        return median(cost.cpu_seconds for cost in self.a)

    @property
    def peak_mib(self) -> float:
        return median(cost.peak_mib for cost in self.a)


_NOT_A_USERS = ("CLV_CONFIG", "PYTHONDONTWRITEBYTECODE")
"""What may be set here and isn't where people work: a config of one's own, and compiling every module anew on each run."""


def cost_of(command: Command, folder: Path) -> Cost:
    """Run a command in a folder to its end.

    Linux counts the parent's memory at the start as the child's peak, so nothing large may be imported here.
    """
    return _run(command, folder, DEVNULL)


def answer_of(command: Command, folder: Path) -> dict[str, Any]:
    """What a command says on standard output, as JSON: of parts of a process nobody else can tell the cost."""
    with tempfile.TemporaryFile() as out:
        _run(command, folder, out)
        out.seek(0)
        said: dict[str, Any] = json.loads(out.read())
    return said


def _run(command: Command, folder: Path, out: IO[bytes] | int) -> Cost:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_A_USERS}
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=DEVNULL, stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # reaped above: Popen must not wait again
        if process.returncode:
            errors.seek(0)
            raise CommandError(failure(command, process.returncode, errors.read()))
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / MAXRSS_PER_MIB)


def failure(command: Command, exit_code: int, errors: bytes) -> str:
    last_lines = errors.decode(errors="replace").strip().splitlines()[-5:]
    return "\n".join([f"exit {exit_code}: {' '.join(command)}", *last_lines])


def compare(a: Command, b: Command, rounds: int, folder: Path, report: Callable[[str], None]) -> Comparison:
    """The costs of A and B in turn."""
    return Comparison(*in_turn(lambda command: cost_of(command, folder), (a, b), rounds, report))


def in_turn(run: Callable[[Command], Found], commands: tuple[Command, Command], rounds: int, report: Callable[[str], None]) -> Sides[Found]:
    """What is found of A and of B in turn; every other round begins with B, so that drift of the machine falls on both alike."""
    found: Sides[Found] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            found[side].append(run(commands[side]))
            report(f"round {number + 1}/{rounds} {'AB'[side]}: {found[side][-1]}")
    return found
