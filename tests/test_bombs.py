"""Bombs: a small file that unpacks to a vast one, and text that keeps a pattern busy, are refused before they do harm."""

import gzip
import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import openpyxl
import pytest
import zstandard
from exported import read_text
from program import clv

from clvcli.errors import ClvError, ConfigError, InputError
from clvcli.exports import limits, sheets
from clvcli.exports.archives import unpacked
from clvcli.exports.files import HEAD_BYTES, File, files
from clvcli.exports.ids import are_names
from clvcli.exports.limits import refuse_bomb, refuse_vast
from clvcli.exports.parts import Extent, refuse_workbook_bomb
from clvcli.expression import parse
from clvcli.marked_yaml import marked

HEADER = b"customer_id,ordered_at,amount\nann,2024-01-05,30\nbob,2024-02-05,20\n"
MANY = 130_000_000
"""More bytes than are harmless, whatever they are packed into."""
SOME = 6_000_000
FEW = 4_000_000


@pytest.fixture
def wary(monkeypatch):
    """Limits of a few megabytes, so that a bomb need not be large."""
    monkeypatch.setattr(limits, "HARMLESS_BYTES", FEW)


def words(attempt, *given, **more):
    """What a refusal says; nothing if there is none."""
    try:
        attempt(*given, **more)
    except ClvError as error:
        return str(error)
    return ""


def refused(path, *more):
    done = clv("compute", str(path), *more)
    assert done.code == 4
    return done.err


