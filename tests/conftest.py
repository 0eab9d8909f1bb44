"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

_DATA = Path(__file__).parents[2] / "shared" / "data"

settings.register_profile("clv", deadline=None, max_examples=20)
settings.register_profile("few", deadline=None, max_examples=6)
settings.register_profile("many", deadline=None, max_examples=300)
settings.load_profile("clv")


@pytest.fixture(scope="session")
def real_data():
    """Gives the path of real data by name, and skips where they aren't kept."""

    def path(name):
        if not (_DATA / name).exists():
            pytest.skip(f"{name} is real data, kept beside the repository in ../shared/data and not in it")
        return _DATA / name

    return path
