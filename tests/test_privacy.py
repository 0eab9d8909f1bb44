"""Privacy: people see masks of ids, machines the ids, and whoever asks for it pseudonyms that only a key tells apart from chance."""

import hashlib
import hmac
import io
import json
import re
import time

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import clv

from clvcli import pseudonyms
from clvcli.charts import Lines
from clvcli.document import Document, Figure, Section
from clvcli.errors import InputError, Place, Problem
from clvcli.masking import for_people
from clvcli.privacy import discreet, mask, masked, redacted
from clvcli.pseudonyms import Pseudonyms, pseudonymised
from clvcli.render import FOR_PEOPLE, FORMATS
from clvcli.tables import Column, Report, Table, Unit

PEOPLE = """order_id,email,ordered_at,amount,referred_by
1,ann@example.com,2024-01-05,10,
2,alf@example.com,2024-02-05,20,ann@example.com
3,bob@example.com,2024-03-05,30,bob@example.com
4,ann@example.com,2024-04-05,40,
5,abe@example.com,2024-01-01,40,nobody@else.example
"""
NAMES = "order_id,customer,ordered_at,amount\n1,Ann Smith,2024-01-05,10\n2,Al Stone,2024-02-05,20\n3,Ann Smith,2024-03-05,30\n"
SECRET_PARTS = ("ann@", "alf@", "bob@", "abe@", "nobody@")
KEY = "k" * 32


@pytest.fixture
def here(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "names.csv").write_text(NAMES, encoding="utf-8")
    return tmp_path


def shown(done):
    """All that a run shows, in words; a workbook's cells one after another."""
    if done.out[:2] == b"PK":
        book = openpyxl.load_workbook(io.BytesIO(done.out))
        return done.err + " ".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row)
    if done.out[:4] == b"PAR1":
        return done.err + str(pl.read_parquet(done.out).rows())
    return done.err + done.out.decode()


# One rule for a mask


@pytest.mark.parametrize(
    ("identity", "seen"),
    [
        ("ann@example.com", "a…@example.com"),
        ("a@b.c", "a…@b.c"),
        ('"ann smith"@example.com', '"…@example.com'),
        ("ann@x.de;bob@y.de", "a…@y.de"),
        ("ann@[192.168.0.1]", "a…@[192.168.0.1]"),
        ("+371 2000 0017", "+37…17"),
        ("+37120000017", "+37…17"),
        ("Ann Smith", "A… S…"),
        ("Ann Maria Louise Smith", "A… M… L…"),
        ("17850", "17850"),
        ("37120000017", "37120000017"),
        ("ann", "ann"),
        ("@handle", "@handle"),
        ("C-1017 B", "C-1017 B"),
        ("", ""),
    ],
)
def test_a_mask_keeps_what_tells_people_apart_and_no_more(identity, seen):
    assert mask(identity) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("look: ann@example.com, bob@example.com.", "look: a…@example.com, b…@example.com."),
        ("<ann@example.com>", "<a…@example.com>"),
        ("/mnt/data@2024/orders.csv", "/mnt/d…@2024/orders.csv"),
        ("call +371 2000 0017 now", "call +37…17 now"),
        ("1 + 2 = 3, +5.2% and +1,234,567.00 of 12", "1 + 2 = 3, +5.2% and +1,234,567.00 of 12"),
        ("nobody here", "nobody here"),
    ],
)
def test_an_address_among_other_text_is_masked_alone(text, seen):
    assert masked(text) == seen


@given(
    st.text(st.characters(exclude_characters="@+", exclude_categories=("Cs", "Zs", "Cc")), min_size=2, max_size=20),
    st.sampled_from(["x.de", "mail.example.com"]),
)
def test_of_an_address_nothing_is_left_before_the_at_but_one_letter(local, domain):
    assert mask(f"{local}@{domain}") == f"{local[0]}…@{domain}"


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a@" * 100_000, "+1" * 100_000, "+1 " * 60_000, "a " * 100_000, "pwd" * 60_000, "://a" * 50_000, "token=" * 30_000],
)
def test_no_text_takes_long_to_mask(text):
    began = time.perf_counter()
    masked(text)
    mask(text)
    redacted(text)
    assert time.perf_counter() - began < 2


