"""Meanings: every parameter of every model has one, in words that hold for the numbers themselves."""

import numpy as np
import pytest

from clvcli.models.beta_geometric import survival
from clvcli.models.bg_bb import BG_BB
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.models.histories import Histories
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.meanings import MEANINGS, meaning
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.models.sbg import SBG

MODELS = (BG_NBD, MBG_NBD, PARETO_NBD, NBD, GAMMA_GAMMA, BG_BB, SBG)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_every_parameter_of_a_model_has_a_meaning(model):
    assert set(MEANINGS[model.name]) == set(model.parameters)
    assert all(meaning(model.name, parameter) for parameter in model.parameters)


def test_there_is_no_meaning_of_a_model_that_is_not_there():
    assert set(MEANINGS) == {model.name for model in MODELS}


def test_r_over_alpha_is_how_many_buying_days_a_day_a_mean_customer_has_while_there():
    assert NBD.expected_of_new((2.0, 50.0), np.array([1.0]))[0] == 2 / 50
    assert BG_NBD.expected_of_new((2.0, 50.0, 1e-9, 1.0), np.array([100.0]))[0] == pytest.approx(100 * 2 / 50)


def test_s_over_beta_is_the_share_of_new_customers_who_leave_in_a_day():
    """Of whom nobody has bought again yet P(alive) a day later is (β/(β+1))ˢ, were purchases so rare that silence told nothing."""
    shop = (np.zeros(1), np.zeros(1), np.ones(1), np.ones(1))
    assert 1 - PARETO_NBD.alive((1e-9, 1.0, 0.6, 80.0), Histories(*shop))[0] == pytest.approx(0.6 / 80, rel=0.02)


def test_p_v_over_q_less_1_is_what_a_mean_customer_spends():
    assert GAMMA_GAMMA.mean_of_all((6.0, 4.0, 15.0)) == 6 * 15 / 3
    assert GAMMA_GAMMA.mean_of_all((6.0, 1.0, 15.0)) is None


def test_alpha_over_alpha_and_beta_is_the_share_who_leave_at_the_first_renewal():
    assert 1 - survival(0.7, 2.1, np.array([1]))[0] == pytest.approx(0.7 / 2.8)
    assert 1 - SBG.retention((0.7, 2.1), np.array([1.0]))[0] == pytest.approx(0.7 / 2.8)
