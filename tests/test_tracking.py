"""Tracking: repeat purchases added up week by week, as they came and as models had it."""

from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import simulated
from analysed import analysed
from orders_text import collected, orders_from

from clvcli.cuts import Cut
from clvcli.engines import Polars
from clvcli.forecasts import sorted_histories
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.fit import Fit
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.orders import orders
from clvcli.periods import day_number
from clvcli.prediction import Fitted, fitted, histories_of, known
from clvcli.purchases import buying
from clvcli.tracking import repeat_days, tracked

ENGINE = Polars()
SHOP = """
    customer  order  date        amount
    ann       1      2024-01-01     10
    ann       2      2024-01-03     10
    ann       3      2024-01-03     10
    ann       4      2024-01-20     10
    ann       r-4    2024-01-22    -10
    bob       5      2024-01-05     10
    bob       6      2024-01-20     10
    cid       7      2024-01-16     10
    cid       8      2024-01-18     10
"""
"""Cid is won after the cut, so that nothing was forecast of him."""
CUT = Cut(day_number(date(2024, 1, 12)), 10)
MONDAY = day_number(date(2024, 1, 1))


def of(text, cut):
    """The repeat purchases by day, and the histories at the cut."""
    days = buying(orders_from(text), cut.end)
    return collected(repeat_days(days, cut)).sort("day"), sorted_histories(days, cut, ENGINE)


def without_leaving(r, alpha):
    """The model without leaving, with these parameters."""
    return Fitted(NBD, Fit("nbd", {"r": r, "alpha": alpha}, ((0.0, 0.0), (0.0, 0.0)), -1.0, 1.0, 1), None, 1.0)


def by_name(found):
    """The series of `tracked`, by name."""
    return {name: found.filter(pl.col("name") == name)["cumulative_repeats"].to_list() for name in found["name"].unique()}


def test_repeats_are_buying_days_after_the_first_of_customers_won_by_the_cut():
    repeats, _ = of(SHOP, CUT)
    assert repeats.rows() == [(MONDAY + 2, 1), (MONDAY + 19, 2)]


def test_weeks_end_on_the_seventh_day_after_the_first_order():
    repeats, rows = of(SHOP, CUT)
    found = tracked(repeats, rows, [], CUT)
    assert found.rows() == [(MONDAY + 6, "actual", 1), (MONDAY + 13, "actual", 1), (MONDAY + 20, "actual", 3)]


def test_a_model_expects_of_each_customer_by_the_days_since_the_first_purchase():
    """Ann is 6, 13 and 20 days old at the ends of the weeks, Bob 2, 9 and 16; at a tenth of a purchase a day."""
    repeats, rows = of(SHOP, CUT)
    found = tracked(repeats, rows, [without_leaving(2.0, 20.0)], CUT)
    assert found.columns == ["day", "name", "cumulative_repeats"]
    assert by_name(found) == {"actual": [1, 1, 3], "nbd": pytest.approx([0.8, 2.2, 3.6])}
    assert found["name"].to_list() == ["actual", "nbd"] * 3


def test_customers_are_expected_nothing_of_before_they_are_won():
    late = "customer order date amount\n ann 1 2024-01-01 10\n bob 2 2024-01-09 10\n bob 3 2024-01-10 10"
    repeats, rows = of(late, CUT)
    found = by_name(tracked(repeats, rows, [without_leaving(1.0, 10.0)], CUT))
    assert found["nbd"] == pytest.approx([0.6, 1.3 + 0.5, 2.0 + 1.2])


def test_of_less_than_a_week_there_is_nothing_to_track():
    repeats, rows = of(SHOP, Cut(MONDAY + 5))
    assert tracked(repeats, rows, [without_leaving(1.0, 10.0)], Cut(MONDAY + 5)).height == 0


def test_where_nobody_came_back_the_line_is_flat():
    once = "customer order date amount\n ann 1 2024-01-01 10\n bob 2 2024-01-09 10"
    repeats, rows = of(once, CUT)
    assert repeats.height == 0
    assert by_name(tracked(repeats, rows, [], CUT)) == {"actual": [0, 0, 0]}


def test_a_model_of_a_simulated_shop_tracks_what_came():
    found = analysed(simulated.shop(customers=600))
    cut = Cut(simulated.FIRST + 500, 229)
    rows = sorted_histories(found.buying, cut, ENGINE)
    fit = fitted(BG_NBD, known(ENGINE.frame(rows), ENGINE))
    series = by_name(tracked(collected(repeat_days(found.buying, cut)), rows, [fit], cut))
    assert series["actual"] == sorted(series["actual"])
    assert series["bg_nbd"] == sorted(series["bg_nbd"])
    assert series["bg_nbd"][-1] == pytest.approx(series["actual"][-1], rel=0.1)
    at_the_cut = (cut.day - simulated.FIRST) // 7
    assert series["bg_nbd"][at_the_cut] == pytest.approx(series["actual"][at_the_cut], rel=0.1)


@pytest.fixture(scope="module")
def cdnow(real_data):
    """The buying days of CDNOW's sample to 30 June 1998, its cut after 39 weeks, and its histories at that cut."""
    records = [line.split() for line in real_data("cdnow/CDNOW_sample.txt").read_text().splitlines()]
    columns = [
        (who, str(n), day_number(date.fromisoformat(on)), round(float(paid) * 10_000)) for n, (_, who, on, _, paid) in enumerate(records)
    ]
    lines = pl.DataFrame(
        columns, schema={"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}, orient="row"
    )
    cut = Cut(day_number(date(1997, 9, 30)), 273)
    days = buying(orders(nw.from_native(lines.lazy())), cut.end)
    return days, cut, sorted_histories(days, cut, ENGINE)


@pytest.mark.parametrize(("model", "tracked_off", "forecast_off"), [(PARETO_NBD, -0.016, -0.050), (BG_NBD, -0.041, -0.053)])
def test_cdnow_at_week_78(cdnow, model, tracked_off, forecast_off):
    """As Fader, Hardie & Lee 2005 track it in figure 2, from birth on; and what had come by the cut with what was forecast of each history then."""
    days, cut, rows = cdnow
    fit = fitted(model, known(ENGINE.frame(rows), ENGINE))
    found = tracked(collected(repeat_days(days, cut)), rows, [fit], cut)
    assert found["day"].n_unique() == 78
    last = dict(found.filter(pl.col("day") == found["day"].max()).select("name", "cumulative_repeats").rows())
    assert last[model.name] / last["actual"] - 1 == pytest.approx(tracked_off, abs=0.0005)
    by_cut, later = (rows["buying_days"] - 1).sum(), rows["later_days"].sum()
    assert last["actual"] == pytest.approx(by_cut + later, abs=10)  # the last week ends two days before the data do
    expected = fit.model.expected(fit.buying.values, histories_of(rows), cut.days).sum()
    assert (by_cut + expected) / (by_cut + later) - 1 == pytest.approx(forecast_off, abs=0.0005)