# What people see, and what machines get


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("command", [["customers"], ["inspect"], ["predict", "--horizon", "1m"]], ids=lambda words: words[0])
def test_people_see_masks_in_every_table_note_and_remark_and_machines_get_ids(here, command, name):
    done = clv(*command, "people.csv", "--format", name, here=here)
    assert done.code == 0, done.err
    if name in FOR_PEOPLE:
        assert not [part for part in SECRET_PARTS if part in shown(done)]
        assert "a…@example.com" in shown(done)
    else:
        assert not [part for part in SECRET_PARTS if part in done.err]
        assert command == ["inspect"] or "ann@example.com" in shown(done)


@pytest.mark.parametrize("how", [["--show-ids"], ["--config", "open.yaml"]])
def test_whoever_wants_to_see_ids_sees_them(here, how):
    (here / "open.yaml").write_text("show_ids: true\n", encoding="utf-8")
    done = clv("customers", "people.csv", *how, here=here)
    assert "ann@example.com" in done.text
    assert "…@" not in done.text


def test_masks_that_are_alike_are_told_apart_by_who_came_first(here):
    lines = clv("customers", "people.csv", "--format", "markdown", here=here).lines
    seen = {line.split("|")[1].strip(): line.split("|")[4].strip() for line in lines if line.startswith("| a")}
    assert seen == {"a…@example.com": "2024-01-01", "a…@example.com (2)": "2024-01-05", "a…@example.com (3)": "2024-02-05"}


def test_a_mask_stays_when_others_come_later(here):
    before = clv("customers", "people.csv", "--limit", "3", here=here).text
    (here / "people.csv").write_text(f"{PEOPLE}6,aaron@example.com,2024-05-05,1000,\n", encoding="utf-8")
    after = clv("customers", "people.csv", here=here).lines
    assert next(line for line in after if "1,000.00" in line).startswith("a…@example.com (4)")
    assert "a…@example.com (2)" in before
    assert next(line for line in after if " 50.00 " in line).startswith("a…@example.com (2)")


def test_a_mask_is_the_same_in_a_remark_as_in_a_table(here):
    circle = PEOPLE.replace("alf@example.com,2024-02-05,20,ann@example.com", "alf@example.com,2024-02-05,20,alf@example.com")
    (here / "people.csv").write_text(circle, encoding="utf-8")
    assert "nobody gets credit: a…@example.com (3), b…@example.com" in " ".join(clv("customers", "people.csv", here=here).text.split())


def test_names_are_ids_where_customers_are_known_by_them(here):
    done = clv("customers", "names.csv", "--identity", "name", "--map", "customer_id=customer", here=here)
    assert {line.split("  ")[0] for line in done.lines if line.startswith("A…")} == {"A… S…", "A… S… (2)"}
    assert "Smith" not in clv("inspect", "names.csv", "--map", "customer_id=customer", here=here).text
    assert "Ann Smith" in clv("customers", "names.csv", "--map", "customer_id=customer", "--format", "csv", here=here).text


def test_rejects_are_masked_for_people_and_whole_in_their_file(here):
    (here / "two.csv").write_text(f"{PEOPLE}7,eve@a.example;fay@b.example,2024-01-01,5,\n", encoding="utf-8")
    done = clv("inspect", "two.csv", "--max-rejects", "1", "--rejects", "rejects.csv", here=here)
    assert not [part for part in ("eve@", "fay@") if part in done.text + done.err]
    assert "eve@a.example;fay@b.example" in (here / "rejects.csv").read_text(encoding="utf-8")


def test_an_error_shows_no_address(here):
    (here / "bad.csv").write_text(PEOPLE.replace("2024-01-05", "ann@example.com"), encoding="utf-8")
    done = clv("compute", "bad.csv", here=here)
    assert done.code == 4
    assert "a…@example.com" in done.err
    assert "ann@" not in done.err


