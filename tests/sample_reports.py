"""Four reports to render: an ordinary one, an empty one, one with pictures, and one with everything that is awkward."""

import polars as pl

from clvcli.tables import Column, Report, Table, Unit

CHANNEL = Column("channel", "Channel", Unit.TEXT, "Where customers came from.")
NUMBERS = (
    Column("customers", "Customers", Unit.COUNT, "Customers."),
    Column("share", "Share", Unit.SHARE, "Share of customers."),
    Column("revenue", "Revenue", Unit.MONEY, "Revenue."),
    Column("since", "Since", Unit.DATE, "First order."),
)
ORDINARY = Report(
    "segments",
    (
        Table.of(
            "segments",
            "Customers by channel",
            (CHANNEL, *NUMBERS),
            pl.DataFrame(
                {
                    "channel": ["web", None],
                    "customers": [1234, 1],
                    "share": [0.9992, 0.0008],
                    "revenue": [123_456_700, None],
                    "since": [19_727, None],
                },
                schema_overrides={"revenue": pl.Int64, "since": pl.Int32},
            ),
            notes=("A note.",),
            footer={"customers": 1235, "revenue": 12345.67},
        ),
    ),
    {"version": "0"},
    ("2 records = 2 used",),
)


def empty(name, columns):
    """A table of these columns without a row."""
    return Table.of(name, "Nothing", columns, pl.DataFrame({c.name: [] for c in columns}))


EMPTY = Report("segments", (empty("segments", (CHANNEL, *NUMBERS)),))

EVIL = [
    "[red]x[/red]", "[/nope]", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]52;c;eA==\x07", "\x9b31m", "\u202eevil\u202c", "\u2066x\u2069", "\u061cx",
    "a|b", "one\ntwo", "one\r\ntwo", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\x00\x07\x08", "10kB" * 2500, "日本語" * 40, "é\u0301\u0301",
    "👩‍👩‍👧‍👦🇱🇻", "**bold** _i_ `c` <b>", "\\", "\u2028\u2029\x85", "\u200b\ufeff", "", " ", None, "'", '"', "NULL",
]  # fmt: skip
WIDE = tuple(Column(f"n{n}", f"Number {'of things ' * n}", Unit.NUMBER, "A number.") for n in range(12))
AWKWARD = Report(
    "segments",
    (
        Table(
            "segments",
            "Evil \x1b[31m| [bold]title[/bold]\nof two lines",
            (Column("a|b", "[red]a|b\x1b[31m\n", Unit.TEXT, "Evil."), Column("=1+1", "=1+1", Unit.TEXT, "Evil too."), *WIDE),
            pl.DataFrame({"a|b": EVIL, "=1+1": EVIL[::-1], **{c.name: [1e15 / 7 * (i - 5) for i in range(len(EVIL))] for c in WIDE}}),
            notes=("A \x1b[31mnote| of [bold]markup[/bold]\n", "word " * 100),
            keys=2,
            footer={c.name: -1e15 for c in WIDE},
        ),
        empty("nothing", (CHANNEL,)),
    ),
    {},
    ("remark \x1b[31m",),
)

AGES = tuple(Column(str(age), str(age), Unit.SHARE, "Share of the cohort's customers who bought at this age.") for age in range(4))
TRIANGLE = Table(
    "cohorts",
    "Retention",
    (Column("cohort", "Cohort", Unit.TEXT, "When they came."), NUMBERS[0], *AGES),
    pl.DataFrame(
        {
            "cohort": ["2024-01", "2024-02", "2024-03", "2024-04"],
            "customers": [1200, 90, 240, 7],
            "0": [1.0, 1.0, 1.0, 1.0],
            "1": [0.382, 0.4, 0.1, None],
            "2": [0.2, 0.0, None, None],
            "3": [0.004, None, None, None],
        }
    ),
    notes=("* the month isn't over",),
    keys=2,
    footer={"customers": 1537, "0": 1.0, "1": 0.38, "2": 0.19, "3": None},
    shaded=frozenset(c.name for c in AGES),
    marks=frozenset({(0, "3"), (1, "2"), (2, "1"), (3, "0")}),
)
EFFECTS = Table(
    "levers",
    "Levers",
    (Column("lever", "Lever", Unit.TEXT, "What is moved."), Column("effect", "Change of CLV", Unit.MONEY, "By how much CLV changes.")),
    pl.DataFrame({"lever": ["Margin", "AOV", "CAC", "Churn", "None", "Unknown"], "effect": [100.0, 12.5, -1.0, -50.0, 0.0, None]}),
    bars=frozenset({"effect"}),
)
PICTURES = Report("cohorts", (TRIANGLE, EFFECTS))

REPORTS = {"ordinary": ORDINARY, "empty": EMPTY, "pictures": PICTURES, "awkward": AWKWARD}
