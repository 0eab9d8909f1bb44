"""Every console block in the documentation is typed in again, and must show what it shows.

A page is one sitting at a terminal; `pytest tests/test_transcripts.py --update` rewrites the blocks as they are now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from terminal import REAL_DATA, ROOT, Terminal

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"
"""On a line of its own it stands for lines that a page doesn't show."""


@dataclass(frozen=True)
class Typed:
    """One command as it stands after `$`, with what a page shows below it."""

    command: str
    shown: list[str]

    def showing(self, output: list[str]) -> str:
        """The command above `output`, with as much left out as on the page."""
        if LEFT_OUT in self.shown:
            first = self.shown.index(LEFT_OUT)
            last = len(self.shown) - first - 1
            output = [*output[:first], LEFT_OUT, *output[len(output) - last :]]
        return "\n".join(["$ " + self.command.replace("\n", "\n> "), *output]) + "\n"


def commands(block: str) -> list[Typed]:
    """The commands of a block; lines that begin with `> ` go on with the command above them."""
    return [_typed(chunk.splitlines()) for chunk in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def _typed(lines: list[str]) -> Typed:
    end = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith("> ")), len(lines))
    return Typed("\n".join([lines[0], *(line[2:] for line in lines[1:end])]), lines[end:])


@dataclass
class Page:
    """A page that is typed in from its top, no farther than is asked for."""

    path: Path
    terminal: Terminal
    seen: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def block(self, number: int) -> tuple[str, str]:
        """What a block shows on the page, and what it shows now."""
        blocks = FENCED.findall(self.text)
        for block in blocks[len(self.seen) : number + 1]:
            self.seen.append("".join(typed.showing(self.terminal.type(typed.command)) for typed in commands(block)))
        return blocks[number], self.seen[number]

    def rewrite(self, number: int, block: str) -> None:
        """Put `block` in the place of the one that is there."""
        text = self.text
        start, end = list(FENCED.finditer(text))[number].span()
        self.path.write_text(text[:start] + block + text[end:], encoding="utf-8")


_LONG = ("errors.md", "cron.md", "make-a-report.md", "watch-a-number.md", "keep-customers-private.md", "on-real-data.md")
"""Pages of many commands, or of commands that take long."""


def _every_block():
    for path in PAGES:
        for number, block in enumerate(FENCED.findall(path.read_text(encoding="utf-8"))):
            last = commands(block)[-1].command.splitlines()[0]
            marks = [pytest.mark.slow] if path.name in _LONG else []
            yield pytest.param(path, number, id=f"{path.relative_to(ROOT).as_posix()}: {last}", marks=marks)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    pages: dict[Path, Page] = {}

    def opened(path):
        if path not in pages:
            pages[path] = Page(path, Terminal(tmp_path_factory.mktemp(path.stem)))
        return pages[path]

    return opened


@pytest.mark.parametrize(("path", "number"), list(_every_block()))
def test_a_page_shows_what_a_terminal_shows(path, number, page, request):
    if "real/" in FENCED.findall(page(path).text)[number] and not REAL_DATA.exists():
        pytest.skip("the page is of real data, kept beside the repository in ../shared/data and not in it")
    shown, now = page(path).block(number)
    assert str(page(path).terminal.folder) not in now, "a page shows no folder of this machine"
    if request.config.getoption("--update"):
        page(path).rewrite(number, now)
    else:
        assert shown == now


def test_a_line_of_three_dots_stands_for_what_a_page_leaves_out():
    typed = Typed("clv compute", ["first", "…", "last", "[exit 4]"])
    assert typed.showing(["first", "second", "third", "last", "[exit 4]"]) == "$ clv compute\nfirst\n…\nlast\n[exit 4]\n"


def test_a_command_of_several_lines_is_read_whole():
    block = "$ cat > a.csv <<END\n> x,y\n> 1,2\n> END\n$ cat a.csv\nx,y\n1,2\n"
    assert commands(block) == [Typed("cat > a.csv <<END\nx,y\n1,2\nEND", []), Typed("cat a.csv", ["x,y", "1,2"])]


def test_the_screen_holds_both_streams_and_the_exit_code(tmp_path):
    terminal = Terminal(tmp_path)
    assert terminal.type("printf 'a\\nb\\n' | head -n 1") == ["a"]
    assert terminal.type("clv compute nothing.csv") == ["error: nothing.csv: no such file", "[exit 4]"]
    assert terminal.type("clv compute nothing.csv; exit 7") == ["error: nothing.csv: no such file", "[exit 7]"]
