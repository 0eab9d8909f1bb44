"""Prediction: what models see of a shop, what is fitted to it, and what that expects of each customer."""

import math
from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
import pytest
import simulated
from analysed import analysed
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcli.cuts import Cut
from clvcli.engines import Polars
from clvcli.forecasts import MODELS, sorted_histories
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.gamma_gamma import GAMMA_GAMMA, Spending
from clvcli.models.histories import FitError, Histories
from clvcli.orders import orders
from clvcli.periods import DAYS_PER_YEAR, day_number
from clvcli.prediction import EXPECTATIONS, Ahead, Known, distinct_of, expectations, expected_spend, fitted, histories_of, known, predicted
from clvcli.purchases import HISTORY, buying

ENGINE = Polars()
YEAR = Ahead(365, 0.1)
MONEY = 10_000


def rows_of(*rows):
    """Rows of histories: buying days, active days, age, and the revenue of the first day and of later ones in currency units."""
    names = dict.fromkeys((*HISTORY, "first_revenue", "repeat_revenue"), pl.Int64)
    made = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("first_revenue", "repeat_revenue") * MONEY)
    return made.with_row_index("customer_id").with_columns(revenue=pl.col("first_revenue") + pl.col("repeat_revenue"))


def known_of(rows):
    return known(ENGINE.frame(rows), ENGINE)


SOME = rows_of((3, 60, 90, 10, 50), (1, 0, 40, 30, 0), (2, 20, 80, 15, 25), (1, 0, 40, 5, -5), (3, 60, 90, 10, 50))


@pytest.fixture(scope="module")
def shop():
    """The histories of a simulated shop, and the models fitted to it."""
    rows = sorted_histories(analysed(simulated.shop(), margin=0.4).buying, Cut(simulated.FIRST + 729), ENGINE)
    return rows, fitted(BG_NBD, known_of(rows))


# What models see


def test_models_see_each_distinct_history_and_each_distinct_spending():
    seen = known_of(SOME)
    assert np.stack([seen.histories.repeats, seen.histories.active, seen.histories.age, seen.histories.customers]).T.tolist() == [
        [0, 0, 40, 2], [1, 20, 80, 1], [2, 60, 90, 2],
    ]  # fmt: skip
    assert np.stack([seen.spending.repeats, seen.spending.means, seen.spending.customers]).T.tolist() == [[1, 25, 1], [2, 25, 2]]
    assert seen.usual == (25 + 50 + 50) / (1 + 2 + 2)


def test_where_nobody_bought_again_first_days_say_what_is_usual():
    seen = known_of(rows_of((1, 0, 40, 30, 0), (1, 0, 50, 10, 0)))
    assert seen.usual == 20
    assert seen.spending.repeats.size == 0


def test_of_nobody_nothing_is_usual():
    seen = known_of(rows_of())
    assert (seen.usual, seen.histories.total) == (0.0, 0)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=30), st.randoms(use_true_random=False)
)
def test_the_order_of_customers_does_not_matter(some, random):
    made = [(n + 1, 10 * n, 100 + late, 5 + paid, n * (20 + paid)) for n, late, paid in some]
    one, other = known_of(rows_of(*made)), known_of(rows_of(*random.sample(made, len(made))))
    assert (one.usual, one.histories.customers.tolist(), one.spending.means.tolist()) == (
        other.usual, other.histories.customers.tolist(), other.spending.means.tolist(),
    )  # fmt: skip


def test_rows_count_for_one_customer_each_unless_they_say_for_how_many():
    assert histories_of(SOME).customers.tolist() == [1] * 5
    assert histories_of(SOME.with_columns(histories=7)).customers.tolist() == [7] * 5


def test_the_distinct_histories_of_rows_and_at_which_of_them_each_stands():
    different, at = distinct_of(SOME)
    assert different.rows() == [(1, 0, 40), (2, 20, 80), (3, 60, 90)]
    assert at.tolist() == [2, 0, 1, 0, 2]
    nothing, nowhere = distinct_of(SOME.clear())
    assert (nothing.height, nowhere.size) == (0, 0)


# How far ahead


def test_a_rate_a_year_is_the_same_by_the_day_and_by_the_period():
    assert YEAR.rate == pytest.approx(math.log(1.1) / 365.25)
    assert math.exp(-Ahead(12, 0.1, DAYS_PER_YEAR / 12).rate * 12) == pytest.approx(1 / 1.1)


# What is fitted


def paid_by(random, customers=400, q=4.0):
    """Repeats, and the means of what is paid on them, of customers whose means differ as q has it."""
    repeats = random.integers(1, 8, customers).astype(float)
    return repeats, random.gamma(6 * repeats, 1.0) / repeats / random.gamma(q, 1 / 15, customers)


