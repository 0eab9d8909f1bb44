"""Completion in real shells: what is offered after what is typed, with nothing of a file carried out."""

import shlex
import shutil
import subprocess

import pytest
from exported import HEADER
from program import SHOP, clv
from typer.main import get_command

from clvcli.cli.app import program
from clvcli.cli.completion import explained, words_of_options
from clvcli.cli.shells import SCRIPTS

pytestmark = pytest.mark.slow

COMMANDS = list(get_command(program()).commands)


def needs(shell):
    return pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} isn't installed")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    for shell in SCRIPTS:
        (folder / f"clv.{shell}").write_bytes(clv("completion", shell).out)
    return folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(HEADER.replace("amount", 'amount,channel,"Ship to",$(touch hacked)'), encoding="utf-8")
    (tmp_path / "notes.txt.gz").write_bytes(b"")
    return tmp_path


def in_bash(scripts, folder, line):
    """What bash offers at the end of a line, which it splits at = too."""
    words = [part for word in line.split(" ") for part in word.replace("=", " = ").rstrip().split(" ")]
    typed = " ".join(shlex.quote(word) for word in words)
    asked = f"source {scripts}/clv.bash; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _clv; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-uc", asked], cwd=folder, capture_output=True, text=True, check=True)
    return [word for word in done.stdout.splitlines() if word]


def in_fish(scripts, folder, line):
    asked = f"source {scripts}/clv.fish; complete -C {shlex.quote(line)}"
    done = subprocess.run(["fish", "--no-config", "-c", asked], cwd=folder, capture_output=True, text=True, check=True)
    return [word.partition("\t")[0] for word in done.stdout.splitlines()]


