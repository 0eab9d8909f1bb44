"""Parts: what a workbook holds, looked over piece by piece before it is laid out in memory as a whole.

A sheet is laid out with all cells between its first and its last: a cell far out makes a small file a vast table. What the
archive says of the size of its parts isn't believed; they are unpacked and counted.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.files import File
from clvcli.exports.limits import LARGEST_BYTES_IN_MEMORY, refuse_bomb, refuse_vast

_PIECE = 1 << 20
_LONGEST_REFERENCE = 64
"""More bytes than the name of a cell takes; so many of a piece are looked at again with the next."""
_SHEET = re.compile(r"(?i)xl/worksheets/([^/]+)\.xml")
_REFERENCE = re.compile(rb"r\s*=\s*[\"']([A-Za-z]{0,3}[0-9]{1,7})[\"']")
_LETTERS = re.compile(rb"[A-Z]*")
_ALPHABET = 26


@dataclass
class Extent:
    """How far a sheet reaches, and how many cells are written down in it."""

    height: int = 0
    width: int = 1
    filled: int = 0

    def see(self, piece: bytes) -> None:
        """Take in what a piece of the sheet tells."""
        self.filled += sum(map(piece.count, (b"<c ", b"<c>", b":c ")))
        for reference in {*_REFERENCE.findall(piece)}:
            letters = _LETTERS.match(reference.upper())[0]  # type: ignore[index]  # which fits any text
            self.height = max(self.height, int(reference[len(letters) :]))
            self.width = max(self.width, _column(letters))


def _column(letters: bytes) -> int:
    """The number of a column, as 28 for AB."""
    number = 0
    for letter in letters:
        number = number * _ALPHABET + letter - ord("A") + 1
    return number


def refuse_workbook_bomb(file: File) -> None:
    """Raises InputError for a workbook of Excel that unpacks to too much, or has a sheet that is vast and all but empty."""
    size = 0
    with file.open() as stream:
        if stream.read(2) != b"PK":
            return
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                sheet = _SHEET.fullmatch(info.filename)
                extent, before = Extent(), b""
                for piece in _unpacked(stream, info, file.name):
                    size += len(piece)
                    refuse_bomb(file.name, size, file.packed_bytes, LARGEST_BYTES_IN_MEMORY)
                    if sheet:
                        extent.see(before + piece)
                        before = piece[-_LONGEST_REFERENCE:]
                if sheet:
                    refuse_vast(file.name, sheet[1], extent.height, extent.width, extent.filled)


_LOCAL = struct.Struct("<26xHH")


def _unpacked(stream: IO[bytes], info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The bytes of a part, however few it is said to have."""
    stream.seek(info.header_offset)
    stream.seek(sum(_LOCAL.unpack(stream.read(_LOCAL.size))), 1)
    left = info.compress_size
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(Problem(f"{info.filename} in it is packed in a way that Excel doesn't know", Place(name), "save it anew"))
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
    while packed := stream.read(min(left, _PIECE)):
        left -= len(packed)
        if unpack is None:
            yield packed
        while unpack and packed:
            yield unpack.decompress(packed, _PIECE)
            packed = unpack.unconsumed_tail
