"""Are we losing customers? The answer of `clv explain churn`."""

from datetime import date

import narwhals.stable.v2 as nw
import pytest
from orders_text import collected, customers_from, observed, orders_from
from program import clv

from clvcli.activity import activity
from clvcli.churn import ChurnRule
from clvcli.history import changes, lapses, paths
from clvcli.periods import Period, day_number
from clvcli.reports.churn import COLUMNS, Choice, churn_tables
from clvcli.survival import Gaps, gap_counts, silence_counts
from clvcli.timeline import timeline

# As of 30 June ann has been silent for 121 days, bob for 181, cid for 120 and dan for 20; the three gaps are of 30 days.
SHOP = """
    customer  order  date        amount
    ann       1      2024-01-01    10
    ann       2      2024-01-31    10
    ann       3      2024-03-01    10
    bob       4      2024-01-01    10
    cid       5      2024-02-01    10
    cid       6      2024-03-02    10
    dan       7      2024-06-10    10
    eva       r-1    2024-05-01   -10
"""
WINDOW = ChurnRule(90)


def tables(rule=WINDOW, text=SHOP, as_of="2024-06-30", **chosen):
    """The tables of the shop under a rule, by name."""
    seen = observed(as_of, since="2024-01-01", churn_window_days=rule.days)
    customers, orders = customers_from(text, seen), orders_from(text)
    gaps = Gaps(
        *(tuple(collected(frame).sort(by).rows()) for frame, by in ((gap_counts(orders), "gap"), (silence_counts(customers), "idle_days")))
    )
    steps, days = paths(activity(orders, Period.MONTH, count_days=True)), (seen.window.first_day, seen.window.as_of)
    frames = (collected(changes(steps)), collected(lapses(steps, rule, Period.MONTH, days[1])))
    choice = Choice(rule, **{"percentile": 0.8, "multiple": 3.0, "least_days": 30, **chosen})
    return {table.name: table for table in churn_tables(customers, gaps, choice, timeline(*frames, Period.MONTH, days))}


def of_rules(table):
    """The rows by rule and setting: silence, lapsed, shares of all, of one-time and of repeat customers, came back."""
    return {row[:2]: row[2:] for row in table.frame.rows()}


# Rule by rule


def test_how_many_have_lapsed_moves_with_the_rule():
    rules = of_rules(tables()["churn_rules"])
    assert {key[1]: row for key, row in rules.items() if key[0] == "window"} == {
        "30 days": (30, 3, 0.75, 0.5, 1.0, 0.0),
        "60 days": (60, 3, 0.75, 0.5, 1.0, 0.0),
        "90 days *": (90, 3, 0.75, 0.5, 1.0, 0.0),
        "120 days": (120, 2, 0.5, 0.5, 0.5, 0.0),
        "180 days": (180, 1, 0.25, 0.5, 0.0, 0.0),
        "365 days": (365, 0, 0.0, 0.0, 0.0, None),
    }
    assert {key[1]: row for key, row in rules.items() if key[0] == "percentile"} == {
        f"{share}% of gaps": (30, 3, 0.75, 0.5, 1.0, 0.0) for share in (50, 70, 80, 90, 95)
    }
    assert {key[1]: row for key, row in rules.items() if key[0] == "personal"} == {
        "1.5 × own gap": (30, 3, 0.75, 0.5, 1.0, None),
        "2 × own gap": (30, 3, 0.75, 0.5, 1.0, None),
        "3 × own gap": (30, 3, 0.75, 0.5, 1.0, None),
        "4 × own gap": (30, 2, 0.5, 0.5, 0.5, None),  # cid has been silent for four times 30 days, and no longer
    }


def test_a_silence_that_ended_in_an_order_was_no_lapse():
    longer = SHOP + "    ann       8      2024-06-30    10\n"
    rules = of_rules(tables(text=longer)["churn_rules"])
    assert rules["window", "90 days *"][-1] == 1 / 3  # ann's 121 days ended; bob's and cid's last
    assert rules["window", "120 days"][-1] == 1 / 2