ZPTY = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'autoload -U compinit; compinit -D; source SCRIPTS/clv.zsh; PS1=; LISTMAX=1000
compadd() { builtin compadd "$@"; if [[ ${@[(I)-O]} == 0 && ${@[(I)-D]} == 0 && ${@[(I)-A]} == 0 ]]; then local -a found; builtin compadd -O found "$@"; print -rl -- FOUND:$^found >> OUT; fi }
bindkey "^I" complete-word; zle -C done complete-word _done; _done() { print END >> OUT }; bindkey "^X" done'
zpty -w -n z $'LINE\t'
zpty -w -n z $'\x18'
for n in {1..100}; do sleep 0.05; [[ -e OUT ]] && grep -q END OUT && break; done
zpty -d z
"""


def in_zsh(scripts, folder, line):
    out = folder / "offered"
    asked = ZPTY.replace("SCRIPTS", str(scripts)).replace("OUT", str(out)).replace("LINE", line)
    subprocess.run(["zsh", "-f", "-c", asked], cwd=folder, capture_output=True, check=False, timeout=60)
    return [word.removeprefix("FOUND:") for word in out.read_text().splitlines() if word.startswith("FOUND:")]


SHELLS = [
    pytest.param(in_bash, id="bash"),
    pytest.param(in_zsh, id="zsh", marks=needs("zsh")),
    pytest.param(in_fish, id="fish", marks=needs("fish")),
]
OFFERED = {
    "clv seg": {"segments"},
    "clv explain clv_mon": {"clv_monthly"},
    "clv compute --forma": {"--format"},
    "clv compute --format js": {"json"},
    "clv compute orders.csv -f pa": {"parquet"},
    "clv cohorts --measure re": {"retention", "revenue"},
    "clv compute --period qu": {"quarter"},
    "clv predict --model pa": {"pareto_nbd"},
    "clv compute --lifespan t": {"tenure"},
    "clv compute --map cust": {"customer_id="},
    "clv segments orders.csv --by chan": {"channel"},
    "clv segments orders.csv --by rfm_": {"rfm_segment"},
    "clv compute orders.csv --map amount=am": {"amount"},
    "clv completion z": {"zsh"},
    "clv help bac": {"backtest"},
    "clv compute ord": {"orders.csv"},
    "clv compute --config ord": {"orders.csv"},
}
LEFT_TO_BASH = ("clv compute ord", "clv compute --config ord")
"""Files, which bash offers itself where a script offers nothing."""


@pytest.mark.parametrize("offered", SHELLS)
@pytest.mark.parametrize("line", OFFERED)
def test_what_goes_on_from_what_is_typed_is_offered(scripts, folder, offered, line):
    expected = set() if offered is in_bash and line in LEFT_TO_BASH else OFFERED[line]
    found = {word.rpartition("=")[2] if "map amount" in line else word for word in offered(scripts, folder, line)}
    assert found == expected


@pytest.mark.parametrize("offered", SHELLS)
def test_columns_go_on_after_a_comma(scripts, folder, offered):
    assert [word.removeprefix("channel,") for word in offered(scripts, folder, "clv segments orders.csv --by channel,amo")] == ["amount"]


@pytest.mark.parametrize("offered", SHELLS)
@pytest.mark.parametrize("orders", ["orders.csv", "orders.csv  # last year's", "[orders.csv, more.csv]", '"orders.csv"'])
def test_without_a_file_columns_are_those_of_the_orders_in_the_config(scripts, folder, offered, orders):
    (folder / "clv.yaml").write_text(f"margin: 0.3\norders: {orders}\n", encoding="utf-8")
    assert offered(scripts, folder, "clv segments --by chan") == ["channel"]


@pytest.mark.parametrize("offered", SHELLS)
@pytest.mark.parametrize("orders", ["[]  # none", "", "nowhere.csv"])
def test_where_no_file_is_named_there_are_no_columns(scripts, folder, offered, orders):
    (folder / "clv.yaml").write_text(f"orders: {orders}\n", encoding="utf-8")
    assert offered(scripts, folder, "clv segments --by chan") == []


@pytest.mark.parametrize("offered", SHELLS)
def test_a_column_is_no_command(scripts, folder, offered):
    found = offered(scripts, folder, "clv segments orders.csv --by ")
    assert any("touch" in word for word in found)
    assert not (folder / "hacked").exists()


@pytest.mark.parametrize("offered", SHELLS)
def test_every_command_is_offered(scripts, folder, offered):
    assert {*COMMANDS, "help"} <= {word.partition(":")[0] for word in offered(scripts, folder, "clv ")}


def test_every_option_of_a_command_is_offered_in_bash(scripts, folder):
    for command in get_command(program()).commands.values():
        names = {name for p in command.params for name in (*p.opts, *p.secondary_opts) if p.param_type_name == "option"}
        assert {name for name in names if name.startswith("--")} <= {*in_bash(scripts, folder, f"clv {command.name} --")}


def test_an_option_with_an_equals_sign_is_completed_in_bash(scripts, folder):
    assert in_bash(scripts, folder, "clv compute --format=js") == ["json"]
    assert in_bash(scripts, folder, "clv compute --format=") == list(words_of_options()["format_"])
    assert in_bash(scripts, folder, "clv compute orders.csv --map amount=") == [
        *HEADER.strip().split(","), "channel", "Ship\\ to", "\\$\\(touch\\ hacked\\)",
    ]  # fmt: skip


def test_a_lever_of_whatif_is_no_rule(scripts, folder):
    assert in_bash(scripts, folder, "clv whatif --lifespan t") == []


@pytest.mark.parametrize("shell", [pytest.param(s, marks=needs(s)) for s in SCRIPTS])
def test_a_script_has_no_mistake_in_its_grammar(scripts, shell):
    done = subprocess.run([shell, "-n", str(scripts / f"clv.{shell}")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["clv_simple", "aov", "margin", "bg_nbd", "rfm_segment", "churn"])
def test_what_is_offered_to_explain_can_be_explained(name):
    assert name in explained()
    assert clv("explain", name).code == 0


@pytest.mark.parametrize(("option", "command"), [("period", "compute"), ("model", "predict"), ("grain", "inspect"), ("format_", "compute")])
def test_what_is_offered_for_an_option_is_taken(option, command):
    for word in words_of_options()[option]:
        ran = clv(command, SHOP, f"--{option.rstrip('_')}", word, "-q", "-o", "-")
        assert "should be" not in ran.err
        assert "unknown" not in ran.err


def test_a_shell_that_clv_does_not_know_is_refused():
    ran = clv("completion", "tcsh")
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err == "error: no completions for 'tcsh'\nhint: there are: bash, zsh, fish\n"
