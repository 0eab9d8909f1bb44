"""Activity, cohorts, history, horizons, spend, survival and labels are the same on every engine."""

import polars as pl
import pytest
from orders_text import attributes_of, collected, customers_of, lines_frame, observed, on_duckdb, on_polars
from test_engines import AWKWARD, CAC, MARGIN, equal

from clvcli.acquisition import MONTH, SPEND, new_customers, with_acquisition_cost, with_spend
from clvcli.activity import activity
from clvcli.churn import ChurnRule
from clvcli.cohorts import cells, cohort_costs
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.history import changes, lapses, paths
from clvcli.horizons import MONTH as MONTH_OF_AGE
from clvcli.horizons import REACHED, payback_sizes, payback_steps, with_horizons
from clvcli.labels import LABELS, with_labels
from clvcli.orders import orders
from clvcli.periods import Period
from clvcli.survival import durations, gap_counts, kaplan_meier, silence_counts

SEEN = observed("2024-12-31", Period.YEAR, since="2022-12-31", churn_window_days=90)
RULES = {
    "window": ChurnRule(90),
    "once": ChurnRule(90, one_time_days=30),
    "personal": ChurnRule(90, 1.5, 10, 40, "personal"),
}
ENGINES = (on_polars, on_duckdb)


@pytest.fixture(scope="module")
def made():
    """AWKWARD's orders with their costs, and its customers with theirs, on each engine."""
    lines = lines_frame(AWKWARD)
    names = attributes_of(lines)
    bought = collected(with_variable_costs(orders(on_polars(lines), MARGIN, names), VariableCosts(0.029, 0.3, 2.5)))
    won = collected(with_acquisition_cost(customers_of(on_polars(bought), names, SEEN), CAC))
    return [(on(bought), on(won)) for on in ENGINES]


def on_both(made, of, *keys):
    """What comes of orders and customers, worked out on both engines and held against one another."""
    return equal([of(*sides) for sides in made], list(keys))


def test_variable_costs_are_the_same():
    lines = lines_frame(AWKWARD)
    sides = [with_variable_costs(orders(on(lines), MARGIN, attributes_of(lines)), VariableCosts(0.0333, 0.1, 2.5)) for on in ENGINES]
    assert equal(sides, ["customer_id", "order_id"])["variable_costs"].sum() > 0


@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize("count_refunds", [False, True])
def test_activity_and_cells_are_the_same(made, period, count_refunds):
    did = on_both(made, lambda bought, _: activity(bought, period, count_refunds=count_refunds, count_days=True), "customer_id", "at")
    assert did.height >= 8
    of_all = on_both(made, lambda bought, _: cells(activity(bought, period, count_refunds=count_refunds)), "cohort", "age")
    by_channel = on_both(
        made, lambda bought, won: cells(activity(bought, period, count_refunds=count_refunds), won, ["channel"]), "channel", "cohort", "age"
    )
    assert of_all["revenue"].sum() == by_channel["revenue"].sum() == did["revenue"].sum()


def test_what_cohorts_cost_is_the_same(made):
    assert on_both(made, lambda _, won: cohort_costs(won, Period.QUARTER, ["channel"]), "channel", "cohort")["acquisition_cost"].sum() > 0


def steps(bought, won, period):
    return paths(activity(bought, period, count_days=True), won.select("customer_id", "channel", "acquisition_cost"))


@pytest.mark.parametrize("period", Period)
def test_paths_and_changes_are_the_same(made, period):
    assert on_both(made, lambda *sides: steps(*sides, period), "customer_id", "at")["before"].is_not_null().any() or period is Period.YEAR
    assert on_both(made, lambda *sides: changes(steps(*sides, period)), "at")["new_customers"].sum() == 6
    assert on_both(made, lambda *sides: changes(steps(*sides, period), ["channel"]), "channel", "at")["new_customers"].sum() == 6


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("period", [Period.MONTH, Period.YEAR])
def test_lapses_are_the_same(made, rule, period):
    found = on_both(
        made, lambda *sides: lapses(steps(*sides, period), RULES[rule], period, SEEN.window.as_of, ["channel"]), "channel", "at"
    )
    assert found["lapsed_customers"].sum() > 0


def test_horizons_are_the_same(made):
    assert on_both(made, lambda bought, won: with_horizons(won, bought, SEEN), "customer_id")["contribution_30d"].sum() != 0
    assert on_both(made, lambda _, won: payback_sizes(won, ["channel"]), "channel", REACHED).height == 6
    on_both(made, lambda bought, won: payback_steps(won, bought, ["channel"]), "channel", REACHED, MONTH_OF_AGE)


def test_gaps_silences_and_survival_are_the_same(made):
    assert on_both(made, lambda bought, _: gap_counts(bought), "gap")["times"].sum() == 2
    assert on_both(made, lambda _, won: silence_counts(won), "idle_days")["customers"].sum() == 6
    watched = on_both(made, lambda _, won: durations(won), "exposure_days")
    assert kaplan_meier(watched.rows())[-1].survival < 1


CELLS = pl.DataFrame(
    {
        "channel": ["web", "fair", "web", None, "web"],
        MONTH: [2023 * 12 + 1, 2024 * 12, 2024 * 12 + 10, 2022 * 12 + 11, 2023 * 12 + 6],
        SPEND: [1_000, 1_001, -7, 5, 99_999],
    },
    schema_overrides={MONTH: pl.Int32},
)


def test_spend_is_the_same():
    lines = lines_frame(AWKWARD)
    won = collected(customers_of(orders(on_polars(lines), MARGIN, attributes_of(lines)), attributes_of(lines), SEEN))
    for by in ("channel", ""):
        cells_of = CELLS if by else CELLS.drop("channel")
        found = equal([with_spend(on(won), by, on(cells_of)) for on in ENGINES], ["customer_id"])
        assert found["acquisition_cost"].sum() == {"channel": 1_000 + 1_001 + 99_999, "": 1_000 + 1_001 - 7 + 5 + 99_999}[by]
        keys = [by, MONTH] if by else [MONTH]
        assert equal([new_customers(on(won), by) for on in ENGINES], keys)["customers"].sum() == 6


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_the_same(made, label):
    found = on_both(made, lambda _, won: with_labels(won, [label], (0.2, 0.5)), "customer_id")
    assert found[label].null_count() == 1  # who only gave something back
    assert found.height == 7
