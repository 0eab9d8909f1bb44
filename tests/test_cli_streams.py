"""The program among others: terminals, pipes, encodings, full disks, and what it imports."""

import json
import re
import sys

import pytest
from exported import HEADER
from program import SHOP, clv, started

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


# Colour and width


def test_a_terminal_gets_colour():
    assert ESCAPE.search(clv("compute", SHOP, terminal=True, TERM="xterm", NO_COLOR="").text)


@pytest.mark.parametrize("wish", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "dumb", "FORCE_COLOR": "1"}])
def test_a_terminal_that_wants_no_colour_gets_none(wish):
    assert not ESCAPE.search(clv("compute", SHOP, terminal=True, **{"TERM": "xterm", "NO_COLOR": "", **wish}).text)


@pytest.mark.parametrize("force", [{}, {"FORCE_COLOR": "1"}, {"GITHUB_ACTIONS": "true"}, {"PY_COLORS": "1"}])
def test_what_is_no_terminal_gets_no_colour(force):
    assert not ESCAPE.search(clv("compute", SHOP, **force).text)


def test_colour_is_all_that_a_terminal_changes():
    on, off = clv("compute", SHOP, terminal=True, TERM="xterm", NO_COLOR=""), clv("compute", SHOP)
    assert [line.rstrip() for line in ESCAPE.sub("", on.text).splitlines()] == off.lines


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_the_width_is_that_of_the_terminal(width):
    widest = max(map(len, clv("segments", SHOP, "--by", "channel,country", COLUMNS=width).lines))
    assert 0.6 * int(width) < widest <= int(width)


def test_a_file_gets_no_colour(folder):
    clv("compute", "orders.csv", "-o", "answer.txt", here=folder, terminal=True, TERM="xterm", NO_COLOR="")
    assert "\x1b" not in (folder / "answer.txt").read_text(encoding="utf-8")


# Encodings


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("command", ["compute", "inspect", "customers"])
def test_a_terminal_without_unicode_gets_ascii(command, encoding):
    ran = clv(command, SHOP, encoding=encoding)
    assert (ran.code, ran.out.isascii()) == (0, True)


@pytest.mark.parametrize("name", ["json", "csv", "markdown"])
def test_files_for_others_are_utf_8_whatever_the_terminal_is(folder, name):
    (folder / "orders.csv").write_text(ORDERS.replace("ann", "Ōzols"), encoding="utf-8")
    assert "Ōzols" in clv("customers", "orders.csv", "-f", name, here=folder, encoding="ascii").out.decode()


@pytest.mark.parametrize("arguments", [("init", "ā.csv", "-o", "ē.yaml"), ("compute", "ē.csv"), ("inspect", "ā.csv"), ("explain", "ā")])
def test_names_that_a_terminal_cannot_show_are_escaped(folder, arguments):
    (folder / "orders.csv").rename(folder / "ā.csv")
    ran = clv(*arguments, here=folder, encoding="ascii")
    shown = ran.out.decode("ascii") + ran.err
    assert "\\u0101" in shown or "\\u0113" in shown


# Pipes and processes of its own


def test_a_reader_that_stops_reading_is_no_mistake(folder):
    done = started("clv customers orders.csv -f json | head -c 1; echo ${PIPESTATUS[0]}", folder)
    assert (done.stdout, done.stderr.decode().count("Error")) == (b"{0\n", 0)


def test_a_reader_of_csv_that_stops_reading_is_no_mistake(folder):
    (folder / "many.csv").write_text(HEADER + "".join(f"{n},customer{n},2024-01-05,10\n" for n in range(20000)), encoding="utf-8")
    done = started("clv customers many.csv --identity id -f csv -q | head -c 1; echo ${PIPESTATUS[0]}", folder)
    assert (done.stdout, done.stderr) == (b"c0\n", b"")


def test_a_full_disk_behind_standard_output_is_told():
    done = started("clv explain aov > /dev/full")
    assert done.returncode == 5
    assert b"error: standard output: can't be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_closed_standard_output_is_told(folder):
    done = started("clv compute orders.csv >&-", folder)
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr


def test_python_io_encoding_is_heeded(folder):
    done = started("clv compute orders.csv", folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stdout.isascii()) == (0, True)


LOADED = "import sys, clvcli.cli.app as app\ntry: app.main()\nexcept SystemExit: pass\nprint(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"


HEAVY = {"polars", "narwhals", "rich", "yaml", "xlsxwriter", "zstandard"}


@pytest.mark.parametrize(
    ("arguments", "heavy"), [("--help", HEAVY | {"pydantic"}), ("--version", HEAVY), ("compute --help", HEAVY), ("nosuch", HEAVY)]
)
def test_help_waits_for_no_heavy_library(arguments, heavy):
    done = started(f'"$PYTHON" -c "$LOADED" {arguments}', LOADED=LOADED, PYTHON=sys.executable)
    loaded = set(done.stderr.decode().splitlines()[-1].split())
    assert "typer" in loaded
    assert not loaded & heavy


def test_help_and_version_go_to_standard_output():
    assert clv("--help").text.startswith("Usage: clv")
    assert re.fullmatch(r"clv \d+\.\d+\.\d+", clv("--version").lines[0])


def test_no_run_asks_the_network_or_writes_beside_its_output(folder):
    before = sorted(path.name for path in folder.iterdir())
    assert clv("compute", "orders.csv", here=folder).code == 0
    assert sorted(path.name for path in folder.iterdir()) == before


def test_json_goes_through_a_pipe_whole(folder):
    done = started("clv compute orders.csv -f json -q", folder)
    assert json.loads(done.stdout)["ledger"]["records"] == 2
