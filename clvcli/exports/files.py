"""Files: what the command line or the config names as ORDERS, opened just far enough to know what each is."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from zstandard import ZstdDecompressor, ZstdError

from clvcli.errors import InputError, Place, Problem, nearest

STDIN = "-"
HEAD_BYTES = 256 * 1024
_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".csv.gz", ".tsv.gz", ".txt.gz", ".csv.zst", ".tsv.zst", ".txt.zst")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "a ZIP or Excel file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF", "a PDF"),
)

_LONGEST_NAME = 80
DAMAGE = (OSError, EOFError, zlib.error, ZstdError)
"""What opening or unpacking a file may raise."""

Kind = Literal["text", "parquet"]


@dataclass(frozen=True)
class File:
    """One export file: where it is, what it holds, and its first bytes, decompressed."""

    name: str
    kind: Kind
    content: Path | bytes
    compression: Literal["", "gzip", "zstd"] = ""
    head: bytes = b""

    @property
    def is_whole(self) -> bool:
        """Whether `head` is all there is."""
        return len(self.head) < HEAD_BYTES

    def open(self) -> IO[bytes]:
        """The file's bytes, decompressed."""
        if self.compression == "gzip":
            return gzip.open(io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content)  # type: ignore[return-value]
        raw: IO[bytes] = io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
        return _zstd(raw) if self.compression == "zstd" else raw


def files(names: Sequence[str]) -> tuple[File, ...]:
    """The files that `names` stand for: files, directories, globs, and `-` for standard input.

    Raises InputError for a name that stands for nothing, and for a file that isn't text or Parquet.
    """
    found = (name for given in names for name in _expanded(given))
    once = {name if name == STDIN else os.path.realpath(name): name for name in reversed(list(found))}
    opened = tuple(_opened(name) for name in reversed(once.values()))
    _refuse_copies(opened)
    return opened


def _refuse_copies(opened: Sequence[File]) -> None:
    """Raises InputError for a file with the very content of another: its orders would count twice."""
    alike: dict[bytes, list[File]] = {}
    for file in opened:
        alike.setdefault(file.head, []).append(file)
    for group in alike.values():
        seen: dict[bytes, File] = {}
        for file in group if len(group) > 1 else ():
            first = seen.setdefault(_digest(file), file)
            if first is not file:
                raise InputError(
                    Problem(f"the same content as {first.name}", Place(file.name), "give one of the two, or its orders count twice")
                )


def _digest(file: File) -> bytes:
    found = hashlib.sha256()
    try:
        with file.open() as stream:
            while block := stream.read(HEAD_BYTES):
                found.update(block)
    except DAMAGE as error:
        raise InputError(Problem(_reason(error), Place(file.name))) from None
    return found.digest()


def _expanded(given: str) -> list[str]:
    path = Path(given)
    try:
        if given == STDIN or (given and path.exists() and not path.is_dir()):
            return [given]
        if given and path.is_dir():
            return _inside(path)
        if found := sorted(str(p) for p in _matching(given) if p.is_file()):
            return found
    except (OSError, ValueError):
        raise InputError(Problem("no such file", Place(given[:_LONGEST_NAME] or "''"))) from None
    raise InputError(Problem("no such file", Place(given or "''"), _near(path)))


def _matching(pattern: str) -> Iterator[Path]:
    """The paths that a glob stands for."""
    anchor = Path(Path(pattern).anchor)
    relative = str(Path(pattern).relative_to(anchor))
    return anchor.glob(relative) if any(c in pattern for c in "*?[") else iter(())


def _inside(folder: Path) -> list[str]:
    found = sorted(str(p) for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(_SUFFIXES))
    if not found:
        raise InputError(
            Problem("no export in this folder", Place(str(folder)), f"clv reads {', '.join(_SUFFIXES[:4])}, also .gz and .zst")
        )
    return found


def _near(path: Path) -> str:
    """A file of nearly that name in the same folder."""
    try:
        names = [p.name for p in path.parent.iterdir() if p.is_file()]
    except OSError:
        return f"there is no folder {path.parent}"
    near = nearest(path.name, names) if names else ""
    return near.replace("mean '", f"mean '{path.parent}/") if near.startswith("did you mean") and path.parent != Path() else near


def _opened(name: str) -> File:
    shown = "standard input" if name == STDIN else name.encode(errors="backslashreplace").decode()
    try:
        content = _content(name)
        start = content[:8] if isinstance(content, bytes) else _first_bytes(content)
        return _recognised(shown, content, start)
    except DAMAGE as error:
        raise InputError(Problem(_reason(error), Place(shown))) from None


def _content(name: str) -> Path | bytes:
    """A file's path; its bytes, if it can be read only once or its name is no text."""
    if name == STDIN:
        return sys.stdin.buffer.read()
    path = Path(name)
    return path if path.is_file() and name.isprintable() else path.read_bytes()


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _recognised(name: str, content: Path | bytes, start: bytes) -> File:
    if not start:
        raise InputError(Problem("the file is empty (0 bytes)", Place(name)))
    what = next((what for magic, what in _MAGIC if start.startswith(magic)), "")
    if what == "parquet":
        return File(name, "parquet", content)
    if what in ("", "gzip", "zstd"):
        file = File(name, "text", content, what)  # type: ignore[arg-type]
        with file.open() as stream:
            return File(name, "text", content, file.compression, stream.read(HEAD_BYTES))
    raise InputError(Problem(f"this is {what}", Place(name), "save it as CSV, or unpack it, and give that file"))


def _zstd(raw: IO[bytes]) -> IO[bytes]:
    """The bytes of a zstd file; Python itself reads it only from 3.14 on."""
    return ZstdDecompressor().stream_reader(raw, read_across_frames=True)


def _reason(error: Exception) -> str:
    """What the system said, without its error number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
