"""Any file: what was written is what is read, or it is refused because it can be read in two ways, with the option that says which.

A wrong reading is the one outcome that isn't allowed, and a refusal of what has but one reading is no better than one.
`CLV_EXAMPLES=5000 pytest tests/test_any_file.py` writes so many files instead, other ones each time; `--hypothesis-show-statistics`
tells how many of them are refused.
"""

import os
import shlex
from collections import Counter

import pytest
from exported import read_text
from hypothesis import HealthCheck, event, given, settings
from order_files import order_files

from clvcli.errors import COMMAND, ClvError

MORE = int(os.environ.get("CLV_EXAMPLES", "0"))
_OPTION = {"--date-format": "date_format", "--decimal": "decimal", "--grain": "grain", "--encoding": "encoding", "--identity": "identity"}
_DEEPEST = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def found(reading, file):
    """The orders, as the file says what is to be read."""
    rows = reading.orders.select("order_id", "customer_id", "day", "amount").iter_rows()
    return Counter((order if "order_id" in file.has else "", *rest) for order, *rest in rows)


def advised(error):
    """The options that an error says to try, each as keys of the config."""
    for problem in error.problems:
        for line in problem.hint.splitlines():
            if line.startswith(COMMAND):
                words = iter(shlex.split(line.removeprefix(COMMAND)))
                pairs = [(word, next(words, "")) for word in words]
                yield {_OPTION[name]: value for name, value in pairs if name in _OPTION}


def reads_as_written(folder, file, options, depth=0):
    """Whether some way of following the advice leads to what was written."""
    try:
        return found(read_text(folder, file.content, **options), file) == file.expected
    except ClvError as error:
        tries = [one for one in advised(error) if one and not one.keys() & options.keys()]
        return depth < _DEEPEST and any(reads_as_written(folder, file, {**options, **one}, depth + 1) for one in tries)


def outcome(folder, content):
    """What is read, or the error that it is refused with."""
    try:
        return read_text(folder, content), None
    except ClvError as error:
        return None, error


@pytest.mark.slow
@settings(max_examples=MORE or 60, derandomize=not MORE, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(order_files())
def test_a_file_is_read_as_it_was_written_or_the_error_says_how_to(folder, file):
    reading, error = outcome(folder, file.content)
    if error:
        event("refused")
        assert file.is_ambiguous, f"refused, though there is but one reading: {error}"
        assert file.has_short_years_first or reads_as_written(folder, file, {}), f"no advice leads to what was written: {error}"
        return
    event("read")
    assert found(reading, file) == file.expected
    ledger, left_out = reading.ledger, sum(not order.is_kept for order in file.orders)
    fates = [ledger.of(fate) for fate in ("used", "excluded", "rejected")]
    assert (ledger.records, *fates) == (len(file.orders), len(file.orders) - left_out, left_out, 0)