def test_a_config_of_an_export_holds_no_ids(here):
    clv("init", "people.csv", here=here)
    assert not [part for part in SECRET_PARTS if part in (here / "clv.yaml").read_text(encoding="utf-8")]


ID = Column("customer_id", "Customer", Unit.TEXT, "Who.")
NOTE = Column("note", "Note", Unit.TEXT, "What.")


def a_report(*ids, note="", customers=None, **more):
    table = Table(
        "customers",
        "T",
        (ID, NOTE),
        pl.DataFrame({"customer_id": ids, "note": [note] * len(ids)}),
        (note,),
        footer={"note": note, "customer_id": 2},
    )
    return Report("customers", (table,), {}, (note,), customers, **more)


def test_without_the_orders_masks_are_numbered_as_the_ids_are_sorted():
    assert for_people(a_report("b@x.de", "bo@x.de", None, "bob@x.de")).tables[0].frame["customer_id"].to_list() == [
        "b…@x.de",
        "b…@x.de (2)",
        None,
        "b…@x.de (3)",
    ]


def test_an_address_in_large_letters_is_that_in_small_ones():
    found = for_people(a_report("ann@x.de", "alf@x.de", note="as of Ann@X.de"))
    assert found.remarks == ("as of a…@x.de (2)",)
    assert found.tables[0].notes == found.remarks
    assert found.tables[0].footer == {"note": "as of a…@x.de (2)", "customer_id": 2}


def test_a_report_without_such_ids_is_left_as_it_is():
    report = a_report("1", "2", note="2 orders")
    assert for_people(report) is report


def test_many_ids_are_masked_as_few_are():
    ids = [f"{letter}{n}@x.de" for n in range(30) for letter in "abc"]
    customers = pl.DataFrame({"customer_id": ids[::-1], "day": range(len(ids))})
    many = for_people(a_report(*ids, customers=customers)).tables[0].frame["customer_id"].to_list()
    few = for_people(a_report(*ids[:3], customers=customers)).tables[0].frame["customer_id"].to_list()
    assert many[:3] == few == ["a…@x.de (30)", "b…@x.de (30)", "c…@x.de (30)"]
    assert len(set(many)) == len(ids)


def test_what_a_document_says_is_masked_too():
    chart = Lines("curve", "ann@x.de", "told", Unit.MONEY, "x", (), {0: "ann@x.de"})
    table = Table("t", "ann@x.de", (ID,), pl.DataFrame({"customer_id": ["ann@x.de"]}))
    section = Section("findings", "Ask ann@x.de", ("ann@x.de left",), (Figure("Best", "ann@x.de"),), (chart,), (table,))
    whole = for_people(Document("report", (), sections=(section,)))
    drawn = Lines("curve", "a…@x.de", "told", Unit.MONEY, "x", (), {0: "a…@x.de"})
    assert whole.sections[0] == Section("findings", "Ask a…@x.de", ("a…@x.de left",), (Figure("Best", "a…@x.de"),), (drawn,), (table,))
    assert for_people(Document("report", (), sections=(Section("s", "t"),))).sections == (Section("s", "t"),)
    named = pseudonymised(Document("report", (), sections=(section,)), Pseudonyms(b"k" * 32))
    assert named.sections[0].said == (f"{Pseudonyms(b'k' * 32).of('ann@x.de')} left",)


# Pseudonyms


def test_a_pseudonym_is_the_keyed_hash_of_an_id():
    theirs = hmac.new(KEY.encode(), b"ann@example.com", hashlib.sha256).hexdigest()[:16]
    assert Pseudonyms(KEY.encode()).of("ann@example.com") == theirs
    assert KEY not in repr(Pseudonyms(KEY.encode()))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("command", [["customers"], ["predict", "--horizon", "1m"]], ids=lambda words: words[0])
