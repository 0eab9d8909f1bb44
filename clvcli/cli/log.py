"""Log: what a run does, one line each on standard error with its time, for who reads it the next morning or by machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clvcli.errors import ClvError, Problem, UsageError, nearest, printable

FORMATS = ("text", "json")
OPTION = "--log-format"
_DOUBTS = ("look at this:", "not orders, and not read:")
"""How remarks begin that somebody should look at."""
_PLAIN = re.compile(r"[^\s\"'=\\]+")


@dataclass(frozen=True)
class Log:
    """Log lines of a format, or none at all; a quiet log has only warnings and errors.

    Lines hold no ANSI codes, no secret, and no e-mail address whole.
    """

    format: str = ""
    is_quiet: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Log:
        """The log that the options of a command ask for."""
        return cls(given.get("log_format") or "", bool(given.get("quiet")))

    @classmethod
    def typed(cls, arguments: Sequence[str]) -> Log:
        """The log that was typed, known before the command line is read, so that what is wrong with it is logged too."""
        words = [part for word in arguments for part in (word.split("=", 1) if word.startswith(f"{OPTION}=") else [word])]
        after = next((words[at + 1] for at, word in enumerate(words[:-1]) if word == OPTION), "")
        return cls(after if after in FORMATS else "", bool({"--quiet", "-q"} & {*words}))

    def __bool__(self) -> bool:
        return bool(self.format)

    def info(self, event: str, **fields: Any) -> None:
        """Something that was done."""
        if not self.is_quiet:
            self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something that somebody should look at, though the run went on."""
        self._write("warning", event, fields)

    def remarks(self, lines: Iterable[str]) -> None:
        """What is said of an answer; a doubt is a warning."""
        for line in lines:
            doubtful = line.startswith(_DOUBTS)
            (self.warning if doubtful else self.info)("doubt" if doubtful else "remark", message=line.removeprefix("look at this: "))

    def read(self, files: Sequence[str], ledger: Mapping[str, Any]) -> None:
        """The orders that were read, with the counts of the ledger."""
        fates = dict.fromkeys(("used", "excluded", "rejected"), 0)
        for entry in ledger["entries"]:
            fates[entry["fate"]] += entry["records"]
        self.info("read", files=list(files), records=ledger["records"], **fates, orders=ledger["orders"])

    def wrote(self, path: str) -> None:
        """A file that was written."""
        self.info("wrote", path=path, bytes=Path(path).stat().st_size)

    def failed(self, error: ClvError) -> None:
        """Each mistake that ended the run, with its parts as fields."""
        for problem in error.problems:
            fields = {"message": problem.message, "place": str(problem.place), "hint": problem.hint, "exit": int(error.exit)}
            self._write("error", "failed", {name: value for name, value in fields.items() if value != ""})

    def _write(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if not self.format or sys.stderr is None:
            return
        from datetime import UTC, datetime

        parts: dict[str, Any] = {"ts": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "level": level, "event": event, **fields}
        print(as_json(parts) if self.format == "json" else as_text(parts), file=sys.stderr, flush=True)


def checked(name: str | None) -> None:
    """Raises UsageError if there is no such format of a log."""
    if name is not None and name not in FORMATS:
        raise UsageError(Problem(f"unknown log format '{name}'", hint=nearest(name, FORMATS)))


def as_json(parts: Mapping[str, Any]) -> str:
    """A line as a JSON object."""
    import json

    return json.dumps({name: _safe(value) for name, value in parts.items()})


def as_text(parts: Mapping[str, Any]) -> str:
    """A line as its time, level and event, and then name=value; what isn't one plain word is in double quotes."""
    head = " ".join(str(parts[name]) for name in ("ts", "level", "event"))
    rest = [f"{name}={_word(value)}" for name, value in parts.items() if name not in ("ts", "level", "event")]
    return " ".join([head, *rest])


def _word(value: Any) -> str:
    text = ",".join(str(_safe(one)) for one in value) if isinstance(value, list | tuple) else str(_safe(value))
    if _PLAIN.fullmatch(text) and text.isprintable():
        return text
    import json

    quoted = json.dumps(text, ensure_ascii=False)
    return printable(quoted)


def _safe(value: Any) -> Any:
    """A value without what is nobody's business."""
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value]
    from clvcli.privacy import masked, redacted

    return redacted(masked(value)) if isinstance(value, str) else value
