"""Saved models: a file gives back what was fitted to the last bit, and nothing but such a file is read."""

import json
import math
import pickle
from pathlib import Path

import pytest
import simulated
from analysed import analysed
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcli import saved_models
from clvcli.cuts import Cut
from clvcli.engines import Polars
from clvcli.errors import InputError, OutputError
from clvcli.forecasts import MODELS, sorted_histories
from clvcli.models.fit import Fit
from clvcli.prediction import Ahead, Fitted, fitted, known, predicted
from clvcli.saved_models import load, save

ENGINE = Polars()
HINT = "write one with 'clv predict ORDERS --save-model FILE'"


@pytest.fixture(scope="module")
def rows():
    return sorted_histories(analysed(simulated.shop(120)).buying, Cut(simulated.FIRST + 729), ENGINE)


def fit_of(name, rows):
    return fitted(MODELS[name], known(ENGINE.frame(rows), ENGINE))


def written(folder, fit, name="model.json"):
    """The path of the file that a fit was saved to."""
    path = Path(folder, name)
    save(fit, path, "2024-12-30", "EUR")
    return path


@pytest.fixture
def saved(tmp_path, rows):
    return written(tmp_path, fit_of("bg_nbd", rows))


# There and back


@pytest.mark.parametrize("name", MODELS)
def test_what_is_read_is_what_was_fitted_and_predicts_the_same_to_the_last_bit(tmp_path, rows, name):
    fit = fit_of(name, rows)
    again = load(written(tmp_path, fit))
    assert again == fit
    assert predicted(again, rows, Ahead(365, 0.1)).equals(predicted(fit, rows, Ahead(365, 0.1)))


def test_the_same_fit_is_the_same_bytes(tmp_path, rows):
    one, other = (written(tmp_path, fit_of("mbg_nbd", rows), name).read_bytes() for name in ("one", "other"))
    assert one == other
    assert one.endswith(b"}\n")


def test_the_file_can_be_read_by_people(saved):
    content = json.loads(saved.read_text(encoding="utf-8"))
    assert (content["format"], content["model"], content["as_of"], content["currency"]) == ("clv-model/1", "bg_nbd", "2024-12-30", "EUR")
    assert list(content["buying"]["parameters"]) == ["r", "alpha", "a", "b"]
    assert list(content["spending"]["parameters"]) == ["p", "q", "v"]
    assert content["doubts"] == ["only 86 customers bought again: the parameters are unsure, so look at their intervals"]


def test_without_a_model_of_spending_there_is_none_in_the_file(tmp_path, rows):
    plain = Fitted(MODELS["bg_nbd"], fit_of("bg_nbd", rows).buying, None, 30.5)
    assert load(written(tmp_path, plain)) == plain


NUMBER = st.floats(1e-300, 1e300)


@settings(max_examples=25)
@given(
    st.tuples(NUMBER, NUMBER, NUMBER, NUMBER),
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=16, max_size=16),
    st.floats(-1e9, 1e9),
)
def test_any_finite_numbers_come_back_and_unknown_ones_stay_unknown(tmp_path_factory, values, covariances, usual):
    covariance = tuple(tuple(covariances[at : at + 4]) for at in range(0, 16, 4))
    fit = Fit("bg_nbd", dict(zip(("r", "alpha", "a", "b"), values, strict=True)), covariance, -12.5, 3.0, 7, ("a",))
    again = load(written(tmp_path_factory.mktemp("models"), Fitted(MODELS["bg_nbd"], fit, None, usual)))
    assert again.buying.parameters == fit.parameters
    assert again.usual == usual
    assert repr(again.buying.covariance) == repr(covariance)


def test_parameters_are_read_in_the_order_of_the_model(saved, rows):
    content = json.loads(saved.read_text())
    content["buying"]["parameters"] = dict(reversed(content["buying"]["parameters"].items()))
    saved.write_text(json.dumps(content))
    assert load(saved).buying.values == fit_of("bg_nbd", rows).buying.values


# What is no such file


def refused(path, currency=""):
    """What is said of a file that is refused, where it stands, and what to do."""
    with pytest.raises(InputError) as told:
        load(path, currency)
    (problem,) = told.value.problems
    assert problem.place.file == str(path)
    return problem.message, problem.hint


