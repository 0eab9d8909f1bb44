"""Doubts: each fit that isn't what it seems is named in words a shop owner understands, and a sound one isn't."""

import numpy as np
import pytest
from simulated_histories import bg_nbd, histories, pareto_nbd, until

from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.doubts import contract_doubts, doubts, spending_doubts
from clvcli.models.fit import Fit
from clvcli.models.gamma_gamma import GAMMA_GAMMA, Spending, independence
from clvcli.models.histories import FitError, Histories
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.models.sbg import SBG, Renewals
from clvcli.opportunities import BUYING_BY_PERIOD

BY_DAY = pytest.mark.parametrize("model", [BG_NBD, MBG_NBD, PARETO_NBD], ids=lambda m: m.name)
AGES = np.tile(np.arange(300.0, 700.0), 5)
NO_LEAVING = "no sign of customers leaving: a model without leaving (NBD) fits as well, so the forecast is that all go on buying"


def said(model, shop):
    """What is doubtful of the fit of a model to a shop."""
    return list(doubts(model.fit(shop), shop, model.fit))


def seeded():
    return np.random.default_rng(5)


def with_rates(rates, days=AGES):
    """A shop of customers who never leave and buy at these rates."""
    return histories(*until(seeded(), rates, days), days)


@pytest.fixture(scope="module")
def plain():
    """A shop as BG/NBD has it."""
    return histories(*bg_nbd(seeded(), (0.8, 60.0, 0.8, 2.5), AGES), AGES)


@BY_DAY
def test_of_a_sound_fit_there_is_nothing_to_say(model, plain):
    assert said(model, plain) == []


# Few


def test_fewer_than_a_hundred_who_came_back_are_few():
    few = Histories(np.array([0, 1, 2.0]), np.array([0, 40, 90.0]), np.array([100, 120, 130.0]), np.array([200, 60, 39.0]))
    assert said(NBD, few)[0] == "only 99 customers bought again: the parameters are unsure, so look at their intervals"
    more = Histories(few.repeats, few.active, few.age, np.array([200, 61, 39.0]))
    assert not any("bought again" in doubt for doubt in said(NBD, more))


def test_one_customer_who_came_back_is_one():
    one = Histories(np.array([0, 1.0]), np.array([0, 40.0]), np.array([100, 120.0]), np.array([9, 1.0]))
    assert said(BG_NBD, one)[0].startswith("only 1 customer bought again:")


# Rates


@BY_DAY
def test_buying_by_the_clock_is_named(model):
    """Each buys every 30 days, give or take two, to the end: orders vary much less than by chance."""
    repeats = np.floor(AGES / 30)
    clockwork = histories(repeats, repeats * 30 - seeded().integers(0, 3, AGES.size), AGES)
    assert (
        "customers buy more regularly than by chance, about every 31 days: P(alive) falls too slowly after a missed order, "
        "so look at the idle days too; if they pay by subscription, use --model sbg"
    ) in said(model, clockwork)


@BY_DAY
def test_customers_who_all_buy_at_one_rate_are_named(model):
    doubt = "no spread in how often customers buy: all as if once in 50 days, so no customer is forecast to buy more than another"
    assert doubt in said(model, with_rates(np.full(AGES.size, 1 / 50)))


def test_by_chance_a_shop_may_be_a_little_more_regular_without_being_clockwork():
    """Of Poisson's purchases the variance over the mean is 1 give or take 3 √(2/n): only what is below that is regular."""
    for seed in range(12):
        ages = np.full(200, 400.0)
        repeats, active = until(np.random.default_rng(seed), np.full(200, 1 / 50), ages)
        assert not any("more regularly than by chance" in doubt for doubt in said(BG_NBD, histories(repeats, active, ages)))


# Leaving


@BY_DAY
def test_where_nobody_leaves_it_is_said(model):
    assert NO_LEAVING in said(model, with_rates(seeded().gamma(1.5, 1 / 60, AGES.size)))


def test_where_nobody_can_leave_nothing_is_said_of_it():
    assert said(NBD, with_rates(seeded().gamma(1.5, 1 / 60, AGES.size))) == []


def test_a_chance_to_leave_that_is_the_same_for_all_is_named():
    random = seeded()
    repeats, active = np.zeros(AGES.size), np.zeros(AGES.size)
    for at, (rate, age) in enumerate(zip(random.gamma(3, 1 / 40, AGES.size), AGES, strict=True)):
        now = random.exponential(1 / rate)
        while now < age:
            repeats[at], active[at] = repeats[at] + 1, now
            if random.random() < 0.3:
                break
            now += random.exponential(1 / rate)
    doubt = "no spread in how soon customers leave: all are equally likely to, so P(alive) says little of one of them"
    assert doubt in said(BG_NBD, histories(repeats, active, AGES))