def with_spending(repeats, means):
    """A shop that bought by BG/NBD, of whom these spent so much again."""
    random = np.random.default_rng(1)
    bought = random.integers(0, 6, 600).astype(float)
    histories = Histories(bought, np.where(bought > 0, 60 * bought, 0), np.full(600, 400.0), np.ones(600))
    return Known(histories, Spending(repeats, means, np.ones(repeats.size)), 25.0)


def test_both_models_are_fitted_beside_each_other(shop):
    rows, fit = shop
    seen = known_of(rows)
    assert fit.model is BG_NBD
    assert fit.buying == BG_NBD.fit(seen.histories)
    assert fit.spending == GAMMA_GAMMA.fit(seen.spending)
    assert fit.usual == seen.usual
    assert fit.doubts == ()


def test_where_all_spend_the_same_there_is_no_model_of_it_and_it_is_said():
    fit = fitted(BG_NBD, with_spending(np.array([1.0, 2.0]), np.array([20.0, 20.0])))
    assert fit.spending is None
    assert fit.doubts[-1] == (
        "every customer spends the same: each is forecast to spend what their orders after the first brought, else what is usual"
    )


def test_where_nobody_paid_again_it_is_said():
    fit = fitted(BG_NBD, with_spending(np.array([1.0]), np.array([0.0])))
    assert fit.spending is None
    assert fit.doubts[-1].startswith("no customer has come back and paid something: each is forecast")


def test_spend_so_wide_that_it_has_no_mean_is_said_and_the_usual_taken_of_who_bought_once():
    fit = fitted(BG_NBD, with_spending(*paid_by(np.random.default_rng(3), q=0.7)))
    assert fit.spending.parameters["q"] < 1
    assert fit.doubts[-1] == "spend is spread so widely (q ≤ 1) that it has no mean: who bought once is taken to spend what is usual"
    assert expected_spend(fit, rows_of((1, 0, 40, 30, 0))).tolist() == [25.0]


def test_doubts_of_spending_come_after_those_of_buying():
    repeats, means = paid_by(np.random.default_rng(4))
    fit = fitted(BG_NBD, with_spending(np.append(repeats, [1, 1]), np.append(means * repeats, [0.0, -3.0])))
    assert [doubt.split(" ")[0:3] for doubt in fit.doubts[-2:]] == [["2", "customers", "who"], ["who", "buys", "more"]]


def test_a_model_that_can_not_be_fitted_is_an_error():
    with pytest.raises(FitError, match="nobody bought again"):
        fitted(BG_NBD, known_of(rows_of((1, 0, 40, 30, 0), (1, 0, 50, 10, 0))))


# What is expected


def test_expectations_are_those_of_the_model(shop):
    rows, fit = shop
    seen, values = histories_of(rows), fit.buying.values
    found = expectations(fit, rows, YEAR)
    assert found.columns == [*HISTORY, *EXPECTATIONS]
    np.testing.assert_array_equal(found["p_alive"], BG_NBD.alive(values, seen))
    np.testing.assert_array_equal(found["expected_orders"], BG_NBD.expected(values, seen, 365))
    np.testing.assert_array_equal(found["discounted_orders"], BG_NBD.discounted(values, seen, YEAR.rate, 365))
    np.testing.assert_array_equal(found["residual_orders"], BG_NBD.discounted(values, seen, YEAR.rate))


def test_without_a_discount_there_is_no_end_to_what_is_to_come(shop):
    rows, fit = shop
    found = expectations(fit, rows, Ahead(365, 0.0))
    assert found["residual_orders"].is_null().all()
    np.testing.assert_allclose(found["discounted_orders"], found["expected_orders"], rtol=1e-6)


def test_what_comes_later_counts_for_less(shop):
    rows, fit = shop
    found = expectations(fit, rows, YEAR)
    assert (found["discounted_orders"] < found["expected_orders"]).all()
    assert (found["discounted_orders"] > found["expected_orders"] / 1.1).all()
    assert (found["residual_orders"] > found["discounted_orders"]).all()


def test_spend_is_the_own_mean_drawn_to_that_of_all(shop):
    _, fit = shop
    asked = rows_of((1, 0, 90, 10, 0), (3, 60, 90, 10, 50), (41, 60, 90, 10, 40 * 25), (3, 60, 90, 10, -40))
    p, q, v = fit.spending.values
    assert expected_spend(fit, asked).tolist() == pytest.approx(
        [p * v / (q - 1), p * (v + 50) / (2 * p + q - 1), p * (v + 1000) / (40 * p + q - 1), p * v / (2 * p + q - 1)]
    )


def test_without_a_model_of_spending_it_is_the_own_mean_or_what_is_usual(shop):
    _, fit = shop
    plain = replace(fit, spending=None, usual=31.0)
    asked = rows_of((1, 0, 90, 10, 0), (3, 60, 90, 10, 50), (3, 60, 90, 10, -40), (1, 0, 90, 10, -5))
    assert expected_spend(plain, asked).tolist() == [31.0, 25.0, 31.0, 31.0]


