"""A terminal for tests: commands are typed, and what would stand on the screen comes back."""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import clvcli
from clvcli.cli.app import main

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"
"""Public data sets, kept beside the repository and not in it; a page calls the folder `real`."""
_SURROUNDINGS = {"COLUMNS": "80", "LINES": "40", "NO_COLOR": "1", "TERM": "xterm", "LC_ALL": "C.UTF-8"}
_NOT_FOR_SHOPS = shutil.ignore_patterns("generate.py", "README.md", "__pycache__")


class _Screen(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@dataclass
class Terminal:
    """Eighty columns without colour, in a folder with a copy of the sample data, and real data if there are any, that is the home folder too."""

    folder: Path
    here: Path = field(init=False)

    def __post_init__(self) -> None:
        self.here = self.folder
        shutil.copytree(ROOT / "sample_data", self.folder / "sample_data", ignore=_NOT_FOR_SHOPS)
        if REAL_DATA.exists():
            (self.folder / "real").symlink_to(REAL_DATA, target_is_directory=True)

    def type(self, command: str) -> list[str]:
        """The lines that a command shows, standard output and standard error as they come; last the exit code, if it isn't 0."""
        typed = _words(command)
        if typed[0] == "cd":
            self.here = self.here / typed[1]
            return []
        needs_shell = typed[0] != "clv" or "$(" in command or any(set(word) <= set("();<>|&") for word in typed)
        shown, code = self._in_shell(command) if needs_shell else self._in_process(typed)
        lines = [line.rstrip() for line in shown.decode().splitlines()]
        return [*lines, *([f"[exit {code}]"] if code else [])]

    def _in_process(self, typed: list[str]) -> tuple[bytes, int]:
        """Clv without a process of its own: to start it takes longer than all that it does."""
        screen = io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            self._settle(patch)
            patch.setattr(sys, "argv", typed)
            patch.setattr(sys, "stdin", _Screen(io.BytesIO(), "utf-8"))
            for stream in ("stdout", "stderr"):
                patch.setattr(sys, stream, _Screen(screen, "utf-8", write_through=True))
            code = _exit_code(main)
            shown = screen.getvalue()
        return shown, code

    def _in_shell(self, command: str) -> tuple[bytes, int]:
        """The command in sh, where `clv` is this clv, and `python3` this Python."""
        start = "import sys; sys.argv[0] = 'clv'; from clvcli.cli.app import main; main()"
        clv = f'clv() {{ {shlex.quote(sys.executable)} -c "{start}" "$@"; }}\npython3() {{ {shlex.quote(sys.executable)} "$@"; }}\n'
        with pytest.MonkeyPatch.context() as patch:
            self._settle(patch)
            patch.setenv("PYTHONPATH", str(Path(clvcli.__file__).parents[1]))
            done = subprocess.run(
                ["sh", "-c", clv + command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
        return done.stdout, done.returncode

    def _settle(self, patch: pytest.MonkeyPatch) -> None:
        patch.chdir(self.here)
        patch.delenv("CLV_CONFIG", raising=False)
        for name, value in {**_SURROUNDINGS, "HOME": str(self.folder)}.items():
            patch.setenv(name, value)


def _words(command: str) -> list[str]:
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return list(words)


def _exit_code(program) -> int:
    try:
        program()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
