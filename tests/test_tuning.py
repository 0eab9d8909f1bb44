"""Tuning: the engine's settings follow the machine, and the user's go before them."""

import os
import subprocess
import sys

import pytest

from clvcli.tuning import tune

NAMES = ("POLARS_GROUP_BY_NUM_PARTITIONS", "POLARS_IDEAL_MORSEL_SIZE")


@pytest.fixture
def unset(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("cores", "expected"), [(1, ("4", "4000000")), (2, ("8", "2000000")), (64, ("256", "100000")), (None, ("4", "4000000"))]
)
def test_partitions_and_morsels_follow_the_cores(unset, cores, expected):
    unset.setattr(os, "cpu_count", lambda: cores)
    tune()
    assert tuple(os.environ[name] for name in NAMES) == expected


def test_what_the_user_has_set_stays(unset):
    unset.setenv(NAMES[0], "3")
    tune()
    assert os.environ[NAMES[0]] == "3"


def test_the_engine_takes_what_it_is_told(unset):
    tune()
    code = "import polars as pl; print(pl.LazyFrame({'a': [1, 1, 2]}).group_by('a').len().collect(engine='streaming').height)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("2\n", "")