def test_pseudonyms_stand_in_every_format_and_no_id_does(here, command, name):
    done = clv(*command, "people.csv", "--pseudonymize", "--format", name, here=here, CLV_PSEUDONYM_KEY=KEY)
    assert done.code == 0, done.err
    words = "".join(shown(done).split())
    assert not [part for part in (*SECRET_PARTS, "@example", KEY) if part in words]
    assert Pseudonyms(KEY.encode()).of("ann@example.com") in words
    assert Pseudonyms(KEY.encode()).key_id in words


def test_pseudonyms_are_the_same_by_a_key_in_a_file_and_others_by_another_key(here):
    (here / "key").write_text(f"{KEY}\n", encoding="utf-8")
    one, two, other = (
        clv("customers", "people.csv", "--pseudonymize", "--format", "csv", here=here, **key).out
        for key in ({"CLV_PSEUDONYM_KEY": KEY}, {"CLV_PSEUDONYM_KEY_FILE": "key"}, {"CLV_PSEUDONYM_KEY": "j" * 32})
    )
    assert one == two != other


def test_numbers_do_not_change_with_pseudonyms(here):
    plain, named = (
        clv("customers", "people.csv", *more, "--format", "json", here=here, CLV_PSEUDONYM_KEY=KEY).json
        for more in ([], ["--pseudonymize"])
    )
    rows = [
        [{k: v for k, v in row.items() if k not in ("customer_id", "referred_by")} for row in one["tables"][0]["rows"]]
        for one in (plain, named)
    ]
    assert rows[0] == rows[1]
    names = Pseudonyms(KEY.encode())
    assert [names.of(row["customer_id"]) for row in plain["tables"][0]["rows"]] == [
        row["customer_id"] for row in named["tables"][0]["rows"]
    ]
    assert [row["referred_by"] and names.of(row["referred_by"]) for row in plain["tables"][0]["rows"]] == [
        row["referred_by"] for row in named["tables"][0]["rows"]
    ]
    assert (plain.get("pseudonym_key"), named["pseudonym_key"]) == (None, names.key_id)


def test_what_is_said_of_ids_says_pseudonyms(here):
    (here / "zeros.csv").write_text("order_id,customer_id,ordered_at,amount\n1,007,2024-01-05,10\n2,7,2024-02-05,20\n", encoding="utf-8")
    said = clv("customers", "zeros.csv", "--pseudonymize", "--format", "csv", here=here, CLV_PSEUDONYM_KEY=KEY).err
    names = Pseudonyms(KEY.encode())
    assert f"count as two: {names.of('007')} and {names.of('7')}\n" in said


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "--pseudonymize needs a key"),
        ({"CLV_PSEUDONYM_KEY": "short"}, "has 5 bytes"),
        ({"CLV_PSEUDONYM_KEY_FILE": "none"}, "can't be read"),
        ({"CLV_PSEUDONYM_KEY_FILE": "empty"}, "has 0 bytes"),
        ({"CLV_PSEUDONYM_KEY": KEY, "CLV_PSEUDONYM_KEY_FILE": "empty"}, "both CLV_PSEUDONYM_KEY and CLV_PSEUDONYM_KEY_FILE are set"),
    ],
)
def test_without_a_good_key_nothing_is_written(here, environment, said):
    (here / "empty").touch()
    done = clv("customers", "people.csv", "--pseudonymize", "-o", "out.csv", here=here, **environment)
    assert (done.code, (here / "out.csv").exists()) == (2, False)
    assert said in done.err
    assert KEY not in done.err


def test_two_customers_of_one_pseudonym_are_refused(monkeypatch):
    monkeypatch.setattr(pseudonyms, "DIGITS", 1)
    with pytest.raises(InputError, match="two customers would have the same pseudonym"):
        Pseudonyms(b"k" * 16).of_all(map(str, range(17)))


def test_a_million_customers_have_pseudonyms_in_seconds():
    began = time.process_time()
    found = Pseudonyms(b"k" * 32).of_all(map(str, range(100_000)))
    assert len(set(found.values())) == 100_000
    assert time.process_time() - began < 1


