"""Injection: whatever stands in a name, in every format and every message, it is shown and never obeyed, and nothing of it is lost."""

import csv
import io
import json
import re
import unicodedata
from html.parser import HTMLParser

import openpyxl
import polars as pl
import pytest
from hostile import HOSTILE, batches
from markdown_it import MarkdownIt
from program import SHOP, clv
from python_calamine import CalamineWorkbook

from clvcli.errors import printable
from clvcli.render import BINARY, FORMATS, Look, renderer, told
from clvcli.tables import Column, Report, Table, Unit

pytestmark = pytest.mark.slow

RUNS = re.compile(r"[\s\x00\u200b\ufeff]*[=+\-@|＝＋－＠]|[\t\r\n\x00]")
every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
every_format = pytest.mark.parametrize("name", FORMATS)
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def obeyed(text):
    """The characters of a text that a terminal obeys, or that hide what stands there."""
    return {c for c in text if not c.isprintable() and c != "\n" and unicodedata.category(c) != "Zs"}


def squeezed(text):
    return "".join(text.split())


def everywhere(text):
    """A report in which `text` stands wherever data or config may stand."""
    columns = (
        Column("channel", "Channel", Unit.TEXT, text),
        Column(f"c{text}"[:60], text, Unit.TEXT, text, text),
        Column("n", "N", Unit.NUMBER, "N."),
    )
    frame = pl.DataFrame({columns[0].name: [text, "web"], columns[1].name: ["x", text], "n": [1.5, -2.0]})
    table = Table("segments", text, columns, frame, (text, f"A note: {text}"), footer={"n": -0.5})
    return Report("segments", (table,), {"version": "0"}, (text, f"config: {text}"))


def rendered(report, name, look=None):
    out = io.BytesIO()
    renderer(name)(report, out, look or Look(width=3000))
    return out.getvalue()


# The terminal


@pytest.mark.parametrize(
    "look", [Look(3000), Look(3000, color=True), Look(3000, color=True, true_color=True), Look(3000, unicode=False), Look(40)], ids=str
)
@every_text
def test_a_terminal_shows_it_and_obeys_nothing(text, look):
    shown = rendered(everywhere(text), "table", look).decode()
    plain = STYLE.sub("", shown)
    assert obeyed(plain) == set()
    assert {*STYLE.findall(shown)} <= {*STYLE.findall(rendered(everywhere("web"), "table", look).decode())}
    if look.width > 100 and look.unicode and len(text) < 200:
        assert squeezed(plain).count(squeezed(printable(text))) >= 5


# Markdown


class _Names(list):
    def __init__(self, text):
        parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        for token in parser.parse(text):
            self.extend((one.type, one.markup) for one in (token, *(token.children or ())) if one.type not in ("text", "text_special"))


@every_text
def test_markdown_has_no_more_in_it_than_with_a_harmless_name(text):
    assert _Names(rendered(everywhere(text), "markdown").decode()) == _Names(rendered(everywhere("web"), "markdown").decode())


