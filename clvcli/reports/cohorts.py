"""Do they stay? Cohorts followed through their age, and what they brought per customer acquired."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from clvcli.cohorts import ACTIVE, AGE, COHORT, SIZE
from clvcli.errors import Problem, UsageError, nearest
from clvcli.labels import GROUP
from clvcli.periods import PARTIAL, date_of
from clvcli.tables import MONEY_SCALE, Column, Table, Unit
from clvcli.triangle import MONEY, Triangle

_PER_ACQUIRED = "per customer acquired, whether or not they came back"
_SUFFIX = "_per_acquired"
_SOURCE = "cohort analysis by first purchase; the denominator is all who were acquired"
MEASURES: Mapping[str, Column] = {
    column.name.removesuffix(_SUFFIX): column
    for column in (
        Column("retention", "Retention", Unit.SHARE, "Share of the cohort with an order in that period.", _SOURCE),
        Column("active", "Active", Unit.COUNT, ACTIVE.description, _SOURCE),
        Column("orders_per_acquired", "Orders", Unit.NUMBER, f"Orders in that period {_PER_ACQUIRED}.", _SOURCE),
        Column("revenue_per_acquired", "Revenue", Unit.MONEY, f"Revenue of that period, net of refunds, {_PER_ACQUIRED}.", _SOURCE),
        Column(
            "contribution_per_acquired",
            "Contribution",
            Unit.MONEY,
            f"Gross profit less variable costs of that period {_PER_ACQUIRED}.",
            _SOURCE,
        ),
        Column("cumulative_revenue_per_acquired", "Revenue so far", Unit.MONEY, f"Revenue up to that age {_PER_ACQUIRED}.", _SOURCE),
        Column(
            "cumulative_contribution_per_acquired",
            "Contribution so far",
            Unit.MONEY,
            f"Contribution up to that age {_PER_ACQUIRED}.",
            _SOURCE,
        ),
    )
}
"""What can be looked at in a cohort, by name."""
COHORTS = Column("cohorts", "Cohorts", Unit.COUNT, "Cohorts that have reached the age: the only ones that count there.")
COST = Column("cac", "CAC", Unit.MONEY, "What a customer of the cohort cost to win.", "CAC = spend / new customers")
PAID_BACK = Column(
    "paid_back_at", "Paid back at age", Unit.COUNT, "The first age by which the cohort's contribution reached its CAC; empty if none did.",
    "payback on the observed curve",
)  # fmt: skip
AVERAGE = Column("average", "Earlier", Unit.SHARE, "Retention of all earlier cohorts at the same age.", _SOURCE)
AVERAGE_SO_FAR = Column(
    "average_so_far", "Earlier so far", Unit.MONEY, "What earlier cohorts had brought per customer acquired at the same age."
)
COLUMNS = (GROUP, COHORT, SIZE, AGE, COHORTS, PARTIAL, COST, PAID_BACK, AVERAGE, AVERAGE_SO_FAR, *MEASURES.values())

Costs = Mapping[tuple[str | None, int | None], int]


def cohort_tables(found: Triangle, measure: str, costs: Costs | None = None) -> tuple[Table, ...]:
    """The triangle of one measure, the curve over all cohorts, each cohort against earlier ones of its age, and every cell.

    `costs` are the acquisition costs by group and cohort, if they are known. Raises UsageError for a measure that there isn't.
    """
    _refuse_unknown(measure, found)
    is_grouped = found.frame["group"].is_not_null().any()
    first = _of_groups(found, measure) if is_grouped else _of_cohorts(found, measure, costs)
    rest = (_curve(found),) if is_grouped else (_curve(found), _at_equal_age(found))
    return (first, *(table for table in rest if table.frame.height), _cells(found, is_grouped=is_grouped))


def _refuse_unknown(measure: str, found: Triangle) -> None:
    if measure not in MEASURES:
        raise UsageError(Problem(f"no measure of cohorts is called '{measure}'", hint=nearest(measure, MEASURES)))
    if "contribution" in measure and "contribution" not in found.measures:
        hint = "add --margin 0.35, 'margin:' in clv.yaml, or a cost column; or look at --measure cumulative_revenue"
        raise UsageError(Problem("the margin isn't known, so there is no contribution", hint=hint))


def value(measure: str) -> pl.Expr:
    """A measure of sums over cohorts, in currency units."""
    count = "active" if measure == "retention" else measure
    if measure == "active":
        return pl.col(count)
    scale = MONEY_SCALE if measure.removeprefix("cumulative_") in MONEY else 1
    return pl.col(count) / (pl.col("customers") * scale)


def _of_cohorts(found: Triangle, measure: str, costs: Costs | None) -> Table:
    """A row per cohort, a column per age; what wasn't observed is empty."""
    cells = found.frame.with_columns(value(measure).alias("value"))
    wide = _wide(cells, "cohort")
    partial = {row["cohort"]: row["age"] for row in cells.filter("is_partial").iter_rows(named=True)}
    marks = frozenset((at, str(partial[c])) for at, c in enumerate(wide["cohort"]) if c in partial)
    ages = [str(age) for age in sorted(found.frame["age"].unique())]
    extra = _paid_back(found, costs) if costs and measure == "cumulative_contribution" else None
    frame = wide if extra is None else wide.join(extra, on="cohort", how="left")
    kept = ["cohort", "customers", *([] if extra is None else [COST.name, PAID_BACK.name]), *ages]
    frame = frame.select(kept).with_columns(_names(found, frame["cohort"]))
    columns = (COHORT, SIZE, *(() if extra is None else (COST, PAID_BACK)), *_of_ages(ages, measure, found))
    return Table("cohorts", _title(measure, found), columns, frame, _notes(found), shaded=frozenset(ages), marks=marks)


