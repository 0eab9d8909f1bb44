"""A shop small enough to be worked out with a pencil."""

import pytest
from orders_text import customers_from, observed, values

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.figures import figures

SHOP = """
    customer  order  date        amount  cost  channel
    ann       1      2023-01-10   100     60   web
    ann       2      2024-02-10    50     30   fair
    ann       3      2024-12-01    50     30   web
    bob       4      2023-03-01    40     20   web
    cid       5      2023-07-01    60     36   fair
    cid       5      2023-07-10   -20    -12   fair
    cid       6      2024-03-01    30     18   web
    dan       7      2024-05-01    20     10   fair
    dan       8      2024-05-01    25     10   fair
    eva       9      2024-10-03    80     48   web
    fin       10     2022-06-30    10      5   -
    fin       11     2024-12-31    10      5   web
    gus       12     2023-01-01    70     42   web
    gus       13     2023-12-31    30     18   web
    hal       r-14   2024-06-01   -15     -9   web
"""
SEEN = observed("2024-12-31", Period.YEAR, since="2022-06-30", churn_window_days=180)
CAC = Rates(0.0, "channel", {"web": 10.0, "fair": 5.0})
SETTINGS = {"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0}

# customer by customer:  ann  bob  cid  dan  eva  fin  gus  hal (who only gave something back, and is no customer)
CUSTOMERS = 7
ORDERS = 3 + 1 + 2 + 2 + 1 + 2 + 2
REVENUE = 200 + 40 + (60 - 20 + 30) + 45 + 80 + 20 + 100 - 15
PROFIT = 80 + 20 + (24 - 8 + 12) + 25 + 32 + 10 + 40 - 6
SPENT = 10 + 10 + 5 + 5 + 10 + 0 + 10

# 2024, and of 2023's customers (ann, bob, cid, gus) those who came back in it (ann, cid):
ORDERS_IN_2024 = 2 + 1 + 2 + 1 + 1
REVENUE_IN_2024 = 100 + 30 + 45 + 80 + 10 - 15
CUSTOMERS_IN_2024, CUSTOMERS_IN_2023, RETAINED = 5, 4, 2

# days, to the 31st of December 2024; bob, cid, dan and gus have been idle for more than 180:
AGE = 721 + 671 + 549 + 244 + 89 + 915 + 730
ACTIVE = 691 + 0 + 244 + 0 + 0 + 915 + 364
AT_RISK = 721 + 0 + 244 + 0 + 89 + 915 + 364
LAPSED = 4

AOV = REVENUE / ORDERS
FREQUENCY = ORDERS_IN_2024 / CUSTOMERS_IN_2024
MARGIN = PROFIT / REVENUE
CHURN = 1 - RETAINED / CUSTOMERS_IN_2023
LIFESPAN = 1 / CHURN
OF_A_LIFE = AOV * FREQUENCY * LIFESPAN * MARGIN

EXPECTED = {
    "customers": 7,
    "orders": 13,
    "revenue": 540,
    "refunds": 20 + 15,
    "gross_profit": 229,
    "acquisition_cost": 50,
    "new_customers": 2,
    "repeat_customers": 5,
    "aov": AOV,
    "orders_per_customer": 13 / 7,
    "revenue_per_customer": 540 / 7,
    "purchase_frequency": 1.4,
    "purchase_rate": ORDERS / (AGE / 365.25),
    "repeat_rate": 5 / 7,
    "retention_rate": 0.5,
    "churn_rate": 0.5,
    "lapsed_rate": LAPSED / CUSTOMERS,
    "refund_rate": 35 / (540 + 35),
    "tenure_years": ACTIVE / CUSTOMERS / 365.25,
    "lifespan_years": 2,
    "margin": 229 / 540,
    "cac": SPENT / CUSTOMERS,
    "revenue_per_period": REVENUE_IN_2024 / CUSTOMERS_IN_2024,
    "clv_simple": AOV * FREQUENCY * LIFESPAN,
    "clv_monthly": OF_A_LIFE,
    "clv_contribution": OF_A_LIFE - SPENT / CUSTOMERS,
    "clv_net_of_cac": (AOV * FREQUENCY * LIFESPAN - SPENT / CUSTOMERS) * MARGIN,
    "clv_observed": (229 - 50) / 7,
    "clv_churn": 50 * MARGIN / CHURN,
    "clv_retention_immediate": 50 * MARGIN * 1.1 / (1.1 - 0.5),
    "clv_retention_residual": 50 * MARGIN * 0.5 / (1.1 - 0.5),
    "clv_retention_end": 50 * MARGIN / (1.1 - 0.5),
    "ltv_to_cac": OF_A_LIFE / (SPENT / CUSTOMERS),
    "payback_months": (SPENT / CUSTOMERS) / (AOV * FREQUENCY * MARGIN / 12),
    "max_cac": OF_A_LIFE / 3,
}


def shop():
    """The shop's customers with the channel of their first order and what they cost to win."""
    return with_acquisition_cost(customers_from(SHOP, SEEN), CAC)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_figure_is_what_the_pencil_says(name):
    assert figures(shop(), Catalog(settings=SETTINGS))[name] == pytest.approx(EXPECTED[name], rel=1e-12)


def test_the_pencil_added_up_the_same_figures():
    assert (CUSTOMERS, ORDERS, REVENUE, PROFIT, SPENT) == (7, 13, 540, 229, 50)
    assert (AGE, ACTIVE, AT_RISK) == (3919, 2214, 2333)


@pytest.mark.parametrize(
    ("lifespan", "years"),
    [(4, 4.0), ("churn", 2.0), ("tenure", 2214 / 7 / 365.25), ("survival", 2333 / 4 / 365.25)],
)
def test_a_lifespan_is_what_the_pencil_says(lifespan, years):
    found = figures(shop(), Catalog(settings=SETTINGS, lifespan=lifespan))
    assert found["lifespan_years"] == pytest.approx(years, rel=1e-12)
    assert found["clv_contribution"] == pytest.approx(AOV * FREQUENCY * years * MARGIN - SPENT / CUSTOMERS, rel=1e-12)


def test_the_days_of_each_customer_are_what_the_pencil_says():
    assert values(shop(), "age_days", "active_days", "idle_days", "lapsed_customers") == {
        "ann": (721, 691, 30, 0),
        "bob": (671, 0, 671, 1),
        "cid": (549, 244, 305, 1),
        "dan": (244, 0, 244, 1),
        "eva": (89, 0, 89, 0),
        "fin": (915, 915, 0, 0),
        "gus": (730, 364, 366, 1),
        "hal": (None, None, None, 0),
    }


def test_the_segments_by_first_channel_are_what_the_pencil_says():
    segments = merged(shop(), ["channel"])
    assert values(segments, "customers", "orders", "revenue", "gross_profit", "acquisition_cost", key="channel") == {
        "web": (4, 3 + 1 + 1 + 2, 200.0 + 40 + 80 + 100, 80.0 + 20 + 32 + 40, 40.0),
        "fair": (2, 2 + 2, 70.0 + 45, 28.0 + 25, 10.0),
        None: (1, 2, 20.0 - 15, 10.0 - 6, 0.0),
    }
