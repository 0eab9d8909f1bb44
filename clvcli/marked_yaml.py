"""YAML with the place of every key and value, in the plain part of YAML 1.2 that holds no surprise.

`NO` is a text and `010` is ten; there are no tags and no aliases; a key may stand only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from clvcli.errors import ConfigError, Place, Problem

DEEPEST = 40
LARGEST_BYTES = 1 << 20

Path = tuple[str | int, ...]
_HALF = re.compile(r"[\ud800-\udfff]")
"""What an escape may write that no text can hold."""
_BEGINS_A_KEY = re.compile(r"[^\s#\-\]}]")
_OF_A_COMMAND = re.compile(r"(?i)(?:\b|[\"'])on[_ -]?(?:s|f)\w+[\"']?\s*:")


class _Loader(yaml.SafeLoader):
    """Scalars as in YAML 1.2; aliases, tags and depth refused before anything is built."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the shape that PyYAML reads
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if refused := self._refused(event):
            raise yaml.MarkedYAMLError(problem=refused, problem_mark=event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(node, yaml.ScalarNode) and (half := _HALF.search(node.value)):
            said = f"half of a character ({half[0].encode('unicode_escape').decode()}) can't stand here: write the character itself"
            raise yaml.MarkedYAMLError(problem=said, problem_mark=node.start_mark)
        if isinstance(parent, yaml.MappingNode) and index is None and isinstance(node, yaml.ScalarNode):
            node.tag = "tag:yaml.org,2002:str"  # a key is a name, whatever it looks like
        return node

    def _refused(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent):
            return f"an alias (*{event.anchor}) can't stand here: write the value out"
        if getattr(event, "tag", None):
            return f"a tag ({event.tag}) can't stand here"
        return f"nested deeper than {DEEPEST}" if self.depth > DEEPEST else ""


_SCALARS = (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", "~n"),
    ("int", r"[-+]?\d{1,18}", "-+0123456789"),
    ("float", r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?", "-+.0123456789"),
)
for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), [*_first, *([""] if _tag == "null" else [])]
    )
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


@dataclass(frozen=True)
class Marked:
    """A YAML document as Python values, with the place of each."""

    file: str
    lines: tuple[str, ...]
    data: Any
    marks: Mapping[Path, tuple[yaml.Mark, yaml.Mark]]

    def key(self, *path: str | int) -> Place:
        """Where the key of a value stands, or of the nearest value above it that is there."""
        return self._place(self._nearest(path), 0)

    def value(self, *path: str | int) -> Place:
        """Where a value begins; inside the quotes, if it has them."""
        place = self._place(self._nearest(path), 1)
        return place.moved(1) if place.text[place.column - 1 : place.column] in ("'", '"') else place

    def _nearest(self, path: Path) -> Path:
        while path and path not in self.marks:
            path = path[:-1]
        return path

    def _place(self, path: Path, which: int) -> Place:
        if path not in self.marks:
            return Place(self.file)
        return _at(self.file, self.lines, self.marks[path][which])


def marked(text: str, file: str) -> Marked:
    """Read `text`; raises ConfigError with every key that stands twice, or the first thing that isn't YAML."""
    lines = tuple(text.splitlines())
    if len(text.encode(errors="surrogatepass")) > LARGEST_BYTES:
        raise ConfigError(Problem("more than 1 MiB of YAML", Place(file)))
    try:
        loader = _Loader(text)
        root = _only_node(loader)
        data = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(Problem(str(error.problem), _at(file, lines, mark) if mark else Place(file))) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML makes characters of numbers that are none
        raise ConfigError(Problem(f"not YAML: {_first_line(error)}", Place(file))) from None
    found = list(_marks(root, ())) if root is not None else []
    _refuse_twins(file, lines, found)
    return Marked(file, lines, data, dict(found))


def _only_node(loader: _Loader) -> Any:
    """The document's node; None if there is nothing in it."""
    root = loader.get_node() if loader.check_node() else None
    if loader.check_node():
        begins = loader.peek_event().start_mark  # type: ignore[no-untyped-call]
        raise yaml.MarkedYAMLError(problem="a second document begins here; a config is one", problem_mark=begins)
    return root


def _marks(node: yaml.Node, path: Path) -> Iterator[tuple[Path, tuple[yaml.Mark, yaml.Mark]]]:
    """Every value's path with the marks of its key and of itself."""
    pairs: list[tuple[str | int, yaml.Mark, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(k.value), k.start_mark, v) for k, v in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(n, v.start_mark, v) for n, v in enumerate(node.value)]
    for key, mark, value in pairs:
        yield (*path, key), (mark, value.start_mark)
        yield from _marks(value, (*path, key))


def _refuse_twins(file: str, lines: tuple[str, ...], found: list[tuple[Path, tuple[yaml.Mark, yaml.Mark]]]) -> None:
    first: dict[Path, yaml.Mark] = {}
    twins = []
    told: set[Path] = set()
    for path, (mark, _) in found:
        if path in first and not any(path[:depth] in told for depth in range(1, len(path))):
            told.add(path)
            twins.append(
                Problem(f"key '{path[-1]}' stands twice", _at(file, lines, mark), f"it is first set on line {first[path].line + 1}")
            )
        first.setdefault(path, mark)
    if twins:
        raise ConfigError(*twins)


def _at(file: str, lines: tuple[str, ...], mark: yaml.Mark) -> Place:
    text = lines[mark.line] if mark.line < len(lines) and not _may_hold_a_secret(lines, mark.line) else ""
    return Place(file, mark.line + 1, mark.column + 1, text)


def _may_hold_a_secret(lines: Sequence[str], at: int) -> bool:
    """Whether a line is of a command, as on_success is, or of a key that may be meant for one: no message shows such a line."""
    key = next((line for line in reversed(lines[: at + 1]) if _BEGINS_A_KEY.match(line)), "")
    return bool(_OF_A_COMMAND.search(lines[at]) or _OF_A_COMMAND.match(key))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