def _of_groups(found: Triangle, measure: str) -> Table:
    """A row per group, a column per age, each over the cohorts of the group that reached it."""
    at_age = found.at_each_age("group").with_columns(value(measure).alias("value"))
    sizes = found.frame.filter(pl.col("age") == 0).group_by("group").agg(pl.col("customers").sum())
    wide = _wide(at_age.drop("customers").join(sizes, on="group"), "group")
    wide = sizes.join(wide.drop("customers"), on="group", how="left").sort("customers", "group", descending=[True, False])
    ages = [name for name in wide.columns if name not in ("group", "customers")]
    columns = (GROUP, SIZE, *_of_ages(ages, measure, found))
    return Table("cohorts", _title(measure, found), columns, wide, _notes(found), shaded=frozenset(ages))


def _wide(cells: pl.DataFrame, row: str) -> pl.DataFrame:
    names = [str(age) for age in sorted(cells["age"].unique())]
    wide = cells.with_columns(pl.col("age").cast(pl.String)).pivot("age", on_columns=names, index=[row, "customers"], values="value")
    return wide.sort(row)


def _of_ages(ages: list[str], measure: str, found: Triangle) -> tuple[Column, ...]:
    told = MEASURES[measure]
    word = found.period.word
    return tuple(
        Column(age, age, told.unit, f"{told.label} {age} {word}s after the {word} of the first order.", told.source) for age in ages
    )


def _title(measure: str, found: Triangle) -> str:
    return f"{MEASURES[measure].label} by {found.period.word}s since the first order"


def _names(found: Triangle, cohorts: pl.Series) -> pl.Series:
    return pl.Series("cohort", [found.name(cohort) for cohort in cohorts], dtype=pl.String)


def _notes(found: Triangle) -> tuple[str, ...]:
    word = found.period.word
    notes = ["Empty: not observed yet."]
    if found.last_is_partial:
        notes.append(f"* The last {word} was still running on {date_of(found.as_of)}; averages leave it out.")
    if found.begins_midway:
        notes.append(
            f"The data begin on {date_of(found.first_day)}, within a {word}: the first cohort is cut, and may hold older customers."
        )
    return (" ".join(notes),)


