"""Sources: the files that an answer was made from."""

import gzip
import zipfile

import pytest
from exported import HEADER
from program import clv

from clvcli.analysis import analysis
from clvcli.request import Request

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def sources(*orders, **options):
    found = analysis(Request("compute", orders, options=options)).report().sources
    return [(one.role, one.name, one.path, one.records) for one in found]


def test_a_file_is_named_with_its_records(folder):
    assert sources("orders.csv") == [("orders", "orders.csv", "orders.csv", 2)]


def test_of_several_files_it_is_not_known_which_has_how_many_records(folder):
    (folder / "more.csv").write_text(ORDERS.replace("1,", "3,").replace("\n2,", "\n4,"))
    assert sources("more.csv", "orders.csv") == [("orders", "more.csv", "more.csv", None), ("orders", "orders.csv", "orders.csv", None)]


def test_a_packed_file_is_the_file_as_it_lies_there(folder):
    (folder / "orders.csv.gz").write_bytes(gzip.compress(ORDERS.encode()))
    assert sources("orders.csv.gz") == [("orders", "orders.csv.gz", "orders.csv.gz", 2)]


def test_a_member_of_an_archive_is_the_archive(folder):
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("a:b/orders.csv", ORDERS)
    assert sources("export.zip") == [("orders", "export.zip:a:b/orders.csv", "export.zip", 2)]


def test_a_name_that_is_no_text_is_a_path_all_the_same(folder):
    (folder / "orders.csv").rename(folder / "or\nders.csv")
    assert sources("or\nders.csv") == [("orders", "or\nders.csv", "or\nders.csv", 2)]


def test_config_and_spend_are_sources_too(folder):
    (folder / "spend.csv").write_text("date,channel,cost\n2024-01-05,search,10\n")
    (folder / "clv.yaml").write_text("spend: spend.csv\n")
    (folder / "orders.csv").write_text(
        "customer_id,order_id,ordered_at,amount,channel\nann,1,2024-01-05,10,search\nbob,2,2024-02-06,20,search\n"
    )
    assert [(role, path) for role, _, path, _ in sources("orders.csv")] == [
        ("orders", "orders.csv"),
        ("spend", "spend.csv"),
        ("config", "clv.yaml"),
    ]


def test_standard_input_is_known_by_its_bytes(folder):
    ran = clv("compute", "-", "-o", "out/", "-q", here=folder, stdin=ORDERS.encode())
    assert (ran.code, ran.err) == (0, "")
    text = (folder / "out" / "manifest.json").read_text()
    assert '"path": "standard input"' in text
    assert f'"bytes": {len(ORDERS)}' in text