# Secrets


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("postgres://u:CANARY@h/db", "postgres://***@h/db"),
        ("s3://KEY:CANARY@bucket/x", "s3://***@bucket/x"),
        ("postgres:/u:p@CANARY@h/db", "postgres:/***@h/db"),
        ("C:/shop@home/orders.csv", "C:/shop@home/orders.csv"),
        ("https://CANARY@example.org/ping", "https://***@example.org/ping"),
        ("https://example.org/a?token=CANARY&b=1", "https://example.org/a?token=***&b=1"),
        ("on_failure: [curl, -H, 'Authorization: Bearer CANARY']", "on_failure: [curl, -H, 'Authorization: ***']"),
        ("password: CANARY", "password: ***"),
        ('"api_key": "CANARY x"', '"api_key": ***'),
        ("https://example.org/ping", "https://example.org/ping"),
        ("orders: a@b.csv", "orders: a@b.csv"),
    ],
)
def test_a_secret_is_taken_out(text, seen):
    assert redacted(text) == seen


def test_a_caret_stays_under_what_it_pointed_at():
    text = "spend: 'postgres://u:CANARY@h'  # x"
    shown = discreet(Problem("no: ann@x.de", Place("clv.yaml", 1, text.index("#") + 1, text), "try postgres://u:CANARY@h")).place
    assert shown.text[shown.column - 1] == "#"
    assert discreet(Problem("m", Place("f"))) == Problem("m", Place("f"))


@given(st.text(max_size=60), st.integers(0, 70))
def test_a_mistake_can_always_be_made_discreet(text, column):
    told = discreet(Problem(text, Place(text, 1, column, text), text))
    assert re.search("CANARY", str(told)) is None
    assert (told.place.column > 0) == (column > 0)


def test_an_error_of_the_program_is_discreet(here):
    (here / "clv.yaml").write_text("orders: people.csv\nmargin: postgres://u:CANARY@h/db\n", encoding="utf-8")
    done = clv("compute", here=here)
    assert (done.code, "CANARY" in done.err) == (3, False)
    assert "postgres://***@h/db" in done.err
    assert (
        json.loads(clv("compute", "people.csv", "--config", "none.yaml", "--log-format", "json", here=here).err.splitlines()[1])["exit"]
        == 3
    )


def test_an_address_that_is_no_id_has_a_pseudonym_too():
    report = a_report("1", None, note="sent by Ann@X.de")
    named = pseudonymised(report, Pseudonyms(b"k" * 32))
    theirs = f"sent by {Pseudonyms(b'k' * 32).of('ann@x.de')}"
    assert named.tables[0].frame["note"].to_list() == [theirs, theirs]
    assert (named.tables[0].notes, named.remarks[0], named.tables[0].frame["customer_id"][1]) == ((theirs,), theirs, None)
    assert pseudonymised(named, Pseudonyms(b"k" * 32)).remarks == named.remarks


def test_a_report_of_pseudonyms_shows_no_value_of_the_export(here):
    (here / "ids.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,CANARY-1,2024-01-05,10\n2,CANARY-2,2024-02-05,20\n3,CANARY-1,2024-02-06,x\n",
        encoding="utf-8",
    )
    for output in ("page.html", "page.md", "book.xlsx", "all.json", "folder/"):
        done = clv("report", "ids.csv", "--max-rejects", "1", "--pseudonymize", "-o", output, here=here, CLV_PSEUDONYM_KEY=KEY)
        assert done.code == 0, done.err
        assert "CANARY" not in done.err
    written = [
        path
        for path in here.rglob("*")
        if path.is_file() and path.suffix != ".xlsx" and path.name not in ("ids.csv", "people.csv", "names.csv")
    ]
    assert len(written) > 20
    assert not [path.name for path in written if b"CANARY" in path.read_bytes()]
    book = openpyxl.load_workbook(here / "book.xlsx")
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if "CANARY" in str(cell.value)]


def test_a_report_for_people_shows_no_address(here):
    for output in ("page.html", "page.md"):
        done = clv("report", "people.csv", "-o", output, here=here)
        assert done.code == 0, done.err
        page = (here / output).read_text(encoding="utf-8")
        assert not [part for part in SECRET_PARTS if part in page + done.err]
        assert "b…@example.com" in page


