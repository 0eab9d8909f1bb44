"""Spend: from its file to channels and months of the shop; nothing of it is lost."""

import pytest
from program import clv

from clvcli.config import load
from clvcli.spend import spent

ORDERS = """\
order_id,customer_id,date,amount,channel
1,ann,2024-01-10,50,ads
2,bob,2024-01-20,50,ads
3,cid,2024-02-05,50,mail
4,dan,2024-03-05,50,
5,eva,2024-03-09,50,web
6,ann,2024-03-31,50,ads
7,fay,2024-03-30,-5,ads
"""
SPEND = """\
month,channel,amount
2024-01,ads,100.0001
2024-02,mail,20
2024-02,ads,30
2024-03,tv,5
2024-04,ads,8
"""


@pytest.fixture
def run(tmp_path):
    """Runs `clv` on these orders and this spend; gives its tables and what it said."""

    def ran(spend=SPEND, config="", orders=ORDERS, arguments=("segments", "--by", "channel")):
        (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
        (tmp_path / "spend.csv").write_text(spend, encoding="utf-8")
        settled = "orders: orders.csv\nmargin: 0.5\n" + (config or "spend: spend.csv\n")
        (tmp_path / "clv.yaml").write_text(settled, encoding="utf-8")
        done = clv(*arguments, "--format", "json", here=tmp_path)
        assert done.code == 0, done.err
        said = [line for line in done.err.splitlines() if "spen" in line]
        return {table["name"]: table for table in done.json["tables"]}, said

    return ran


def costs(tables, by="channel"):
    return {row[by]: row["acquisition_cost"] for row in tables["segments"]["rows"]}


def lost(tables):
    return [tuple(row.values()) for row in tables["unattributed"]["rows"]]


def test_spend_is_shared_by_those_whom_it_won(run):
    tables, _ = run(arguments=("segments", "--by", "channel"))
    assert costs(tables) == {"ads": 100.0001, "mail": 20.0, "web": 0.0, None: 0.0}
    assert tables["segments"]["total"]["acquisition_cost"] == 120.0001


def test_what_can_not_be_shared_evenly_falls_on_the_least_id(run):
    tables, _ = run(arguments=("customers",))
    assert {row["customer_id"]: row["acquisition_cost"] for row in tables["customers"]["rows"]} == {
        "ann": 50.0001,
        "bob": 50.0,
        "cid": 20.0,
        "dan": 0.0,
        "eva": 0.0,
        "fay": 0.0,
    }


def test_spend_that_won_nobody_is_shown_with_the_reason(run):
    tables, _ = run()
    assert lost(tables) == [
        ("ads", "2024-02", 30.0, "no new customer by this channel in this month"),
        ("tv", "2024-03", 5.0, "no new customer by this channel in this month"),
        (None, None, 8.0, "too late to win anyone by 2024-03-31"),
    ]


def test_all_spend_is_accounted_for(run):
    _, said = run()
    assert (
        "spend: 163.00 = 120.00 won customers + 35.00 in months when a channel won nobody + 8.00 too late to win anyone by 2024-03-31"
        in said
    )


def test_spend_that_won_customers_to_the_last_cent_says_no_more(run):
    tables, said = run("month,channel,amount\n2024-01,ads,10\n2024-02,mail,20\n2024-03,web,5\n")
    assert tables["unattributed"]["rows"] == []
    assert "spend: 35.00 = 35.00 won customers" in said
    assert "spend: none for 1 customer of no channel; their CAC is 0" in said


def test_a_channel_that_nobody_came_by_is_told(run):
    _, said = run("month,channel,amount\n2024-01,adds,10\n2024-02,mail,20\n")
    assert "look at this: spend for 'adds', but no customer came by it; did you mean 'ads'?" in said


def test_channels_that_cost_nothing_are_told(run):
    _, said = run()
    assert "spend: none for 2 customers of no channel, web; their CAC is 0" in said


def test_where_every_customer_was_paid_for_nothing_is_told_of_it(run):
    everybody_by_ads = "\n".join(ORDERS.replace("01-20", "01-31").splitlines()[:3]) + "\n"
    _, said = run("month,channel,amount\n2024-01,ads,10\n", orders=everybody_by_ads)
    assert said == ["spend: spend.csv: 1 record = 1 used; 10.00 spent", "spend: 10.00 = 10.00 won customers"]


def test_spend_of_a_month_that_is_not_over_is_spread_over_its_days(run):
    _, said = run("month,channel,amount\n2024-01,ads,31\n", orders="\n".join(ORDERS.splitlines()[:3]) + "\n")
    assert said[-1] == "spend: 31.00 = 20.00 won customers + 11.00 too late to win anyone by 2024-01-20"


def test_customers_won_when_nothing_is_known_of_spend_are_told(run):
    _, said = run("month,channel,amount\n2024-02,mail,20\n")
    told = "look at this: the spend is of 2024-02 to 2024-02; what 4 customers won outside it cost isn't known, and CAC is of the others"
    assert told in said


def test_case_and_blanks_make_no_difference_to_a_channel(run):
    tables, _ = run("month,channel,amount\n2024-01, ADS ,10\n2024-02,Mail,20\n")
    assert costs(tables) == {"ads": 10.0, "mail": 20.0, "web": 0.0, None: 0.0}


def test_names_that_the_orders_tell_apart_are_told_apart_in_the_spend(run):
    tables, _ = run(
        "month,channel,amount\n2024-01,ads,10\n2024-01,Ads,20\n", orders=ORDERS.replace("bob,2024-01-20,50,ads", "bob,2024-01-20,50,Ads")
    )
    assert (costs(tables)["ads"], costs(tables)["Ads"]) == (10.0, 20.0)


def test_a_channel_may_be_called_otherwise_in_the_spend(run):
    tables, _ = run(
        "month,channel,amount\n2024-01,Google Ads,10\n2024-02,post,20\n",
        config="spend: {files: spend.csv, channels: {google ads: ads, Post: mail}}\n",
    )
    assert costs(tables) == {"ads": 10.0, "mail": 20.0, "web": 0.0, None: 0.0}


def test_spend_wins_customers_later_by_the_lag(run):
    tables, said = run(
        "date,channel,amount\n2024-01-25,mail,4\n2024-01-31,mail,6\n2024-03-22,web,3\n", config="spend: {files: spend.csv, lag_days: 10}\n"
    )
    assert costs(tables) == {"ads": 0.0, "mail": 10.0, "web": 0.0, None: 0.0}
    assert lost(tables) == [(None, None, 3.0, "too late to win anyone by 2024-03-31")]
    assert "spend: 13.00 = 10.00 won customers + 3.00 too late to win anyone by 2024-03-31" in said


def test_spend_without_channels_is_shared_by_all_of_a_month(run):
    tables, said = run("month,amount\n2024-01,30\n2024-03,8\n2023-12,5\n")
    assert costs(tables) == {"ads": 30.0, "mail": 0.0, "web": 4.0, None: 4.0}
    assert lost(tables) == [(None, "2023-12", 5.0, "no new customer by this channel in this month")]
    assert not any("none for" in line for line in said)
    assert [row["channel"] for row in tables["budget"]["rows"]] == ["all"]


def test_spend_of_no_channel_beside_spend_of_channels_wins_nobody(run):
    tables, _ = run("month,channel,amount\n2024-01,ads,10\n2024-03,,7\n")
    assert costs(tables)[None] == 0.0
    assert (None, "2024-03", 7.0, "no new customer by this channel in this month") in lost(tables)


def test_spend_may_be_by_another_attribute(run):
    tables, _ = run(
        "month,channel,amount\n2024-01,LV,10\n2024-02,FI,20\n",
        config="spend: {files: spend.csv, by: land}\n",
        orders=ORDERS.replace("channel", "land").replace("ads", "LV").replace("mail", "FI"),
        arguments=("segments", "--by", "land"),
    )
    assert costs(tables, "land") == {"LV": 10.0, "FI": 20.0, "web": 0.0, None: 0.0}


def test_orders_without_the_channel_are_refused(tmp_path):
    (tmp_path / "orders.csv").write_text("order_id,customer_id,date,amount\n1,ann,2024-01-10,50\n", encoding="utf-8")
    (tmp_path / "spend.csv").write_text(SPEND, encoding="utf-8")
    ran = clv("compute", "orders.csv", "--spend", "spend.csv", here=tmp_path)
    assert ran.code == 2
    assert "the spend is by channel, but the orders have no column 'channel'" in ran.err
    assert "--map channel=COLUMN" in ran.err


def test_without_a_margin_spend_that_won_nobody_is_shown_all_the_same(run, tmp_path):
    tables, _ = run(config="spend: spend.csv\n")
    assert {"budget", "budget_months", "unattributed"} <= tables.keys()
    (tmp_path / "clv.yaml").write_text("orders: orders.csv\nspend: spend.csv\n", encoding="utf-8")
    bare = clv("segments", "--by", "channel", "--format", "json", "--quiet", here=tmp_path)
    assert [table["name"] for table in bare.json["tables"]] == ["segments", "unattributed"]


def test_who_asks_for_spend_that_is_not_configured_made_a_mistake():
    with pytest.raises(ValueError, match="no spend is configured"):
        spent(load(None, {}), None, None, None)
