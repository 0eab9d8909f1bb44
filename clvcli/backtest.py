"""Back-test: every forecast as it would have been made on a past day, and what followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl

from clvcli.accuracy import Accuracy, accuracy
from clvcli.baselines import BASELINES, Past, own_mean
from clvcli.cuts import Cut
from clvcli.models.buying import BuyingModel
from clvcli.models.histories import Array, FitError
from clvcli.models.nbd import NBD
from clvcli.prediction import Ahead, Fitted, Known, fitted, predicted
from clvcli.purchases import REPEAT_REVENUE
from clvcli.tables import MONEY_SCALE

Kind = Literal["formula", "model", "variant", "baseline"]
Basis = Literal["revenue", "margin"]


@dataclass(frozen=True, eq=False)
class Forecast:
    """One forecast of what each customer does after the cut, in buying days and in currency units; either may not be told."""

    name: str
    label: str
    kind: Kind
    money: Array | None = None
    orders: Array | None = None
    basis: Basis = "revenue"


@dataclass(frozen=True, eq=False)
class Held(Mapping[str, Accuracy]):
    """How near each of some forecasts came, by name: forecasts beside what happened; each is worked out when it is asked for."""

    beside: Mapping[str, tuple[Array, Array]]
    _known: dict[str, Accuracy] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Accuracy:
        if name not in self._known:
            self._known[name] = accuracy(*self.beside[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.beside)

    def __len__(self) -> int:
        return len(self.beside)


@dataclass(frozen=True, eq=False)
class Trial:
    """Forecasts made at a cut, held against what followed; one place in each array per row of `rows`, customers by id.

    `fits` are the models as fitted at the cut; `undefined` says of a forecast that couldn't be made why.
    """

    cut: Cut
    rows: pl.DataFrame
    forecasts: tuple[Forecast, ...]
    fits: tuple[Fitted, ...]
    undefined: Mapping[str, str]

    @cached_property
    def orders(self) -> Array:
        """Buying days after the cut."""
        return _array(self.rows, "later_days")

    def money(self, basis: Basis) -> Array | None:
        """What followed in currency units; None where the margin isn't known."""
        name = {"revenue": "later_revenue", "margin": "later_contribution"}[basis]
        return _array(self.rows, name) / MONEY_SCALE if name in self.rows.columns else None

    @cached_property
    def of_money(self) -> Held:
        """How near each forecast of money came, by name."""
        beside = {f.name: (f.money, self.money(f.basis)) for f in self.forecasts}
        return Held({name: (told, actual) for name, (told, actual) in beside.items() if told is not None and actual is not None})

    @cached_property
    def of_orders(self) -> Held:
        """How near each forecast of buying days came, by name."""
        return Held({f.name: (f.orders, self.orders) for f in self.forecasts if f.orders is not None})

    @cached_property
    def by_name(self) -> dict[str, Forecast]:
        """The forecasts by name."""
        return {f.name: f for f in self.forecasts}

    @property
    def best_model(self) -> Fitted | None:
        """The model whose forecast of buying days was nearest customer by customer, by mean absolute error; None if none could be fitted."""
        errors = {f.model.name: self.of_orders[f.model.name].mae for f in self.fits}
        known = [(error, at) for at, error in enumerate(errors.values()) if error is not None]
        return self.fits[min(known)[1]] if known else None


def past_of(rows: pl.DataFrame, history: float) -> Past:
    """Rows of `histories` as baselines take them."""
    return Past(
        _array(rows, "buying_days") - 1,
        _array(rows, "active_days"),
        _array(rows, "age_days"),
        _array(rows, "revenue") / MONEY_SCALE,
        _array(rows, REPEAT_REVENUE) / MONEY_SCALE,
        _array(rows, "recent_days"),
        _array(rows, "recent_revenue") / MONEY_SCALE,
        history,
    )


def trial(rows: pl.DataFrame, cut: Cut, shop: Known, models: Sequence[BuyingModel]) -> Trial:
    """The trial of models at a cut, with BASELINES and the model without leaving beside them; rows are sorted by customer."""
    fits: list[Fitted] = []
    why: dict[str, str] = {}
    for model in (*models, NBD):
        try:
            fits.append(fitted(model, shop))
        except FitError as error:
            why[model.name] = f"{error.message}: {error.hint}"
    of_models = [_of_model(fit, rows, cut, "baseline" if fit.model is NBD else "model") for fit in fits]
    past = past_of(rows, cut.day - int(rows["first_day"].to_numpy().min()) + 1)
    simple = [Forecast(b.name, b.label, "baseline", b.spend(past, cut.days), b.orders(past, cut.days)) for b in BASELINES]
    tried = tuple(fit for fit in fits if fit.model is not NBD)
    return Trial(cut, rows, (*of_models, *_with_own_means([f for f in of_models if f.kind == "model"], past, shop), *simple), tried, why)


def _of_model(fit: Fitted, rows: pl.DataFrame, cut: Cut, kind: Kind) -> Forecast:
    expected = predicted(fit, rows, Ahead(cut.days, 0.0))
    money, orders = _array(expected, "expected_revenue"), _array(expected, "expected_orders")
    return Forecast(fit.model.name, fit.model.label, kind, money, orders)


def _with_own_means(models: Sequence[Forecast], past: Past, shop: Known) -> Iterable[Forecast]:
    """The first model with simpler forecasts of spend: each customer's own mean, and the mean of all."""
    known = [(model, model.orders) for model in models if model.orders is not None]
    for model, orders in known[:1]:
        own = orders * own_mean(past, shop.usual)
        yield Forecast(f"{model.name}_own_mean", f"{model.label} × own mean", "variant", own)
        yield Forecast(f"{model.name}_aov", f"{model.label} × AOV", "variant", orders * shop.usual)


def _array(frame: pl.DataFrame, name: str) -> Array:
    return np.asarray(frame[name].to_numpy(), dtype=np.float64)