BY_REFERRER = ("--by", "referred_by", "--fail-if", "orders > 0")


@pytest.mark.parametrize("command", [("segments",), ("report", "-o", "page.md"), ("report", "--log-format", "json")])
def test_what_was_found_of_segments_that_are_people_is_masked(here, command):
    done = clv(command[0], "people.csv", *BY_REFERRER, *command[1:], here=here)
    assert done.code == 6, done.err
    masks = "referred_by=a…@example.com", "referred_by=b…@example.com", "referred_by=n…@else.example"
    assert [mask in done.err.replace("\\u2026", "…") for mask in masks] == [True] * 3, done.err
    assert not [part for part in SECRET_PARTS if part in done.err]
    assert "referred_by=ann@example.com" in clv(command[0], "people.csv", *BY_REFERRER, "--show-ids", "-o", "page.md", here=here).err


def test_what_was_found_of_people_who_are_known_by_their_names_is_masked(here):
    rows = ["order_id,customer,ordered_at,amount,referred_by", "1,Ann Smith,2024-01-05,10,", "2,Al Stone,2024-02-05,20,Ann Smith"]
    (here / "names.csv").write_text("\n".join(rows), encoding="utf-8")
    for command in (("segments",), ("report", "-o", "page.md")):
        done = clv(command[0], "names.csv", *BY_REFERRER, *command[1:], here=here)
        assert (done.code, "A… S…" in done.err, "Ann Smith" in done.err) == (6, True, False), done.err


def test_a_report_on_one_person_is_titled_with_a_mask(here):
    done = clv("report", "people.csv", "--by", "referred_by", "-o", "{segment}.md", here=here)
    assert done.code == 0, done.err
    pages = [path.read_text(encoding="utf-8") for path in here.glob("*.md")]
    assert len(pages) == 4
    assert not [part for part in SECRET_PARTS if part in "".join(pages)]


@pytest.mark.parametrize("ids", ["ann@example.com bob@example.com", "Ann-Smith Bob-Stone", "+371-2000-0017 +371-2000-0018", "17850 17851"])
def test_no_id_is_left_of_segments_that_are_people_once_there_are_pseudonyms(here, ids):
    first, second = (one.replace("-", " ") for one in ids.split())
    rows = ["order_id,customer_id,ordered_at,amount,referred_by", f"1,{first},2024-01-05,10,{second}", f"2,{second},2024-02-05,20,{first}"]
    (here / "ids.csv").write_text("\n".join(rows), encoding="utf-8")
    more = ("--pseudonymize", "--snapshots", "history", "--manifest", "run.json")
    for output in ("{segment}.html", "page.md", "all.json", "folder/"):
        done = clv("report", "ids.csv", *BY_REFERRER, *more, "-o", output, here=here, CLV_PSEUDONYM_KEY=KEY)
        assert (done.code, first in done.err, second in done.err) == (6, False, False), done.err
    written = [path for path in here.rglob("*") if path.is_file() and path.name not in ("ids.csv", "people.csv", "names.csv")]
    assert len(written) > 40
    for path in written:
        text = str(pl.read_parquet(path).rows()) if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
        assert not re.search(rf"(?<!\d){re.escape(first)}(?!\d)|(?<!\d){re.escape(second)}(?!\d)", text + path.name), path


def test_a_report_on_a_segment_masks_the_names_of_customers_of_other_segments(here):
    rows = [
        "order_id,customer,ordered_at,amount,channel,referred_by",
        "1,Ann Smith,2024-01-05,10,web,Ann Smith",
        "2,Al Stone,2024-02-05,20,shop,",
    ]
    (here / "names.csv").write_text("\n".join(rows), encoding="utf-8")
    assert clv("report", "names.csv", "--by", "channel", "-o", "{segment}.md", here=here).code == 0
    for name in ("web.md", "shop.md"):
        page = (here / name).read_text(encoding="utf-8")
        assert ("A… S…" in page, "Ann Smith" in page) == (True, False), name
