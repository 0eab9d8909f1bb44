"""Files: what the command line or the config names as ORDERS, opened just far enough to know what each is."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from clvcli.errors import InputError, Place, Problem, nearest
from clvcli.exports.limits import refuse_bomb

STDIN = "-"
HEAD_BYTES = 256 * 1024
_TEXTS = (".csv", ".tsv", ".txt")
_SUFFIXES = (*_TEXTS, *(f"{text}{packed}" for text in _TEXTS for packed in (".gz", ".zst")), ".parquet", ".xlsx", ".xls", ".ods", ".zip")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "an empty ZIP file"),
    (b"\xd0\xcf\x11\xe0", "workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a database"),
    (b"BZh", "a file packed by bzip2, which clv can't unpack"),
    (b"\xfd7zXZ", "a file packed by xz, which clv can't unpack"),
    (b"7z\xbc\xaf", "a 7z archive, which clv can't unpack"),
    (b"Rar!", "a RAR archive, which clv can't unpack"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_INSIDE = {
    "gzip": "a gzip file",
    "zstd": "a zstd file",
    "zip": "a ZIP file or a workbook",
    "workbook": "a workbook",
    "parquet": "a Parquet file",
}
_LONGEST_NAME = 80


def damage() -> tuple[type[Exception], ...]:
    """What opening or unpacking a file may raise; the module for zstd is loaded only if there is need of it."""
    from zstandard import ZstdError

    return (OSError, EOFError, zlib.error, ZstdError)


Kind = Literal["text", "parquet", "workbook", "html", "zip"]


@dataclass(frozen=True, eq=False, repr=False)
class File:
    """One export file: where it is, what it holds, and its first bytes, decompressed."""

    name: str
    kind: Kind
    content: Path | bytes
    compression: Literal["", "gzip", "zstd"] = ""
    head: bytes = b""
    is_found: bool = False
    """Whether it was found in a folder that was named, not named itself."""

    @property
    def is_whole(self) -> bool:
        """Whether `head` is all there is."""
        return len(self.head) < HEAD_BYTES

    @property
    def packed_bytes(self) -> int:
        """How many bytes it has as it lies there."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @property
    def shown(self) -> str:
        """What it is, in words."""
        return " in ".join(part for part in (self.kind, self.compression) if part)

    def open(self) -> IO[bytes]:
        """The file's bytes, decompressed."""
        if self.compression == "gzip":
            return gzip.open(io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content)  # type: ignore[return-value]
        raw: IO[bytes] = io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
        return io.BufferedReader(_Frames(raw), HEAD_BYTES) if self.compression == "zstd" else raw


def files(names: Sequence[str]) -> tuple[File, ...]:
    """The files that `names` stand for: files, directories, globs, and `-` for standard input.

    Raises InputError for a name that stands for nothing, and for a file that is no table.
    """
    found = ((name, given != STDIN and Path(given).is_dir()) for given in names for name in _expanded(given))
    once = {name if name == STDIN else os.path.realpath(name): (name, is_found) for name, is_found in reversed(list(found))}
    opened = tuple(replace(_opened(name), is_found=is_found) for name, is_found in reversed(once.values()))
    _refuse_copies(opened)
    return opened


def paths(names: Sequence[str]) -> set[str]:
    """The paths of all files that `names` stand for, without links in them."""
    return {os.path.realpath(name) for given in names for name in _expanded(given) if name != STDIN}


def recognised(name: str, content: Path | bytes, start: bytes) -> File:
    """The file of this content; raises InputError if it can't be a table."""
    if not start:
        raise InputError(Problem("the file is empty (0 bytes)", Place(name), "export it again"))
    what = _magic(start)
    if what in ("parquet", "workbook", "zip"):
        return File(name, what, content)  # type: ignore[arg-type]
    if what in ("", "gzip", "zstd"):
        packed = File(name, "text", content, what)  # type: ignore[arg-type]
        head = _unpacked_head(packed)
        if what and (inside := _magic(head)):
            raise InputError(
                Problem(f"this is {_INSIDE.get(inside, inside)}, packed by {what}", Place(name), "unpack it, and give what is in it")
            )
        return File(name, _text_kind(name, head), content, packed.compression, head)
    raise InputError(Problem(f"this is {what}", Place(name), "save it as CSV, and give that file"))