def test_another_window_is_one_more_row():
    rules = of_rules(tables(ChurnRule(45))["churn_rules"])
    assert [setting for rule, setting in rules if rule == "window"] == [
        "30 days",
        "45 days *",
        "60 days",
        "90 days",
        "120 days",
        "180 days",
        "365 days",
    ]


def test_only_the_rule_in_effect_is_marked_though_others_come_to_the_same():
    percentile = ChurnRule(30, name="percentile")
    assert [key for key in of_rules(tables(percentile)["churn_rules"]) if "*" in key[1]] == [("percentile", "80% of gaps *")]
    assert [key for key in of_rules(tables(percentile, percentile=0.85)["churn_rules"]) if "*" in key[1]] == [
        ("percentile", "85% of gaps *")
    ]
    personal = ChurnRule(30, 2.5, 30, name="personal")
    assert [key for key in of_rules(tables(personal, multiple=2.5)["churn_rules"]) if "*" in key[1]] == [("personal", "2.5 × own gap *")]


def test_one_time_buyers_may_have_days_of_their_own():
    rules = of_rules(tables(ChurnRule(90, one_time_days=200))["churn_rules"])
    assert rules["window", "30 days"] == (30, 2, 0.5, 0.0, 1.0, 0.0)
    assert rules["personal", "4 × own gap"] == (30, 1, 0.25, 0.0, 0.5, None)


def test_the_rule_in_effect_and_what_the_gaps_say_are_told():
    first, second = tables()["churn_rules"].notes
    assert first.startswith("In effect: window: 90 days; 'churn:' in clv.yaml")
    assert second == "By this shop's own gaps: 80% of 3 ended within 30 days."


ONCE = """
    customer  order  date        amount
    ann       1      2024-01-01    10
    bob       2      2024-06-10    10
"""


def test_where_nobody_came_back_the_gaps_say_nothing():
    found = tables(text=ONCE)
    assert {rule for rule, _ in of_rules(found["churn_rules"])} == {"window"}
    assert of_rules(found["churn_rules"])["window", "90 days *"] == (90, 1, 0.5, 0.5, None, 0.0)
    assert found["churn_rules"].notes[1] == "Nobody bought on two days, so the data say nothing of how long a silence may be."
    assert (found["gaps"].title, found["gaps"].frame.height) == ("The gaps between orders: 0 of them", 0)


# The gaps


def test_the_gaps_are_shown_by_share_with_the_percentile_chosen():
    table = tables(text=SHOP + "    bob       8      2024-03-31    10\n", percentile=0.77)["gaps"]
    assert table.title == "The gaps between orders: 4 of them"
    found = dict(table.frame.rows())
    assert (found[0.1], found[0.75], found[0.77], found[0.99]) == (30, 30, 90, 90)


# Survival


def test_survival_is_under_the_rule_in_effect():
    table = tables()["survival"]
    assert table.frame.rows() == [(0, 4, 1, 0.75, 0.0), (30, 2, 2, 0.375, 22.5), (60, 1, 3, 0.0, 33.75)]
    assert table.notes[0] == (
        "Restricted mean: customers stay 33.8 of the first 60 days, 0.09 years. "
        "Who lapsed is lost at the last order; who hasn't is unfinished at the end of observation. Rule: window: 90 days."
    )


def test_every_step_of_the_curve_is_there_for_machines():
    table = tables()["survival_curve"]
    assert table.for_machines
    assert table.frame.rows() == [(0, 4, 1, 0.75, 0.0), (20, 3, 0, 0.75, 15.0), (30, 2, 1, 0.375, 22.5), (60, 1, 1, 0.0, 33.75)]


def test_long_watched_customers_are_shown_at_more_ages():
    table = tables(ChurnRule(365))["survival"]
    assert table.frame["days_stayed"].to_list() == [0, 30, 60, 90, 180, 181]
    assert table.frame["survival"].to_list() == [1.0] * 6


