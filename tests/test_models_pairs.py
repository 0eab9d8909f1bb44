"""Pairs: what hangs on repeats and age alone, worked out once for each pair of them or between some of the ages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.models import pairs
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.histories import Histories
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.pairs import along_ages, by_pair

VALUES = [(0.25, 35.0, 0.75, 2.9), (0.25, 0.35, 0.75, 2.9), (1e3, 3.5e4, 0.75, 2.9), (0.3, 40.0, 1.0, 1.0), (0.05, 1e6, 1e-5, 300.0)]


def customers(repeats, ages, last=0.5):
    """One customer for each number of repeats and each age, who bought last after so much of it."""
    x, age = (each.ravel().astype(float) for each in np.meshgrid(repeats, ages, indexing="ij"))
    return Histories(x, np.where(x > 0, np.maximum(np.floor(last * age), 1), 0.0), age, np.ones_like(x))


MANY = customers([0, 1, 2, 40], np.arange(1, 1100))


def test_each_pair_is_worked_out_once_and_given_to_all_who_have_it():
    asked = []

    def of_pairs(repeats, ages):
        asked.extend(zip(repeats, ages, strict=True))
        return 100 * repeats + ages

    some = Histories(np.array([2.0, 0.0, 2.0, 1.0]), np.array([5.0, 0.0, 7.0, 3.0]), np.array([9.0, 9.0, 9.0, 4.0]), np.ones(4))
    assert by_pair(some, of_pairs, 1).tolist() == [209, 9, 209, 104]
    assert asked == [(0, 9), (1, 4), (2, 9)]


def test_in_pieces_it_is_the_same(monkeypatch):
    whole = by_pair(MANY, np.add, 1)
    monkeypatch.setattr(pairs, "_CELLS", 100)
    assert by_pair(MANY, np.add, 3).tolist() == whole.tolist() == (MANY.repeats + MANY.age).tolist()


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=lambda model: model.name)
def test_between_ages_it_is_what_it_is_at_each(monkeypatch, model, values):
    def told():
        return np.array([model.expected(values, MANY, 365), *(model.discounted(values, MANY, 4e-4, days) for days in (365, None))])

    between = told()
    monkeypatch.setattr("clvcli.models.bg_nbd.along_ages", lambda histories, of_pairs, cells, _: by_pair(histories, of_pairs, cells))
    assert between == pytest.approx(told(), rel=1e-9, abs=1e-15)


def test_many_ages_are_asked_for_a_few_only():
    asked = []

    def of_pairs(repeats, ages):
        asked.extend(ages)
        return 1 / (30 + ages)

    assert along_ages(MANY, of_pairs, 1, 30.0) == pytest.approx(1 / (30 + MANY.age), rel=1e-12)
    assert len(asked) < MANY.age.size / 20
    assert (min(asked), max(asked)) == pytest.approx((1, 1099), rel=0.2)


@given(st.floats(-3, 6), st.integers(2, 400), st.integers(0, 5000))
def test_a_fraction_is_found_on_any_scale(log_since, count, youngest):
    since, seen = 10**log_since, customers([0, 3], np.arange(count) + youngest + 1)
    found = along_ages(seen, lambda repeats, ages: (repeats + 1) / (since + ages), 1, since)
    assert found == pytest.approx((seen.repeats + 1) / (since + seen.age), rel=1e-10)


@pytest.mark.parametrize("ages", [[], [7], [7, 8]])
def test_few_ages_are_asked_for_as_they_are(ages):
    seen = customers([0, 1], ages)
    assert along_ages(seen, np.add, 1, 5.0).tolist() == (seen.repeats + seen.age).tolist()
