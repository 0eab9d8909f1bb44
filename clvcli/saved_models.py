"""Saved models: fitted parameters in a JSON file, to forecast by again without fitting."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clvcli.errors import InputError, Place, Problem
from clvcli.forecasts import MODELS
from clvcli.models.fit import Fit
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.prediction import Fitted
from clvcli.runs import write_atomically

_finite = Annotated[float, Field(allow_inf_nan=False)]
_positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SavedFit(_Strict):
    """A fit as it is written: an unknown covariance is null."""

    parameters: dict[str, _positive]
    covariance: tuple[tuple[_finite | None, ...], ...]
    log_likelihood: _finite
    customers: _positive
    evaluations: int
    edges: tuple[str, ...] = ()


class _Saved(_Strict):
    """The file: what was fitted, and to orders until when. Times are in days, money in units of the currency."""

    format: Literal["clv-model/1"]
    model: Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
    as_of: str
    currency: str
    buying: _SavedFit
    spending: _SavedFit | None
    usual_spend: _finite
    doubts: tuple[str, ...] = ()


def save(fitted: Fitted, path: Path, as_of: str, currency: str) -> None:
    """Write what was fitted to `path`; raises OutputError."""
    saved = _Saved(
        format="clv-model/1",
        model=fitted.model.name,  # type: ignore[arg-type]  # one of those
        as_of=as_of,
        currency=currency,
        buying=_written(fitted.buying),
        spending=_written(fitted.spending) if fitted.spending else None,
        usual_spend=fitted.usual,
        doubts=fitted.doubts,
    )
    text = json.dumps(saved.model_dump(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda out: out.write(text.encode()))


def load(path: Path, currency: str = "") -> Fitted:
    """What was fitted and saved to `path`; raises InputError where that is no such file, or of another currency than this one."""
    hint = "write one with 'clv predict ORDERS --save-model FILE'"
    try:
        saved = _Saved.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(Problem(f"can't be read: {error.strerror}", Place(str(path)), hint)) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(Problem(f"is no saved model: {where or 'the file'}: {first['msg']}", Place(str(path)), hint)) from None
    if currency and saved.currency not in ("", currency):
        why = f"was fitted to orders in {saved.currency}, but these are in {currency}"
        raise InputError(Problem(why, Place(str(path)), "fit a model to these orders: leave out --model-file"))
    model = MODELS[saved.model]
    buying = _read(saved.buying, model.name, tuple(model.parameters), path)
    spending = _read(saved.spending, GAMMA_GAMMA.name, GAMMA_GAMMA.parameters, path) if saved.spending else None
    return Fitted(model, buying, spending, saved.usual_spend, saved.doubts)


def _written(fit: Fit) -> _SavedFit:
    covariance = tuple(tuple(None if math.isnan(value) else value for value in row) for row in fit.covariance)
    return _SavedFit(
        parameters=dict(fit.parameters),
        covariance=covariance,
        log_likelihood=fit.log_likelihood,
        customers=fit.customers,
        evaluations=fit.evaluations,
        edges=fit.edges,
    )


def _read(saved: _SavedFit, model: str, names: tuple[str, ...], path: Path) -> Fit:
    """The fit of what was saved, its parameters in the model's order."""
    sizes = {len(saved.covariance), *(len(row) for row in saved.covariance)}
    if set(saved.parameters) != set(names) or sizes != {len(names)}:
        wanted = f"{model} has the parameters {', '.join(names)}, and a covariance of as many rows"
        raise InputError(Problem(f"is no saved model: {wanted}", Place(str(path)), "write it again with --save-model"))
    covariance = tuple(tuple(math.nan if value is None else value for value in row) for row in saved.covariance)
    parameters = {name: saved.parameters[name] for name in names}
    return Fit(model, parameters, covariance, saved.log_likelihood, saved.customers, saved.evaluations, saved.edges)