def _magic(start: bytes) -> str:
    """What a file that begins so is; empty if it may be text."""
    return next((what for magic, what in _MAGIC if start.startswith(magic)), "")


def _unpacked_head(packed: File) -> bytes:
    """The first bytes of what a file unpacks to; raises InputError if it is damaged."""
    try:
        with packed.open() as stream:
            return stream.read(HEAD_BYTES)
    except damage() as error:
        if not packed.compression:
            raise
        raise InputError(Problem(f"the file is damaged: {reason(error)}", Place(packed.name), "fetch it again")) from None


def _text_kind(name: str, head: bytes) -> Kind:
    """Whether a text is a table of fields or one in HTML; raises InputError for JSON and XML."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096].lower()
    if start.startswith(b"<") and (b"<table" in start or b"<html" in start or b"<!doctype" in start):
        return "html"
    if start.startswith(b"<?xml"):
        raise InputError(Problem("this is XML, not a table", Place(name), "open it in a spreadsheet, and save it as CSV"))
    if start.startswith((b"{", b"[")) and start.rstrip()[1:].lstrip()[:1] in (b'"', b"{", b"[", b"}", b"]"):
        raise InputError(Problem("this is JSON, not a table", Place(name), "export it as CSV; API objects often count money in cents"))
    return "text"


def _refuse_copies(opened: Sequence[File]) -> None:
    """Raises InputError for a file with the very content of another: its orders would count twice."""
    alike: dict[bytes, list[File]] = {}
    for file in opened:
        alike.setdefault(file.head or _start(file.content), []).append(file)
    for group in alike.values():
        seen: dict[bytes, File] = {}
        for file in group if len(group) > 1 else ():
            first = seen.setdefault(_digest(file), file)
            if first is not file:
                raise InputError(
                    Problem(f"the same content as {first.name}", Place(file.name), "give one of the two, or its orders count twice")
                )


def _digest(file: File) -> bytes:
    import hashlib

    found, size = hashlib.sha256(), 0
    try:
        with file.open() as stream:
            while block := stream.read(HEAD_BYTES):
                found.update(block)
                size += len(block)
                refuse_bomb(file.name, size, file.packed_bytes if file.compression else size)
    except damage() as error:
        raise InputError(Problem(reason(error), Place(file.name))) from None
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
    found = sorted(str(p) for p in folder.iterdir() if p.is_file() and p.name.lower().endswith(_SUFFIXES) and not p.name.startswith("."))
    if not found:
        kinds = f"clv reads {', '.join((*_TEXTS, '.parquet', '.xlsx', '.zip'))}, also .gz and .zst"
        raise InputError(Problem("no export in this folder", Place(str(folder)), kinds))
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
        return recognised(shown, content, _start(content))
    except damage() as error:
        raise InputError(Problem(reason(error), Place(shown))) from None


def _content(name: str) -> Path | bytes:
    """A file's path; its bytes, if it can be read only once or its name is no text."""
    if name == STDIN:
        return sys.stdin.buffer.read()
    path = Path(name)
    return path if path.is_file() and name.isprintable() else path.read_bytes()


def _start(content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content[:16]
    with content.open("rb") as file:
        return file.read(16)


_BITE = 1024
"""So many bytes of a zstd file unpack to no more than 32 MiB: each block of 4 may be 128 KiB of the same."""


class _Frames(io.RawIOBase):
    """The bytes in the frames of a zstd file, one after another; Python itself reads them only from 3.14 on."""

    def __init__(self, raw: IO[bytes]) -> None:
        from zstandard import ZstdDecompressor

        self._raw, self._new = raw, ZstdDecompressor().decompressobj
        self._frame = self._new()
        self._is_inside = False
        self._out = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        packed = b""
        while not self._out and (packed or (packed := self._raw.read(_BITE))):
            self._out = memoryview(self._frame.decompress(packed))
            self._is_inside = not self._frame.eof
            packed = b"" if self._is_inside else self._frame.unused_data
            self._frame = self._frame if self._is_inside else self._new()
            if packed and self._out:
                self._raw.seek(-len(packed), os.SEEK_CUR)
        if not self._out and self._is_inside:
            raise EOFError("Compressed file ended before the end of a frame")
        count = min(len(buffer), len(self._out))
        buffer[:count], self._out = self._out[:count], self._out[count:] or memoryview(b"")  # which lets go of what was read
        return count


def reason(error: Exception) -> str:
    """What the system said, without its error number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
