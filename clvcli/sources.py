"""Sources: which files an answer was made from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clvcli.config import Loaded
from clvcli.exports import Reading
from clvcli.exports.files import File
from clvcli.tables import Source


def sources(loaded: Loaded, reading: Reading) -> tuple[Source, ...]:
    """The files of orders, of spend and of a saved model, and the config; each once."""
    found = [*_of_orders(reading), *(Source(name, "spend", name) for name in loaded.spend)]
    found += [Source(str(path), role, str(path)) for path, role in ((loaded.model_file, "model"), (loaded.path, "config")) if path]
    return tuple({(one.role, one.path or one.name): one for one in found}.values())


def _of_orders(reading: Reading) -> Iterator[Source]:
    """The files that were read as orders, and those that were joined to them; of a single file it is known how many records it has."""
    opened = [file for one in reading.records for file in (one.file, *(beside.file for beside in one.beside))]
    records = reading.ledger.records if len(opened) == 1 else None
    for file in opened:
        yield _source(file, records)


def _source(file: File, records: int | None) -> Source:
    """A file by its path; a member of an archive by that of the archive."""
    if isinstance(file.content, Path):
        return Source(file.name, "orders", str(file.content), records=records)
    for end in range(len(file.name), 0, -1):
        if (end == len(file.name) or file.name[end] == ":") and Path(file.name[:end]).is_file():
            return Source(file.name, "orders", file.name[:end], records=records)
    return Source(file.name, "orders", content=file.content, records=records)