def test_a_rate_of_leaving_that_is_the_same_for_all_is_named():
    random = np.random.default_rng(0)
    days = np.tile(AGES, 2)
    repeats, active = until(random, np.full(days.size, 1 / 10), np.minimum(random.exponential(150, days.size), days))
    assert any(doubt.startswith("no spread in how soon customers leave:") for doubt in said(PARETO_NBD, histories(repeats, active, days)))


def test_what_runs_to_an_edge_and_is_nothing_else_is_said_to_be_unknown():
    """Half of the customers leave at once and the others never do: s and beta are as small as may be."""
    random = seeded()
    rates = random.gamma(2, 1 / 40, AGES.size)
    repeats, active = until(random, rates, np.where(np.arange(AGES.size) % 2, AGES, 1e-3))
    shop = histories(repeats, active, AGES)
    edges = PARETO_NBD.fit(shop).edges
    assert edges
    assert any(doubt.startswith("these orders don't tell how large ") for doubt in said(PARETO_NBD, shop))


def test_parameters_that_are_not_told_are_named_together_or_alone():
    plain = Fit("bg_nbd", {"r": 1.0, "alpha": 50.0, "a": 1e-4, "b": 3e-4}, ((np.nan,) * 4,) * 4, -1.0, 500.0, 9, ("a", "b"))
    shop = Histories(np.array([0, 1.0]), np.array([0, 40.0]), np.array([100, 120.0]), np.array([900, 500.0]))
    tail = "no interval is known, and those of the forecast take it as given"
    assert list(doubts(plain, shop, BG_NBD.fit)) == [f"these orders don't tell how large a and b are: {tail}"]
    alone = Fit("bg_nbd", plain.parameters, plain.covariance, -1.0, 500.0, 9, ("alpha",))
    assert list(doubts(alone, shop, BG_NBD.fit)) == [f"these orders don't tell how large alpha is: {tail}"]


# One customer


def test_one_customer_who_holds_many_of_all_repeats_is_named(plain):
    whale = Histories(
        *(np.append(a, b) for a, b in zip((plain.repeats, plain.active, plain.age, plain.customers), (4_000, 690, 699, 1), strict=True))
    )
    fit, without = BG_NBD.fit(whale), BG_NBD.fit(plain)
    share = 4_000 / (4_000 + plain.repeats.sum())
    doubt = f"1 customer holds {share:.0%} of all repeat purchases: without that one r moves from {fit.parameters['r']:.3g} to {without.parameters['r']:.3g}"
    assert said(BG_NBD, whale)[-1] == doubt
    assert fit.parameters["r"] < without.parameters["r"]


def test_without_the_only_customer_who_came_back_there_is_nothing_to_compare_with():
    alone = Histories(np.array([0, 9.0]), np.array([0, 40.0]), np.array([100, 120.0]), np.array([200, 1.0]))
    assert not any("1 customer holds" in doubt for doubt in said(BG_NBD, alone))


def test_of_two_customers_neither_is_taken_away():
    two = Histories(np.array([1.0, 2.0]), np.array([190.0, 110.0]), np.array([190.0, 200.0]), np.ones(2))
    assert not any("1 customer holds" in doubt for doubt in said(BG_NBD, two))


def test_one_of_several_with_the_same_history_is_taken_away_alone():
    same = Histories(np.array([8.0]), np.array([190.0]), np.array([200.0]), np.array([5.0]))
    assert not any("1 customer holds" in doubt for doubt in said(BG_NBD, same))
    two_kinds = Histories(np.array([1.0, 8.0]), np.array([90.0, 190.0]), np.array([200.0, 200.0]), np.array([9.0, 2.0]))
    assert any(doubt.startswith("1 customer holds 32% of all repeat purchases: ") for doubt in said(BG_NBD, two_kinds))


def test_nobody_who_came_back_is_no_fit_but_an_error():
    nobody = Histories(np.zeros(2), np.zeros(2), np.array([100.0, 90.0]), np.array([50.0, 40.0]))
    with pytest.raises(
        FitError, match="nobody bought again: customers who are still to come back can't be told apart from 'everyone left'"
    ):
        said(BG_NBD, nobody)


# By the period


def by_period(random, chances, leaving, periods=12):
    """Customers who take each chance with probabilities of their own, and leave before each with others."""
    staying = random.random((chances.size, periods)) >= np.broadcast_to(leaving, chances.shape)[:, None]
    taken = np.logical_and.accumulate(staying, axis=1) & (random.random(staying.shape) < chances[:, None])
    last = np.where(taken.any(axis=1), periods - np.argmax(taken[:, ::-1], axis=1), 0)
    return histories(taken.sum(axis=1).astype(float), last.astype(float), np.full(chances.size, float(periods)))