def test_where_nobody_is_a_customer_there_is_no_curve():
    nobody = customers_from(SHOP, observed("2024-06-30")).filter(nw.col("customer_id") == "eva")
    steps = paths(activity(orders_from(SHOP), Period.MONTH, count_days=True))
    days = (day_number(date(2024, 1, 1)), day_number(date(2024, 6, 30)))
    periods = timeline(collected(changes(steps)), collected(lapses(steps, WINDOW, Period.MONTH, days[1])), Period.MONTH, days)
    found = {table.name: table for table in churn_tables(nobody, Gaps((), ()), Choice(WINDOW, 0.8, 3.0, 30), periods)}
    assert (found["survival"].frame.height, found["survival_curve"].frame.height) == (0, 0)
    assert found["survival"].notes[0].startswith("Who lapsed is lost")
    assert of_rules(found["churn_rules"])["window", "90 days *"] == (90, 0, None, None, None, None)


# Period by period


def test_who_was_kept_is_told_period_by_period():
    table = tables()["crr"]
    assert table.frame.rows() == [
        ("2024-01", None, 2, 2, None, None, None, None),
        ("2024-02", 2, 1, 1, 0, 0, 0.0, 0.0),
        ("2024-03", 1, 2, 0, 1, 1, 1.0, 2.0),  # cid was kept, and ann is back: E less N is more than S
        ("2024-04", 2, 0, 0, 0, 0, 0.0, 0.0),
        ("2024-05", 0, 0, 0, 0, 0, None, None),
        ("2024-06", 0, 1, 1, 0, 0, None, None),
    ]
    assert table.marks == frozenset()


def test_the_rates_of_a_period_still_running_are_marked():
    assert tables(as_of="2024-06-20")["crr"].marks == {(5, "retention_rate"), (5, "crr")}


def test_every_column_says_what_it_is():
    for table in tables().values():
        assert [c.name for c in table.columns] == table.frame.columns
        assert set(table.columns) <= set(COLUMNS)
    assert all(c.label and c.description.endswith(".") for c in COLUMNS)


# The program


@pytest.fixture
def shop(tmp_path):
    header, *lines = (",".join(line.split()) for line in SHOP.strip().splitlines())
    (tmp_path / "orders.csv").write_text(
        "\n".join([header.replace("customer,order", "customer_id,order_id"), *lines]) + "\n", encoding="utf-8"
    )
    return tmp_path


def asked(shop, *arguments):
    ran = clv("explain", "churn", "orders.csv", "--as-of", "2024-06-30", *arguments, "--format", "json", "--quiet", here=shop)
    assert (ran.code, ran.err) == (0, "")
    return {table["name"]: [tuple(row.values()) for row in table["rows"]] for table in ran.json["tables"]}


def test_the_program_gives_the_same_tables(shop):
    ours, its = tables(), asked(shop, "--churn-window", "90", "--period", "month")
    assert {name: table.frame.rows() for name, table in ours.items()} == {name: its[name] for name in ours}


def test_the_program_takes_a_rule_by_name(shop):
    few = [row[:2] for row in asked(shop, "--churn-rule", "personal")["churn_rules"] if "*" in row[1]]
    assert few == [("window", "180 days *")]  # three gaps are too few to tell
    many = "".join(f"{n},{100 + n},2024-01-{n:02},10\n{n},{200 + n},2024-02-{n:02},10\n" for n in range(1, 29))
    with (shop / "orders.csv").open("a", encoding="utf-8") as file:
        file.write(many)
    assert [row[:2] for row in asked(shop, "--churn-rule", "personal")["churn_rules"] if "*" in row[1]] == [("personal", "3 × own gap *")]
    assert [row[:2] for row in asked(shop, "--churn-rule", "percentile")["churn_rules"] if "*" in row[1]] == [
        ("percentile", "80% of gaps *")
    ]
