"""Audit: what the bytes of a text file tell of its records, to hold against what a fast reader makes of them."""

from __future__ import annotations

from pathlib import Path

from clvcli.exports.files import File

_BLOCK = 1 << 20


def suspects(file: File) -> set[bytes]:
    """Which bytes that can hide the end of a record stand anywhere in the file: a double quote, a carriage return."""
    found: set[bytes] = set()
    wanted = {b'"', b"\r"}
    buffer = bytearray(_BLOCK)
    with file.open() as stream:
        while wanted and (size := stream.readinto(buffer)):  # type: ignore[attr-defined]
            here = {byte for byte in wanted if buffer.find(byte, 0, size) >= 0}
            wanted, found = wanted - here, found | here
    return found


def has_bare_returns(file: File) -> bool:
    """Whether a carriage return ends a line on its own."""
    returns = pairs = 0
    before = b""
    with file.open() as stream:
        while block := stream.read(_BLOCK):
            returns += block.count(b"\r")
            pairs += block.count(b"\r\n") + (before == b"\r" and block[:1] == b"\n")
            before = block[-1:]
    return returns > pairs


def last_line(file: File) -> bytes:
    """What stands after the last line end; empty if the file ends with one."""
    tail = b""
    with file.open() as stream:
        if isinstance(file.content, Path) and not file.compression:
            stream.seek(max(0, file.content.stat().st_size - _BLOCK))
        while block := stream.read(_BLOCK):
            tail = (tail + block)[-_BLOCK:]
    return tail.rpartition(b"\n")[2]