@every_text
def test_markdown_shows_all_of_it(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(rendered(everywhere(text), "markdown").decode())
    shown = squeezed("".join(child.content for token in tokens for child in token.children or ()))
    if len(text) < 200:
        assert shown.count(squeezed(printable(text))) >= 5
    assert obeyed(shown) == set()


@pytest.mark.parametrize("address", ["https://evil.example/x", "www.evil.example"])
def test_an_address_is_no_link_where_markdown_makes_links_of_them(address):
    line = next(line for line in rendered(everywhere(address), "markdown").decode().splitlines() if "note" in line)
    assert address not in line
    assert address in line.replace("\\", "")


# HTML


class _Page(HTMLParser):
    """The elements of a page with their attributes, and all that is read."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.values, self.read = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        obeyed = {"href", "src", "action", "xlink:href", "style"}
        self.values += [(tag, name, re.sub(r"\d+", "N", value or "")) for name, value in attrs if name in obeyed or name.startswith("on")]

    def handle_data(self, data):
        self.read.append(data)

    def handle_comment(self, _):
        self.elements.append(("comment", ()))

    def handle_decl(self, _):
        self.elements.append(("doctype", ()))


@every_text
def test_a_page_has_no_element_or_attribute_more_than_with_a_harmless_name(text):
    page, harmless = (_Page(rendered(everywhere(one), "html").decode()) for one in (text, "web"))
    assert page.elements == harmless.elements
    assert page.values == harmless.values
    assert "script" not in {tag for tag, _ in page.elements}
    assert obeyed("".join(page.read).replace("\n", "")) == set()


@every_text
def test_a_page_shows_all_of_it(text):
    if len(text) < 200:
        shown = squeezed("".join(_Page(rendered(everywhere(text), "html").decode()).read))
        assert shown.count(squeezed(printable(text))) >= 4


# CSV


def read_csv(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@every_text
def test_no_cell_of_csv_runs_and_every_cell_is_whole(text):
    rows = read_csv(rendered(everywhere(text), "csv"))
    cells = [cell for row in rows for cell in row[:2]]
    assert not [cell for cell in cells if RUNS.match(cell)]
    assert rows[1][0] == rows[2][1] == ("'" + text if RUNS.match(text) else text)
    assert [row[2] for row in rows] == ["n", "1.5", "-2.0"]


@every_text
def test_what_machines_get_is_not_obeyed_by_a_terminal_either(text):
    """Somebody may look at it before it goes to a machine."""
    assert obeyed(rendered(everywhere(text), "csv", Look(is_terminal=True)).decode()) == set()
    assert obeyed(rendered(everywhere(text), "json").decode()) <= {"\ufffe", "\uffff"}


@every_text
def test_csv_that_is_asked_for_raw_is_raw(text):
    report = everywhere(text)
    assert read_csv(rendered(report, "csv", Look(raw=True)))[1][0] == text
    assert told(report, "csv", raw=True) == told(report, "json") == tuple(map(printable, report.remarks))


def test_whoever_writes_csv_is_told_of_apostrophes_once(tmp_path):
    (tmp_path / "o.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,-x,2024-01-05,10\n2,+y,2024-02-05,20\n3,z,2024-02-05,20\n", encoding="utf-8"
    )
    done = clv("customers", "o.csv", "--format", "csv", here=tmp_path)
    assert done.err.count("2 texts begin like a formula of a spreadsheet, and got an apostrophe; --raw-csv leaves it out\n") == 1
    assert [line.split(",")[0] for line in done.lines] == ["customer_id", "'+y", "z", "'-x"]
    raw = clv("customers", "o.csv", "--format", "csv", "--raw-csv", here=tmp_path)
    assert "apostrophe" not in raw.err
    assert [line.split(",")[0] for line in raw.lines] == ["customer_id", "+y", "z", "-x"]
    clv("customers", "o.csv", "-o", "raw.csv", "--raw-csv", here=tmp_path)
    assert (tmp_path / "raw.csv").read_bytes() == raw.out
    one = clv("customers", "o.csv", "--where", "customer_id != '-x'", "--format", "csv", "--quiet", here=tmp_path)
    assert one.err == ""


def test_rejects_run_in_no_spreadsheet(tmp_path):
    (tmp_path / "o.csv").write_text("order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,=1+1,20\n", encoding="utf-8")
    clv("compute", "o.csv", "--max-rejects", "1", "--rejects", "rejects.csv", here=tmp_path)
    assert ",'=1+1," in (tmp_path / "rejects.csv").read_text(encoding="utf-8")


# JSON, Parquet, Excel


@every_text
def test_json_and_parquet_hold_it_as_it_is(text):
    document = json.loads(rendered(everywhere(text), "json"))
    table = document["tables"][0]
    assert (table["rows"][0]["channel"], table["title"], table["notes"][0], document["remarks"][0]) == (text,) * 4
    assert pl.read_parquet(rendered(everywhere(text), "parquet"))["channel"][0] == text


@every_text
def test_a_workbook_holds_it_as_text(text):
    content = rendered(everywhere(text), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    held = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1][0]
    assert held == text.replace("\ufffe", "_xFFFE_").replace("\uffff", "_xFFFF_")


# The whole way, from a file to each format


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A shop whose customers, channels and columns are all hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as out:
        write = csv.writer(out, quoting=csv.QUOTE_ALL)
        write.writerow(["order_id", "customer_id", "ordered_at", "amount", "channel", *HOSTILE.values()])
        for n, text in enumerate(HOSTILE.values()):
            for at, day in enumerate(("2024-01-05", "2024-02-05")):
                write.writerow([f"o{n}{at}", text, day, n + 1, text, *HOSTILE.values()])
    (folder / "clv.yaml").write_text(
        "report:\n  title: " + json.dumps("".join(HOSTILE.values())[:500]) + "\nformulas:\n"
        + "".join(f"  f{n}: {{text: orders, label: {yaml_text(t)}, description: {yaml_text(t)}}}\n" for n, t in enumerate(HOSTILE.values()) if len(t) < 300)
        + "segments:\n" + "".join(f"  {yaml_text(f'{n}{t}')}: orders > {n}\n" for n, t in enumerate(HOSTILE.values()) if len(t) < 300),
        encoding="utf-8",
    )  # fmt: skip
    return folder


def yaml_text(text):
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


COMMANDS = [
    ["customers", "orders.csv", "--limit", "100"],
    ["segments", "orders.csv", "--by", "channel"],
    ["segments", "orders.csv", "--by", "segment"],
    ["inspect", "orders.csv"],
    ["compute", "orders.csv"],
    ["explain", "f1", "orders.csv"],
]


@pytest.mark.slow
@every_format
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_hostile_orders_and_configs_are_obeyed_in_no_format(here, command, name):
    done = clv(*command, "--format", name, here=here, COLUMNS="3000")
    assert done.code == 0, done.err
    assert obeyed(done.err) == set()
    if name in ("table", "markdown", "html"):
        assert obeyed(done.text) == set()
    if name == "csv":
        assert not [cell for row in read_csv(done.out) for cell in row if RUNS.match(cell) and not re.fullmatch(r"-[0-9.e+-]+", cell)]
    if name == "html":
        assert "script" not in {tag for tag, _ in _Page(done.text).elements}


def test_machines_get_every_channel_as_it_is(here):
    rows = clv("segments", "orders.csv", "--by", "channel", "--format", "json", here=here).json["tables"][0]["rows"]
    kept = {
        text
        for text in HOSTILE.values()
        if text.strip() == text and not {*text} & {*"\r\n\x00\u200b\ufeff\u2060\u00ad\u200e\u200f\u202e"} and text != "NULL"
    }
    assert kept <= {row["channel"] for row in rows}


# Messages


def asked(text):
    """Commands that end in a message with `text` in it."""
    yield ["explain", text]
    yield ["compute", f"{text}.csv"]
    yield ["compute", SHOP, "--config", f"no{text}"]
    yield ["compute", SHOP, "--format", text]
    yield ["compute", SHOP, "--log-format", text]
    yield ["compute", SHOP, f"--x{text}"]
    yield [f"x{text}"]
    yield ["compute", SHOP, "--where", text]
    yield ["compute", SHOP, "--where", f"x == '{text}"]
    yield ["compute", SHOP, "--margin", text]
    yield ["compute", SHOP, "--map", text]
    yield ["compute", SHOP, "--preset", text]
    yield ["compute", SHOP, "--as-of", text]
    yield ["compute", SHOP, "--tz", text]
    yield ["explain", "aov", "--set", f"aov={text}"]


@pytest.mark.parametrize("text", batches(120), ids=str)
def test_no_message_obeys_what_was_typed(text, tmp_path):
    for command in asked(text.replace("\0", "")):
        done = clv(*command, here=tmp_path)
        assert (done.code in (2, 3, 4), obeyed(done.err)) == (True, set()), command


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_obeys_what_was_typed(form, tmp_path):
    for text in batches(400):
        done = clv("compute", SHOP, "--config", text.replace("\0", "")[:200], "--log-format", form, here=tmp_path)
        assert (done.code, obeyed(done.err)) == (3, set())


@pytest.mark.parametrize("text", batches(200), ids=str)
def test_no_message_about_a_config_obeys_it(text, tmp_path):
    written = yaml_text(text)
    for line in (f"margin: {written}", f"{written}: 1", f"formulas: {{f: {{text: {written}}}}}", f"show: [{written}]", f"x: {text}"):
        (tmp_path / "bad.yaml").write_bytes(f"{line}\n".encode())
        done = clv("compute", SHOP, "--config", "bad.yaml", "--table", "clv", here=tmp_path)
        assert (done.code in (2, 3), obeyed(done.err)) == (True, set()), line


@pytest.mark.parametrize("text", batches(200), ids=str)
def test_no_message_about_orders_obeys_them(text, tmp_path):
    header = ["order_id", "customer_id", "ordered_at", "amount"]
    for lines in ([header, ["1", "ann", text, "10"], ["2", "bob", "2024-01-05", text]], [[text, f"{text}2"], ["1", "2"]]):
        with (tmp_path / "o.csv").open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL).writerows(lines)
        done = clv("compute", "o.csv", here=tmp_path)
        assert (done.code, obeyed(done.err)) == (4, set())


@pytest.mark.parametrize("text", batches(60), ids=str)
def test_a_file_of_any_name_is_read_and_named_harmlessly(text, tmp_path):
    name = text.encode()[:200].decode(errors="ignore").translate({0: None, ord("/"): "_"}) + ".csv"
    (tmp_path / name).write_text("order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,2024-02-05,20\n", encoding="utf-8")
    for output in ("table", "html", "json"):
        done = clv("inspect", f"./{name}", "--format", output, here=tmp_path)
        assert (done.code, obeyed(done.err)) == (0, set())
        assert output == "json" or obeyed(done.text) == set()


def test_bytes_that_are_no_text_come_through(tmp_path):
    name = b"bad\xff.csv".decode("utf-8", "surrogateescape")
    (tmp_path / name).write_text("order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,2024-02-05,20\n", encoding="utf-8")
    (tmp_path / name.replace("csv", "yaml")).write_text("margin: 0.3\n", encoding="utf-8")
    for output in FORMATS:
        done = clv("compute", name, "--config", name.replace("csv", "yaml"), "--format", output, here=tmp_path)
        assert done.code == 0, done.err
        assert output in BINARY or "Traceback" not in done.err
    assert (
        clv("compute", name, "--config", name.replace("csv", "yaml"), "--format", "json", here=tmp_path).json["remarks"][-1]
        == "config: bad\udcff.yaml"
    )


@pytest.mark.parametrize(
    "option",
    ["--map", "--currency", "--anonymous", "--delimiter", "--encoding", "--status", "--tz", "--where", "--preset", "--date-format"],
)
def test_an_option_in_another_encoding_is_refused(option):
    done = clv("compute", SHOP, option, "a=\udcff")
    assert (done.code, obeyed(done.err)) == (2, set())
    assert f"error: {option}: 'a=\\udcff' is no text in UTF-8" in done.err