def _paid_back(found: Triangle, costs: Costs) -> pl.DataFrame:
    """What a customer of each cohort cost, and at what age the cohort had brought as much."""
    spent = {cohort: cost for (_, cohort), cost in costs.items()}
    rows = []
    for (cohort,), cells in found.frame.group_by("cohort", maintain_order=True):
        cost = spent.get(int(cohort))
        reached = None if cost is None else cells.filter(pl.col("cumulative_contribution") >= cost)["age"].min()
        rows.append((cohort, None if cost is None else cost / (cells["customers"][0] * MONEY_SCALE), reached))
    return pl.DataFrame(rows, schema={"cohort": pl.Int64, COST.name: pl.Float64, PAID_BACK.name: pl.Int64}, orient="row")


def _measures(found: Triangle) -> list[str]:
    return ["retention", "orders", *(m for m in MONEY if m in found.measures), *(f"cumulative_{m}" for m in MONEY if m in found.measures)]


def _curve(found: Triangle) -> Table:
    """A row per age: the average over all cohorts that reached it, weighted by their customers."""
    names = _measures(found)
    frame = found.at_each_age().select("age", "cohorts", "customers", *(value(name).alias(MEASURES[name].name) for name in names))
    columns = (AGE, COHORTS, SIZE, *(MEASURES[name] for name in names))
    note = "Each age is over the cohorts that reached it, weighted by their customers; another age is over other customers."
    less = ("revenue", "cumulative_revenue") if "contribution" in names else ()
    hidden = frozenset(MEASURES[name].name for name in less)
    return Table("curve", "The average curve", columns, frame, (note,), hidden=hidden)


def _at_equal_age(found: Triangle) -> Table:
    """A row per cohort: where it stands at its age, and where earlier cohorts stood at that age."""
    so_far = f"cumulative_{[m for m in MONEY if m in found.measures][-1]}"
    whole, last = found.whole.sort("cohort"), found.whole.group_by("cohort").agg(pl.col("age").max())
    sums = ["customers", "active", so_far]
    before = whole.select("cohort", "age", *((pl.col(n).cum_sum().over("age") - pl.col(n)).alias(n) for n in sums))
    earlier = before.with_columns(
        pl.when(pl.col("customers") > 0).then(value("retention")).alias(AVERAGE.name),
        pl.when(pl.col("customers") > 0).then(value(so_far)).alias(AVERAGE_SO_FAR.name),
    ).select("cohort", "age", AVERAGE.name, AVERAGE_SO_FAR.name)
    rows = whole.join(last, on=["cohort", "age"]).join(earlier, on=["cohort", "age"]).sort("cohort")
    own = (
        value("retention").alias("retention"),
        pl.col(AVERAGE.name),
        value(so_far).alias(MEASURES[so_far].name),
        pl.col(AVERAGE_SO_FAR.name),
    )
    frame = rows.select("cohort", "customers", "age", *own).with_columns(_names(found, rows["cohort"]))
    columns = (COHORT, SIZE, AGE, MEASURES["retention"], AVERAGE, MEASURES[so_far], AVERAGE_SO_FAR)
    return Table("equal_age", "Each cohort against earlier ones at the same age", columns, frame)


def _cells(found: Triangle, *, is_grouped: bool) -> Table:
    """A row per cell, for machines."""
    names = ["active", *_measures(found)]
    partial = pl.when("is_partial").then(pl.lit("yes")).otherwise(pl.lit("no")).alias(PARTIAL.name)
    keys = ["group", "cohort", "age"] if is_grouped else ["cohort", "age"]
    frame = found.frame.select(*keys, "customers", *(value(name).alias(MEASURES[name].name) for name in names), partial)
    frame = frame.with_columns(_names(found, frame["cohort"]))
    by_name = {column.name: column for column in COLUMNS}
    columns = tuple(by_name[name] for name in frame.columns)
    return Table("cells", "Every cell of the triangle", columns, frame, keys=len(keys), for_machines=True)
