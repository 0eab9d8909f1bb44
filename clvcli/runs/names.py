"""Names: where an output goes, with fields for its day and its segment, and never out of its folder."""

from __future__ import annotations

import hashlib
import os
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from clvcli.errors import OutputError, Place, Problem, UsageError, nearest

FIELDS = ("as_of", "segment")
_PATTERNS = {"as_of": r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "segment": r"\w[\w-]{0,59}"}
_LONGEST = 60
_LONGEST_BYTES = 180
_HASHED = re.compile(r"(?:.*-)?[0-9a-f]{8}", re.DOTALL)
_OF_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


@dataclass(frozen=True)
class Dated:
    """An output that is there, and the day that its name says."""

    path: Path
    day: date


@dataclass(frozen=True)
class Template:
    """An output's name, in which `{as_of}` and `{segment}` stand for what isn't known yet, and `{{` for a brace.

    Raises UsageError for any other field, and for a brace that belongs to none.
    """

    text: str

    def __post_init__(self) -> None:
        for name in self.fields:
            if name not in FIELDS:
                raise UsageError(Problem(f"unknown field '{{{name}}}'", Place(self.text), f"{nearest(name, FIELDS)}\na brace is {{{{"))

    @cached_property
    def _parts(self) -> tuple[tuple[str, str | None], ...]:
        """Literal text, each with the field behind it; only the last has none."""
        try:
            found = list(string.Formatter().parse(self.text))
        except ValueError:
            found = [("", None, "{", None)]
        if any(form or conversion for _, _, form, conversion in found):
            hint = "the fields are {as_of} and {segment}, written just so; a brace is {{"
            raise UsageError(Problem("has a brace that belongs to no field", Place(self.text), hint)) from None
        parts, before = [], ""
        for literal, field, _, _ in found:  # text ends at each brace that is one, also where no field follows
            before += literal
            if field is not None:
                parts.append((before, field))
                before = ""
        return (*parts, (before, None)) if before or not parts else tuple(parts)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields that it has."""
        return frozenset(field for _, field in self._parts if field is not None)

    @cached_property
    def folder(self) -> Path:
        """The folder in whose name nothing is put: all outputs are in it."""
        before = self._parts[0][0]
        return Path(before.rpartition("/")[0] + "/" if "/" in before else ".") if self.fields else Path(before).parent

    def named(self, as_of: date | str | None = None, segment: str | None = None) -> Path:
        """The name for a day and a segment.

        Raises UsageError for a field that has no value, OutputError if it leads out of the folder.
        """
        values = {"as_of": str(as_of) if as_of is not None else None, "segment": slug(segment) if segment is not None else None}
        for name in sorted(self.fields):
            if values[name] is None:
                raise UsageError(Problem(f"this answer has nothing to put for '{{{name}}}'", Place(self.text), _ABSENT[name]))
        path = Path("".join(f"{literal}{values[field] if field else ''}" for literal, field in self._parts))
        if self.fields and (".." in path.parts[len(self.folder.parts) :] or not _is_inside(path, self.folder)):
            raise OutputError(
                Problem(f"leads out of the folder {self.folder}", Place(str(path)), "take the link away, or give -o another name")
            )
        return path

    def matching(self) -> tuple[Dated, ...]:
        """What is there under a name of this template, the oldest day first; links are none of it, nor what they lead to."""
        if "as_of" not in self.fields:
            return ()
        found = ((path, self.day_of(path)) for path in self._there())
        return tuple(sorted((Dated(path, day) for path, day in found if day), key=lambda one: (one.day, one.path)))

    def matches(self, path: Path) -> bool:
        """Whether the template may name this very file, whatever the day and the segment are."""
        if not self.fields:
            return os.path.realpath(self.named()) == os.path.realpath(path)
        return bool(self._whole.fullmatch(os.path.relpath(os.path.realpath(path), os.path.realpath(self.folder))))

    def day_of(self, path: Path) -> date | None:
        """The day in a name of this template; None if it is no such name, or no day."""
        found = self._whole.fullmatch(os.path.relpath(path, self.folder))
        try:
            return date.fromisoformat(found["as_of"]) if found else None
        except (ValueError, IndexError):
            return None

    @cached_property
    def _rest(self) -> str:
        """A pattern for what comes after the folder; of a field that is there twice the second is the same as the first."""
        pattern, seen = "", set()
        for literal, field in self._parts:
            pattern += re.escape(literal)
            if field:
                pattern += f"(?P={field})" if field in seen else f"(?P<{field}>{_PATTERNS[field]})"
                seen.add(field)
        before = self._parts[0][0]
        return pattern.removeprefix(re.escape(before.rpartition("/")[0] + "/")) if "/" in before else pattern

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile(self._rest.rstrip("/"))

    def _there(self) -> Iterator[Path]:
        """What is in the folder, as deep as the template goes."""
        depth = self._rest.rstrip("/").count("/")
        level = [self.folder]
        for _ in range(depth):
            level = [path for folder in level for path in _entries(folder) if path.is_dir()]
        yield from (path for folder in level for path in _entries(folder))


_ABSENT = {
    "as_of": "it was worked out from no orders, so it ends on no day: leave out {as_of}",
    "segment": "clv report writes a file for each segment; leave out {segment}",
}


def slug(value: str) -> str:
    """A value as a part of a name that any system takes: letters, digits, `-` and `_`, at most 60 of them.

    Where that isn't the value itself, a hash is added: two values never get the same name.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    kept = re.sub(r"-{2,}", "-", "".join(c if c.isalnum() or c in "-_" else "-" for c in plain)).strip("-")
    if kept == value and _fits(kept) and kept.casefold() not in _OF_WINDOWS and not _HASHED.fullmatch(kept):
        return kept
    digest = hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()[:8]
    room = _LONGEST - len(digest) - 1
    short = kept[:room].encode()[: _LONGEST_BYTES - len(digest) - 1].decode(errors="ignore").rstrip("-")
    return f"{short}-{digest}" if short else digest


def _fits(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and len(text.encode()) <= _LONGEST_BYTES


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is below a folder once all links are followed."""
    inner, outer = os.path.realpath(path), os.path.realpath(folder)
    return inner != outer and os.path.commonpath([inner, outer]) == outer


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted, but for links and hidden names of what isn't complete."""
    try:
        return sorted(Path(folder, entry.name) for entry in os.scandir(folder) if not entry.is_symlink())
    except OSError:
        return []
