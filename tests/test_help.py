"""Help: each command is its question, examples that run, and its options under headings, plain and readable at any width."""

import re
import shlex
import shutil

import pytest
from program import ROOT, clv, started
from typer.main import get_command

from clvcli.cli import help as shown
from clvcli.cli.app import program
from clvcli.cli.help import Described, described, grouped, rows
from clvcli.cli.versions import threads

COMMANDS = get_command(program()).commands
every_command = pytest.mark.parametrize("name", COMMANDS)


def examples():
    """Every example of every command."""
    for name, command in COMMANDS.items():
        for line in described(command.help).examples:
            slow = [pytest.mark.slow] if name in ("backtest", "predict") else []
            yield pytest.param(line, id=line, marks=slow)


@pytest.fixture
def shop(tmp_path):
    """The sample shop as somebody keeps it: an export, its config, and a folder of European exports."""
    for name in ("orders.csv", "clv.yaml"):
        shutil.copy(ROOT / "sample_data" / name, tmp_path / name)
    (tmp_path / "exports").mkdir()
    shutil.copy(ROOT / "sample_data" / "orders.european.csv", tmp_path / "exports" / "orders.csv")
    for folder in ("reports", ".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("line", list(examples()))
def test_an_example_runs_as_it_stands(shop, line):
    config = shop / "clv.yaml"
    if " init " in line and "-o" not in line:
        config.unlink()
    done = started(line, shop)
    assert (done.returncode, b"error" in done.stderr) == (0, False), done.stderr.decode()
    assert done.stdout or ("-o" in shlex.split(line)) or (">" in shlex.split(line))


@every_command
def test_help_opens_with_the_question_and_has_examples(name):
    lines = clv(name, "--help").lines
    assert lines[0].startswith(f"Usage: clv {name} [OPTIONS]")
    assert re.fullmatch(r"  [A-Z].*\?", lines[2])
    assert 2 <= sum(line.startswith(f"  clv {name}") for line in lines) <= 3
    assert lines[lines.index("Examples:") + 1].startswith(f"  clv {name}")


@every_command
@pytest.mark.parametrize("columns", ["50", "60", "80"])
def test_help_is_no_wider_than_the_terminal_but_for_what_is_typed(name, columns):
    lines = clv(name, "--help", COLUMNS=columns).lines
    typed = {f"  {line}" for line in described(COMMANDS[name].help).examples}
    assert [line for line in lines if len(line) > int(columns) and (columns == "80" or line not in typed)] == []


@every_command
def test_help_is_plain_in_a_pipe_and_on_a_terminal(name):
    piped = clv(name, "--help", FORCE_COLOR="1", GITHUB_ACTIONS="true")
    assert piped.text == clv(name, "--help", terminal=True, TERM="xterm").text
    assert "\x1b" not in piped.text


@every_command
def test_every_option_stands_under_one_heading(name):
    params = [p for p in COMMANDS[name].params if p.param_type_name == "option"]
    found = [p for options in grouped(params).values() for p in options]
    assert sorted(p.name for p in found) == sorted(p.name for p in params)
    text = clv(name, "--help").text
    assert all(re.search(rf"^  (-\w, )?{p.opts[0] if p.opts[0].startswith('--') else p.opts[1]}\b", text, re.MULTILINE) for p in params)


@every_command
def test_help_ends_with_where_more_is_said(name):
    text = " ".join(clv(name, "--help").text.split())
    pages = re.findall(r"docs/how-to/[\w-]+\.md", text)
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []
    assert text.endswith("'clv explain NAME' says what a number or a setting means.")


def test_every_group_of_options_is_one_that_somebody_has():
    shared = {title for command in COMMANDS.values() for title in grouped(command.params)}
    assert shared - {shown.OWN} == set(shown.GROUPS)


@every_command
def test_clv_help_is_the_same_as_the_help_of_a_command(name):
    assert clv("help", name) == clv(name, "--help") == clv(name, "-h")


def test_clv_help_without_a_command_lists_the_commands():
    assert clv("help") == clv("--help") == clv("help", "help")
    assert [line.split()[0] for line in clv("help").lines if re.match(r"  [a-z]+  +\S.*", line)] == list(COMMANDS)


def test_clv_alone_shows_help_and_ends_as_a_mistake_of_usage():
    ran = clv()
    assert (ran.code, ran.text, ran.err) == (2, clv("--help").text, "")


def test_a_docstring_is_a_question_an_answer_and_examples():
    text = """Who is it? Everybody
    that came.

    Not the others.

    clv who a.csv

    clv who b.csv
    """
    assert described(text) == Described("Who is it?", "Everybody that came.\n\nNot the others.", ("clv who a.csv", "clv who b.csv"))
    assert described(text).short == "Who is it? Everybody that came."


def test_a_long_name_stands_on_a_line_of_its_own():
    name = f"--{'x' * 30}"
    assert rows([("-a", "one two"), (name, "three")], 80) == [f"  {'-a':<29}  one two", f"  {name}", f"{'':33}three"]
    assert rows([("--abc", "one two")], 13) == ["  --abc", "      one two"]


# Versions


def test_versions_begin_with_that_of_clv_and_name_what_figures_depend_on():
    lines = clv("--version").lines
    assert re.fullmatch(r"clv \d+\.\d+\.\d+", lines[0])
    assert [line.split()[0] for line in lines[1:]] == ["python", "polars", "narwhals", "numpy", "scipy", "engine", "platform"]
    assert clv("-V") == clv("--version")


def test_the_engine_has_as_many_threads_as_it_is_told(monkeypatch):
    monkeypatch.setenv("POLARS_MAX_THREADS", "7")
    assert "engine   polars, 7 threads" in clv("--version").lines
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    assert "engine   polars, 1 thread" in clv("--version").lines


def test_without_being_told_the_engine_has_the_threads_that_it_says(monkeypatch):
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    done = started(f"{__import__('sys').executable} -c 'import polars; print(polars.thread_pool_size())'")
    assert int(done.stdout) == threads()