def test_a_file_that_is_not_there(tmp_path):
    assert refused(tmp_path / "none.json") == ("can't be read: No such file or directory", HINT)
    assert refused(tmp_path) == ("can't be read: Is a directory", HINT)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"order_id,customer_id\n1,ann\n", b"\xff\xfe{}", b'{"format": "clv-model/1"']
)
def test_what_is_no_json_object_of_this_kind(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    message, hint = refused(path)
    assert message.startswith("is no saved model: the file: ")
    assert hint == HINT


BROKEN = {
    "another format": (("format",), "clv-model/2", "is no saved model: format: Input should be 'clv-model/1'"),
    "another model": (("model",), "sbg", "is no saved model: model: Input should be 'bg_nbd', 'mbg_nbd' or 'pareto_nbd'"),
    "a number that is none": (("buying", "parameters", "r"), [], "is no saved model: buying.parameters.r: Input should be a valid number"),
    "a parameter of nought": (("buying", "parameters", "a"), 0, "is no saved model: buying.parameters.a: Input should be greater than 0"),
    "no end": (("buying", "parameters", "b"), math.inf, "is no saved model: buying.parameters.b: Input should be a finite number"),
    "no number": (("buying", "log_likelihood"), math.nan, "is no saved model: buying.log_likelihood: Input should be a finite number"),
    "an endless covariance": (("buying", "covariance", 0, 0), math.inf, "is no saved model: buying.covariance.0.0: Input should be a finite number"),
    "no customers": (("buying", "customers"), 0, "is no saved model: buying.customers: Input should be greater than 0"),
    "a key too many": (("code",), "import os", "is no saved model: code: Extra inputs are not permitted"),
    "too few rows": (("buying", "covariance"), [[1.0]], "is no saved model: bg_nbd has the parameters r, alpha, a, b, and a covariance of as many rows"),
    "a short row": (("buying", "covariance", 3), [1.0], "is no saved model: bg_nbd has the parameters r, alpha, a, b, and a covariance of as many rows"),
    "another parameter": (("buying", "parameters", "s"), 1.0, "is no saved model: bg_nbd has the parameters r, alpha, a, b, and a covariance of as many rows"),
    "spending of another": (("spending", "parameters"), {"p": 1.0}, "is no saved model: gamma_gamma has the parameters p, q, v, and a covariance of as many rows"),
}  # fmt: skip


@pytest.mark.parametrize(("way", "value", "message"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_broken_is_refused_with_the_place_where(saved, way, value, message):
    content = json.loads(saved.read_text())
    at = content
    for key in way[:-1]:
        at = at[key]
    at[way[-1]] = value
    saved.write_text(json.dumps(content))
    told, hint = refused(saved)
    assert told == message
    assert hint


@pytest.mark.parametrize("key", ["format", "model", "buying", "spending", "usual_spend", "currency"])
def test_a_key_that_is_missing_is_named(saved, key):
    content = json.loads(saved.read_text())
    del content[key]
    saved.write_text(json.dumps(content))
    assert refused(saved)[0] == f"is no saved model: {key}: Field required"


def test_a_model_of_another_currency_is_not_taken_for_these_orders(saved):
    assert load(saved, "EUR") == load(saved) == load(saved, "")
    assert refused(saved, "USD") == (
        "was fitted to orders in EUR, but these are in USD",
        "fit a model to these orders: leave out --model-file",
    )
    saved.write_text(saved.read_text().replace('"EUR"', '""'))
    assert load(saved, "USD").buying


def test_nothing_is_unpickled_nor_run(saved, rows):
    """A pickle is refused as any other bytes are, and the module knows of none."""
    saved.write_bytes(pickle.dumps(fit_of("bg_nbd", rows).buying))
    assert refused(saved)[0].startswith("is no saved model: the file: ")
    source = Path(saved_models.__file__).read_text()
    assert not any(word in source for word in ("pickle", "joblib", "eval(", "exec("))


def test_where_nothing_can_be_written_it_is_said(tmp_path, rows):
    with pytest.raises(OutputError, match="can't be written"):
        written(tmp_path / "nowhere", fit_of("bg_nbd", rows))
