"""The page as HTML: its parts, that it needs nothing else, and that names in it stay names."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from sample_reports import ORDINARY

from clvcli.charts import Range, Ranges
from clvcli.document import Figure, Section, document
from clvcli.render import Look, picked
from clvcli.render.page import html
from clvcli.tables import Column, Report, Table, Unit

VOID = {"meta", "link", "img", "br", "hr"}


def page(report, *, as_is=False):
    out = io.BytesIO()
    html(report if as_is else picked(report, None, "html")[0], out, Look())
    return out.getvalue().decode()


class Tree(HTMLParser):
    """The elements of a page with their attributes, and texts; fails on what isn't closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def table(rows=3, **rest):
    columns = (Column("name", "Name", Unit.TEXT, "Who."), Column("money", "Money", Unit.MONEY, "How much."))
    frame = pl.DataFrame({"name": [f"n{at}" for at in range(rows)], "money": [float(at) for at in range(rows)]})
    return Table(rest.pop("table", "t"), rest.pop("title", "A table"), columns, frame, **rest)


def whole(*sections):
    return document(Report("report", ()), "A title", "A subtitle", sections, {"Made by": "clv"})


def test_a_report_of_one_question_is_a_page_of_its_own():
    tree = Tree(page(ORDINARY))
    assert [one["id"] for one in tree.all("section")] == ["segments"]
    assert tree.all("nav") == []
    assert {"12,345.67", "99.9%", "Total", "A note.", "2 records = 2 used"} <= {*tree.texts}


def test_nothing_is_loaded_run_or_sent():
    text = page(whole(Section("one", "One?", tables=(table(),))))
    tree = Tree(text)
    assert [one for one in tree.all("meta") if one.get("content", "").startswith("default-src 'none'")]
    assert not {"script", "iframe", "img", "object", "embed", "form"} & {name for name, _ in tree.elements}
    assert not re.search(r"(src|href)\s*=\s*[\"']?\s*(https?:|//)|url\(|@import", text)


def test_sections_have_their_links_titles_words_numbers_charts_and_tables():
    chart = Ranges("c", "A chart", "It is told.", Unit.MONEY, (Range("a", 1.0),))
    section = Section("one", "One?", ("A sentence.",), (Figure("AOV", "3.00", "2 to 4"),), (chart,), (table(),))
    tree = Tree(page(whole(section, Section("two", "Two?", ("No.",)))))
    assert [one["href"] for one in tree.all("a")][:2] == ["#one", "#two"]
    assert [one["aria-labelledby"] for one in tree.all("section")] == ["one-title", "two-title"]
    assert {"A title", "A subtitle", "A sentence.", "AOV", "3.00", "2 to 4", "A chart", "n2", "2.00"} <= {*tree.texts}
    assert [one["aria-label"] for one in tree.all("svg")] == ["A chart. It is told."] * 2


def test_a_header_says_what_its_column_is_and_leads_to_its_definition_where_there_is_one():
    about = Table(
        "definitions", "Definitions", (Column("column", "Column", Unit.TEXT, ""), Column("meaning", "Meaning", Unit.TEXT, "")),
        pl.DataFrame({"column": ["money"], "meaning": ["How much."]}),
    )  # fmt: skip
    tree = Tree(page(whole(Section("one", "One?", tables=(table(),)), Section("definitions", "What?", tables=(about,)))))
    assert {"href": "#d-money", "title": "How much."} in tree.all("a")
    assert {"title": "Who."} in tree.all("span")
    assert "d-money" in [one.get("id") for one in tree.all("tr")]


def test_rows_have_headers_and_regions_names():
    tree = Tree(page(whole(Section("one", "One?", tables=(table(),)))))
    assert [one["scope"] for one in tree.all("th")] == ["col", "col", "row", "row", "row"]
    (region,) = [one for one in tree.all("div") if one.get("role") == "region"]
    assert region["aria-labelledby"] == "one-title t-caption"
    assert region["tabindex"] == "0"
    assert "t-caption" in [one.get("id") for one in tree.all("p")]


@pytest.mark.parametrize(("rows", "is_folded"), [(30, False), (31, True)])
def test_a_long_table_stays_folded(rows, is_folded):
    tree = Tree(page(whole(Section("one", "One?", tables=(table(rows),)))))
    assert bool(tree.all("details")) is is_folded
    assert f"n{rows - 1}" in tree.texts


def test_of_a_very_long_table_the_first_rows_are_shown_and_that_is_said():
    tree = Tree(page(whole(Section("one", "One?", tables=(table(501),)))))
    assert "n499" in tree.texts
    assert "n500" not in tree.texts
    assert any(text.startswith("The first 500 of 501 rows") for text in tree.texts)


def test_what_is_for_machines_and_what_is_hidden_is_not_on_the_page():
    section = Section("one", "One?", tables=(table(for_machines=True), table(table="u", hidden=frozenset({"money"}))))
    tree = Tree(page(whole(section)))
    assert len(tree.all("table")) == 1
    assert "Money" not in tree.texts


def test_a_heat_map_is_shaded_from_its_least_to_its_most_and_bars_are_as_long_as_their_numbers():
    heat = Tree(page(whole(Section("one", "One?", tables=(table(shaded=frozenset({"money"})),)))))
    assert [one["class"] for one in heat.all("td")] == ["n h h0", "n h h5", "n h h9"]
    bars = Tree(page(whole(Section("one", "One?", tables=(table(bars=frozenset({"money"})),)))))
    assert [one["style"] for one in bars.all("td")] == ["--w:0", "--w:50", "--w:100"]


def test_names_stay_names():
    hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}\x1b[31m\u202e'
    plain = whole(Section("one", "One?", ("said",), (Figure("label", "shown"),), (), (table(1, title="T"),)))
    rude = document(
        Report("report", ()), hostile, hostile,
        (Section("one", hostile, (hostile,), (Figure(hostile, hostile),), (),
                 (replace(table(1, title=hostile), frame=pl.DataFrame({"name": [hostile], "money": [0.0]})),)),), {hostile: hostile},
    )  # fmt: skip
    tree = Tree(page(rude, as_is=True))
    assert [name for name, _ in tree.elements] == [name for name, _ in Tree(page(plain)).elements]
    assert "49" not in "".join(tree.texts)
    assert "\x1b" not in page(rude)
    assert "\u202e" not in page(rude)


def test_the_same_report_makes_the_same_bytes():
    assert page(ORDINARY) == page(ORDINARY)
