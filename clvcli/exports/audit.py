"""Audit: what all bytes of a text file tell of its records, to hold against what a fast reader makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.files import File, damage, reason
from clvcli.exports.limits import refuse_bomb

_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """Whether quotes, a quote that opens a field, bare carriage returns and zero bytes stand anywhere; how many bytes there are."""

    has_quotes: bool = False
    opens_quotes: bool = False
    has_bare_returns: bool = False
    has_zeros: bool = False
    bytes: int = 0


def audit(file: File, delimiter: str) -> Audit:
    """What stands anywhere in the file; raises InputError for one that is damaged, or unpacks to too much."""
    found: dict[bytes, bool] = {b'"': False, b"\0": False}
    openings = tuple(before + b'"' for before in (b"\n", b"\r", delimiter.encode()))
    opens = returns = False
    size, before = 0, b"\n"
    buffer = bytearray(_BLOCK)
    try:
        with file.open() as stream:
            while read := stream.readinto(buffer):  # type: ignore[attr-defined]
                size += read
                if file.compression:
                    refuse_bomb(file.name, size, file.packed_bytes)
                for byte, is_there in found.items():
                    found[byte] = is_there or buffer.find(byte, 0, read) >= 0
                if found[b'"'] and not opens:
                    block = before + bytes(memoryview(buffer)[:read])
                    opens = any(opening in block for opening in openings)
                returns = returns or _has_bare_return(before, buffer, read)
                before = bytes(buffer[read - 1 : read])
    except damage() as error:
        raise InputError(Problem(f"the file is damaged: {reason(error)}", Place(file.name), "fetch it again")) from None
    return Audit(found[b'"'], opens, returns or before == b"\r", found[b"\0"], size)


def _has_bare_return(before: bytes, buffer: bytearray, read: int) -> bool:
    """Whether a carriage return that ends before the last byte of the block isn't followed by a line feed."""
    if before == b"\r" and buffer[:1] != b"\n":
        return True
    at = buffer.find(b"\r", 0, read)
    if at < 0:
        return False
    block = bytes(memoryview(buffer)[:read])
    return block.count(b"\r") - (block[-1:] == b"\r") > block.count(b"\r\n")


def zeros(file: File) -> tuple[int, int]:
    """How many zero bytes a file has, and the line of the first."""
    count, line, is_found = 0, 1, False
    with file.open() as stream:
        while block := stream.read(_BLOCK):
            at = block.find(b"\0")
            if not is_found:
                line += block.count(b"\n", 0, at if at >= 0 else len(block))
                is_found = at >= 0
            count += block.count(b"\0")
    return count, line


def last_line(file: File) -> bytes:
    """What stands after the last line end; empty if the file ends with one."""
    tail = b""
    with file.open() as stream:
        if isinstance(file.content, Path) and not file.compression:
            stream.seek(max(0, file.content.stat().st_size - _BLOCK))
        while block := stream.read(_BLOCK):
            tail = (tail + block)[-_BLOCK:]
    return tail.rpartition(b"\n")[2]
