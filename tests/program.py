"""The program as a user starts it: in this process, with streams of its own."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import clvcli
from clvcli.cli.app import main

ROOT = Path(__file__).parents[1]
SHOP = str(ROOT / "sample_data" / "orders.csv")
PACKAGE = str(Path(clvcli.__file__).parents[1])


@dataclass(frozen=True)
class Ran:
    """What came of a run: exit code, standard output and standard error."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def json(self):
        return json.loads(self.out)


class _Stream(io.TextIOWrapper):
    """Bytes as a stream of the program; a terminal if it is said to be one."""

    def __init__(self, content: io.BytesIO, encoding: str = "utf-8", errors: str = "strict", *, terminal: bool = False) -> None:
        super().__init__(content, encoding, errors, write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def clv(
    *arguments: str, stdin: bytes = b"", here: Path | None = None, terminal: bool = False, encoding: str = "utf-8", **environment: str
) -> Ran:
    """Run `clv` with these arguments; a bug in it is raised here."""
    out, err = io.BytesIO(), io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here or Path.cwd())
        patch.delenv("CLV_CONFIG", raising=False)
        for name, value in _surroundings(here, environment).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["clv", *arguments])
        patch.setattr(sys, "stdin", _Stream(io.BytesIO(stdin)))
        patch.setattr(sys, "stdout", _Stream(out, encoding, terminal=terminal))
        patch.setattr(sys, "stderr", _Stream(err, encoding, "backslashreplace"))
        code = _exit_code()
        return Ran(code, out.getvalue(), err.getvalue().decode(encoding))


def _surroundings(here: Path | None, environment: dict[str, str]) -> dict[str, str]:
    """Eighty columns, and no config above the folder, which is the home folder too."""
    return {"COLUMNS": "80", "HOME": str(here or ROOT), **environment}


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def started(command: str, here: Path | None = None, **environment: str) -> subprocess.CompletedProcess:
    """Run a line of sh in which `clv` is this clv; for what needs a process of its own."""
    program = f'clv() {{ "{sys.executable}" -m clvcli "$@"; }}\n'
    settled = {**os.environ, "PYTHONPATH": PACKAGE, **_surroundings(here, environment)}
    return subprocess.run(
        ["bash", "-c", program + command], capture_output=True, cwd=here, env=settled, stdin=subprocess.DEVNULL, check=False
    )
