"""Files: names on the command line to opened files, whatever they are packed in."""

import gzip
import io
import os
import sys
import threading
from contextlib import suppress

import polars as pl
import pytest
import zstandard
from exported import HEADER, fates, orders_of, read_export, refused, written

from clvcli.errors import InputError
from clvcli.exports.files import HEAD_BYTES, files

ANN = "1,ann,2024-01-05,10\n"
BOB = "2,bob,2024-02-06,20\n"
BOTH = {"1": ("ann", "2024-01-05", 10.0), "2": ("bob", "2024-02-06", 20.0)}
LONG = HEADER + "".join(f"{n},c{n % 97},2024-01-{n % 28 + 1:02},{n * 7919 % 10_000 / 100}\n" for n in range(30_000))


def parquet(text):
    out = io.BytesIO()
    pl.read_csv(text.encode(), infer_schema=False).write_parquet(out)
    return out.getvalue()


def given_on_stdin(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def poured(pipe, text):
    with suppress(BrokenPipeError):
        pipe.write_text(text)


def refusal_of(*names):
    with pytest.raises(InputError) as told:
        read_export(*names)
    return str(told.value)


# One and many


def test_one_file(tmp_path):
    assert orders_of(read_export(written(tmp_path, HEADER + ANN + BOB))) == BOTH


def test_several_files_are_one_export(tmp_path):
    first, second = written(tmp_path, HEADER + ANN, "a.csv"), written(tmp_path, HEADER + BOB, "b.csv")
    assert orders_of(read_export(first, second)) == BOTH


def test_several_files_may_be_written_in_different_ways(tmp_path):
    first, second = written(tmp_path, HEADER + ANN, "a.csv"), written(tmp_path, (HEADER + BOB).replace(",", ";"), "b.csv")
    assert orders_of(read_export(first, second, written(tmp_path, parquet(HEADER + "3,cy,2024-03-07,30\n"), "c.parquet"))) == {
        **BOTH,
        "3": ("cy", "2024-03-07", 30.0),
    }


def test_a_folder_is_the_exports_in_it_by_their_suffix_in_any_case(tmp_path):
    written(tmp_path, HEADER + ANN, "a.CSV")
    written(tmp_path, gzip.compress((HEADER + BOB).encode()), "b.csv.gz")
    written(tmp_path, "how to read these files", "README.md")
    assert orders_of(read_export(str(tmp_path))) == BOTH


def test_a_folder_without_an_export_is_refused(tmp_path):
    written(tmp_path, "notes", "README.md")
    assert "no export in this folder" in refusal_of(str(tmp_path))


def test_a_glob_is_the_files_it_matches(tmp_path):
    written(tmp_path, HEADER + ANN, "2024-01.csv")
    written(tmp_path, HEADER + BOB, "2024-02.csv")
    written(tmp_path, HEADER + "3,cy,2023-03-07,30\n", "2023-03.csv")
    assert orders_of(read_export(str(tmp_path / "2024-*.csv"))) == BOTH


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    written(tmp_path, HEADER + BOB, "orders1.csv")
    assert list(orders_of(read_export(written(tmp_path, HEADER + ANN, "orders[1].csv")))) == ["1"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    name = written(tmp_path, HEADER + ANN + BOB)
    assert fates(read_export(name, str(tmp_path / "*.csv"), str(tmp_path))) == {"used": 2}


@pytest.mark.parametrize("copy", ["orders.csv.gz", "orders (1).csv"])
def test_a_folder_with_a_copy_of_an_export_counts_no_order_twice(tmp_path, copy):
    text = (HEADER + ANN + BOB).encode()
    written(tmp_path, text)
    written(tmp_path, gzip.compress(text) if copy.endswith(".gz") else text, copy)
    with suppress(InputError):
        assert orders_of(read_export(str(tmp_path))) == BOTH


# Standard input


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.compress, lambda text: parquet(text.decode())], ids=["text", "gz", "zst", "parquet"]
)
def test_a_hyphen_is_standard_input_in_any_container(monkeypatch, pack):
    given_on_stdin(monkeypatch, pack((HEADER + ANN + BOB).encode()))
    assert orders_of(read_export("-")) == BOTH


def test_an_empty_standard_input_is_refused(monkeypatch):
    given_on_stdin(monkeypatch, b"")
    assert "standard input: the file is empty" in refusal_of("-")


