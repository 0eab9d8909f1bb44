"""Names of outputs: fields, slugs, and no way out of the folder."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clvcli.errors import OutputError, UsageError
from clvcli.runs.names import Template, slug


def refused(text):
    with pytest.raises(UsageError) as told:
        Template(text)
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("clv.html", "clv.html"),
        ("clv-{as_of}.html", "clv-2025-12-31.html"),
        ("{segment}.html", "search.html"),
        ("reports/{as_of}/{segment}.html", "reports/2025-12-31/search.html"),
        ("{as_of}/{as_of}-{segment}.csv", "2025-12-31/2025-12-31-search.csv"),
        ("{{as_of}}-{as_of}.csv", "{as_of}-2025-12-31.csv"),
        ("a{{b}}.csv", "a{b}.csv"),
        ("/srv/{as_of}/", "/srv/2025-12-31"),
        ("100%.csv", "100%.csv"),
    ],
)
def test_fields_are_filled_in(text, name):
    assert Template(text).named(as_of=date(2025, 12, 31), segment="search") == Path(name)
    assert Template(text).named(as_of="2025-12-31", segment="search") == Path(name)


@pytest.mark.parametrize(
    ("text", "folder", "fields"),
    [
        ("clv.html", ".", set()),
        ("reports/clv.html", "reports", set()),
        ("{as_of}.html", ".", {"as_of"}),
        ("reports/{as_of}.html", "reports", {"as_of"}),
        ("reports/of-{segment}/{as_of}.html", "reports", {"as_of", "segment"}),
        ("/{as_of}", "/", {"as_of"}),
        ("a{{/{as_of}", "a{", {"as_of"}),
    ],
)
def test_the_folder_is_what_has_no_field(text, folder, fields):
    assert Template(text).folder == Path(folder)
    assert Template(text).fields == fields


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{as-of}.csv", "{as-of}.csv: unknown field '{as-of}'\nhint: did you mean 'as_of'?\nhint: a brace is {{"),
        ("{zzz}.csv", "{zzz}.csv: unknown field '{zzz}'\nhint: there are: as_of, segment\nhint: a brace is {{"),
        ("{}.csv", "{}.csv: unknown field '{}'\nhint: there are: as_of, segment\nhint: a brace is {{"),
    ],
)
def test_a_field_that_does_not_exist_is_told(text, message):
    assert refused(text) == message


@pytest.mark.parametrize("text", ["{as_of.year}", "{as_of[0]}", "{0}", "{as_of.__class__.__init__.__globals__}", "{Segment}", "{ as_of }"])
def test_nothing_else_stands_in_a_field(text):
    assert f"unknown field '{text}'" in refused(text)


@pytest.mark.parametrize("text", ["{as_of", "as_of}", "{as_of!r}", "{as_of:%Y}", "{as_of:{segment}}", "a{", "}", "{{as_of}", "{as_of!"])
def test_a_brace_that_belongs_to_no_field_is_told(text):
    assert "has a brace that belongs to no field" in refused(text)


def test_a_field_needs_a_value():
    with pytest.raises(UsageError, match=r"nothing to put for '\{as_of\}'"):
        Template("{as_of}.csv").named()
    with pytest.raises(UsageError, match=r"nothing to put for '\{segment\}'"):
        Template("{segment}-{as_of}.csv").named(as_of="2025-12-31")


# Slugs


@pytest.mark.parametrize("value", ["search", "LV", "paid_search", "2024-05", "e-mail", "Москва", "東京", "a"])
def test_a_value_that_is_a_name_is_its_name(value):
    assert slug(value) == value


@pytest.mark.parametrize(
    ("value", "begins"),
    [
        ("a/b", "a-b-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("Rīga", "Riga-"),
        ("paid search", "paid-search-"),
        ("x" * 61, "x" * 51 + "-"),
        ("-rf", "rf-"),
        ("con", "con-"),
        ("COM¹", "COM1-"),
        ("a\nb", "a-b-"),
        ("report-0a1b2c3d", "report-0a1b2c3d-"),
    ],
)
def test_any_other_value_gets_a_hash(value, begins):
    assert slug(value).startswith(begins)
    assert len(slug(value)) == len(begins) + 8


@pytest.mark.parametrize("value", ["", ".", "..", "/", "...", "\0", "💶", "\ud800"])
def test_a_value_of_nothing_that_stands_in_a_name_is_its_hash(value):
    assert len(slug(value)) == 8


def test_values_that_look_alike_have_names_of_their_own():
    values = ["a/b", "a-b", "a b", "a\\b", "a--b", "A-B", "é", "e", "e\u0301", "0a1b2c3d", slug("a/b"), slug(slug("a/b"))]
    assert len({slug(value) for value in values}) == len(values)


TEXTS = st.text(max_size=90) | st.text(alphabet="ab-_./\\ Éé\u0301\0ß", max_size=12)


@given(TEXTS)
@example("x" * 60)
@example("𝒳" * 60)
@example("鿿" * 60)
def test_a_slug_is_a_name_that_any_system_takes(value):
    name = slug(value)
    assert 0 < len(name) <= 60
    assert len(name.encode()) <= 180
    assert all(c.isalnum() or c in "-_" for c in name)
    assert not name.startswith("-")
    assert name.casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(st.lists(TEXTS, unique=True, max_size=20))
def test_no_two_values_have_the_same_slug(values):
    assert len({slug(value) for value in values}) == len(values)


# Inside the folder


@given(TEXTS)
def test_no_value_leads_out_of_the_folder(value):
    path = Template("reports/{segment}/x.csv").named(segment=value)
    assert os.path.normpath(path) == str(path)
    assert path.parts[0] == "reports"
    assert len(path.parts) == 3


@pytest.mark.parametrize(
    "text",
    ["reports/{as_of}/../../x.csv", "reports/{as_of}/../x.csv", "reports/{as_of}/..", "{as_of}/../../x", "reports/{as_of}/../../../etc/x"],
)
def test_a_name_that_leads_out_is_refused(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="leads out of the folder"):
        Template(text).named(as_of="2025-12-31")


@pytest.mark.parametrize("name", ["2025-12-31.csv", "2025-12-31"])
def test_a_link_that_leads_out_is_refused(tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / name).symlink_to(tmp_path / "elsewhere")
    text = f"{tmp_path}/reports/{{as_of}}.csv" if name.endswith("csv") else f"{tmp_path}/reports/{{as_of}}/x.csv"
    with pytest.raises(OutputError, match="leads out of the folder"):
        Template(text).named(as_of="2025-12-31")


def test_a_link_that_stays_inside_is_none_to_worry_about(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "2025-12-31").symlink_to("new")
    assert Template(f"{tmp_path}/{{as_of}}/x.csv").named(as_of="2025-12-31") == tmp_path / "2025-12-31" / "x.csv"


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    assert Template(f"{tmp_path}/link/{{as_of}}.csv").named(as_of="2025-12-31") == tmp_path / "link" / "2025-12-31.csv"


# What is there


def test_what_is_there_is_found_with_its_day(tmp_path):
    for name in (
        "b-2025-12-31.csv",
        "a-2025-12-31.csv",
        "a-2024-12-31.csv",
        "a-2025-02-30.csv",
        "a-2025-1-1.csv",
        "x.csv",
        "a-2025-12-31.csv~",
    ):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link-2025-12-31.csv").symlink_to("x.csv")
    found = Template(f"{tmp_path}/{{segment}}-{{as_of}}.csv").matching()
    assert [(one.path.name, one.day) for one in found] == [
        ("a-2024-12-31.csv", date(2024, 12, 31)),
        ("a-2025-12-31.csv", date(2025, 12, 31)),
        ("b-2025-12-31.csv", date(2025, 12, 31)),
    ]


def test_it_is_found_in_dated_folders_too(tmp_path):
    for name in (
        "of-2025-12-31/clv-2025-12-31.csv",
        "of-2024-12-31/clv-2025-12-31.csv",
        "2025-12-31/clv-2025-12-31.csv",
        "of-2025-12-31/more/x",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "of-2025-12-30").symlink_to(tmp_path / "of-2025-12-31")
    found = Template(f"{tmp_path}/of-{{as_of}}/clv-{{as_of}}.csv").matching()
    assert [str(one.path.relative_to(tmp_path)) for one in found] == ["of-2025-12-31/clv-2025-12-31.csv"]


def test_without_a_day_or_a_folder_there_is_none(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    assert Template(f"{tmp_path}/{{segment}}.csv").matching() == ()
    assert Template(f"{tmp_path}/a.csv").matching() == ()
    assert Template(f"{tmp_path}/nowhere/{{as_of}}.csv").matching() == ()


@pytest.mark.parametrize(
    ("text", "path", "is_so"),
    [
        ("x/orders-{as_of}.csv", "x/orders-2025-12-31.csv", True),
        ("x/orders-{as_of}.csv", "x/orders-today.csv", False),
        ("x/{segment}.csv", "x/orders.csv", True),
        ("x/{segment}.csv", "y/orders.csv", False),
        ("x/orders.csv", "x/../x/orders.csv", True),
        ("x/{{as_of}}.csv", "x/{as_of}.csv", True),
        ("x/{as_of}/", "x/2025-12-31", True),
    ],
)
def test_a_template_may_name_a_file_or_not(text, path, is_so):
    assert Template(text).matches(Path(path)) is is_so
