"""Manifest: what a run read, how it was set, what it wrote and how long that took, for whoever asks later."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from clvcli.privacy import HIDDEN, redacted
from clvcli.runs.files import Write
from clvcli.tables import Source

MANIFEST = "manifest.json"
SCHEMA = "clv/manifest/1"
_NAMES_A_SECRET = re.compile(r"(?i)--\S*(?:password|passwd|pwd|secret|token|key)")


@dataclass(frozen=True)
class Output:
    """One file that was written."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Run:
    """A run as far as it is known when its outputs are written; `facts` are those of its report."""

    command: str
    arguments: Sequence[str]
    started: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    warnings: Sequence[str] = ()
    exit_code: int = 0
    checks: Sequence[Mapping[str, Any]] = ()
    """What was asked of the figures, and whether it held."""


def manifest(run: Run, outputs: Sequence[Output]) -> dict[str, Any]:
    """The manifest of a run that wrote `outputs`, for JSON. It alone holds times of day."""
    config = next((hashed(source) for source in run.sources if source.role == "config"), None)
    return {
        "schema": SCHEMA,
        "version": run.facts.get("version"),
        "command": run.command,
        "arguments": shown(run.arguments),
        "as_of": run.facts.get("as_of"),
        "currency": run.facts.get("currency"),
        "inputs": [hashed(source) for source in run.sources if source.role != "config"],
        "config": config and {name: config[name] for name in ("path", "sha256")},
        "ledger": run.facts.get("ledger"),
        "settings": run.facts.get("settings"),
        "outputs": [{"name": one.name, "bytes": one.bytes, "sha256": one.sha256} for one in outputs],
        "started": run.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "durations": {stage: round(seconds, 3) for stage, seconds in run.durations.items()},
        "warnings": list(run.warnings),
        "exit_code": run.exit_code,
        "checks": [dict(check) for check in run.checks],
    }


def output(path: Path) -> Output:
    """A file as it is there."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Output(str(path), file.tell(), digest)


def written(manifest: Mapping[str, Any]) -> bytes:
    """A manifest as the bytes of its file."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace") + b"\n"


def noted(name: str, write: Write, outputs: list[Output]) -> Write:
    """`write`, which then adds to `outputs` what it wrote to a file that can be read again."""

    def write_and_note(out: IO[bytes]) -> None:
        write(out)
        out.flush()
        size = out.seek(0, 2)
        out.seek(0)
        outputs.append(Output(name, size, hashlib.file_digest(out, "sha256").hexdigest()))  # type: ignore[arg-type]

    return write_and_note


def shown(words: Sequence[str]) -> list[str]:
    """The words of a command line, without what looks like a password."""
    return [HIDDEN if at and _NAMES_A_SECRET.fullmatch(words[at - 1]) else redacted(word) for at, word in enumerate(words)]


def hashed(source: Source) -> dict[str, Any]:
    """A source with its size and its hash; both are null where it can't be read any more."""
    size, digest = None, None
    if source.content is not None:
        size, digest = len(source.content), hashlib.sha256(source.content).hexdigest()
    elif source.path:
        try:
            with Path(source.path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError:
            pass
    return {"path": source.path or source.name, "role": source.role, "bytes": size, "sha256": digest, "records": source.records}