def packed(path, pack, size=MANY):
    """A file whose header is followed by blank lines without end."""
    with pack(path) as out:
        out.write(HEADER)
        for _ in range(size // 1_000_000):
            out.write(b"\n" * 1_000_000)
    return path


def gzipped(path):
    return gzip.open(path, "wb", compresslevel=1)


def zstandardised(path):
    return zstandard.open(path, "wb")


def workbook(*cells, sheets_of=("orders",)):
    """A workbook of one order and further cells (row, column)."""
    book = openpyxl.Workbook()
    book.active.title = sheets_of[0]
    for row in (["order_id", "customer_id", "ordered_at", "amount"], ["1", "ann", "2024-01-05", 10], ["2", "bob", "2024-02-05", 10]):
        book.active.append(row)
    for row, column in cells:
        book.active.cell(row=row, column=column, value="x")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(content, name, change, **lies):
    """A workbook with a part of it changed; `lies` are what its archive says of that part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(old.read(info)) if info.filename == name else old.read(info))
        for key, value in lies.items():
            setattr(new.getinfo(name), key, value)
    return out.getvalue()


# Packed text


@pytest.mark.parametrize(("name", "pack"), [("bomb.csv.gz", gzipped), ("bomb.csv.zst", zstandardised)])
def test_a_packed_text_that_unpacks_to_too_much_is_refused(tmp_path, wary, name, pack):
    path = packed(tmp_path / name, pack, SOME)
    assert path.stat().st_size < 1_000_000
    assert "what it unpacks to is more than 200 times as large as the file" in refused(path)


def test_two_bombs_are_not_compared_byte_by_byte(tmp_path, wary):
    one = packed(tmp_path / "a.csv.gz", gzipped, SOME)
    (tmp_path / "b.csv.gz").write_bytes(one.read_bytes())
    with pytest.raises(InputError, match="200 times"):
        files([str(tmp_path)])


def test_of_a_bomb_no_more_than_a_part_is_ever_in_memory(tmp_path):
    """The first bytes of such a file once unpacked to gigabytes at once."""
    path = packed(tmp_path / "bomb.csv.zst", zstandardised)
    tracemalloc.start()
    (file,) = files([str(path)])
    with file.open() as stream:
        size = sum(len(piece) for piece in iter(lambda: stream.read(HEAD_BYTES), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == MANY + len(HEADER)
    assert peak < 80_000_000


def test_a_text_that_was_packed_tightly_but_is_small_is_read(tmp_path):
    (tmp_path / "fine.csv.gz").write_bytes(gzip.compress(HEADER + b"\n" * 100_000))
    assert clv("compute", str(tmp_path / "fine.csv.gz"), "--table", "figures").code == 0


def test_a_packed_page_that_is_a_bomb_is_refused(tmp_path, wary):
    with gzip.open(tmp_path / "page.csv.gz", "wb", compresslevel=1) as out:
        out.write(b"<html><table><tr><td>customer_id</td></tr>")
        out.write(b" " * SOME)
    assert "200 times as large" in refused(tmp_path / "page.csv.gz")


@pytest.mark.parametrize(("size", "limit"), [(100 * 10**6, None), (100 * 10**6 + 1, "200 times"), (21 * 10**9, "20 GB")])
def test_the_limits(size, limit):
    if limit is None:
        assert refuse_bomb("f", size, 1) is None
    else:
        with pytest.raises(InputError, match=limit):
            refuse_bomb("f", size, size if limit == "20 GB" else 1)


# Archives


def zipped(members, path, kind=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", kind, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_members_that_are_each_small_are_refused_if_together_they_are_a_bomb(tmp_path, wary):
    path = zipped([(f"{n}.csv", HEADER + b"\n" * 2_000_000) for n in range(3)], tmp_path / "bomb.zip")
    tracemalloc.start()
    said = refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "200 times as large" in said
    assert peak < 5_000_000


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path):
    path = zipped([("a.csv", HEADER + b"\n" * 1_000_000)], tmp_path / "lie.zip")
    content = path.read_bytes().replace(struct.pack("<I", len(HEADER) + 1_000_000), struct.pack("<I", 100))
    path.write_bytes(content)
    assert "the archive is damaged" in refused(path)


def test_an_archive_in_an_archive_is_not_unpacked(tmp_path):
    inner = zipped([("orders.csv", HEADER)], tmp_path / "inner.zip").read_bytes()
    assert "no export in this archive" in refused(zipped([("inner.zip", inner)], tmp_path / "outer.zip"))
    assert refused(zipped([("inner.xlsx", inner)], tmp_path / "disguised.zip"))


def test_names_that_lead_out_of_an_archive_write_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    path = zipped([("../../out.csv", HEADER), ("/etc/out.csv", HEADER + b"cid,2024-03-01,5\n")], tmp_path / "in" / "slip.zip")
    before = sorted(tmp_path.rglob("*"))
    assert clv("compute", str(path), "--table", "figures", here=tmp_path / "in").code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_of_thousands_of_notes_is_told_from_exports(tmp_path):
    path = zipped([(f"{n}.md", b"x") for n in range(5000)], tmp_path / "notes.zip")
    assert "no export in this archive" in refused(path)


def test_a_mimetype_that_is_a_bomb_is_not_read_whole(tmp_path):
    path = zipped([("mimetype", b"0" * 80_000_000), ("orders.csv", HEADER)], tmp_path / "mime.zip")
    (file,) = files([str(path)])
    tracemalloc.start()
    assert [one.kind for one in unpacked(file)] == ["text"]
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


# Workbooks


def test_a_cell_far_out_makes_no_table_of_seventeen_billion_cells(tmp_path):
    """This ended the process by its memory before."""
    (tmp_path / "far.xlsx").write_bytes(workbook((1_048_576, 16_384)))
    said = refused(tmp_path / "far.xlsx")
    assert "the sheet 'sheet1' spans 1,048,576 rows and 16,384 columns, but holds 13 cells" in said


@pytest.mark.parametrize(
    "reference",
    [b"r='XFD1048576'", b'r = "xfd1048576"', b'\tr="XFD1048576"', b'r="A1" x="" \n r\n=\n"XFD1048576"'],
)
def test_a_cell_far_out_is_seen_however_it_is_written(tmp_path, reference):
    content = changed(workbook((7, 3)), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="C7"', reference))
    (tmp_path / "far.xlsx").write_bytes(content)
    assert "spans 1,048,576 rows" in refused(tmp_path / "far.xlsx")


def test_a_far_cell_is_seen_across_the_pieces_of_a_sheet():
    extent, text = Extent(), b" " * 100 + b'<c r="XFD1048576">' + b" " * 100
    pieces = [text[at : at + 50] for at in range(0, len(text), 50)]
    for before, piece in zip([b"", *pieces], pieces, strict=False):
        extent.see(before + piece)
    assert (extent.height, extent.width) == (1_048_576, 16_384)


@pytest.mark.parametrize(
    ("height", "width", "filled", "is_refused"),
    [(1_048_576, 19, 5, False), (1_048_576, 20, 5, True), (1_048_576, 20, 5_000_000, False), (1_048_576, 191, 200_000_000, True)],
)
def test_a_sheet_that_is_full_may_be_large(height, width, filled, is_refused):
    if is_refused:
        with pytest.raises(InputError, match="spans 1,048,576 rows"):
            refuse_vast("f.xlsx", "s", height, width, filled)
    else:
        assert refuse_vast("f.xlsx", "s", height, width, filled) is None


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, wary):
    content = changed(workbook(), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * SOME)
    (tmp_path / "bomb.xlsx").write_bytes(content)
    assert "200 times as large" in refused(tmp_path / "bomb.xlsx")


def test_what_a_workbook_says_of_its_parts_is_not_believed(tmp_path, wary):
    content = changed(workbook(), "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * SOME, file_size=1000, CRC=zlib.crc32(b""))
    (tmp_path / "lie.xlsx").write_bytes(content)
    assert "200 times as large" in refused(tmp_path / "lie.xlsx")


def test_entities_of_a_workbook_are_not_blown_up(tmp_path):
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(b'<!ENTITY %c "%s">' % (c + 1, b"&%c;" % c * 10) for c in b"abcdefgh") + b"]>"
    )
    content = changed(
        workbook(), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<worksheet", laughs + b"<worksheet", 1).replace(b"ann", b"&i;")
    )
    (tmp_path / "laughs.xlsx").write_bytes(content)
    began = time.process_time()
    assert clv("compute", str(tmp_path / "laughs.xlsx")).code in (0, 4)
    assert time.process_time() - began < 3


def test_a_part_packed_in_another_way_is_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", b"x")
    (tmp_path / "odd.xlsx").write_bytes(out.getvalue())
    assert "packed in a way that Excel doesn't know" in refused(tmp_path / "odd.xlsx")


def test_a_workbook_as_people_save_it_passes(tmp_path):
    path = tmp_path / "fine.xlsx"
    path.write_bytes(workbook((5000, 40)))
    assert refuse_workbook_bomb(File("fine.xlsx", "workbook", path)) is None


# Pages


@pytest.mark.parametrize("piece", ["<a", "<!--", "<a x='", "</a", "<![CDATA[", "<?"])
def test_a_page_that_never_ends_a_tag_is_refused_at_once(tmp_path, piece):
    (tmp_path / "page.csv").write_text("<table><tr><td>" + piece * 100_000, encoding="utf-8")
    began = time.process_time()
    assert refused(tmp_path / "page.csv")
    assert time.process_time() - began < 3


def test_cells_that_span_a_thousand_columns_do_not_fill_the_memory(tmp_path):
    page = "<table>" + "<tr><td colspan=1000>x</td></tr>" * 20_000 + "</table>"
    reader = sheets._Tables()
    reader.feed(page)
    assert sum(map(len, reader.tables[0])) < 1_100_000


# Text that keeps a pattern busy


LONG = 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell",
    [
        "a" * LONG,
        "a@" * (LONG // 2),
        "a " * (LONG // 2),
        "1," * (LONG // 2),
        "-" * LONG,
        "+1" * (LONG // 2),
        "9" * LONG,
        "(" * LONG,
        "\u0301" * LONG,
        "=" * LONG,
    ],
)
@pytest.mark.parametrize("column", ["order_id", "customer_id", "ordered_at", "amount", "note"])
def test_no_cell_keeps_the_reader_busy(tmp_path, cell, column):
    row = {"order_id": "3", "customer_id": "cid", "ordered_at": "2024-03-01", "amount": "5", "note": "n"} | {column: cell}
    lines = [
        "order_id,customer_id,ordered_at,amount,note",
        "1,ann,2024-01-05,10,x",
        "2,bob,2024-02-05,20,y",
        ",".join(f'"{value}"' for value in row.values()),
    ]
    began = time.process_time()
    assert len(words(read_text, tmp_path, "\n".join(lines), max_rejects=1)) < 2000
    assert time.process_time() - began < 2


def test_no_name_keeps_a_pattern_busy():
    began = time.process_time()
    assert not are_names(["a " * LONG + "1"])
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "(" * 900,
        "9**9**9**9**9",
        "-" * 900 + "x",
        "not " * 240 + "x > 1",
        "a" * 5000,
        "x and " * 5000 + "x",
        "[" * 200,
        "lambda: 0",
        "x." * 400,
    ],
)
def test_no_formula_keeps_clv_busy(text):
    began = time.process_time()
    words(parse, text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: *a\n",
        "a: !!python/object/apply:os.system [true]\n",
        "a: !!int z\n",
        "[" * 100,
        "{a: " * 100,
        "- " * 5000,
        "? " * 5000,
        'a: "\\ud800"\n',
        'a: "\\U00110000"\n',
        'a: "\\Uffffffff"\n',
        "a: 'x\n" * 1000,
        "a: \x00\n",
        "--- a\n--- b\n",
        "a: 1\na: 2\n",
        "%YAML 1.1\n%YAML 1.2\n---\na: 1\n",
        "x" * ((1 << 20) + 1),
    ],
)
def test_no_yaml_keeps_clv_busy_or_ends_in_anything_but_words(text):
    began = time.process_time()
    assert words(marked, text, "clv.yaml").startswith("clv.yaml")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ['a: "\\ud800"\n', '"\\udfff": a\n', 'a: ["x\\ud83d"]\n'])
def test_half_a_character_is_refused_at_its_line(text):
    with pytest.raises(ConfigError, match=r"clv.yaml:1:\d+: half of a character \(\\ud"):
        marked(text, "clv.yaml")
