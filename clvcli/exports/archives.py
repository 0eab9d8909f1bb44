"""Archives: which members of a ZIP file are exports; a ZIP with sheets inside is a workbook."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from clvcli.errors import InputError, Place, Problem, nearest
from clvcli.exports.files import File, recognised
from clvcli.exports.limits import LARGEST_BYTES_IN_MEMORY, refuse_bomb

_SHEETS = frozenset({"xl/workbook.xml", "xl/workbook.bin"})
_OPEN_SHEETS = b"application/vnd.oasis.opendocument.spreadsheet"
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".gz", ".zst")


def unpacked(file: File, member: str = "") -> Sequence[File]:
    """The exports in a file of kind `zip`, in memory: the member asked for, or all that may be tables.

    Raises InputError for an archive that is damaged, empty or too large, or has no such member.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content) as archive:
            if _is_workbook(archive):
                return [replace(file, kind="workbook")]
            names = [info.filename for info in archive.infolist() if _may_be_table(info)]
            if member and member not in names:
                problem = Problem(f"no member '{member}'", Place(file.name), nearest(member, names), ("member",))
                raise InputError(problem)
            if not names:
                raise InputError(Problem("no export in this archive", Place(file.name), "unpack it, and give the file with the orders"))
            chosen = [member] if member else names
            infos = [archive.getinfo(name) for name in chosen]
            for info in infos:
                refuse_bomb(f"{file.name}:{info.filename}", info.file_size, info.compress_size, LARGEST_BYTES_IN_MEMORY)
            refuse_bomb(file.name, sum(info.file_size for info in infos), file.packed_bytes, LARGEST_BYTES_IN_MEMORY)
            return [_member(archive, name, file) for name in chosen]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(Problem(f"the archive is damaged: {error}", Place(file.name), "fetch it again")) from None


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether the members are the parts of a workbook of Excel or LibreOffice."""
    names = archive.namelist()
    return not _SHEETS.isdisjoint(names) or ("mimetype" in names and _start(archive, "mimetype") == _OPEN_SHEETS)


def _start(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        return stream.read(len(_OPEN_SHEETS))


def _may_be_table(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    hidden = name.startswith("__MACOSX/") or Path(name).name.startswith(".")
    return not info.is_dir() and not hidden and name.lower().endswith(_TABLES)


def _member(archive: zipfile.ZipFile, name: str, file: File) -> File:
    with archive.open(name) as stream:
        content = stream.read(archive.getinfo(name).file_size + 1)
    return recognised(f"{file.name}:{name}", content, content[:16])