def test_a_named_pipe_is_read_to_its_end(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=poured, args=(pipe, LONG), daemon=True).start()
    assert fates(read_export(str(pipe))) == {"used": 30_000}


# Containers


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
@pytest.mark.parametrize("name", ["orders.csv.gz", "orders.csv.zst", "orders.csv"])
def test_a_container_is_known_by_its_content(tmp_path, pack, name):
    assert orders_of(read_export(written(tmp_path, pack((HEADER + ANN + BOB).encode()), name))) == BOTH


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_compressed_parts_one_after_another_are_all_read(tmp_path, pack):
    half = LONG.index("\n", len(LONG) // 2) + 1
    parts = pack(LONG[:half].encode()) + pack(LONG[half:].encode())
    assert fates(read_export(written(tmp_path, parts))) == {"used": 30_000}


def test_parquet_is_known_by_its_content(tmp_path):
    assert orders_of(read_export(written(tmp_path, parquet(HEADER + ANN + BOB), "orders.csv"))) == BOTH


@pytest.mark.parametrize("text", [LONG, HEADER + ANN + BOB], ids=["long", "short"])
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path, pack, text):
    whole = pack(text.encode())
    assert refused(tmp_path, whole[: len(whole) * 2 // 3]).startswith("orders.csv: ")


CHECKED = zstandard.ZstdCompressor(write_checksum=True).compress


@pytest.mark.parametrize("pack", [gzip.compress, CHECKED], ids=["gz", "zst"])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_a_compressed_file_with_a_flipped_byte_is_refused(tmp_path, pack, share):
    whole = bytearray(pack(LONG.encode()))
    whole[int(len(whole) * share)] ^= 255
    assert refused(tmp_path, bytes(whole)).startswith("orders.csv")


def test_a_parquet_file_that_is_cut_off_is_refused(tmp_path):
    assert "not a readable Parquet file" in refused(tmp_path, parquet(LONG)[:-50])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty (0 bytes)"),
        (gzip.compress(b""), "the file holds no text"),
        (b"PK\x03\x04....", "the archive is damaged"),
        (b"\xd0\xcf\x11\xe0....", "can't be opened as a workbook"),
        (b"%PDF-1.7", "this is a PDF"),
    ],
    ids=["empty", "empty gz", "zip", "xls", "pdf"],
)
def test_what_holds_no_orders_is_refused_by_what_it_is(tmp_path, content, said):
    assert f"orders.csv: {said}" in refused(tmp_path, content)


def test_a_file_without_orders_refuses_all(tmp_path):
    assert "b.csv: the file is empty" in refusal_of(written(tmp_path, HEADER + ANN, "a.csv"), written(tmp_path, b"", "b.csv"))


def test_the_head_of_a_file_says_whether_it_is_all_of_it(tmp_path):
    short, long = files([written(tmp_path, HEADER + ANN, "short.csv"), written(tmp_path, LONG, "long.csv")])
    assert (short.is_whole, short.head) == (True, (HEADER + ANN).encode())
    assert (long.is_whole, len(long.head)) == (False, HEAD_BYTES)


# Names of nothing


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path):
    name = written(tmp_path, HEADER + ANN, "orders.csv")
    assert refusal_of(str(tmp_path / "order.csv")) == f"{tmp_path}/order.csv: no such file\nhint: did you mean '{name}'?"


def test_a_missing_folder_is_told(tmp_path):
    assert f"hint: there is no folder {tmp_path}/exports" in refusal_of(str(tmp_path / "exports" / "orders.csv"))


def test_a_glob_without_a_match_is_refused(tmp_path):
    assert "no such file" in refusal_of(str(tmp_path / "*.csv"))


@pytest.mark.parametrize("name", ["", "a**b.csv", "a" * 300 + ".csv", "nul\0.csv"], ids=["empty", "stars", "long", "nul"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert "no such file" in refusal_of(name)


def test_a_file_whose_name_is_not_text_is_read(tmp_path):
    try:
        name = written(tmp_path, HEADER + ANN + BOB, os.fsdecode(b"order\xff.csv"))
    except OSError:
        pytest.skip("this file system takes no such name")
    assert orders_of(read_export(name)) == BOTH


def test_what_is_packed_twice_is_told(tmp_path):
    said = refused(tmp_path, gzip.compress(gzip.compress(b"order_id,customer_id\n")))
    assert said == "orders.csv: this is a gzip file, packed by gzip\nhint: unpack it, and give what is in it"
