"""Keeping: of dated outputs only the newest stay."""

from __future__ import annotations

from pathlib import Path

from clvcli.runs.failures import told
from clvcli.runs.folders import foreign, manifest_in
from clvcli.runs.names import Template
from clvcli.runs.unfinished import remove, unfinished


def prune(template: Template, keep: int) -> tuple[Path, ...]:
    """Remove the outputs of all days but the newest `keep`; gives what was removed, the oldest first.

    An output is a file whose name the template may give, with a real day, or a folder of such a name that clv wrote and
    that holds nothing else. Whatever else is there stays. Raises OutputError if something can't be removed.
    """
    ours = [one for one in template.matching() if _is_an_output(one.path)]
    kept = set(sorted({one.day for one in ours})[-keep:]) if keep > 0 else {one.day for one in ours}
    old = tuple(one.path for one in ours if one.day not in kept)
    for path in old:
        _take_away(path)
    return old


def prune_folders(folder: Path, keep: int) -> tuple[Path, ...]:
    """The same for folders that are called by their day, as snapshots are."""
    escaped = str(folder).replace("{", "{{").replace("}", "}}")
    return prune(Template(f"{escaped}/{{as_of}}/"), keep)


def _is_an_output(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and manifest_in(path) is not None and not foreign(path))


def _take_away(path: Path) -> None:
    """Remove an output; of a folder nobody sees a part."""
    with told(path, "can't be removed"):
        if path.is_file():
            path.unlink()
            return
        with unfinished(path.parent) as aside:
            path.rename(aside)
            remove(aside)
