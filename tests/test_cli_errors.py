"""The program when something is wrong: what it says, on which stream, and what the shell is told."""

import pytest
from exported import HEADER
from program import clv

from clvcli.errors import Exit

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nosuch",), 2, "error: no command is called 'nosuch'"),
        (("compute", "--nosuch"), 2, "error: clv compute has no option --nosuch"),
        (("compute", "orders.csv", "--margin", "lots"), 2, "error: --margin: 'lots' should be a number"),
        (("compute",), 2, "error: no orders were named"),
        (("segments", "orders.csv"), 2, "--by"),
        (("segments", "orders.csv", "--by", "chanel"), 2, "error: no column 'chanel' in the orders"),
        (("compute", "orders.csv", "--margin", "35"), 2, "error: --margin: '35.0' should be less than or equal to 1"),
        (("compute", "orders.csv", "--period", "decade"), 2, "error: --period: 'decade' should be"),
        (("compute", "orders.csv", "--map", "amount"), 2, "error: --map amount: no '=' in it"),
        (("compute", "orders.csv", "--map", "amuont=x"), 2, "did you mean 'amount'?"),
        (("compute", "orders.csv", "--format", "jsn"), 2, "did you mean 'json'?"),
        (("compute", "orders.csv", "-o", "answer.docx"), 2, "no format has the suffix '.docx'"),
        (("compute", "orders.csv", "--table", "figure"), 2, "did you mean 'figures'?"),
        (("compute", "orders.csv", "--engine", "spark"), 2, "unknown engine 'spark'"),
        (("customers", "orders.csv", "--limit", "0"), 2, "error: --limit: '0' should be greater than or equal to 1"),
        (("explain", "aovv"), 2, "did you mean 'aov'?"),
        (("explain", "aov", "--set", "aovv=1"), 2, "did you mean 'aov'?"),
        (("explain", "aov", "--set", "aov"), 2, "--set aov: no '=' in it"),
        (("compute", "orders.csv", "-c", "nowhere.yaml"), 3, "error: nowhere.yaml: can't be read"),
        (("compute", "orders.csv", "--formula", "clv_smple"), 3, "did you mean 'clv_simple'?"),
        (("compute", "orders.csv", "--where", "amount >"), 3, "can't read 'amount >'"),
        (("compute", "orders.csv", "--where", "amount"), 3, "'amount' is a number, not a condition"),
        (("segments", "orders.csv", "--by", "segment"), 3, "no segments are configured"),
        (("compute", "order.csv"), 4, "error: order.csv: no such file\nhint: did you mean 'orders.csv'?"),
        (("compute", "-"), 4, "error: standard input: the file is empty (0 bytes)"),
        (("compute", "orders.csv", "--currency", "EUR", "--as-of", "2020-01-01"), 4, "no order is left to work with"),
        (("compute", "orders.csv", "--date-format", "%d/%m/%Y"), 4, "2 of 2 records can't be read"),
        (("compute", "orders.csv", "-o", "nowhere/answer.json"), 5, "there is no folder nowhere"),
        (("compute", "orders.csv", "-o", ".", "-f", "json"), 2, "error: .: would be written over the orders"),
        (("compute", "orders.csv", "--rejects", "nowhere/rejects.csv"), 5, "there is no folder nowhere"),
        (("init", "orders.csv", "-o", "orders.csv"), 5, "error: orders.csv: is there already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_mistake_is_told_on_standard_error_with_its_exit_code(folder, arguments, code, said):
    ran = clv(*arguments, here=folder)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err


def test_exit_codes_are_what_is_promised():
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "BUG": 1,
        "USAGE": 2,
        "CONFIG": 3,
        "INPUT": 4,
        "OUTPUT": 5,
        "FOUND": 6,
        "LOCKED": 75,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margn: 0.3\n", "error: clv.yaml:1:1: unknown key 'margn'\n  |\n1 | margn: 0.3\n  | ^\nhint: did you mean 'margin'?\n"),
        ("orders: [\n", "error: clv.yaml:2:1: "),
        ("\x1b]0;title\x07: 1\n", "error: clv.yaml"),
    ],
)
def test_a_broken_config_is_told_at_its_place(folder, text, said):
    (folder / "clv.yaml").write_text(text, encoding="utf-8")
    ran = clv("compute", "orders.csv", here=folder)
    assert (ran.code, ran.out) == (3, b"")
    assert ran.err.startswith(said)


def test_all_mistakes_of_a_config_are_told_each_as_an_error(folder):
    (folder / "clv.yaml").write_text("margn: 1\nperiod: week\n", encoding="utf-8")
    assert clv("compute", "orders.csv", here=folder).err.count("error: clv.yaml:") == 2


def test_a_mistake_in_a_condition_is_pointed_at(folder):
    assert clv("compute", "orders.csv", "--where", "amount > (1", here=folder).err.splitlines()[1:4] == [
        " |",
        " | amount > (1",
        " |          ^",
    ]


@pytest.mark.parametrize("name", ["\x1b[31mred.csv", "\u202egnp.csv", "a\nb.csv", "\x9b1m.csv"])
def test_control_characters_in_a_message_are_shown_not_obeyed(folder, name):
    ran = clv("compute", name, here=folder)
    assert ran.code == 4
    assert ran.err.startswith(f"error: {name.encode('unicode_escape').decode()}: no such file\n")


@pytest.mark.parametrize("evil", ["\x1b[31m", "\u202e", "\x07"])
def test_control_characters_in_the_data_of_a_message_are_shown_not_obeyed(folder, evil):
    (folder / "orders.csv").write_text(f"{evil}id,when,how much\n{evil},{evil},{evil}\n", encoding="utf-8")
    assert evil[0] not in clv("compute", "orders.csv", here=folder).err


def test_quiet_is_quiet_when_all_is_well_only(folder):
    assert clv("compute", "orders.csv", "--quiet", "-f", "csv", here=folder).err == ""
    assert "no such file" in clv("compute", "nowhere.csv", "--quiet", here=folder).err


@pytest.mark.parametrize("arguments", [("compute", "nowhere.csv"), ("segments", "orders.csv", "--by", "nosuch"), ("explain", "nosuch")])
def test_a_failed_run_leaves_the_output_as_it_was(folder, arguments):
    (folder / "answer.json").write_text("before", encoding="utf-8")
    assert clv(*arguments, "-o", "answer.json", here=folder).code
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {"orders.csv": ORDERS, "answer.json": "before"}


def test_output_may_not_be_written_over_the_orders(folder):
    ran = clv("customers", "orders.csv", "-o", "orders.csv", here=folder)
    assert (ran.code, (folder / "orders.csv").read_text(encoding="utf-8")) == (2, ORDERS)


@pytest.mark.parametrize("name", ["parquet", "xlsx"])
def test_bytes_are_kept_off_a_terminal(folder, name):
    ran = clv("compute", "orders.csv", "-f", name, here=folder, terminal=True)
    assert (ran.code, ran.out) == (2, b"")
    assert f"add -o FILE.{name}" in ran.err


def test_nothing_but_refunds_is_refused(tmp_path):
    ran = clv("compute", "-", stdin=(HEADER + "1,ann,2024-01-05,-10\n").encode(), here=tmp_path)
    assert (ran.code, "nothing but refunds" in ran.err) == (4, True)