def test_by_the_period_a_sound_fit_is_left_alone():
    random = seeded()
    assert said(BUYING_BY_PERIOD, by_period(random, random.beta(2, 2, 4_000), random.beta(0.8, 2, 4_000))) == []


def test_by_the_period_that_nobody_leaves_is_named():
    random = seeded()
    doubt = "no sign of customers leaving: a model without leaving fits as well, so the forecast is that all go on buying"
    assert said(BUYING_BY_PERIOD, by_period(random, random.beta(2, 2, 4_000), 0.0)) == [doubt]


def test_by_the_period_one_probability_for_all_is_named():
    doubt = "no spread in how often customers buy: all as if in 40% of periods, so no customer is forecast to buy more than another"
    assert doubt in said(BUYING_BY_PERIOD, by_period(np.random.default_rng(0), np.full(4_000, 0.4), 0.0))


# Contracts


def test_of_many_contracts_there_is_nothing_to_say():
    assert list(contract_doubts(SBG.fit(Renewals.from_survivors((1000, 869, 743, 653, 593))))) == []


def test_few_contracts_are_few():
    few = next(contract_doubts(SBG.fit(Renewals.from_survivors((99, 70, 58, 51)))))
    assert few.startswith("only 99 customers have come to a renewal: ")
    one = Fit("sbg", {"alpha": 1.0, "beta": 1.0}, ((0.1, 0.0), (0.0, 0.1)), -1.0, 1.0, 3)
    assert list(contract_doubts(one)) == ["only 1 customer has come to a renewal: the parameters are unsure, so look at their intervals"]


def test_contracts_that_end_at_one_rate_are_named():
    fit = SBG.fit(Renewals.from_survivors([1_000_000 * 0.8**t for t in range(6)]))
    (doubt,) = contract_doubts(fit)
    assert (
        doubt
        == "no spread in how soon customers leave: 20.0% of them do at each renewal, so who stayed long is as likely to leave as who is new"
    )


def test_contracts_that_end_at_once_or_never_are_named():
    fit = SBG.fit(Renewals.from_survivors((1000, 600, 600, 600)))
    assert list(contract_doubts(fit)) == ["customers leave at the first renewal or never: how long the others stay is not to be told yet"]


# Spending


def test_who_paid_nothing_again_is_counted():
    assert list(spending_doubts(None, 0)) == []
    tail = "left out of the fit of spending, not of the forecast"
    assert list(spending_doubts(0.0, 1)) == [f"1 customer who bought again spent nothing by it or less, and is {tail}"]
    assert list(spending_doubts(None, 1_200)) == [f"1,200 customers who bought again spent nothing by it or less, and are {tail}"]


@pytest.mark.parametrize(
    ("correlation", "kind", "wrong"),
    [
        (0.31, "more", "low for frequent buyers and too high for rare ones"),
        (-0.6, "less", "high for frequent buyers and too low for rare ones"),
    ],
)
def test_spend_that_goes_with_how_often_is_named_with_the_way_the_forecast_errs(correlation, kind, wrong):
    (doubt,) = spending_doubts(correlation, 0)
    assert doubt.startswith(f"who buys more often spends {kind} each time (rank correlation {correlation:+.2f})")
    assert doubt.endswith(f"the forecast is too {wrong}")
    assert list(spending_doubts(correlation / 3, 0)) == []


def test_frequent_buyers_who_spend_more_are_found_and_forecast_too_low():
    """Spend is 10 times the number of purchases: the model draws each mean to that of all, and so both away from what is true."""
    repeats = np.tile(np.arange(1.0, 9.0), 50)
    means = 10 * repeats * seeded().gamma(20, 1 / 20, repeats.size)
    paid = Spending(repeats, means, np.ones(repeats.size))
    (doubt,) = spending_doubts(independence(repeats, means, paid.customers), int(paid.left_out))
    assert "spends more each time (rank correlation +0.9" in doubt
    expected = GAMMA_GAMMA.expected(GAMMA_GAMMA.fit(paid).values, repeats, means, 0.0)
    assert expected[repeats == 1].mean() > 10
    assert expected[repeats == 8].mean() < 80


def test_pareto_of_a_shop_like_itself_is_sound():
    assert said(PARETO_NBD, histories(*pareto_nbd(seeded(), (0.8, 60.0, 0.7, 80.0), AGES), AGES)) == []