def test_predictions_are_expectations_times_spend_in_the_order_of_the_rows(shop):
    rows, fit = shop
    found = predicted(fit, rows, YEAR)
    assert found["customer_id"].to_list() == rows["customer_id"].to_list()
    np.testing.assert_array_equal(found["expected_orders"], BG_NBD.expected(fit.buying.values, histories_of(rows), 365))
    np.testing.assert_array_equal(found["expected_spend"], expected_spend(fit, rows))
    np.testing.assert_array_equal(found["expected_revenue"], found["expected_orders"] * found["expected_spend"])
    np.testing.assert_array_equal(found["discounted_revenue"], found["discounted_orders"] * found["expected_spend"])


def test_duplicated_histories_are_forecast_alike_and_fit_as_one_row_that_counts_twice(shop):
    rows, fit = shop
    twice = pl.concat([rows, rows])
    doubled = predicted(fit, twice, YEAR)
    assert doubled.head(rows.height).drop("customer_id").equals(doubled.tail(rows.height).drop("customer_id"))
    of_twice = fitted(BG_NBD, known_of(twice)).buying
    assert of_twice.values == pytest.approx(fit.buying.values, rel=1e-6)
    assert of_twice.log_likelihood == pytest.approx(2 * fit.buying.log_likelihood)
    assert of_twice.errors["a"] == pytest.approx(fit.buying.errors["a"] / math.sqrt(2), rel=1e-5)


# CDNOW


@pytest.fixture(scope="module")
def cdnow(real_data):
    """The histories of the 2,357 customers of CDNOW's sample as of 30 September 1997."""
    records = [line.split() for line in real_data("cdnow/CDNOW_sample.txt").read_text().splitlines()]
    columns = [
        (who, str(n), day_number(date.fromisoformat(on)), round(float(paid) * MONEY)) for n, (_, who, on, _, paid) in enumerate(records)
    ]
    lines = pl.DataFrame(
        columns, schema={"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}, orient="row"
    )
    made = orders(nw.from_native(lines.lazy()))
    return sorted_histories(buying(made, day_number(date(1998, 6, 30))), Cut(day_number(date(1997, 9, 30))), ENGINE)


# The papers' parameters by the week, and sums over all customers of P(alive), E[X(39 weeks)] and DERT at 0.0027 a week, frozen
# at the exact maximum; CLVTools 0.12.1 gives the same customer by customer at its own.
OF_CDNOW = {
    "bg_nbd": ((0.2426, 4.4136, 0.7929, 2.4259), -9582.4292, (1917.2777, 1653.4087, 6718.7069)),
    "mbg_nbd": ((0.5248, 6.1831, 0.8914, 1.6140), -9582.1357, (1057.6364, 1576.7283, 5849.7348)),
    "pareto_nbd": ((0.5533, 10.5777, 0.6062, 11.6687), -9594.9762, (1051.8752, 1665.5131, 7185.9722)),
}
IN_WEEKS = {"alpha", "beta"}


@pytest.mark.parametrize("name", OF_CDNOW)
def test_cdnow_is_forecast_as_published(cdnow, name):
    values, likelihood, sums = OF_CDNOW[name]
    fit = fitted(MODELS[name], known_of(cdnow))
    by_week = [value / 7 if parameter in IN_WEEKS else value for parameter, value in fit.buying.parameters.items()]
    assert by_week == pytest.approx(values, abs=1e-4)
    repeats = (cdnow["buying_days"] - 1).sum()
    assert fit.buying.log_likelihood + repeats * math.log(7) == pytest.approx(likelihood, abs=1e-3)  # by the week it is so much more
    assert fit.spending.values == pytest.approx((6.2496, 3.7442, 15.4435), abs=1e-4)
    assert fit.spending.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    found = predicted(fit, cdnow, Ahead(39 * 7, math.expm1(0.0027 / 7 * DAYS_PER_YEAR)))
    assert found.select("p_alive", "expected_orders", "residual_orders").sum().row(0) == pytest.approx(sums, rel=2e-6)


def test_distinct_histories_stand_in_order_and_each_row_knows_its_own():
    rows = pl.DataFrame({"buying_days": [2, 1, 2, 1, 1], "active_days": [9, 0, 3, 0, 0], "age_days": [9, 40, 9, 7, 40], "x": 5 * ["-"]})
    different, at = distinct_of(rows)
    assert different.rows() == [(1, 0, 7), (1, 0, 40), (2, 3, 9), (2, 9, 9)]
    assert at.tolist() == [3, 1, 2, 0, 1]
    none, nowhere = distinct_of(rows.clear())
    assert (none.rows(), none.schema, nowhere.size) == ([], different.schema, 0)
